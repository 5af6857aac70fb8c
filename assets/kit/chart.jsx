// Money over time, drawn by plotly.js, which loads only where a chart is shown; the table beside it says the same in figures.
import { useEffect, useMemo, useRef, useState } from "react";
import { plotly, useSize, useTheme } from "./graph.jsx";
import { useLocale } from "./locale.js";
import { palette } from "./plot.js";

const SANS = "Inter, system-ui, sans-serif";
/** How strong the accent is for the first, second, … of the parts; what is left over is gray. */
const STRENGTH = [1, 0.76, 0.57, 0.42, 0.3];
const NO_FIGURE = { kind: "stacked", x: [], series: [] };
const SOON = 350;

// Names are anybody's words, and plotly reads markup in texts.
const plain = (text) => String(text ?? "").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const faded = (color, alpha) => color.replace(/^rgba?\(([^)]+)\)$/, (_, parts) => `rgba(${parts.split(",").slice(0, 3).join(",")},${alpha})`);
const tone = (series, n, ink) => (series.rest ? ink["idle-fill"] : faded(ink.accent, STRENGTH[n % STRENGTH.length]));

function stacked(figure, ink, L, word) {
  return figure.series.map((series, n) => ({
    type: "bar", x: figure.x, y: series.y.map(Number), name: plain(series.name), marker: { color: tone(series, n, ink) },
    hovertext: figure.x.map((day, i) => `${plain(word(day))}<br>${plain(series.name)}: ${plain(L.money(series.y[i], 2))}`), hoverinfo: "text",
  }));
}

function band(figure, ink, L, word) {
  const say = (name, values) => figure.x.map((day, i) => (values[i] == null ? "" : `${plain(word(day))}<br>${plain(name)}: ${plain(L.money(values[i], 2))}`));
  const line = (name, values, more) => ({ type: "scatter", mode: "lines", x: figure.x, y: values.map((v) => (v == null ? null : Number(v))), name, hovertext: say(name, values), hoverinfo: "text", connectgaps: false, ...more });
  const dashed = { color: ink.accent, width: 1.5, dash: "dash" };
  return [
    line("P50", figure.p50, { line: dashed }),
    line("P85", figure.p85, { line: dashed, fill: "tonexty", fillcolor: faded(ink.accent, 0.22) }),
    line(L.t("Spent"), figure.spent, { line: { color: ink.accent, width: 2 } }),
    ...(figure.budget ? [line(L.t("Budget"), figure.x.map(() => figure.budget), { line: { color: ink["text-2"], width: 1 } })] : []),
  ];
}

function bars(figure, ink, L) {
  const name = (i) => `${L.money(figure.x[i], 2)} – ${L.money(figure.below[i], 2)}`;
  return [{
    type: "bar", x: figure.x.map((_, i) => i), y: figure.series[0]?.y ?? [], marker: { color: ink.accent },
    hovertext: figure.x.map((_, i) => `${plain(name(i))}<br>${plain(L.plural("{n} task", "{n} tasks", figure.series[0].y[i]))}`), hoverinfo: "text",
  }];
}

/** Round amounts from zero to above the largest, five at most. */
function steps(most) {
  if (!(most > 0)) return [0];
  const size = 10 ** Math.floor(Math.log10(most / 4));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * size).find((n) => most / n <= 4);
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => i * step);
}

/** The highest point that is drawn. */
function summit(figure) {
  const lists = figure.kind === "band" ? [figure.spent, figure.p85, [figure.budget]] : figure.series.map((one) => one.y);
  if (figure.kind !== "stacked") return Math.max(0, ...lists.flat().map((value) => Number(value ?? 0)));
  return Math.max(0, ...figure.x.map((_, i) => lists.reduce((sum, list) => sum + Number(list[i] ?? 0), 0)));
}

function layoutOf(figure, ink, L, word, [width, height]) {
  const few = Math.max(2, Math.floor(width / 84));
  const step = Math.max(1, Math.ceil(figure.x.length / few));
  const at = figure.x.map((_, i) => i).filter((i) => i % step === 0);
  const isSpread = figure.kind === "bars";
  const marks = steps(summit(figure));
  const digits = marks[1] % 1 ? (marks[1] < 0.01 ? 4 : 2) : 0;
  return {
    width, height, barmode: "stack", bargap: isSpread ? 0.06 : 0.28, showlegend: false, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
    margin: { l: 64, r: 8, t: 8, b: 32 }, font: { family: SANS, size: 12, color: ink["text-2"] }, hovermode: "closest", dragmode: false,
    hoverlabel: { bgcolor: ink.surface, bordercolor: ink["line-strong"], font: { family: SANS, size: 12, color: ink.text }, align: "left" },
    xaxis: {
      type: isSpread ? "linear" : "category", fixedrange: true, showgrid: false, zeroline: false, linecolor: ink.line, ticks: "outside", ticklen: 4, tickcolor: "rgba(0,0,0,0)", tickangle: 0,
      tickvals: isSpread ? at : at.map((i) => figure.x[i]), ticktext: at.map((i) => plain(isSpread ? L.money(figure.x[i], figure.x[i] < 0.01 && figure.x[i] > 0 ? 4 : 2) : word(figure.x[i]))),
    },
    yaxis: {
      fixedrange: true, range: [0, Math.max(marks.at(-1), 1e-6) * 1.02], gridcolor: ink.line, zeroline: false, ticks: "",
      tickvals: marks, ticktext: marks.map((value) => plain(isSpread ? L.number(value) : L.money(value, digits))),
    },
  };
}

function Legend({ figure }) {
  if (figure.kind !== "stacked" || figure.series.length < 2) return null;
  // In the page's own colours, so that it stands before plotly has come, and nothing moves then.
  const look = (series, n) => (series.rest ? { background: "var(--idle-fill)" } : { background: "var(--accent)", opacity: STRENGTH[n % STRENGTH.length] });
  return (
    <ul className="chartkeys">
      {figure.series.map((series, n) => <li key={series.name}><i style={look(series, n)} />{series.name}</li>)}
    </ul>
  );
}

export function Chart({ figure: given, label }) {
  const L = useLocale();
  const frame = useRef(null);
  const canvas = useRef(null);
  const figure = given?.x ? given : NO_FIGURE;
  const size = useSize(frame);
  const theme = useTheme();
  const [Plotly, setPlotly] = useState(null);
  const word = useMemo(() => (day) => L.calendar(day, figure.grain), [L, figure.grain]);
  useEffect(() => {
    let gone = false;
    plotly().then((found) => gone || setPlotly(() => found));
    return () => {
      gone = true;
    };
  }, []);
  const ink = useMemo(() => (frame.current && size ? palette(frame.current) : null), [theme, size !== null]);
  useEffect(() => {
    if (!Plotly || !ink || !size?.[0]) return undefined;
    const traces = { stacked, band, bars }[figure.kind](figure, ink, L, word);
    const paint = () => {
      Plotly.react(canvas.current, traces, layoutOf(figure, ink, L, word, size), { displayModeBar: false, doubleClick: false, showTips: false });
      frame.current.dataset.drawn = figure.kind;
    };
    // Many changes within a moment are drawn once.
    const waits = frame.current.dataset.drawn ? setTimeout(paint, SOON) : paint();
    return () => clearTimeout(waits);
  }, [figure, ink, Plotly, size?.[0], size?.[1], L, word]);
  useEffect(() => {
    const here = canvas.current;
    return () => void plotly().then((found) => found.purge(here));
  }, []);
  return (
    <div className="chart">
      <div ref={frame} className="chartbox" role="img" aria-label={label}><div ref={canvas} aria-hidden="true" /></div>
      <Legend figure={figure} />
    </div>
  );
}
