// The frame's hands: palette, keys, help, the collapsing sidebar, the phone's 'More' sheet.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Icon } from "./icon.jsx";
import { useLocale } from "./locale.js";
import { Dialog } from "./dialog.jsx";
import { look } from "./pill.jsx";

const typing = (el) => el?.closest?.("input,textarea,select,[contenteditable=true]");
const modal = () => document.querySelector("dialog[open]");
const show = (id) => document.getElementById(id)?.showModal();

function find() {
  const own = document.querySelector("main [data-search]");
  if (own) own.focus();
  else show("palette");
}

/** In a field that saves where it stands, Enter leaves it and Escape takes the change back first. */
function onEdit(event) {
  const field = event.target;
  if (!field.dataset?.edit || event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return false;
  if (event.key === "Escape") field.value = field.defaultValue;
  field.blur();
  return true;
}

export function toggleSidebar() {
  const mini = document.documentElement.classList.toggle("mini");
  localStorage.setItem("orkwork.sidebar", mini ? "mini" : "full");
}

/** j and k walk the rows of the page, Enter opens, x selects. */
function walk(step) {
  const rows = [...document.querySelectorAll("main [data-row]")].filter((row) => row.offsetParent);
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement?.closest("[data-row]"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  next.tabIndex = 0;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function onRow(key) {
  const row = document.activeElement?.closest?.("[data-row]");
  if (!row) return false;
  if (key === "x") {
    row.querySelector("input[type=checkbox]")?.click();
    return true;
  }
  if (key === "Enter" && document.activeElement === row) {
    (row.matches("a") ? row : row.querySelector("[data-main],a"))?.click();
    return true;
  }
  return false;
}

function useKeys(places, actions, go) {
  useEffect(() => {
    let prefix = "";
    let timer;
    const onKey = (event) => {
      const key = event.key;
      if ((event.metaKey || event.ctrlKey) && key.toLowerCase() === "k") {
        event.preventDefault();
        return modal()?.id === "palette" ? modal().close() : show("palette");
      }
      if (onEdit(event)) return event.preventDefault();
      if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || modal() || document.documentElement.dataset.dragging) return undefined;
      const typed = prefix + key.toLowerCase();
      const hit = [...places, ...actions].find((item) => item.keys && item.keys === typed);
      const longer = [...places, ...actions].some((item) => item.keys?.startsWith(typed) && item.keys !== typed);
      clearTimeout(timer);
      prefix = "";
      if (longer) {
        prefix = typed;
        timer = setTimeout(() => {
          prefix = "";
          if (hit) go(hit);
        }, 700);
        return event.preventDefault();
      }
      const done = hit ? (go(hit), true)
        : key === "?" ? (show("keys"), true)
        : key === "/" ? (find(), true)
        : key === "j" ? walk(1) : key === "k" ? walk(-1)
        : key === "x" || key === "Enter" ? onRow(key) : false;
      if (done) event.preventDefault();
      return undefined;
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [places, actions, go]);
}

const Keys = ({ keys }) => (keys ? <span className="row tight">{[...keys].map((k, i) => <kbd key={i}>{k.toUpperCase()}</kbd>)}</span> : null);

function Palette({ places, actions, found, onSearch, go }) {
  const L = useLocale();
  const ref = useRef(null);
  const input = useRef(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const groups = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const fits = (item) => !wanted || `${L.t(item.title)} ${item.title}`.toLowerCase().includes(wanted);
    return [
      [L.t("Tasks"), wanted ? (found ?? []).map((x) => ({ ...x, raw: true })) : []],
      [L.t("Actions"), actions.filter(fits)],
      [L.t("Go to"), places.filter(fits)],
    ].filter(([, items]) => items.length);
  }, [text, found, places, actions, L]);
  const flat = groups.flatMap(([, items]) => items);
  const chosen = Math.min(at, Math.max(0, flat.length - 1));
  useEffect(() => {
    const timer = text.trim().length > 1 && setTimeout(() => onSearch?.(text.trim()), 120);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    ref.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const run = (item) => {
    ref.current.close();
    if (item) go(item);
  };
  const onKey = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((chosen + step + flat.length) % Math.max(1, flat.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(flat[chosen]);
    }
  };
  let index = -1;
  return (
    <dialog
      ref={ref} id="palette" className="pal" aria-label={L.t("Command palette")}
      onClose={() => { setText(""); setAt(0); }} onMouseDown={(e) => e.target === ref.current && ref.current.close()}
    >
      <div className="pal-in">
        <label className="sr" htmlFor="palette-text">{L.t("Search or run a command")}</label>
        <input
          id="palette-text" ref={input} role="combobox" aria-expanded="true" aria-controls="palette-list" autoComplete="off"
          aria-activedescendant={flat.length ? `palette-${chosen}` : undefined} spellCheck={false} autoFocus
          placeholder={L.t("Search or run a command")} value={text}
          onChange={(e) => { setText(e.target.value); setAt(0); }} onKeyDown={onKey}
        />
        <div className="pal-list" id="palette-list" role="listbox" aria-label={L.t("Results")} tabIndex={-1}>
          {groups.map(([title, items]) => (
            <div key={title} role="group" aria-label={title}>
              <div className="gl" aria-hidden="true">{title}</div>
              {items.map((item) => {
                index += 1;
                const mine = index;
                return (
                  <div
                    key={item.href + item.title} id={`palette-${mine}`} className="pi" role="option" aria-selected={mine === chosen}
                    onPointerMove={() => setAt(mine)} onClick={() => run(item)}
                  >
                    <Icon name={item.status ? look("status", item.status)[0] : item.icon || "circle"} tone={item.status ? look("status", item.status)[1] : "m2"} />
                    {item.key ? <span className="mono m2">{item.key}</span> : null}
                    <span className="grow trunc">{item.raw ? item.title : L.t(item.title)}</span>
                    <Keys keys={item.keys} />
                  </div>
                );
              })}
            </div>
          ))}
          {flat.length ? null : <p className="pal-none m2">{L.t("Nothing is called that. Try another word.")}</p>}
        </div>
        <div className="pf no-m" aria-hidden="true">
          <span><kbd>↑</kbd> <kbd>↓</kbd> {L.t("move")}</span>
          <span><kbd>↵</kbd> {L.t("run")}</span>
          <span><kbd>Esc</kbd> {L.t("close")}</span>
          <span className="end"><kbd>?</kbd> {L.t("all keys")}</span>
        </div>
      </div>
    </dialog>
  );
}

function Help({ places, actions }) {
  const L = useLocale();
  const fixed = [
    ["⌘K", L.t("Search or run a command")], ["/", L.t("Search this page")], ["J K", L.t("Next and previous row")],
    ["↵", L.t("Open the row")], ["X", L.t("Select the row")], ["?", L.t("Show the keys")],
  ];
  const named = [...actions, ...places].filter((item) => item.keys);
  return (
    <Dialog id="keys" title={L.t("Keyboard shortcuts")}>
      <dl className="keys">
        {fixed.map(([keys, word]) => (
          <div key={keys}><dt>{word}</dt><dd className="row tight">{keys.split(" ").map((k) => <kbd key={k}>{k}</kbd>)}</dd></div>
        ))}
        {named.map((item) => (
          <div key={item.keys}><dt>{L.t(item.title)}</dt><dd><Keys keys={item.keys} /></dd></div>
        ))}
      </dl>
    </Dialog>
  );
}

/** One per page: what the keyboard and ⌘K reach. */
export function Hands({ places, actions, found, onSearch }) {
  const navigate = useNavigate();
  const go = useCallback((item) => navigate(item.href), [navigate]);
  useKeys(places, actions, go);
  useEffect(() => {
    if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
  }, []);
  return (
    <>
      <Palette places={places} actions={actions} found={found} onSearch={onSearch} go={go} />
      <Help places={places} actions={actions} />
    </>
  );
}

export function SidebarButton() {
  const L = useLocale();
  return (
    <button type="button" className="btn ghost ic no-m" aria-label={L.t("Collapse or widen the sidebar")} onClick={toggleSidebar}>
      <Icon name="panel-left" />
    </button>
  );
}
