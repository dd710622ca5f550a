// What stands in the way: which reasons are shown, in which order, and where they are in the graph.

const SORTED_BY = { 0: "rank", 3: "count", 4: "share" };

class Blockers {
  constructor(root) {
    this.body = root.querySelector("tbody");
    this.rows = [...this.body.rows];
    this.by = "rank";
    this.down = true;
    this.heads = [...root.querySelectorAll("thead th")].flatMap((head, column) =>
      column in SORTED_BY ? [this.#sortable(head, SORTED_BY[column])] : []);
    for (const name of ["mode", "severity"]) {
      byId(`blockers-${name}`).addEventListener("change", () => this.draw());
    }
    for (const button of this.body.querySelectorAll("[data-node]")) {
      button.hidden = !explorer || !nodeById.has(button.dataset.node);
      button.addEventListener("click", () => this.#show(button.dataset.node));
    }
    this.draw();
  }

  draw() {
    const [mode, severity] = ["mode", "severity"].map((name) => byId(`blockers-${name}`).value);
    for (const row of this.rows) {
      const { modes, severity: its } = row.dataset;
      row.hidden = Boolean((mode && !modes.split(" ").includes(mode)) || (severity && severity !== its));
    }
    const side = this.down ? -1 : 1;
    this.rows.sort((a, b) => side * (a.dataset[this.by] - b.dataset[this.by]) || b.dataset.rank - a.dataset.rank);
    this.body.append(...this.rows);
    for (const { head, by, arrow } of this.heads) {
      const chosen = by === this.by;
      head.setAttribute("aria-sort", chosen ? (this.down ? "descending" : "ascending") : "none");
      arrow.textContent = chosen ? (this.down ? " ▼" : " ▲") : "";
    }
    const shown = this.rows.filter((row) => !row.hidden).length;
    byId("blockers-shown").textContent = text("page.blockers-shown", { shown, count: this.rows.length });
  }

  /** The head of a column becomes a button, which sorts the largest or gravest first. */
  #sortable(head, by) {
    const arrow = el("span", { "aria-hidden": "true" });
    const sort = () => {
      this.down = by !== this.by || !this.down;
      this.by = by;
      this.draw();
    };
    head.append(el("button", { type: "button", class: "sort", onclick: sort }, head.firstChild, arrow));
    return { head, by, arrow };
  }

  #show(id) {
    explorer.show(nodeById.get(id));
    byId("graph").scrollIntoView();
  }
}
