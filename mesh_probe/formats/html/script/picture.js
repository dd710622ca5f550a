// Draws a scene as SVG, lets it be moved, and tells of what is pointed at.

const GLYPHS = {
  entry: "M-5-5h6v3l6-3v10l-6-3v3h-6z",
  middle: "M-5-5h10v10h-10zM-5-1h10",
  leaf: "M-5-5h10v10h-10z",
  isolated: "M-5-5h10v10h-10z",
  datastore: "M-6-4c0-3 12-3 12 0v8c0 3-12 3-12 0zM-6-4c0 3 12 3 12 0",
  broker: "M-6-5h12M-6 0h12M-6 5h12",
  external: "M0-6a6 6 0 1 1 0 12a6 6 0 1 1 0-12M-6 0h12M0-6c-4 3-4 9 0 12c4-3 4-9 0-12",
  infrastructure: "M0-6l5 3v6l-5 3l-5-3v-6z",
  namespace: "M-7-4h5l2 2h7v7h-14z",
};

const NARROW = 560, LEAST_ON_A_PHONE = 0.85, LEAST_SCALE = 0.72;

/** Where in a box its name begins, after its sign. */
const TEXT_AT = 28;
const FRAME_FONT = "650 12px", NAME_FONT = "600 12px", GROUP_FONT = "600 14px", SMALL_FONT = "10.5px", GROUP_SMALL_FONT = "11.5px";

/** How much room a letter takes: those of Korean and the like take two places. */
const places = (letter) => (letter.codePointAt(0) >= 0x1100 ? 2 : 1);

/** A name cut in its middle, so that it fits in so many places. */
function shortened(name, most) {
  const letters = [...name];
  const long = (some) => some.reduce((sum, letter) => sum + places(letter), 0);
  if (long(letters) <= most) return name;
  const [head, tail] = [[], []];
  while (long(head) + long(tail) < most - 2) {
    if (head.length <= tail.length) head.push(letters[head.length]);
    else tail.unshift(letters[letters.length - 1 - tail.length]);
  }
  return `${head.join("")}…${tail.join("")}`;
}

const ruler = document.createElement("canvas").getContext("2d");

function wideIn(font, said) {
  ruler.font = `${font} ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(said).width;
}

/** A name cut in its middle, so that it is as wide as it may be in this font. */
function fitting(name, wide, font) {
  let cut = name;
  for (let most = Math.min(name.length, wide); wideIn(font, cut) > wide && most > 3; most -= 1) {
    cut = shortened(name, most);
  }
  return cut;
}

/** What a line carries, in a few words. */
function figures(found) {
  return [
    found.rateRps === null ? null : rate(found.rateRps),
    found.error === null ? null : text("page.errors", { errors: found.error }),
    found.p99 === null ? null : `p99 ${duration(found.p99)}`,
  ].filter(Boolean);
}

function labelOf(cell) {
  if (cell.node) return cell.node.name;
  return cell.key === "rest" ? text("page.rest", { count: cell.members.length }) : cell.namespace || text("page.outside");
}

/** What stands under a name; the namespace only where no frame says it. */
function subtitleOf(cell, framed = false) {
  if (cell.key === "rest") {
    return text("page.rest-in", { count: new Set(cell.members.map((member) => nodes[member].namespace)).size });
  }
  if (!cell.node) return text("page.services", { count: cell.members.length });
  const { namespace, product, role } = cell.node;
  const what = product ?? text(`page.role.${role}`);
  return framed || !namespace ? what : `${namespace} · ${what}`;
}

/** The part of the whole, so large, in whose middle something stands: its top left where it is larger. */
function beside(frame, { w, h }, whole) {
  const along = (at, size, part, from, all) =>
    Math.max(from, Math.min(at + Math.min(size, part) / 2 - part / 2, from + all - part));
  return {
    x: along(frame.x, frame.w, w, whole.x, whole.w),
    y: along(frame.y, frame.h, h, whole.y, whole.h),
    w, h,
  };
}

class Canvas {
  constructor(root, { onCell, onLine, onFrame }) {
    this.root = root;
    this.actions = { onCell, onLine, onFrame };
    this.svg = svg("svg", { class: "picture", tabindex: "-1", role: "group" });
    this.tip = el("div", { class: "tip", role: "status", hidden: true });
    root.append(this.svg, this.tip);
    this.byCell = new Map();
    this.fitted = true;
    this.#move();
    let wide = 0;
    new ResizeObserver(([{ contentRect }]) => {
      if (this.fitted && this.scene && contentRect.width !== wide) this.fit(this.near);
      wide = contentRect.width;
    }).observe(root);
    this.svg.addEventListener("keydown", (event) => this.#key(event));
  }

  draw(scene, { by, lit, label, everything, near }) {
    Object.assign(this, { scene, by, everything });
    this.svg.replaceChildren();
    this.svg.classList.remove("touching");
    this.#hush();
    this.svg.setAttribute("aria-label", label);
    this.svg.classList.toggle("has-lit", Boolean(lit));
    this.byCell.clear();
    this.#arrows();
    const frames = svg("g", {}, ...scene.frames.map((frame) => this.#frame(frame)));
    const lines = svg("g", { "aria-hidden": "true" }, ...scene.lines.map((line) => this.#line(line, by, lit)));
    const cells = svg("g", {}, ...scene.cells.map((cell) => this.#cell(cell, lit)));
    this.svg.append(frames, lines, cells);
    const first = this.byCell.values().next().value;
    if (first) first.setAttribute("tabindex", "0");
    this.near = scene.frames.find((frame) => frame.namespace === near);
    this.fit(this.near);
  }

  #arrows() {
    const kinds = ["0", "1", "2", "3", "unknown", "lit"];
    this.svg.append(
      svg("defs", {}, ...kinds.map((kind) =>
        svg("marker", {
          id: `arrow-${kind}`, class: `arrow tone-${kind}`, viewBox: "0 0 8 8", refX: 7, refY: 4,
          markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse",
        }, svg("path", { d: "M0,0L8,4L0,8z" })),
      )),
    );
  }

  #frame(frame) {
    const name = frame.namespace || text("page.outside");
    const act = () => this.actions.onFrame(frame.namespace);
    const shownName = fitting(name, frame.w - 38, FRAME_FONT);
    const title = svg("text", { x: frame.x + 12, y: frame.y + 17, class: "frame-name" }, `${shownName} −`);
    return svg("g", {},
      svg("rect", { class: "frame", x: frame.x, y: frame.y, width: frame.w, height: frame.h, rx: 10 }),
      svg("g", {
        class: "frame-head", role: "button", tabindex: "0", "data-frame": frame.namespace,
        "aria-label": text("page.fold", { namespace: name }), onclick: act,
        onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); } },
      }, svg("rect", { class: "hit", x: frame.x, y: frame.y, width: Math.min(frame.w, 36 + wideIn(FRAME_FONT, shownName)), height: 24, rx: 8 }), title),
    );
  }

  #line(line, by, lit) {
    const found = flow(line.edges);
    const bright = lit?.line(line);
    const kind = bright ? "tone-lit" : tone(found, by);
    const move = line.move ? `translate(${line.move.join(" ")})` : null;
    const classes = ["line", kind, found.observed ? "" : "declared", line.aside ? "aside" : "", lit?.dim && !bright ? "dim" : ""];
    const made = svg("g", { class: classes.join(" ").trim(), transform: move },
      svg("path", { class: "hit", d: line.path }),
      svg("path", {
        class: "drawn", d: line.path, "stroke-width": width(found.rateRps),
        "stroke-dasharray": found.observed ? null : looks.dash,
        "marker-end": `url(#arrow-${kind.slice(5)})`,
      }),
      line.label ? svg("text", { class: "line-label", x: line.label.x, y: line.label.y }, line.label.said) : null,
    );
    made.addEventListener("pointerenter", (event) => this.#tell(event, () => this.#lineTip(line, found)));
    made.addEventListener("pointerleave", () => this.#hush());
    made.addEventListener("click", () => this.actions.onLine(line));
    line.element = made;
    return made;
  }

  #cell(cell, lit) {
    const bright = lit?.cell(cell);
    const role = cell.node ? cell.node.role : "namespace";
    const classes = ["cell", `role-${role}`, cell.node ? "" : "folded", lit?.dim && !bright ? "dim" : "", bright ? "lit" : ""];
    const framed = this.scene.frames.some((frame) => frame.namespace === cell.namespace);
    const [label, subtitle] = [labelOf(cell), subtitleOf(cell, framed)];
    const [nameFont, subtitleFont] = cell.node ? [NAME_FONT, SMALL_FONT] : [GROUP_FONT, GROUP_SMALL_FONT];
    const room = cell.w - TEXT_AT - 7;
    const made = svg("g", {
      class: classes.filter(Boolean).join(" "), role: "button", tabindex: "-1",
      transform: `translate(${cell.x} ${cell.y})`, "data-cell": cell.key,
      "aria-label": `${cell.node ? cell.node.id : label}, ${subtitle}`,
    },
      cell.node ? null : svg("rect", { class: "stack", x: 5, y: 5, width: cell.w, height: cell.h, rx: 9 }),
      svg("rect", { class: "box", width: cell.w, height: cell.h, rx: role === "entry" ? cell.h / 2 : 9 }),
      svg("path", { class: "glyph", d: GLYPHS[role], transform: `translate(${TEXT_AT / 2} ${cell.h / 2})` }),
      svg("text", { class: "name", x: TEXT_AT, y: cell.h / 2 - 3 }, fitting(label, room, nameFont)),
      svg("text", { class: "subtitle", x: TEXT_AT, y: cell.h / 2 + 13 }, fitting(subtitle, room, subtitleFont)),
    );
    made.addEventListener("pointerenter", (event) => { this.#touch(cell, true); this.#tell(event, () => this.#cellTip(cell)); });
    made.addEventListener("pointerleave", () => { this.#touch(cell, false); this.#hush(); });
    made.addEventListener("click", () => this.actions.onCell(cell));
    this.byCell.set(cell, made);
    return made;
  }

  /** Show which lines belong to what is pointed at. */
  #touch(cell, on) {
    if (on && this.scene.leftOut) {
      const more = hiddenLines(cell, this.scene, this.everything);
      this.more = svg("g", {}, ...more.map((line) => this.#line(line, this.by, null)));
      for (const made of this.more.children) made.classList.add("touched");
      this.svg.insertBefore(this.more, this.svg.lastChild);
    } else if (!on) this.more?.remove();
    for (const line of this.scene.lines) {
      if (line.client === cell || line.server === cell) line.element.classList.toggle("touched", on);
    }
    this.svg.classList.toggle("touching", on);
  }

  #lineTip(line, found) {
    const one = line.edges.length === 1 ? line.edges[0] : null;
    return [
      el("strong", {}, `${labelOf(line.client)} → ${labelOf(line.server)}`),
      el("span", {}, figures(found).join(" · ") || text("page.no-figures")),
      el("span", {}, one ? howKnown(one) : text("page.calls", { count: line.edges.length })),
    ];
  }

  #cellTip(cell) {
    const name = cell.node ? cell.node.id : labelOf(cell);
    return [el("strong", {}, name), el("span", {}, subtitleOf(cell))];
  }

  #tell(event, lines) {
    this.tip.replaceChildren(...lines());
    this.tip.hidden = false;
    const room = this.root.getBoundingClientRect();
    const left = Math.min(event.clientX - room.left + 14, room.width - this.tip.offsetWidth - 8);
    const top = event.clientY - room.top + 16;
    const over = top + this.tip.offsetHeight > room.height;
    this.tip.style.left = `${Math.max(left, 4)}px`;
    this.tip.style.top = `${over ? top - this.tip.offsetHeight - 30 : top}px`;
  }

  #hush() {
    this.tip.hidden = true;
  }

  /** Show the whole; or, where it would be too small to read, what is near a frame. */
  fit(near = null) {
    const margin = 14;
    const { width, height } = this.scene;
    const whole = { x: -margin, y: -margin, w: Math.max(width, 260) + 2 * margin, h: Math.max(height, 60) + 2 * margin };
    const room = this.root.clientWidth || 800;
    const phone = room < NARROW;
    const least = phone ? LEAST_ON_A_PHONE : LEAST_SCALE;
    const natural = Math.min(room / whole.w, 1.15);
    const cut = natural < least && (phone || near);
    const scale = cut ? least : natural;
    // A picture of many boxes is rather taller than the screen than too small to read.
    const most = Math.max(window.innerHeight * 0.85, cut ? 0 : Math.min(scale, LEAST_SCALE) * whole.h, 320);
    const tall = Math.round(Math.min(Math.max(whole.h * scale, 240), most));
    this.root.style.height = `${tall}px`;
    this.fitted = true;
    this.view = cut ? beside(near ?? { ...whole, w: 0, h: 0 }, { w: room / scale, h: tall / scale }, whole) : whole;
    this.#show();
  }

  zoom(factor, at = { x: 0.5, y: 0.5 }) {
    const { x, y, w, h } = this.view;
    const wide = Math.min(Math.max(w * factor, 160), Math.max(this.scene.width, 400) * 4);
    const real = wide / w;
    this.fitted = false;
    this.view = { x: x + (w - w * real) * at.x, y: y + (h - h * real) * at.y, w: wide, h: h * real };
    this.#show();
  }

  #show() {
    const { x, y, w, h } = this.view;
    this.svg.setAttribute("viewBox", `${x} ${y} ${w} ${h}`);
  }

  /** Drag to move, Ctrl and the wheel (or a pinch) to zoom; the plain wheel scrolls the page. */
  #move() {
    let from = null;
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button === 0) from = { x: event.clientX, y: event.clientY, view: this.view, moved: false };
    });
    this.svg.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.moved && Math.hypot(dx, dy) < 4) return;
      if (!from.moved) this.svg.setPointerCapture(event.pointerId);
      from.moved = true;
      const scale = 1 / this.svg.getScreenCTM().a;
      this.fitted = false;
      this.view = { ...from.view, x: from.view.x - dx * scale, y: from.view.y - dy * scale };
      this.#show();
    });
    // A drag holds the pointer, so no box under it takes the click that ends it.
    const end = () => {
      from = null;
    };
    this.svg.addEventListener("pointerup", end);
    this.svg.addEventListener("pointercancel", end);
    this.svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const room = this.svg.getBoundingClientRect();
      this.zoom(Math.exp(event.deltaY / 300), {
        x: (event.clientX - room.left) / room.width,
        y: (event.clientY - room.top) / room.height,
      });
    }, { passive: false });
  }

  /** Arrows go to the nearest box that way, Enter opens it. */
  #key(event) {
    const here = [...this.byCell].find(([, made]) => made === document.activeElement)?.[0];
    if (!here) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.actions.onCell(here);
      return;
    }
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    let [best, least] = [null, Infinity];
    for (const cell of this.byCell.keys()) {
      const [dx, dy] = [cell.x - here.x, cell.y - here.y];
      const ahead = dx * way[0] + dy * way[1];
      const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      if (ahead > 1 && ahead + 2 * aside < least) [best, least] = [cell, ahead + 2 * aside];
    }
    if (best) this.focus(best);
  }

  focus(cell) {
    for (const made of this.byCell.values()) made.setAttribute("tabindex", "-1");
    const made = this.byCell.get(cell);
    made.setAttribute("tabindex", "0");
    made.focus();
  }

  focusFrame(namespace) {
    [...this.svg.querySelectorAll(".frame-head")].find((head) => head.dataset.frame === namespace)?.focus();
  }

  cellOf(key) {
    return [...this.byCell.keys()].find((cell) => cell.key === key);
  }
}

/** How an edge is known, and how sure that is. */
function howKnown(edge) {
  const sources = edge.more[1].map((source) => data.strings[source]).join(", ");
  const how = edge.observed && edge.declared ? "page.both" : edge.observed ? "page.observed" : "page.declared";
  return text(how, { sources, confidence: edge.confidence });
}
