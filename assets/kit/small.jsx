// Small parts that live in the browser: time that passes, copying, the switches, the state of the connection.
import { useContext, useEffect, useState, useSyncExternalStore } from "react";
import { ColorModeContext, EventLoopContext } from "$/utils/context-registry";
import { Icon } from "./icon.jsx";
import { keepLocale, locale, setLocale, useLocale } from "./locale.js";

const ticks = new Set();
if (typeof window !== "undefined") setInterval(() => ticks.forEach((tick) => tick()), 20_000);
export const onTick = (tick) => {
  ticks.add(tick);
  return () => ticks.delete(tick);
};
export const minute = () => Math.floor(Date.now() / 20_000);

const never = () => () => {};
/** False only while the page that was drawn before is taken over: what comes later is whole at once, so nothing moves. */
export const useMounted = () => useSyncExternalStore(never, () => true, () => false);

/** How long ago, kept right while the page is open; the full time is its title. */
export function When({ at, shape = "ago" }) {
  const L = useLocale();
  useSyncExternalStore(onTick, minute, () => 0);
  const mounted = useMounted();
  if (!at) return <span className="m2">—</span>;
  const text = !mounted ? "" : shape === "clock" ? L.clock(at) : shape === "moment" ? L.moment(at) : shape === "day" ? L.day(at) : L.ago(at);
  return <time dateTime={at} title={mounted ? L.full(at) : undefined}>{text}</time>;
}

/** Today's date, as the top bar's one fact. */
export function Today() {
  const L = useLocale();
  return useMounted() ? <>{L.today()}</> : null;
}

export function CopyButton({ text, label, className = "btn ghost sm" }) {
  const L = useLocale();
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return (
    <button type="button" className={className} onClick={copy}>
      <Icon name={done ? "check" : "copy"} size="s" tone={done ? "ok" : ""} />
      <span aria-live="polite">{done ? L.t("Copied") : label || L.t("Copy")}</span>
    </button>
  );
}

export function ThemeSwitch() {
  const L = useLocale();
  const mode = useContext(ColorModeContext);
  const chosen = useMounted() ? mode?.rawColorMode : undefined;
  const choices = [["system", "monitor", L.t("System")], ["light", "sun", L.t("Light")], ["dark", "moon", L.t("Dark")]];
  return (
    <div className="seg" role="group" aria-label={L.t("Theme")}>
      {choices.map(([value, name, word]) => (
        <button key={value} type="button" aria-pressed={chosen === value} onClick={() => mode.setColorMode(value)}>
          <Icon name={name} size="s" />
          {word}
        </button>
      ))}
    </div>
  );
}

/** `keep` where somebody is signed in: the choice is theirs, not only this browser's. */
export function LanguageSwitch({ locales, keep }) {
  const L = useLocale();
  useEffect(() => {
    if (keep) keepLocale();
  }, [keep]);
  const choose = async (value) => {
    await setLocale(value);
    if (keep) await keepLocale();
  };
  return (
    <div className="seg" role="group" aria-label={L.t("Language")}>
      {Object.entries(locales).map(([value, word]) => (
        <button key={value} type="button" lang={value} aria-pressed={L.locale === value} onClick={() => choose(value)}>
          {word}
        </button>
      ))}
    </div>
  );
}

/** Whether changes reach this page. Says nothing until the first connection has had its chance. */
export function LiveDot() {
  const L = useLocale();
  const [, errors] = useContext(EventLoopContext) ?? [];
  const offline = (errors?.length ?? 0) > 0;
  useEffect(() => {
    document.documentElement.classList.toggle("offline", offline);
  }, [offline]);
  return (
    <span className="live" role="status">
      <span className={offline ? "dot bad" : "dot"} />
      <span className="word">{offline ? L.t("Reconnecting…") : L.t("Live")}</span>
    </span>
  );
}

/** The title of the browser's tab, in the reader's language. */
export function DocumentTitle({ text }) {
  useEffect(() => {
    if (text) document.title = `${text} · orkwork`;
  }, [text]);
  return null;
}

/** 'n new': what came in while the reader was busy with the list. */
export function NewPill({ count, onShow }) {
  const L = useLocale();
  if (!count) return null;
  return (
    <button type="button" className="newpill" onClick={onShow} aria-live="polite">
      <Icon name="arrow-up" size="s" />
      {L.plural("{n} new", "{n} new", count)}
    </button>
  );
}

export const currentLocale = () => locale().locale;
