// The calls without a picture: a matrix of who calls whom, and a table of all calls.

const FIRST_ROWS = 100;

/** Everything that leads from a cell to a cell, also what no picture has room for. */
function allLines(scene, everything) {
  const home = new Map(scene.cells.flatMap((cell) => cell.members.map((member) => [member, cell])));
  const lines = new Map();
  for (const edge of edges) {
    const [client, server] = [home.get(edge.client), home.get(edge.server)];
    if (!shown(edge, everything) || !client || !server) continue;
    const key = `${client.key}\n${server.key}`;
    if (!lines.has(key)) lines.set(key, { client, server, edges: [] });
    lines.get(key).edges.push(edge);
  }
  return [...lines.values()];
}

function matrix(all, between, by, onLine) {
  const cells = [...all].sort((a, b) => a.namespace.localeCompare(b.namespace, "en") || a.x - b.x || a.y - b.y);
  const lines = new Map(between.map((line) => [`${line.client.key}\n${line.server.key}`, line]));
  const callers = cells.filter((cell) => between.some((line) => line.client === cell));
  const callees = cells.filter((cell) => between.some((line) => line.server === cell));
  if (!callers.length) return el("p", {}, text("label.no-calls"));
  const head = el("tr", {}, el("td", { class: "corner" }, text("page.matrix-corner")),
    ...callees.map((cell) => el("th", { scope: "col", title: labelOf(cell) }, el("span", {}, shortened(labelOf(cell), 22)))));
  const rows = callers.map((caller) => el("tr", {},
    el("th", { scope: "row", title: cell_title(caller) }, shortened(labelOf(caller), 26)),
    ...callees.map((callee) => {
      const line = lines.get(`${caller.key}\n${callee.key}`);
      if (!line) return el("td", {});
      const found = flow(line.edges);
      const said = `${labelOf(caller)} → ${labelOf(callee)}: ${figures(found).join(", ") || text("page.no-figures")}`;
      return el("td", {}, el("button", {
        type: "button", title: said, "aria-label": said, onclick: () => onLine(line),
        class: `spot ${tone(found, by)}${found.observed ? "" : " declared"}`,
      }, found.rateRps === null ? "·" : compact(found.rateRps)));
    })));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("page.matrix") },
    el("table", { class: "matrix" }, el("caption", {}, text("page.matrix-caption")), el("thead", {}, head), el("tbody", {}, ...rows)));
}

const cell_title = (cell) => (cell.node ? cell.node.id : labelOf(cell));

/** A rate in at most four characters. */
function compact(perSecond) {
  if (perSecond >= 1000) return `${significant(perSecond / 1000, 2)}k`;
  return perSecond >= 0.1 ? significant(perSecond, 2) : "<.1";
}

const COLUMNS = [
  ["page.caller", (edge) => nodes[edge.client].id, (edge) => nodes[edge.client].id],
  ["page.callee", (edge) => nodes[edge.server].id, (edge) => nodes[edge.server].id],
  ["page.rate", (edge) => (edge.rateRps === null ? "–" : rate(edge.rateRps)), (edge) => edge.rateRps ?? -1, true],
  ["page.error-ratio", (edge) => (edge.error === null ? "–" : percent(edge.error)), (edge) => edge.error ?? -1, true],
  ["label.p50", (edge) => (edge.p50 === null ? "–" : duration(edge.p50)), (edge) => edge.p50 ?? -1, true],
  ["label.p99", (edge) => (edge.p99 === null ? "–" : duration(edge.p99)), (edge) => edge.p99 ?? -1, true],
  ["page.known", (edge) => text(edge.observed ? (edge.declared ? "page.known.both" : "page.known.observed") : "page.known.declared"), (edge) => Number(edge.observed) * 2 + Number(edge.declared)],
  ["label.sure", (edge) => percent(edge.confidence), (edge) => edge.confidence, true],
];

const isFigure = (column) => COLUMNS[column][3] === true;

class CallTable {
  constructor(root, onEdge) {
    this.root = root;
    this.onEdge = onEdge;
    this.column = 2;
    this.down = true;
    this.rows = FIRST_ROWS;
    this.filter = "";
  }

  draw(everything) {
    this.everything = everything;
    const [, , key] = COLUMNS[this.column];
    const words = this.filter.trim().toLowerCase();
    const found = edges.filter((edge) => shown(edge, everything) && (!words
      || nodes[edge.client].id.toLowerCase().includes(words) || nodes[edge.server].id.toLowerCase().includes(words)));
    const keys = new Map(found.map((edge) => [edge, key(edge)]));
    const side = this.down ? -1 : 1;
    found.sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      return (x < y ? -side : x > y ? side : 0) || a.index - b.index;
    });
    const head = el("tr", {}, ...COLUMNS.map(([id], number) =>
      el("th", { scope: "col", class: isFigure(number) ? "figure" : "", "aria-sort": number === this.column ? (this.down ? "descending" : "ascending") : "none" },
        el("button", { type: "button", class: "sort", onclick: () => this.#sort(number) },
          text(id), el("span", { "aria-hidden": "true" }, number === this.column ? (this.down ? " ▼" : " ▲") : "")))));
    const rows = found.slice(0, this.rows).map((edge) => el("tr", { class: `row-${tone(edge, "errors")}` },
      ...COLUMNS.map(([, shownAs], number) => number === 0
        ? el("th", { scope: "row" }, el("button", { type: "button", class: "link", onclick: () => this.onEdge(edge) }, shownAs(edge)))
        : el("td", { class: isFigure(number) ? "figure" : "" }, shownAs(edge)))));
    const rest = found.length - rows.length;
    this.root.replaceChildren(
      el("p", { class: "muted", role: "status" }, text("page.rows", { shown: rows.length, count: found.length })),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("page.table") },
        el("table", { class: "calls" }, el("caption", { class: "sr" }, text("page.table")), el("thead", {}, head), el("tbody", {}, ...rows))),
      rest > 0 ? el("button", { type: "button", id: "more-rows", onclick: () => { this.rows += 500; this.draw(everything); } }, text("page.more-rows", { count: Math.min(rest, 500) })) : "",
    );
  }

  #sort(number) {
    this.down = number === this.column ? !this.down : number > 1;
    this.column = number;
    this.draw(this.everything);
    this.root.querySelectorAll(".sort")[number].focus();
  }
}
