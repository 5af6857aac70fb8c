// A graph as plotly draws it: places come from the server in px at 100 %, colours from the page's theme. Nothing here
// touches the document but to read what a colour is and how wide a word runs.
import { STATUS, look } from "./pill.jsx";

export const BOX = { boxes: [160, 52], parts: [160, 52], dots: [12, 12] };
/** How each state looks where there is only room for a dot: plotly's name and the same shape as a path of 12 × 12. */
export const GLYPHS = {
  CREATED: ["circle-open", "M6 1.5a4.5 4.5 0 1 0 .01 0z", true],
  PLANNING: ["circle-open-dot", "M6 1.5a4.5 4.5 0 1 0 .01 0zM5.5 6h1", true],
  READY: ["square-open", "M2 2h8v8H2z", true],
  ASSIGNED: ["diamond-open", "M6 1l5 5-5 5-5-5z", true],
  IN_PROGRESS: ["triangle-right", "M2.5 1.5L10.5 6l-8 4.5z", false],
  REVIEW: ["diamond", "M6 1l5 5-5 5-5-5z", false],
  COMPLETED: ["circle", "M6 1.5a4.5 4.5 0 1 0 .01 0z", false],
  FAILED: ["x-thin-open", "M2 2l8 8M10 2l-8 8", true],
  CANCELLED: ["line-ne-open", "M2 10l8-8", true],
  SKIPPED: ["line-ew-open", "M2 6h8", true],
  WAITING: ["hourglass-open", "M3 1.5h6L3 10.5h6z", true],
};
const INK = { "": "text-2", ok: "ok", warn: "warn", bad: "bad", info: "info", idle: "idle", acc: "accent-text" };
const TOKENS = ["bg", "surface", "line", "line-strong", "text", "text-2", "accent", "accent-text", "accent-soft", "ok", "warn", "bad", "info", "idle", "ok-fill", "warn-fill", "bad-fill", "info-fill", "idle-fill"];
const SANS = "Inter, system-ui, sans-serif";
const MONO = "JetBrains Mono, ui-monospace, monospace";
const CORNER = 6;

/** What the theme's tokens are now, as colours that plotly can read. */
export function palette(element) {
  const probe = element.appendChild(document.createElement("span"));
  const found = {};
  for (const name of TOKENS) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

/** The smallest box around all nodes: [left, top, width, height]. */
export function bounds({ nodes, mode }) {
  const [w, h] = BOX[mode];
  let [left, top, right, bottom] = [0, 0, w, h];
  for (const { x, y } of nodes) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + w);
    bottom = Math.max(bottom, y + h);
  }
  return [left, top, right - left, bottom - top];
}

/** The node at a place, with some room around dots; or nothing. */
export function hit(figure, x, y, scale) {
  const [w, h] = BOX[figure.mode];
  const room = figure.mode === "dots" ? Math.max(2, 6 / scale) : 0;
  return figure.nodes.find((n) => x >= n.x - room && x <= n.x + w + room && y >= n.y - room && y <= n.y + h + room);
}

// Titles are anybody's words, and plotly reads markup in texts.
const plain = (text) => String(text ?? "").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

let ruler;
function cut(text, width, font) {
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = font;
  const letters = [...String(text ?? "").slice(0, 80)];
  if (ruler.measureText(letters.join("")).width <= width) return letters.join("");
  let [low, high] = [0, letters.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ruler.measureText(`${letters.slice(0, middle).join("").trimEnd()}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, low).join("").trimEnd()}…`;
}

/** A path of right angles as points, its corners rounded. */
function rounded(points) {
  const out = [points[0]];
  for (let i = 1; i < points.length - 1; i++) {
    const [a, b, c] = [points[i - 1], points[i], points[i + 1]];
    const before = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const after = Math.hypot(c[0] - b[0], c[1] - b[1]);
    const r = Math.min(CORNER, before / 2, after / 2);
    if (r < 0.5) {
      out.push(b);
      continue;
    }
    const from = [b[0] + ((a[0] - b[0]) * r) / before, b[1] + ((a[1] - b[1]) * r) / before];
    const to = [b[0] + ((c[0] - b[0]) * r) / after, b[1] + ((c[1] - b[1]) * r) / after];
    for (let t = 0; t <= 1; t += 0.25) {
      out.push([0, 1].map((k) => (1 - t) ** 2 * from[k] + 2 * t * (1 - t) * b[k] + t ** 2 * to[k]));
    }
  }
  return [...out, points.at(-1)];
}

function route(figure, [from, to, , bends]) {
  const [w, h] = BOX[figure.mode];
  const [a, b] = [figure.nodes[from], figure.nodes[to]];
  if (figure.mode === "dots") return [[a.x + w / 2, a.y + h / 2], [b.x + w / 2, b.y + h / 2]];
  const points = [[a.x + w, a.y + h / 2]];
  const end = [b.x - 2, b.y + h / 2];
  if (!figure.bent) return [...points, end];
  const step = (b.x - a.x) / (bends.length + 1);
  const gap = (step - w) / 2;
  let y = a.y + h / 2;
  [...bends.map((bend) => bend + h / 2), end[1]].forEach((next, n) => {
    const x = a.x + w + gap + n * step;
    if (Math.abs(next - y) > 0.5) points.push([x, y], [x, next]);
    y = next;
  });
  return rounded([...points, end]);
}

const corner = (x, y, r, from) => [0, 1, 2, 3, 4].map((n) => {
  const angle = ((from + n * 22.5) * Math.PI) / 180;
  return [x + r * Math.cos(angle), y + r * Math.sin(angle)];
});

const box = (x, y, w, h, r) => [
  ...corner(x + w - r, y + r, r, -90), ...corner(x + w - r, y + h - r, r, 0),
  ...corner(x + r, y + h - r, r, 90), ...corner(x + r, y + r, r, 180), [x + w - r, y],
];

/** Many polygons or lines as one trace. */
function trace(shapes, more) {
  const [x, y] = [[], []];
  for (const shape of shapes) {
    for (const [px, py] of shape) {
      x.push(px);
      y.push(py);
    }
    x.push(null);
    y.push(null);
  }
  return { type: "scatter", mode: "lines", x, y, hoverinfo: "skip", showlegend: false, connectgaps: false, ...more, line: { simplify: false, ...more.line } };
}

const filled = (shapes, fillcolor, color, width, opacity = 1) => trace(shapes, { fill: "toself", fillcolor, opacity, line: { color, width } });

function written(places, size, color, family, position, weight = 400) {
  return {
    type: "scatter", mode: "text", hoverinfo: "skip", showlegend: false, cliponaxis: true,
    x: places.map((p) => p[0]), y: places.map((p) => p[1]), text: places.map((p) => plain(p[2])),
    textposition: position, textfont: { size, color, family, weight },
  };
}

/** The same places as plain shapes, for the moment before plotly has come: what to fill or stroke, and with which class. */
export function sketch(figure, looks) {
  const [w, h] = BOX[figure.mode];
  const paths = new Map();
  const add = (name, d) => paths.set(name, (paths.get(name) ?? "") + d);
  for (const edge of figure.edges) {
    const points = figure.mode === "dots" ? route(figure, edge) : route(figure, edge).map(([x, y]) => [Math.round(x), Math.round(y)]);
    add(edge[2] ? "hot" : "edge", `M${points.join("L")}`);
  }
  figure.nodes.forEach(({ x, y }, i) => {
    const tone = figure.mode === "dots" ? look("status", looks[i]?.[0])[1] || "idle" : "box";
    add(`node ${tone}`, `M${x} ${y}h${w}v${h}h${-w}z`);
  });
  return [...paths];
}

function edges(figure, ink, scale) {
  const dots = figure.mode === "dots";
  const out = [];
  for (const hot of [0, 1]) {
    const chosen = figure.edges.filter((edge) => edge[2] === hot);
    if (!chosen.length) continue;
    const routes = chosen.map((edge) => route(figure, edge));
    const color = hot ? ink.accent : ink["line-strong"];
    const width = (hot ? 2.25 : dots ? 0.75 : 1.25) * (dots ? 1 : Math.min(1.25, Math.max(0.5, scale)));
    out.push(trace(routes, { opacity: dots && !hot ? 0.4 : 1, line: { color, width } }));
    if (!dots) out.push(filled(routes.map((points) => arrow(points)), color, color, 0));
  }
  return out;
}

function arrow(points) {
  const [[ax, ay], [bx, by]] = points.slice(-2);
  const length = Math.hypot(bx - ax, by - ay) || 1;
  const [dx, dy] = [(bx - ax) / length, (by - ay) / length];
  return [[bx + 2 * dx, by + 2 * dy], [bx - 5 * dx - 4 * dy, by - 5 * dy + 4 * dx], [bx - 5 * dx + 4 * dy, by - 5 * dy - 4 * dx], [bx + 2 * dx, by + 2 * dy]];
}

function boxes(figure, looks, chosen, ink, scale, words) {
  const [w, h] = BOX.boxes;
  const out = edges(figure, ink, scale);
  const picked = figure.nodes.filter((n) => n.k === chosen);
  // Also where nothing is chosen: traces that change places lose their texts.
  out.push(filled(picked.map((n) => box(n.x - 4, n.y - 4, w + 8, h + 8, 10)), ink.accent, ink.accent, 0, 0.35));
  for (const hot of [false, true]) {
    const some = figure.nodes.filter((n) => !!n.c === hot);
    if (some.length) out.push(filled(some.map((n) => box(n.x, n.y, w, h, 8)), ink.surface, hot ? ink.accent : ink["line-strong"], hot ? 1.75 : 1));
  }
  out.push(...shares(figure, looks, ink));
  if (scale < 0.4) return out;
  const tasks = figure.nodes.map((n, i) => [n, looks[i]]).filter(([n, look]) => !n.n && look);
  const parts = figure.nodes.map((n, i) => [n, looks[i]]).filter(([n, look]) => n.n && look);
  const small = 11 * scale;
  const [mono, sans] = ["500 11px JetBrains Mono", "500 13px Inter"];
  out.push(
    written(tasks.map(([n]) => [n.x + 28, n.y + 16, cut(n.k, 60, mono)]), small, ink["text-2"], MONO, "middle right", 500),
    written(tasks.map(([n, look]) => [n.x + 152, n.y + 16, cut(look[1], 58, "11px Inter")]), small, ink["text-2"], SANS, "middle left"),
    written([
      ...tasks.map(([n]) => [n.x + 8, n.y + 36, cut(n.t, 138, sans)]),
      ...parts.map(([n]) => [n.x + 8, n.y + 15, cut(words.name(n), 140, sans)]),
    ], 13 * scale, ink.text, SANS, "middle right", 500),
    written(parts.map(([n, look]) => [n.x + 8, n.y + 31, cut(words.counts(n, look), 140, "11px Inter")]), small, ink["text-2"], SANS, "middle right"),
  );
  return out;
}

/** The states of a part's tasks side by side at the foot of its box. */
function shares(figure, looks, ink) {
  const bars = {};
  figure.nodes.forEach((n, i) => {
    if (!n.n || !looks[i]) return;
    let x = n.x + 10;
    for (const [status, count] of Object.entries(looks[i])) {
      const width = (140 * count) / n.n;
      (bars[status] ??= []).push([[x, n.y + 41], [x + width, n.y + 41], [x + width, n.y + 45], [x, n.y + 45], [x, n.y + 41]]);
      x += width;
    }
  });
  const fill = (status) => ink[{ ok: "ok-fill", warn: "warn-fill", bad: "bad-fill", info: "info-fill", acc: "accent" }[STATUS[status]?.[1]] ?? "idle-fill"];
  return Object.entries(bars).map(([status, shapes]) => filled(shapes, fill(status), fill(status), 0));
}

export const tone = (status, ink) => ink[INK[STATUS[status]?.[1] ?? "idle"]];

function dots(figure, looks, chosen, ink, view) {
  const { scale } = view;
  const size = Math.min(16, Math.max(4, 10 * scale));
  const middle = (n) => [n.x + 6, n.y + 6];
  const ring = (some, grow, color, width) => ({
    type: "scatter", mode: "markers", hoverinfo: "skip", showlegend: false,
    x: some.map((n) => middle(n)[0]), y: some.map((n) => middle(n)[1]),
    marker: { symbol: "circle-open", size: size + grow, color, line: { color, width } },
  });
  const out = edges(figure, ink, scale);
  out.push({
    type: "scatter", mode: "markers", hoverinfo: "skip", showlegend: false,
    x: figure.nodes.map((n) => middle(n)[0]), y: figure.nodes.map((n) => middle(n)[1]),
    marker: {
      size, opacity: 1, symbol: looks.map(([status]) => GLYPHS[status]?.[0] ?? "circle"),
      color: looks.map(([status]) => tone(status, ink)), line: { width: 1.5, color: looks.map(([status]) => tone(status, ink)) },
    },
  });
  const hot = figure.nodes.filter((n) => n.c);
  if (hot.length) out.push(ring(hot, 6, ink.accent, 1.75));
  const picked = figure.nodes.filter((n) => n.k === chosen);
  if (picked.length) out.push(ring(picked, 14, ink.accent, 4));
  if (scale >= 1.2) {
    const seen = figure.nodes.filter((n) => n.x + 64 > view.x && n.x < view.x + view.w / scale && n.y + 20 > view.y && n.y < view.y + view.h / scale);
    const font = Math.min(12, 9 * scale);
    const room = 46 * scale;
    out.push(written(seen.slice(0, 400).map((n) => [n.x + 14, n.y + 6, cut(scale >= 2.5 ? n.t : n.k, room, `${font}px Inter`)]), font, ink.text, SANS, "middle right"));
  }
  return out;
}

/** The icons of the states as pictures that grow with the boxes. */
function icons(figure, looks, ink, sprite) {
  return figure.nodes.flatMap((n, i) => {
    const status = n.n ? null : looks[i]?.[0];
    const source = status && sprite(STATUS[status]?.[0], tone(status, ink));
    return source ? [{ source, xref: "x", yref: "y", x: n.x + 10, y: n.y + 9, sizex: 14, sizey: 14, xanchor: "left", yanchor: "top", layer: "above" }] : [];
  });
}

/** Everything for one call of plotly: the traces and the layout of a view {x, y, w, h, scale}. */
export function draw({ figure, looks, chosen, ink, view, words, sprite }) {
  const axis = { visible: false, showgrid: false, zeroline: false, fixedrange: false, autorange: false };
  const asDots = figure.mode === "dots";
  return {
    data: asDots ? dots(figure, looks, chosen, ink, view) : boxes(figure, looks, chosen, ink, view.scale, words),
    layout: {
      width: view.w, height: view.h, margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, hovermode: false, dragmode: "pan",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: SANS },
      images: asDots || view.scale < 0.25 ? [] : icons(figure, looks, ink, sprite),
      xaxis: { ...axis, range: [view.x, view.x + view.w / view.scale] },
      yaxis: { ...axis, range: [view.y + view.h / view.scale, view.y] },
    },
  };
}
