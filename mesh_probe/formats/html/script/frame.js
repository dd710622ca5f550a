// The frame of every page: light and dark, and printing.

const dark = matchMedia("(prefers-color-scheme: dark)");

function setTheme(chosen) {
  document.documentElement.dataset.theme = chosen;
  document.getElementById("theme").setAttribute("aria-pressed", String(chosen === "dark"));
}

document.getElementById("theme").addEventListener("click", () => {
  setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
});
document.getElementById("print").addEventListener("click", () => window.print());

// On paper everything is unfolded, and folded again after.
let folded = [];
addEventListener("beforeprint", () => {
  folded.push(...document.querySelectorAll("main details:not([open])"));
  for (const details of folded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
  folded = [];
});

setTheme(dark.matches ? "dark" : "light");
