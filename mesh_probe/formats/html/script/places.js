// Where boxes stand. Pictures come laid out; what is unfolded pushes its neighbours apart, and what
// is picked out stands in columns along its calls.

const GAP_X = 100, GAP_Y = 14, FRAME = 16, FRAME_HEAD = 30, MOST_PICKED = 60, MOST_CURVES = 400, CHAIN_ROW = 6;
const [SERVICE, GROUP] = [looks.service, looks.group];

/** A picture as it came: cells, frames and lines with their places. */
function opened(picture) {
  const cells = picture.cells.map(([what, x, y, members]) => cellOf(what, x, y, members));
  return {
    width: picture.width,
    height: picture.height,
    cells,
    frames: picture.frames.map(([namespace, x, y, w, h]) => ({
      namespace: data.strings[namespace], x, y, w, h,
    })),
    lines: picture.lines.map(([client, server, numbers, path]) => ({
      client: cells[client],
      server: cells[server],
      edges: numbers.map((number) => edges[number]),
      path,
    })),
    leftOut: picture.leftOut,
  };
}

function cellOf(what, x, y, members) {
  const service = typeof what === "number";
  const [w, h] = service ? SERVICE : GROUP;
  return {
    key: service ? nodes[what].id : what,
    node: service ? nodes[what] : null,
    namespace: service ? nodes[what].namespace : what.replace(/^namespace:/, ""),
    members: service ? [what] : members,
    x, y, w, h,
  };
}

/** The folded picture with some namespaces opened: each grows in its place, the others move away. */
function unfolded(pictures, open, everything) {
  const base = opened(pictures.folded);
  const blocks = base.cells.map((cell) => {
    const inside = !cell.node && open.has(cell.namespace) && pictures.inside[cell.namespace];
    if (!inside) return { cell, w: cell.w, h: cell.h };
    const picture = opened(inside);
    return {
      cell, picture,
      w: picture.width + 2 * FRAME,
      h: picture.height + FRAME + FRAME_HEAD,
    };
  });
  const size = inColumns(columnsOf(blocks));
  const scene = { ...size, cells: [], frames: [], lines: [], leftOut: 0 };
  const home = new Map();
  for (const { cell, picture, x, y, w, h } of blocks) {
    if (!picture) {
      scene.cells.push(Object.assign(cell, { x, y }));
      for (const member of cell.members) home.set(member, cell);
      continue;
    }
    scene.frames.push({ namespace: cell.namespace, x, y, w, h });
    const [right, down] = [x + FRAME, y + FRAME_HEAD];
    for (const inner of picture.cells) {
      scene.cells.push(Object.assign(inner, { x: inner.x + right, y: inner.y + down }));
      for (const member of inner.members) home.set(member, inner);
    }
    for (const line of picture.lines) scene.lines.push({ ...line, move: [right, down] });
  }
  const laid = new Set(scene.lines.flatMap((line) => line.edges));
  const others = edges.filter((edge) => shown(edge, everything) && !laid.has(edge));
  // Between what stays folded, only what the folded picture shows too.
  const strong = new Set(base.lines.map(({ client, server }) => `${client.key}\n${server.key}`));
  const added = curves(others, home, scene);
  const kept = added.filter(({ client, server }) =>
    client.node || server.node || strong.has(`${client.key}\n${server.key}`));
  scene.leftOut += added.length - kept.length;
  // They cross what they were not laid out with, so they stand back until a box is pointed at.
  for (const line of kept) line.aside = true;
  scene.lines.push(...kept);
  return scene;
}

/** Blocks by the rank that the layout gave them, from left to right. */
function columnsOf(blocks) {
  const columns = new Map();
  for (const block of blocks) {
    const rank = Math.round(block.cell.x + block.cell.w / 2);
    if (!columns.has(rank)) columns.set(rank, []);
    columns.get(rank).push(block);
  }
  return [...columns.keys()]
    .sort((a, b) => a - b)
    .map((rank) => columns.get(rank).sort((a, b) => a.cell.y - b.cell.y));
}

/** Give blocks that stand in columns their places; each column is centred. */
function inColumns(columns) {
  const heights = columns.map((column) =>
    column.reduce((sum, block) => sum + block.h + GAP_Y, -GAP_Y),
  );
  const height = Math.max(...heights, 0);
  let x = 0;
  columns.forEach((column, number) => {
    const wide = Math.max(...column.map((block) => block.w));
    let y = (height - heights[number]) / 2;
    for (const block of column) {
      Object.assign(block, { x: x + (wide - block.w) / 2, y });
      y += block.h + GAP_Y;
    }
    x += wide + GAP_X;
  });
  return { width: Math.max(x - GAP_X, 0), height };
}

/** Only some nodes, in the columns given, ordered so that few lines cross. */
function picked(column, keep) {
  const chosen = edges.filter(
    (edge) => column.has(edge.client) && column.has(edge.server) && keep(edge),
  );
  const ranks = [...new Set(column.values())].sort((a, b) => a - b);
  const columns = ranks.map((rank) =>
    [...column.keys()]
      .filter((node) => column.get(node) === rank)
      .sort((a, b) => a - b)
      .map((node) => ({ cell: cellOf(node, 0, 0), node, w: SERVICE[0], h: SERVICE[1] })),
  );
  order(columns, chosen);
  const size = inColumns(columns);
  const blocks = columns.flat();
  for (const { cell, x, y } of blocks) Object.assign(cell, { x, y });
  const home = new Map(blocks.map(({ node, cell }) => [node, cell]));
  const scene = { ...size, cells: blocks.map(({ cell }) => cell), frames: [], lines: [], leftOut: 0 };
  scene.lines = curves(chosen, home, scene);
  return scene;
}

/** Each column by the mean place of its neighbours, forwards and back again (barycentres). */
function order(columns, chosen) {
  const beside = new Map();
  const add = (a, b) => beside.set(a, [...(beside.get(a) ?? []), b]);
  for (const edge of chosen) {
    add(edge.client, edge.server);
    add(edge.server, edge.client);
  }
  const place = new Map();
  const note = (column) =>
    column.forEach((block, row) => place.set(block.node, (row + 0.5) / column.length));
  columns.forEach(note);
  for (const sweep of [columns, [...columns].reverse(), columns, [...columns].reverse()]) {
    for (const column of sweep) {
      const mean = new Map(
        column.map(({ node }) => {
          const around_ = (beside.get(node) ?? []).map((other) => place.get(other));
          const sum = around_.reduce((total, at) => total + at, 0);
          return [node, around_.length ? sum / around_.length : place.get(node)];
        }),
      );
      column.sort((a, b) => mean.get(a.node) - mean.get(b.node) || a.node - b.node);
      note(column);
    }
  }
}

/** Lines between cells that nothing was laid out for; of very many the strongest. */
function curves(several, home, scene) {
  const between = new Map();
  for (const edge of several) {
    const [client, server] = [home.get(edge.client), home.get(edge.server)];
    if (!client || !server || (client === server && client.members.length > 1)) continue;
    const key = `${client.key}\n${server.key}`;
    if (!between.has(key)) between.set(key, { client, server, edges: [] });
    between.get(key).edges.push(edge);
  }
  const lines = [...between.values()];
  if (lines.length > MOST_CURVES) {
    lines.sort((a, b) => b.edges.length - a.edges.length);
    scene.leftOut += lines.length - MOST_CURVES;
    lines.length = MOST_CURVES;
  }
  for (const line of lines) line.path = curve(line.client, line.server);
  return lines;
}

/** A chain of services in rows, the second from right to left and so on. */
function chained(chain) {
  const [stepX, stepY] = [SERVICE[0] + GAP_X - 16, SERVICE[1] + 46];
  const across = Math.min(chain.length, CHAIN_ROW);
  const cells = chain.map((node, place) => {
    const row = Math.floor(place / across);
    const along = place % across;
    const column = row % 2 ? across - 1 - along : along;
    return cellOf(node, column * stepX, row * stepY);
  });
  const rows = Math.ceil(chain.length / across);
  const scene = {
    width: across * stepX - stepX + SERVICE[0], height: rows * stepY - stepY + SERVICE[1],
    cells, frames: [], lines: [], leftOut: 0,
  };
  const home = new Map(chain.map((node, place) => [node, cells[place]]));
  const steps = chain.slice(1).map((node, place) => nodes[chain[place]].out.find((edge) => edge.server === node));
  scene.lines = curves(steps.filter(Boolean), home, scene);
  for (const line of scene.lines) {
    const { client, server, edges: [edge] } = line;
    if (edge.p50 === null) continue;
    const across = client.y === server.y;
    const above = server.x > client.x ? -11 : -1;
    line.label = {
      said: duration(edge.p50),
      x: (client.x + server.x + SERVICE[0]) / 2 + (across ? 0 : 26),
      y: (client.y + server.y + SERVICE[1]) / 2 + (across ? above : 4),
    };
  }
  return scene;
}

/** Lines of a box that are not drawn, because there are stronger ones. */
function hiddenLines(cell, scene, everything) {
  const home = new Map(scene.cells.flatMap((each) => each.members.map((member) => [member, each])));
  const laid = new Set(scene.lines.flatMap((line) => line.edges));
  const own = cell.members.flatMap((member) => [...nodes[member].out, ...nodes[member].in]);
  const missing = own.filter((edge) => shown(edge, everything) && !laid.has(edge));
  return curves([...new Set(missing)], home, { leftOut: 0 });
}

function curve(client, server) {
  // Calls there and back stand side by side.
  const aside = server.x > client.x || (server.x === client.x && server.y > client.y) ? -5 : 5;
  const [top, bottom] = [client.y + client.h / 2 + aside, server.y + server.h / 2 + aside];
  const [left, right] = [client.x, client.x + client.w];
  if (client === server) {
    const up = client.y;
    return `M${right - 40},${up}C${right - 36},${up - 26} ${right + 22},${up - 20} ${right},${top - 6}`;
  }
  if (server.x > right) {
    const bend = Math.max((server.x - right) / 2, 30);
    return `M${right},${top}C${right + bend},${top} ${server.x - bend},${bottom} ${server.x},${bottom}`;
  }
  if (server.x + server.w < left) {
    const bend = Math.max((left - server.x - server.w) / 2, 30);
    const end = server.x + server.w;
    return `M${left},${top}C${left - bend},${top} ${end + bend},${bottom} ${end},${bottom}`;
  }
  const [upper, lower] = client.y < server.y ? [client, server] : [server, client];
  if (Math.abs(client.x - server.x) < 2 && lower.y - upper.y - upper.h < 60) {
    const middle = client.x + client.w / 2 + aside;
    const [start, end] = client === upper ? [client.y + client.h, server.y] : [client.y, server.y + server.h];
    return `M${middle},${start}C${middle},${start} ${middle},${end} ${middle},${end}`;
  }
  const out = Math.max(right, server.x + server.w) + 44;
  return `M${right},${top}C${out},${top} ${out},${bottom} ${server.x + server.w},${bottom}`;
}
