// A run's log: keeps what came, so that the server sends each line once; follows the end unless somebody reads above it.
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "react";
import { Icon } from "./icon.jsx";
import { useLocale } from "./locale.js";

const MOST = 5000;
const AT_END = 24;
const COLOURS = /\u001b\[[0-9;]*[A-Za-z]/g;
const TONES = { debug: "m2", warning: "warn", error: "bad" };

/** What is known after a batch; null when lines between are missing. */
function merged(known, batch) {
  if (known.run !== batch.run || batch.fresh) return { run: batch.run, lines: batch.lines };
  const first = known.lines[0]?.n ?? Infinity;
  const last = known.lines.at(-1)?.n ?? 0;
  if (batch.earlier) return { run: batch.run, lines: [...batch.lines.filter((line) => line.n < first), ...known.lines] };
  if (batch.after > last) return null;
  return { run: batch.run, lines: [...known.lines, ...batch.lines.filter((line) => line.n > last)].slice(-MOST) };
}

export function LogView({ batch, label, onGap }) {
  const L = useLocale();
  const known = useRef({ run: "", lines: [] });
  const box = useRef(null);
  const kept = useRef(null);
  const [, draw] = useReducer((n) => n + 1, 0);
  const [follows, follow] = useState(true);
  useEffect(() => {
    if (!batch?.run) return;
    const after = merged(known.current, batch);
    if (!after) return onGap(known.current.lines.at(-1)?.n ?? 0);
    if (batch.earlier) kept.current = box.current?.scrollHeight ?? null;
    known.current = after;
    draw();
  }, [batch]);
  useLayoutEffect(() => {
    const area = box.current;
    if (!area) return;
    if (kept.current !== null) area.scrollTop += area.scrollHeight - kept.current;
    else if (follows) area.scrollTop = area.scrollHeight;
    kept.current = null;
  });
  const scrolled = ({ target }) => follow(target.scrollHeight - target.scrollTop - target.clientHeight < AT_END);
  const clock = (at) => new Date(at).toLocaleTimeString("en-GB");
  return (
    <div className="logview">
      <div ref={box} className="loglines" role="region" aria-label={label} tabIndex={0} onScroll={scrolled}>
        {known.current.lines.map((line) => (
          <div key={line.n} className={`ll ${TONES[line.level] || ""}`}>
            <time dateTime={line.at} title={L.full(line.at)}>{clock(line.at)}</time>
            <span>
              {line.level === "error" ? <b>{L.t("Error")} </b> : line.level === "warning" ? <b>{L.t("Warning")} </b> : null}
              {line.text.replace(COLOURS, "")}
            </span>
          </div>
        ))}
      </div>
      {follows ? null : (
        <button type="button" className="btn sm jump" onClick={() => { follow(true); box.current.scrollTop = box.current.scrollHeight; }}>
          <Icon name="arrow-down" size="s" />
          {L.t("Newest")}
        </button>
      )}
    </div>
  );
}
