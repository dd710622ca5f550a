// The page around the graph: language, colours, the switches of "what if", and printing.

const explorer = byId("graph-view") ? new Explorer() : null;
const blockers = document.querySelector("#blockers tbody") ? new Blockers(byId("blockers")) : null;

function setLanguage(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === chosen));
  }
  sayAll();
  showIf();
  explorer?.sayWays();
  explorer?.draw();
  blockers?.draw();
}

const changes = {};

/** The arithmetic of a score with the name of each part. */
function sumInWords({ value, parts }) {
  const said = parts.map((part_) => `${part_.value} ${text(`label.short.${part_.id}`)}`);
  return `(${said.join(" + ")}) / ${parts.length} = ${value}`;
}

/** What an outcome is called: where a mesh is there, none is to be considered. */
function outcomeId(outcome) {
  return outcome === "consider" && rule.meshThere ? "consider.there" : outcome;
}

/** What is less likely than not is said to be so by what is answered so far. */
function soFar({ outcome, probability, outcomes }) {
  if (probability === null || probability >= rule.likelyFrom) return "";
  return outcomes.undecided >= rule.leastOpen ? ".open" : ".so-far";
}

/** What the verdict would be with the switches as they are. */
function showIf() {
  const changed = Object.keys(changes).length;
  const verdict = verdictIf(changes);
  const same = verdict.outcome === rule.outcome;
  const result = byId("if-outcome");
  result.className = `outcome-${verdict.outcome}`;
  result.textContent = text(`heading.${outcomeId(verdict.outcome)}${soFar(verdict)}`, {
    yes: verdict.yes,
    unknown: verdict.unknown,
    questions: rule.answers.length,
    threshold: rule.threshold,
    probability: verdict.probability,
    undecided: verdict.outcomes.undecided,
    signals: verdict.vetoes,
    known_signals: rule.signals.length,
  });
  byId("if-same").textContent = text(!changed ? "page.if-none" : same ? "page.if-same" : "page.if-changed", { outcome: text(`label.${outcomeId(rule.outcome)}`) });
  byId("if-reset").disabled = !changed;
  const most = Math.max(...verdict.distribution);
  verdict.distribution.forEach((p, yes) => {
    const bar = byId(`if-bar-${yes}`);
    const tall = most ? (p / most) * 96 : 0;
    bar.setAttribute("height", tall);
    bar.setAttribute("y", 112 - tall);
    byId(`if-percent-${yes}`).textContent = p >= 0.005 ? percent(p) : "";
    byId(`if-percent-${yes}`).setAttribute("y", 106 - tall);
  });
  byId("if-chart").setAttribute("aria-label", text("page.distribution", {
    threshold: rule.threshold,
    probability: verdict.distribution.slice(rule.threshold).reduce((sum, p) => sum + p, 0),
  }));
  for (const name of ["need", "readiness"]) {
    byId(`if-${name}`).textContent = verdict[name].value;
    byId(`if-${name}-sum`).textContent = sumInWords(verdict[name]);
  }
  for (const [axis, pain] of Object.entries(verdict.axes)) {
    byId(`if-${axis}`).textContent = percent(pain);
    byId(`if-${axis}-bar`).setAttribute("width", pain * 200);
  }
}

for (const switches of document.querySelectorAll("[data-switch]")) {
  switches.addEventListener("change", () => {
    const { value } = switches;
    if (value) changes[switches.dataset.switch] = value;
    else delete changes[switches.dataset.switch];
    switches.closest("li").classList.toggle("changed", Boolean(value));
    showIf();
  });
}
byId("if-reset").addEventListener("click", () => {
  for (const switches of document.querySelectorAll("[data-switch]")) {
    switches.value = "";
    switches.closest("li").classList.remove("changed");
  }
  for (const id of Object.keys(changes)) delete changes[id];
  showIf();
});

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => setLanguage(button.dataset.language));
}
showIf();
explorer?.draw();
// For whoever reads the page with tools, as the tests do.
window.meshProbe = {
  duration, rate, percent, size, text, flow, width, verdictIf, nodes,
  languages: data.languages,
  scene: () => explorer.canvas.scene,
};
document.documentElement.dataset.ready = "true";
