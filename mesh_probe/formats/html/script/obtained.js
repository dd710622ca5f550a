// How it was obtained: queries to take along, and links into what is folded.

/** A link to where an origin of evidence is told of, or its name where it is not. */
function origin(seenIn) {
  const place = seenIn in data.places ? data.places[seenIn] : data.places[""];
  const worded = `page.in.${seenIn.replace(" ", "-")}`;
  const name = worded in data.texts[language] ? text(worded) : seenIn;
  return place ? el("a", { href: `#${place}` }, name) : name;
}

/** The query goes to the clipboard; where the browser keeps that shut, it is selected. */
async function copy(button) {
  const query = button.closest("li").querySelector(".query");
  getSelection().selectAllChildren(query);
  const done = await navigator.clipboard?.writeText(query.textContent).then(() => true, () => false);
  const said = text(done ? "page.copied" : "page.copy-selected");
  button.firstChild.textContent = said;
  byId("copied").textContent = said;
}

addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy]");
  if (button) copy(button);
  const link = target.closest('a[href^="#"]');
  for (let at = link && byId(link.hash.slice(1)); at; at = at.parentElement) {
    if (at.tagName === "DETAILS") at.open = true;
  }
});
