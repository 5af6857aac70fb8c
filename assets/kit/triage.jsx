// The decisions that wait, gone through without the mouse: j and k or the arrows move, digits or A and D choose, Enter
// confirms, and the next one has the focus. The server has the last word; what it refuses comes back and says why.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Decision, keyOf, usual } from "./decision.jsx";
import { NewPill } from "./small.jsx";
import { useLocale } from "./locale.js";

const PATIENCE = 12_000;
const GOTO = 700;
const GLANCE = 200;
const blank = (item) => ({ picked: usual(item), answer: "", why: "" });
const isTyping = (target) => target?.closest?.("input:not([type=radio]):not([type=checkbox]),textarea,select,[contenteditable=true]");
const isButton = (target) => target?.closest?.("button,a,summary");

/** The order that the reader has before them: what is new comes last, until they ask for it. */
function useOrder(items, held) {
  const [order, setOrder] = useState([]);
  const ids = items.map((item) => item.id);
  const known = new Set(order);
  const fresh = held.current && order.length ? ids.filter((id) => !known.has(id)) : [];
  useLayoutEffect(() => {
    setOrder((old) => (held.current && old.length ? [...old.filter((id) => ids.includes(id)), ...ids.filter((id) => !old.includes(id))] : ids));
  }, [ids.join()]);
  const sort = useCallback(() => setOrder(ids), [ids.join()]);
  const byId = Object.fromEntries(items.map((item) => [item.id, item]));
  const shown = order.filter((id) => byId[id]);
  return [(shown.length ? shown : ids).map((id) => byId[id]), sort, fresh];
}

export function Triage({ items: all, first, refusal, dates, decides, recommends, onDecide, onRecommend, onRule, onOpen }) {
  const L = useLocale();
  const held = useRef(false);
  const [sent, setSent] = useState({});
  const [opened, setOpened] = useState(first || null);
  const [focus, setFocus] = useState(0);
  const [choices, setChoices] = useState({});
  const left = useMemo(() => (all ?? []).filter((item) => !sent[item.id]), [all, sent]);
  const [items, sort] = useOrder(left, held);
  const [news, setNews] = useState(0);
  const before = useRef(null);
  const at = Math.max(0, items.findIndex((item) => item.id === opened));
  const current = items[at];

  useEffect(() => {
    if (refusal?.id) setSent(({ [refusal.id]: _, ...rest }) => rest);
    if (refusal?.id) setOpened(refusal.id);
  }, [refusal?.n, refusal?.id]);
  useEffect(() => {
    const ids = new Set((all ?? []).map((item) => item.id));
    if (before.current && held.current) setNews((n) => n + [...ids].filter((id) => !before.current.has(id)).length);
    before.current = ids;
    setSent((old) => Object.fromEntries(Object.entries(old).filter(([id]) => ids.has(id))));
  }, [all]);
  useEffect(() => {
    if (!Object.keys(sent).length) return undefined;
    const timer = setTimeout(() => setSent({}), PATIENCE); // no answer came: it waits still
    return () => clearTimeout(timer);
  }, [sent]);

  const unseen = current?.key && dates?.[current.id]?.version !== current.version ? current.id : null;
  useEffect(() => {
    if (!unseen) return undefined;
    const timer = setTimeout(() => onOpen(unseen), GLANCE); // who only passes by asks nothing
    return () => clearTimeout(timer);
  }, [unseen, current?.version]);

  const choiceOf = (item) => choices[item.id] ?? blank(item);
  const set = (item, change) => setChoices((old) => ({ ...old, [item.id]: { ...(old[item.id] ?? blank(item)), ...change } }));
  const pick = (item, id) => {
    const { picked } = choiceOf(item);
    const several = item.kind === "several";
    set(item, { picked: !several ? [id] : picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id] });
  };
  const go = (n) => {
    const next = items[Math.min(items.length - 1, Math.max(0, n))];
    if (!next) return;
    setOpened(next.id);
    setFocus((count) => count + 1);
  };
  const send = (item, picked) => {
    const choice = choiceOf(item);
    const options = item.kind === "answer" ? null : (picked ?? choice.picked);
    if (options ? !options.length : !choice.answer.trim()) return;
    if (!decides) {
      if (recommends && options) onRecommend(item.id, { option: options[0], note: choice.why });
      return;
    }
    held.current = true; // nothing reorders under the hand
    const n = items.indexOf(item);
    const next = items[n + 1] ?? items[n - 1];
    setSent((old) => ({ ...old, [item.id]: true }));
    setOpened(next?.id ?? null);
    setFocus((count) => count + 1);
    onDecide(item.id, { options, answer: options ? "" : choice.answer, reasoning: choice.why, version: item.version });
  };

  const hands = useRef(null);
  hands.current = (event) => {
    const { key, target } = event;
    const area = document.querySelector(`[data-decision="${current?.id}"]`);
    if (!current || !area) return false;
    if (key === "ArrowDown" || key === "ArrowUp") return target.type === "radio" ? false : (go(at + (key === "ArrowDown" ? 1 : -1)), true);
    const low = key.toLowerCase();
    if (low === "j" || low === "k") return go(at + (low === "j" ? 1 : -1)), true;
    if (low === "r") return (area.querySelector("textarea") ?? area.querySelector(".dwhy"))?.focus(), true;
    if (key === "Enter") return isButton(target) ? false : (send(current), true);
    const n = current.options.findIndex((_, i) => keyOf(current, i) && keyOf(current, i).toLowerCase() === low);
    return n < 0 ? false : (pick(current, current.options[n].id), true);
  };
  useEffect(() => {
    let went = 0;
    const onKey = (event) => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
      if (isTyping(event.target)) {
        const inside = event.target.closest("[data-opened]");
        if (inside && event.key === "Escape") inside.querySelector("article")?.focus();
        else if (!(inside && event.key === "Enter" && event.target.matches("input") && hands.current(event))) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      const goes = Date.now() - went < GOTO;
      went = event.key === "g" ? Date.now() : 0;
      if (went || goes || !hands.current(event)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    document.addEventListener("keydown", onKey, true);
    return () => document.removeEventListener("keydown", onKey, true);
  }, []);

  return (
    <div className="stack" onPointerEnter={() => { held.current = true; }} onPointerLeave={() => { held.current = false; }}>
      {news ? <div className="row"><NewPill count={news} onShow={() => { sort(); setNews(0); }} /></div> : null}
      <ol className="stack triage" aria-label={L.t("Waiting decisions, the dearest first")}>
        {items.map((item) => (
          <Decision
            key={item.id} item={item} isOpen={item === current} focus={focus} choice={choiceOf(item)} decides={decides} recommends={recommends}
            set={(change) => set(item, change)} pick={(id) => pick(item, id)} send={(picked) => send(item, picked)} onRule={onRule}
            open={(picked) => { if (picked) set(item, { picked }); setOpened(item.id); setFocus((n) => n + 1); }}
            refusal={refusal?.id === item.id ? refusal : null} dates={dates?.[item.id]}
          />
        ))}
      </ol>
    </div>
  );
}
