// The call graph: nodes, edges and what is asked of them. Nothing here touches the page.

const DECLARED = 1, OBSERVED = 2, SAMPLED = 4, MTLS = 8, NO_MTLS = 16, COUNTS = 32;

const nodes = data.graph.nodes.map(
  ([id, name, namespace, role, kind, product, services, replicas], index) => ({
    index, id, name, role, kind, product, services, replicas,
    namespace: namespace < 0 ? "" : data.strings[namespace],
    hidden: role === "infrastructure",
    out: [],
    in: [],
  }),
);
const nodeById = new Map(nodes.map((node) => [node.id, node]));

const edges = data.graph.edges.map(
  ([client, server, marks, confidence, rateRps, error, p50, p99, censored, more], index) => ({
    index, client, server, confidence, rateRps, error, p50, p99, censored,
    declared: Boolean(marks & DECLARED),
    observed: Boolean(marks & OBSERVED),
    sampled: Boolean(marks & SAMPLED),
    mtls: marks & MTLS ? true : marks & NO_MTLS ? false : null,
    usual: Boolean(marks & COUNTS) && !nodes[client].hidden && !nodes[server].hidden,
    more,
  }),
);
for (const edge of edges) {
  nodes[edge.client].out.push(edge);
  nodes[edge.server].in.push(edge);
}

/** The picture set to draw from, with the edges in it. */
const drawn = (everything) => data.pictures[everything && data.pictures.everything ? "everything" : "usual"];
const shown = (edge, everything) => everything || edge.usual;

/** What is known of some edges together; as `flow` in mesh_probe/drawing/looks.py. */
function flow(several) {
  let rateRps = null, failed = 0, counted = 0, worst = null, p99 = null, observed = false;
  for (const edge of several) {
    observed ||= edge.observed;
    if (edge.rateRps !== null) rateRps = (rateRps ?? 0) + edge.rateRps;
    if (edge.rateRps !== null && edge.error !== null) {
      counted += edge.rateRps;
      failed += edge.rateRps * edge.error;
    }
    if (edge.error !== null) worst = Math.max(worst ?? 0, edge.error);
    if (edge.p99 !== null) p99 = Math.max(p99 ?? 0, edge.p99);
  }
  return { calls: several.length, observed, rateRps, error: counted ? failed / counted : worst, p99 };
}

const looks = data.looks;

function width(rateRps) {
  if (rateRps === null) return looks.thinnest;
  const wide = looks.thinnest + looks.perDecade * Math.log10(1 + rateRps);
  return Math.round(Math.min(wide, looks.thickest) * 10) / 10;
}

/** The class of a line: by its errors, its latency or nothing at all. */
function tone(found, by) {
  const [figure, limits] = by === "latency" ? [found.p99, looks.latency] : [found.error, looks.errors];
  if (figure === null) return "tone-unknown";
  return `tone-${limits.filter((limit) => figure >= limit).length}`;
}

/** Nodes within some calls of one, with their column: callers to the left, callees to the right. */
function around(start, hops, everything, most, among = () => true) {
  const column = new Map([[start, 0]]);
  const distance = new Map([[start, 0]]);
  let [reached, cut] = [[start], 0];
  for (let hop = 0; hop < hops; hop += 1) {
    const next = [];
    for (const here of reached) {
      const steps = [
        ...nodes[here].out.map((edge) => [edge.server, 1, edge]),
        ...nodes[here].in.map((edge) => [edge.client, -1, edge]),
      ].filter(([node, , edge]) => shown(edge, everything) && among(node));
      steps.sort((a, b) => (b[2].rateRps ?? 0) - (a[2].rateRps ?? 0) || a[0] - b[0]);
      for (const [node, side] of steps) {
        if (column.has(node)) continue;
        if (column.size >= most) {
          cut += 1;
          continue;
        }
        column.set(node, column.get(here) + side);
        distance.set(node, hop + 1);
        next.push(node);
      }
    }
    reached = next;
  }
  return { column, distance, cut };
}

/** A shortest way from one node to another, as node numbers; null when there is none. */
function wayBetween(from, to, everything) {
  const before = new Map([[from, null]]);
  const queue = [from];
  for (const here of queue) {
    if (here === to) break;
    for (const edge of nodes[here].out) {
      if (!shown(edge, everything) || before.has(edge.server)) continue;
      before.set(edge.server, here);
      queue.push(edge.server);
    }
  }
  if (!before.has(to)) return null;
  const way = [];
  for (let step = to; step !== null; step = before.get(step)) way.unshift(step);
  return way;
}

/** Nodes whose name has the words of a search in it, best first. */
function search(query, most = 12) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  const rank = (node) => {
    const [id, name] = [node.id.toLowerCase(), node.name.toLowerCase()];
    if (id === wanted || name === wanted) return 0;
    if (name.startsWith(wanted)) return 1;
    if (name.includes(wanted)) return 2;
    return id.includes(wanted) ? 3 : 4;
  };
  return nodes
    .map((node) => [rank(node), node])
    .filter(([found]) => found < 4)
    .sort((a, b) => a[0] - b[0] || a[1].index - b[1].index)
    .slice(0, most)
    .map(([, node]) => node);
}
