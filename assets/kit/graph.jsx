// A graph to pan, zoom and click. plotly.js comes only when one is shown, and the list beside it says the same in words.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Icon } from "./icon.jsx";
import { useLocale } from "./locale.js";
import { STATUS, look } from "./pill.jsx";
import { BOX, GLYPHS, bounds, draw, hit, palette, sketch } from "./plot.js";

const PAD = 24;
const FOOT = 64;
const LEAST = 0.04;
const MOST = 4;
const STEP = 1.25;
const READABLE = 0.85;
const clamp = (scale) => Math.min(MOST, Math.max(LEAST, scale));

let library;
export const plotly = () => (library ??= import("plotly.js-basic-dist-min").then((module) => module.default ?? module));

let symbols;
const icons = () => (symbols ??= fetch("/icons.svg").then((answer) => answer.text()).then((text) => {
  const found = new DOMParser().parseFromString(text, "image/svg+xml").querySelectorAll("symbol");
  return Object.fromEntries([...found].map((symbol) => [symbol.id, symbol.innerHTML]));
}));

/** Fetches what a graph is drawn with while its places are still on their way. */
export function GraphCode() {
  useEffect(() => {
    plotly();
    icons();
  }, []);
  return null;
}

/** A view that shows everything, or where the critical path begins when everything would be too small to read. */
function fitted(figure, w, h, whole) {
  const [left, top, width, height] = bounds(figure);
  const fits = Math.min((w - 2 * PAD) / width, (h - PAD - FOOT) / height, 1);
  const scale = clamp(whole || figure.mode === "dots" ? fits : Math.max(fits, READABLE));
  const spare = (size, room) => Math.max(0, (room - size * scale) / 2 / scale);
  const highest = top - Math.max(PAD / scale, spare(height, h - FOOT + PAD));
  return { scale, w, h, x: left - Math.max(PAD / scale, spare(width, w)), y: Math.max(highest, beginning(figure, top + height, (h - FOOT) / scale)) };
}

/** How far down a view of this height begins that has the critical path in its middle, or its first box where it is higher
 * than the view, and ends with the graph. */
function beginning(figure, bottom, seen) {
  const hot = figure.nodes.filter((n) => n.c);
  if (figure.mode === "dots" || !hot.length) return -Infinity;
  const high = BOX[figure.mode][1];
  const [top, foot] = [Math.min(...hot.map((n) => n.y)), Math.max(...hot.map((n) => n.y)) + high];
  const middle = foot - top <= seen ? (top + foot) / 2 : hot.reduce((a, b) => (b.x < a.x ? b : a)).y + high / 2;
  return Math.min(middle - seen / 2, bottom + PAD - seen);
}

const around = (view, scale, px = view.w / 2, py = view.h / 2) => {
  const next = clamp(scale);
  return { ...view, scale: next, x: view.x + px / view.scale - px / next, y: view.y + py / view.scale - py / next };
};

const centred = (view, figure, node) => {
  const [w, h] = BOX[figure.mode];
  const scale = figure.mode === "dots" ? view.scale : Math.max(view.scale, READABLE);
  return { ...view, scale, x: node.x + w / 2 - view.w / 2 / scale, y: node.y + h / 2 - view.h / 2 / scale };
};

const inside = (view, node) => {
  const [x, y] = [(node.x - view.x) * view.scale, (node.y - view.y) * view.scale];
  return x > 0 && y > 0 && x < view.w - 60 && y < view.h - 40;
};

/** Grows when the colours of the page change. */
export function useTheme() {
  const [n, set] = useState(0);
  useEffect(() => {
    const change = () => set((old) => old + 1);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const watch = new MutationObserver(change);
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "style"] });
    dark.addEventListener("change", change);
    return () => {
      watch.disconnect();
      dark.removeEventListener("change", change);
    };
  }, []);
  return n;
}

export function useSize(ref) {
  const [size, set] = useState(null);
  useLayoutEffect(() => {
    const measure = () => set([ref.current.clientWidth, ref.current.clientHeight]);
    const watch = new ResizeObserver(measure);
    watch.observe(ref.current);
    measure();
    return () => watch.disconnect();
  }, [ref]);
  return size;
}

/** What a part of a large graph is called, and how its tasks stand. */
function useWords(L) {
  return useMemo(() => ({
    name(n) {
      const steps = n.first === n.last ? L.t("Step {n}", { n: n.first }) : L.t("Steps {first} to {last}", { first: n.first, last: n.last });
      const piece = n.piece ? `, ${L.t("group {n}", { n: n.piece })}` : "";
      return (n.apart ? L.t("Separate tasks") : steps + piece) + (n.label ? ` · ${n.label}` : "");
    },
    counts(n, counts) {
      const done = counts.COMPLETED ?? 0;
      const failed = counts.FAILED ? `, ${L.t("{n} failed", { n: L.number(counts.FAILED) })}` : "";
      return L.plural("{done} of {n} done", "{done} of {n} done", n.n, { done: L.number(done) }) + failed;
    },
  }), [L]);
}

function useLoaded() {
  const [loaded, set] = useState(null);
  useEffect(() => {
    let gone = false;
    Promise.all([plotly(), icons()]).then(([Plotly, sprite]) => gone || set({ Plotly, sprite }));
    return () => {
      gone = true;
    };
  }, []);
  return loaded;
}

const source = (sprite) => (name, color) => sprite[name] && "data:image/svg+xml," + encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" width="56" height="56" viewBox="0 0 24 24" fill="none" stroke="${color}" stroke-width="2.25" stroke-linecap="round" stroke-linejoin="round">${sprite[name]}</svg>`,
);

function Tip({ tip, looks, figure, words, L }) {
  if (!tip) return null;
  const [, , word] = tip.node.n ? [] : look("status", looks[figure.nodes.indexOf(tip.node)]?.[0]);
  const counts = looks[figure.nodes.indexOf(tip.node)];
  return (
    <div className="graphtip" style={{ left: tip.x, top: tip.y }} aria-hidden="true">
      <b>{tip.node.n ? words.name(tip.node) : tip.node.t}</b>
      <span className="meta">
        {tip.node.n
          ? Object.entries(counts ?? {}).map(([status, n]) => `${L.t(look("status", status)[2])}: ${L.number(n)}`).join(", ")
          : [tip.node.k, L.t(word), counts?.[1]].filter(Boolean).join(" · ")}
      </span>
    </div>
  );
}

/** The picture until plotly is there: every place and line, no words. */
function Sketch({ figure, looks, view }) {
  const paths = useMemo(() => sketch(figure, looks), [figure, looks]);
  return (
    <svg className={`graphplot sketch ${figure.mode}`} aria-hidden="true" viewBox={[view.x, view.y, view.w / view.scale, view.h / view.scale].join(" ")}>
      {paths.map(([name, d]) => <path key={name} className={name} d={d} />)}
    </svg>
  );
}

function Legend({ figure, looks, L }) {
  if (figure.plain) return null;
  return <Meanings figure={figure} looks={looks} L={L} />;
}

function Meanings({ figure, looks, L }) {
  const present = useMemo(() => {
    const found = new Set();
    figure.nodes.forEach((n, i) => (n.n ? Object.keys(looks[i] ?? {}) : [looks[i]?.[0]]).forEach((status) => found.add(status)));
    return Object.keys(STATUS).filter((status) => found.has(status));
  }, [figure, looks]);
  return (
    <ul className="legend" aria-label={L.t("Legend")}>
      {present.map((status) => {
        const [name, tone, word] = look("status", status);
        const [, path, open] = GLYPHS[status];
        return (
          <li key={status}>
            {figure.mode === "dots"
              ? <svg className={`glyph ${tone}`} viewBox="0 0 12 12" aria-hidden="true"><path d={path} fill={open ? "none" : "currentColor"} stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" /></svg>
              : <Icon name={name} size="s" tone={tone} />}
            {L.t(word)}
          </li>
        );
      })}
      {figure.nodes.some((n) => n.c) ? <li><span className="hotline" />{L.t("Critical path")}</li> : null}
      {figure.hidden ? <li className="m2">{L.plural("{n} weaker line is left out", "{n} weaker lines are left out", figure.hidden)}</li> : null}
    </ul>
  );
}

function Zoom({ view, onZoom, onFit, L }) {
  return (
    <div className="zoom seg" role="group" aria-label={L.t("Zoom")}>
      <button type="button" aria-label={L.t("Zoom out")} onClick={() => onZoom(view.scale / STEP)}><Icon name="minus" size="s" /></button>
      <button type="button" className="t" aria-label={L.t("Show at 100%, now {n}", { n: L.percent(view.scale) })} onClick={() => onZoom(1)}>{L.percent(view.scale)}</button>
      <button type="button" aria-label={L.t("Zoom in")} onClick={() => onZoom(view.scale * STEP)}><Icon name="plus" size="s" /></button>
      <button type="button" aria-label={L.t("Show all of it")} onClick={onFit}><Icon name="maximize" size="s" /></button>
    </div>
  );
}

const KEYS = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] };
const NO_FIGURE = { nodes: [], edges: [], mode: "boxes", id: "" };

export function Graph({ figure: given, looks: states = [], chosen = "", label, onChoose }) {
  const L = useLocale();
  const navigate = useNavigate();
  const frame = useRef(null);
  const canvas = useRef(null);
  const figure = given?.nodes ? given : NO_FIGURE;
  // The states come as a variable of their own; while only one of the two has arrived they do not fit each other.
  const looks = useMemo(() => figure.nodes.map((n, i) => states[i] ?? (n.n ? {} : ["CREATED", ""])), [figure, states]);
  const size = useSize(frame);
  const theme = useTheme();
  const loaded = useLoaded();
  const words = useWords(L);
  const [view, setView] = useState(null);
  const [picked, pick] = useState(chosen);
  const [tip, setTip] = useState(null);
  const [drawing, redraw] = useState(0);
  const [drawn, setDrawn] = useState(false);
  const now = useRef({});
  now.current = { figure, view, picked };
  useEffect(() => pick(chosen), [chosen]);
  useEffect(() => {
    if (!size || !size[0] || !figure.id) return;
    setView((old) => (old?.id === figure.id ? { ...old, w: size[0], h: size[1] } : { ...fitted(figure, ...size), id: figure.id }));
  }, [figure.id, size?.[0], size?.[1]]);
  useEffect(() => {
    const node = figure.nodes.find((n) => n.k === chosen);
    if (node) setView((old) => (old && !inside(old, node) ? centred(old, figure, node) : old));
  }, [chosen, view?.id, view?.w]);
  const ink = useMemo(() => (frame.current && loaded ? palette(frame.current) : null), [theme, loaded]);
  useEffect(() => {
    if (!loaded || !ink || !view || view.id !== figure.id) return;
    if (canvas.current._dragging) {
      // Nothing moves under the hand: what is new is drawn when it lets go.
      window.addEventListener("pointerup", () => setTimeout(() => redraw((n) => n + 1)), { once: true, capture: true });
      return;
    }
    const plot = draw({ figure, looks, chosen: picked, ink, view, words, sprite: source(loaded.sprite) });
    loaded.Plotly.react(canvas.current, plot.data, plot.layout, { displayModeBar: false, scrollZoom: true, doubleClick: false, showTips: false });
    frame.current.dataset.drawn = figure.id;
    setDrawn(true);
    if (canvas.current.heard) return;
    canvas.current.heard = true;
    canvas.current.on("plotly_relayout", () => {
      const { xaxis, yaxis } = canvas.current._fullLayout;
      setView((old) => old && { ...old, x: xaxis.range[0], y: yaxis.range[1], scale: old.w / (xaxis.range[1] - xaxis.range[0]) });
    });
  }, [figure, looks, picked, ink, view, words, loaded, drawing]);
  useEffect(() => {
    const here = canvas.current;
    return () => void library?.then((Plotly) => Plotly.purge(here));
  }, []);
  /** The node under a pointer, by what plotly shows at this moment. */
  const under = useCallback((event) => {
    const axes = canvas.current?._fullLayout;
    if (!axes?.xaxis) return null;
    const place = frame.current.getBoundingClientRect();
    const [px, py] = [event.clientX - place.left, event.clientY - place.top];
    const node = hit(now.current.figure, axes.xaxis.p2d(px), axes.yaxis.p2d(py), now.current.view?.scale ?? 1);
    return node ? { node, x: px, y: py } : null;
  }, []);
  const choose = (key) => {
    // A template's steps have no page of their own.
    if (key && key === now.current.picked && !now.current.figure.plain) return navigate(`/tasks/${key}`);
    pick(key);
    onChoose?.(key);
    return undefined;
  };
  const press = (event) => {
    setTip(null);
    if (event.button || event.target.closest("button,.legend")) return;
    // plotly lays a sheet over the page while a button is down, so the release is heard by the window alone.
    const release = (ended) => {
      ["pointerup", "pointercancel"].forEach((kind) => window.removeEventListener(kind, release, true));
      if (ended.type === "pointercancel" || Math.hypot(ended.clientX - event.clientX, ended.clientY - event.clientY) > 4) return;
      const found = under(ended);
      if (found) choose(found.node.k);
      else if (now.current.picked) choose("");
    };
    ["pointerup", "pointercancel"].forEach((kind) => window.addEventListener(kind, release, true));
  };
  const move = (event) => {
    const found = event.buttons ? null : under(event);
    frame.current.classList.toggle("over", !!found);
    setTip((old) => (found || old ? found : old));
  };
  const onKeyDown = (event) => {
    if (event.target !== frame.current || !view || event.ctrlKey || event.metaKey || event.altKey) return;
    const by = KEYS[event.key];
    if (by) setView({ ...view, x: view.x + by[0] / view.scale, y: view.y + by[1] / view.scale });
    else if (event.key === "+" || event.key === "=") setView(around(view, view.scale * STEP));
    else if (event.key === "-") setView(around(view, view.scale / STEP));
    else if (event.key === "0") setView({ ...view, ...fitted(figure, view.w, view.h, true) });
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    // Where a node is on the screen, for whoever has to point at one.
    frame.current.whereIs = (key) => {
      const { figure: shown } = now.current;
      const node = shown.nodes.find((n) => n.k === key);
      const axes = canvas.current?._fullLayout;
      if (!node || !axes?.xaxis) return null;
      const place = frame.current.getBoundingClientRect();
      const [w, h] = BOX[shown.mode];
      return [place.left + axes.xaxis.d2p(node.x + w / 2), place.top + axes.yaxis.d2p(node.y + h / 2)];
    };
  }, []);
  return (
    <div
      ref={frame} className="graphcanvas" role="region" tabIndex={0} aria-label={label} onKeyDown={onKeyDown}
      onPointerDownCapture={press} onPointerMove={move} onPointerLeave={() => setTip(null)}
    >
      <div ref={canvas} className="graphplot" aria-hidden="true" />
      {view && view.id === figure.id && !drawn ? <Sketch figure={figure} looks={looks} view={view} /> : null}
      <Tip tip={tip} looks={looks} figure={figure} words={words} L={L} />
      {view ? <Legend figure={figure} looks={looks} L={L} /> : null}
      {view ? <Zoom view={view} L={L} onZoom={(scale) => setView(around(view, scale))} onFit={() => setView({ ...view, ...fitted(figure, view.w, view.h, true) })} /> : null}
    </div>
  );
}
