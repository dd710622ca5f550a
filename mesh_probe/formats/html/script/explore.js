// The graph on the page: what is shown, and every control that changes it.

const START_HOPS = 1;

class Explorer {
  constructor() {
    this.state = { everything: false, open: new Set(), by: "errors", pick: null, near: null, view: "picture", chosen: null };
    this.panel = byId("panel");
    this.canvas = new Canvas(byId("canvas"), {
      onCell: (cell) => this.#choose(cell),
      onLine: (line) => this.#tell(() => linePanel(line, this.#links())),
      onFrame: (namespace) => this.#fold(namespace),
    });
    this.table = new CallTable(byId("table"), (edge) => this.#edge(edge));
    this.#start();
    this.#controls();
  }

  get pictures() {
    return drawn(this.state.everything);
  }

  /** Small graphs begin open, large ones folded, and all do on a phone. */
  #start() {
    const room = window.innerWidth >= NARROW;
    this.state.open = new Set(this.pictures.whole && room ? this.#namespaces() : []);
  }

  #namespaces() {
    return Object.keys(this.pictures.inside);
  }

  #whole() {
    return this.pictures.whole && this.#namespaces().every((name) => this.state.open.has(name));
  }

  #scene() {
    const { everything, open, pick } = this.state;
    const wholly = this.#whole();
    if (pick?.chain && !wholly) return chained(pick.chain);
    if (pick && !(wholly && pick.inPlace)) return picked(pick.column, (edge) => shown(edge, everything) && (pick.keep?.(edge) ?? true));
    if (wholly) return opened(this.pictures.whole);
    return open.size ? unfolded(this.pictures, open, everything) : opened(this.pictures.folded);
  }

  /** What is highlighted where the picture stays as it is. */
  #lit() {
    const { pick } = this.state;
    if (pick?.start !== undefined) {
      return { cell: (cell) => cell.node?.index === pick.start, line: () => false, dim: false };
    }
    if (!pick || !(this.#whole() && pick.inPlace)) return null;
    if (pick.pairs) {
      const onWay = (edge) => pick.pairs.has(`${edge.client} ${edge.server}`);
      return {
        cell: (cell) => cell.members.some((member) => pick.column.has(member)),
        line: (line) => line.edges.some(onWay),
        dim: true,
      };
    }
    return null;
  }

  draw() {
    const { view, by, everything, pick } = this.state;
    this.root().dataset.view = view;
    const scene = this.#scene();
    if (view === "picture") {
      this.canvas.draw(scene, {
        by, everything, lit: this.#lit(), near: this.state.near,
        label: text("page.picture", { boxes: scene.cells.length, lines: scene.lines.length }),
      });
    } else if (view === "matrix") {
      const lines = pick ? scene.lines : allLines(scene, everything);
      const onLine = (line) => this.#tell(() => linePanel(line, this.#links()));
      byId("matrix").replaceChildren(matrix(scene.cells, lines, by, onLine));
    } else this.table.draw(everything);
    const notes = [
      pick ? pick.said() : null,
      pick?.cut ? text("page.cut", { count: pick.cut }) : null,
      scene.leftOut && view === "picture" ? text("page.left-out", { count: scene.leftOut }) : null,
      !pick && this.pictures.alone ? text("page.alone", { count: this.pictures.alone }) : null,
    ];
    byId("note").textContent = notes.filter(Boolean).join(" ");
    byId("clear").hidden = !pick;
    byId("zooms").hidden = view !== "picture";
    byId("legend").dataset.by = by;
    byId("fold-all").disabled = !this.state.open.size || Boolean(pick);
    byId("open-all").hidden = !this.pictures.whole;
    byId("open-all").disabled = Boolean(pick) || this.#namespaces().every((name) => this.state.open.has(name));
    for (const button of byId("ways").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(pick?.key === button.id));
    }
    for (const tab of document.querySelectorAll("[data-show]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.show === view));
      tab.tabIndex = tab.dataset.show === view ? 0 : -1;
    }
    this.#panel();
  }

  /** What was chosen, beside the picture, until it is closed. */
  #panel() {
    const { chosen } = this.state;
    this.panel.hidden = !chosen;
    if (!chosen) return;
    const shut = () => { this.state.chosen = null; this.#panel(); };
    const close = el("button", { type: "button", id: "panel-close", "aria-label": text("page.close"), onclick: shut }, "×");
    this.panel.replaceChildren(...chosen().filter(Boolean), close);
  }

  root() {
    return byId("graph-view");
  }

  #links() {
    return {
      onNode: (node) => this.show(node),
      onFocus: (node) => this.focus(node.index),
      everything: this.state.everything,
    };
  }

  #tell(write) {
    this.state.chosen = write;
    this.#panel();
  }

  #choose(cell) {
    if (cell.node) {
      this.#tell(() => nodePanel(cell.node, this.#links()));
      return;
    }
    const inside = this.pictures.inside[cell.namespace];
    const onOpen = inside && !this.state.pick && cell.key !== "rest" ? () => this.#open(cell.namespace) : null;
    if (onOpen) onOpen();
    else this.#tell(() => groupPanel(cell, this.#links()));
  }

  #open(namespace) {
    this.state.open.add(namespace);
    this.state.near = namespace;
    this.state.chosen = null;
    this.draw();
    this.canvas.focusFrame(namespace);
  }

  #fold(namespace) {
    this.state.open.delete(namespace);
    this.state.near = null;
    this.draw();
    const folded = this.canvas.cellOf(`namespace:${namespace}`);
    if (folded) this.canvas.focus(folded);
  }

  #edge(edge) {
    const line = { client: cellOf(edge.client, 0, 0), server: cellOf(edge.server, 0, 0), edges: [edge] };
    this.#tell(() => linePanel(line, this.#links()));
    this.panel.focus();
  }

  /** Bring a service into view and tell of it. */
  show(node) {
    if (node.hidden && !this.state.everything) this.#setEverything(true);
    const pick = this.state.pick;
    if (pick && !pick.column.has(node.index)) this.state.pick = null;
    if (!this.state.pick && this.pictures.inside[node.namespace]) {
      this.state.open.add(node.namespace);
      this.state.near = node.namespace;
    }
    this.state.view = "picture";
    this.#tell(() => nodePanel(node, this.#links()));
    this.draw();
    const cell = this.canvas.cellOf(node.id);
    if (cell) this.canvas.focus(cell);
    else this.focus(node.index);
  }

  focus(index) {
    const hops = Number(byId("hops").value);
    const { column, distance, cut } = around(index, hops, this.state.everything, MOST_PICKED);
    // Calls between two that are both furthest away are further away than asked for.
    const keep = (edge) => Math.min(distance.get(edge.client), distance.get(edge.server)) < hops;
    const said = () => text("page.focused", { name: nodes[index].id, count: column.size, hops });
    this.state.pick = { key: "focus", column, keep, cut, said, inPlace: false, start: index };
    this.state.view = "picture";
    this.#tell(() => nodePanel(nodes[index], this.#links()));
    this.draw();
  }

  /** Highlight a chain of services, in the picture where that is whole, else by itself. */
  way(key, chain, said) {
    const pairs = new Set(chain.slice(1).map((node, step) => `${chain[step]} ${node}`));
    const column = new Map(chain.map((node, place) => [node, place]));
    this.#pick({ key, chain, column, pairs, said, inPlace: true });
  }

  /** Highlight services that all call one another, with the calls between them. */
  ring(key, members, said) {
    const within = new Set(members);
    const { column, cut } = around(members[0], members.length, this.state.everything, MOST_PICKED, (node) => within.has(node));
    const inRing = edges.filter((edge) => column.has(edge.client) && column.has(edge.server));
    const pairs = new Set(inRing.map((edge) => `${edge.client} ${edge.server}`));
    this.#pick({ key, column, pairs, said, cut: cut ? members.length - column.size : 0, inPlace: true });
  }

  #pick(pick) {
    this.state.pick = pick;
    if (this.state.view === "table") this.state.view = "picture";
    this.draw();
  }

  #setEverything(on) {
    this.state.everything = on;
    byId("everything").checked = on;
    this.state.pick = null;
    this.#start();
  }

  #controls() {
    const change = (id, act) => byId(id).addEventListener("change", act);
    const click = (id, act) => byId(id).addEventListener("click", act);
    change("by", (event) => { this.state.by = event.target.value; this.draw(); });
    change("everything", (event) => { this.#setEverything(event.target.checked); this.draw(); });
    change("hops", () => { if (this.state.pick?.key === "focus") this.focus(this.state.pick.start); });
    click("fold-all", () => { this.state.open = new Set(); this.draw(); });
    click("open-all", () => { this.state.near = null; this.state.open = new Set(this.#namespaces()); this.draw(); });
    click("clear", () => { this.state.pick = null; this.draw(); });
    click("zoom-in", () => this.canvas.zoom(0.75));
    click("zoom-out", () => this.canvas.zoom(1 / 0.75));
    click("zoom-fit", () => this.canvas.fit());
    byId("filter").addEventListener("input", (event) => {
      this.table.filter = event.target.value;
      this.table.draw(this.state.everything);
    });
    for (const tab of document.querySelectorAll("[data-show]")) {
      tab.addEventListener("click", () => { this.state.view = tab.dataset.show; this.draw(); });
      tab.addEventListener("keydown", (event) => this.#tabs(event));
    }
    new Finder(byId("search"), byId("found"), (node) => this.show(node));
    const ends = {};
    new Finder(byId("from"), byId("from-found"), (node) => { ends.from = node; });
    new Finder(byId("to"), byId("to-found"), (node) => { ends.to = node; });
    byId("between").addEventListener("submit", (event) => {
      event.preventDefault();
      const end = (id) => search(byId(id).value, 1)[0];
      this.#between(end("from"), end("to"));
    });
    data.ways.forEach(({ path, closed, label }, number) => {
      const key = `way-${number}`;
      const said = () => say(label);
      const button = el("button", { type: "button", id: key, class: "way", "aria-pressed": "false",
        onclick: () => {
          if (this.state.pick?.key === key) { this.state.pick = null; this.draw(); }
          else if (closed) this.ring(key, path, said);
          else this.way(key, path, said);
        } });
      byId("ways").append(el("li", {}, button));
    });
    this.sayWays();
  }

  sayWays() {
    data.ways.forEach(({ label }, number) => { byId(`way-${number}`).textContent = say(label); });
  }

  #between(from, to) {
    const answer = byId("between-said");
    if (!from || !to) { answer.textContent = text("page.between-who"); return; }
    const way = wayBetween(from.index, to.index, this.state.everything);
    const known = { client: from.id, server: to.id };
    if (!way) { answer.textContent = text("page.between-none", known); return; }
    answer.textContent = text("page.between-found", { ...known, hops: way.length - 1 });
    this.way("between", way, () => text("page.between-found", { ...known, hops: way.length - 1 }));
  }

  #tabs(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...document.querySelectorAll("[data-show]")];
    const next = tabs[(tabs.indexOf(event.currentTarget) + step + tabs.length) % tabs.length];
    this.state.view = next.dataset.show;
    this.draw();
    next.focus();
  }
}

/** A box to type a service's name in, with what fits below it (the combobox pattern of ARIA). */
class Finder {
  constructor(input, list, onNode) {
    Object.assign(this, { input, list, onNode, at: -1, found: [] });
    input.addEventListener("input", () => this.#offer());
    input.addEventListener("blur", () => setTimeout(() => this.#close(), 150));
    input.addEventListener("keydown", (event) => this.#key(event));
  }

  #offer() {
    this.found = search(this.input.value);
    this.at = -1;
    this.list.replaceChildren(...this.found.map((node, number) =>
      el("li", { role: "option", id: `${this.list.id}-${number}`, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); this.#take(node); } }, node.id)));
    this.list.hidden = !this.found.length;
    this.input.setAttribute("aria-expanded", String(Boolean(this.found.length)));
  }

  #key(event) {
    if (event.key === "Escape") this.#close();
    if (event.key === "Enter" && this.found.length) {
      event.preventDefault();
      this.#take(this.found[Math.max(this.at, 0)]);
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !this.found.length) return;
    event.preventDefault();
    this.at = (this.at + step + this.found.length) % this.found.length;
    [...this.list.children].forEach((option, number) => option.setAttribute("aria-selected", String(number === this.at)));
    this.input.setAttribute("aria-activedescendant", this.list.children[this.at].id);
  }

  #take(node) {
    this.input.value = node.id;
    this.#close();
    this.onNode(node);
  }

  #close() {
    this.list.hidden = true;
    this.found = [];
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
