// What is known of the box or line that was chosen, beside the picture.

function described(pairs) {
  return el("dl", { class: "facts" }, ...pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .flatMap(([id, value]) => [el("dt", {}, text(id)), el("dd", {}, value)]));
}

function evidenceOf(edge) {
  const pieces = edge.more[3];
  if (!pieces.length) return null;
  return el("ul", { class: "evidence" }, ...pieces.map(([subject, fact, seenIn, check]) =>
    el("li", {},
      el("span", { class: "subject" }, data.strings[subject]), " ",
      say(fact),
      el("span", { class: "muted" }, " (", origin(data.strings[seenIn]), ")"),
      data.strings[check] ? el("code", { class: "command" }, data.strings[check]) : null,
    )));
}

function edgeFacts(edge) {
  const [protocol, , via] = edge.more;
  const lower = { low: "≤ ", high: "≥ " }[edge.censored] ?? "";
  const mtls = edge.mtls === null ? null : text(edge.mtls ? "label.yes" : "label.no");
  return described([
    ["page.rate", edge.rateRps === null ? null : rate(edge.rateRps) + (edge.sampled ? ` (${text("page.sampled")})` : "")],
    ["page.error-ratio", edge.error === null ? null : percent(edge.error)],
    ["label.p50", edge.p50 === null ? null : duration(edge.p50)],
    ["label.p99", edge.p99 === null ? null : lower + duration(edge.p99)],
    ["page.protocol", data.strings[protocol]],
    ["page.via", via.map((each) => data.strings[each]).join(", ")],
    ["page.mtls", mtls],
    ["page.known", howKnown(edge)],
  ]);
}

function edgeLine(edge, other, onNode) {
  return el("li", {},
    el("details", {},
      el("summary", {},
        el("span", { class: "ellipsis" }, other.id),
        el("span", { class: "muted" }, figures(flow([edge])).join(" · ") || text(edge.observed ? "page.no-figures" : "page.declared-only"))),
      edgeFacts(edge),
      evidenceOf(edge),
      el("button", { type: "button", class: "small", onclick: () => onNode(other) }, text("page.show", { name: shortened(other.name, 24) })),
    ));
}

const MOST_NEIGHBOURS = 30;

function neighbours(title, list, side, onNode) {
  if (!list.length) return null;
  const sorted = [...list].sort((a, b) => (b.rateRps ?? -1) - (a.rateRps ?? -1) || a.index - b.index);
  const rest = sorted.length - MOST_NEIGHBOURS;
  return el("section", {},
    el("h4", {}, text(title, { count: list.length })),
    el("ul", { class: "neighbours" }, ...sorted.slice(0, MOST_NEIGHBOURS).map((edge) => edgeLine(edge, nodes[edge[side]], onNode))),
    rest > 0 ? el("p", { class: "muted" }, text("page.more-in-table", { count: rest })) : null);
}

/** What keeps a mesh from taking a service as it is. */
function inTheWay(node) {
  const found = (data.inTheWay.nodes[node.index] ?? []).map((number) => data.inTheWay.reasons[number]);
  if (!found.length) return null;
  return el("section", {},
    el("h4", {}, el("a", { href: "#blockers" }, text("heading.blockers"))),
    el("ul", { class: "marks" }, ...found.map(([severity, title]) => el("li", {},
      el("span", { class: `mark severity-${severity}` }, text(`label.blocks.${severity}`)), el("span", {}, say(title))))));
}

function nodePanel(node, { onNode, onFocus, everything }) {
  const calls = (list) => list.filter((edge) => shown(edge, everything));
  return [
    el("h3", {}, node.name),
    described([
      ["page.namespace", node.namespace],
      ["page.kind", node.kind],
      ["page.role", text(`page.role.${node.role}`)],
      ["page.product", node.product],
      ["page.replicas", node.replicas === null ? null : String(node.replicas)],
      ["page.service-names", node.services.join(", ")],
    ]),
    el("button", { type: "button", id: "panel-focus", onclick: () => onFocus(node) }, text("page.focus")),
    inTheWay(node),
    neighbours("page.callers", calls(node.in), "client", onNode),
    neighbours("page.callees", calls(node.out), "server", onNode),
  ];
}

function groupPanel(cell, { onNode }) {
  return [
    el("h3", {}, labelOf(cell)),
    el("p", {}, text("page.services", { count: cell.members.length })),
    el("ul", { class: "neighbours plain" }, ...cell.members.slice(0, 200).map((member) =>
      el("li", {}, el("button", { type: "button", class: "link", onclick: () => onNode(nodes[member]) }, nodes[member].id)))),
    cell.members.length > 200 ? el("p", { class: "muted" }, text("page.more-in-table", { count: cell.members.length - 200 })) : null,
  ];
}

function linePanel(line, { onNode }) {
  const sorted = [...line.edges].sort((a, b) => (b.rateRps ?? -1) - (a.rateRps ?? -1) || a.index - b.index);
  const rest = sorted.length - MOST_NEIGHBOURS;
  return [
    el("h3", {}, `${labelOf(line.client)} → ${labelOf(line.server)}`),
    sorted.length === 1
      ? el("div", {}, edgeFacts(sorted[0]), evidenceOf(sorted[0]))
      : el("ul", { class: "neighbours" }, ...sorted.slice(0, MOST_NEIGHBOURS).map((edge) =>
          edgeLine(edge, { id: `${nodes[edge.client].name} → ${nodes[edge.server].name}`, name: nodes[edge.server].name, node: nodes[edge.server] }, (other) => onNode(other.node ?? other)))),
    rest > 0 ? el("p", { class: "muted" }, text("page.more-in-table", { count: rest })) : null,
  ];
}
