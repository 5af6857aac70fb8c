// A filter with several values: a list of boxes behind a button, and beside it one chip for each box that is ticked.
import { useEffect, useId, useRef, useState } from "react";
import { Icon } from "./icon.jsx";
import { useLocale } from "./locale.js";

const MANY = 10;
/** How long a choice stands against what the address still says; then the address wins. */
const PATIENCE_MS = 3000;
const plainly = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
/** The values as the address has them: parted by commas, a comma inside of one escaped. */
const read = (value) => String(value ?? "").split(",").filter(Boolean).map(plainly);
const write = (values) => values.map(encodeURIComponent).join(",");

/** Up and down walk the boxes. */
function onArrow(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const boxes = [...event.currentTarget.querySelectorAll("input")];
  boxes[(boxes.indexOf(document.activeElement) + step + boxes.length) % boxes.length]?.focus();
}

/** Under its button, and inside the window. */
function place(list, button) {
  const at = button.getBoundingClientRect();
  list.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - list.offsetWidth - 8))}px`;
  list.style.top = `${Math.min(at.bottom + 4, Math.max(8, window.innerHeight - list.offsetHeight - 8))}px`;
}

export function Choose({ label, value, options, onChange }) {
  const L = useLocale();
  const id = `choose-${useId()}`;
  const button = useRef(null);
  const list = useRef(null);
  const [chosen, set] = useState(() => read(value));
  const [sought, seek] = useState("");
  const sent = useRef(null);
  useEffect(() => {
    // The answer to an earlier click must not untick what was ticked since.
    const wait = sent.current && sent.current.value !== value ? sent.current.until - Date.now() : 0;
    const settle = () => {
      sent.current = null;
      set(read(value));
    };
    if (wait <= 0) return settle();
    const timer = setTimeout(settle, wait);
    return () => clearTimeout(timer);
  }, [value]);
  const change = (next) => {
    sent.current = { value: write(next), until: Date.now() + PATIENCE_MS };
    set(next);
    onChange?.(sent.current.value);
  };
  const onToggle = (event) => {
    if (event.newState !== "open") return seek("");
    place(list.current, button.current);
    list.current.querySelector("input")?.focus();
    return undefined;
  };
  const word = (one) => (options ?? []).find((option) => option.value === one)?.text ?? one;
  const wanted = sought.trim().toLowerCase();
  const shown = (options ?? []).filter((option) => option.text.toLowerCase().includes(wanted));
  return (
    <span className="choose" role="group" aria-label={label}>
      <button ref={button} type="button" className="chip" popoverTarget={id}>
        {label}
        <Icon name="chevron-down" size="s" />
      </button>
      {chosen.map((one) => (
        <span key={one} className="chip on">
          {word(one)}
          <button type="button" aria-label={L.t("Take {name} away", { name: word(one) })} onClick={() => change(chosen.filter((x) => x !== one))}>
            <Icon name="x" size="s" />
          </button>
        </span>
      ))}
      <div ref={list} id={id} popover="auto" className="choices" role="group" aria-label={label} onToggle={onToggle} onKeyDown={onArrow}>
        {(options ?? []).length > MANY ? (
          <input type="search" className="input" aria-label={L.t("Find a value")} placeholder={L.t("Find a value")} value={sought} onChange={(event) => seek(event.target.value)} />
        ) : null}
        {shown.map((option) => (
          <label key={option.value} className="check">
            <input
              type="checkbox" checked={chosen.includes(option.value)}
              onChange={() => change(chosen.includes(option.value) ? chosen.filter((x) => x !== option.value) : [...chosen, option.value])}
            />
            <span className="trunc">{option.text}</span>
          </label>
        ))}
        {shown.length ? null : <p className="meta none-here">{L.t("Nothing is called that. Try another word.")}</p>}
      </div>
    </span>
  );
}
