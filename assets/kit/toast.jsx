// What just happened, with eight seconds to take it back. Python's toast() calls window.orkwork.toast.
import { useContext, useEffect, useState, useSyncExternalStore } from "react";
import { EventLoopContext } from "$/utils/context-registry";
import { ReflexEvent } from "$/utils/state";
import { Icon } from "./icon.jsx";
import { useLocale } from "./locale.js";

const SECONDS = { plain: 6, undo: 8, bad: 12 };
const ICONS = { ok: "circle-check", bad: "octagon-alert", warn: "triangle-alert", info: "info" };
const SHOWN = 3;
const NONE = [];

// The list outlives the page it was said on: a form that leads to another page says so there.
let list = NONE;
let count = 0;
const listeners = new Set();
const change = (next) => {
  list = next;
  listeners.forEach((tell) => tell());
};
const push = (news) => {
  const others = list.filter((one) => one.text !== news.text).slice(1 - SHOWN);
  change([...others, { ...news, id: ++count }]);
};
const drop = (id) => change(list.filter((one) => one.id !== id));
const listen = (tell) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

if (typeof window !== "undefined") {
  window.orkwork = { ...window.orkwork, toast: push };
}

function Toast({ news, close }) {
  const L = useLocale();
  const [addEvents] = useContext(EventLoopContext) ?? [];
  const [held, hold] = useState(false);
  const seconds = news.undo ? SECONDS.undo : (SECONDS[news.tone] ?? SECONDS.plain);
  useEffect(() => {
    if (held) return undefined;
    const timer = setTimeout(close, seconds * 1000);
    return () => clearTimeout(timer);
  }, [held]);
  const undo = () => {
    addEvents([ReflexEvent(news.undo.name, news.undo.payload)], [], {});
    close();
  };
  return (
    <li className="toast" onPointerEnter={() => hold(true)} onPointerLeave={() => hold(false)} onFocus={() => hold(true)} onBlur={() => hold(false)}>
      <Icon name={ICONS[news.tone] ?? "info"} tone={news.tone} />
      <div className="grow" role={news.tone === "bad" ? "alert" : "status"}>
        {L.t(news.text, news.params)}
        {news.hint ? <div className="meta">{L.t(news.hint, news.params)}</div> : null}
      </div>
      {news.href ? <a className="btn ghost sm" href={news.href}>{news.action ? L.t(news.action) : L.t("Open")}</a> : null}
      {news.undo ? <button type="button" className="btn sm" onClick={undo}>{L.t("Undo")}</button> : null}
      <button type="button" className="btn ghost sm ic" aria-label={L.t("Close")} onClick={close}><Icon name="x" size="s" /></button>
    </li>
  );
}

export function Toasts() {
  const L = useLocale();
  const shown = useSyncExternalStore(listen, () => list, () => NONE);
  return (
    <section aria-label={L.t("News")}>
      <ol className="toasts">
        {shown.map((news) => <Toast key={news.id} news={news} close={() => drop(news.id)} />)}
      </ol>
    </section>
  );
}
