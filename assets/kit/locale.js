// Words and figures in the reader's language. The catalogue is a script of its own that the head loads before
// anything renders; English is the language of the source, so it needs none.
import { useSyncExternalStore } from "react";

const CURRENCY = "USD";
/** Marks a text for the catalogue where it is not translated yet. */
export const msg = (text) => text;

const FORMS = { one: 0, few: 1, many: 2, other: 1, two: 1, zero: 2 };
const listeners = new Set();
const built = {};

function make(locale) {
  const messages = (typeof window !== "undefined" && window.orkworkMessages?.[locale]) || {};
  // a parameter whose name ends in `word` is a word of the catalogue itself
  const part = (name, value) => (name.endsWith("word") ? messages[value] || value : value);
  const fill = (text, params) =>
    params ? text.replace(/\{(\w+)\}/g, (whole, name) => part(name, params[name]) ?? whole) : text;
  const cache = {};
  const intl = (kind, options) => (cache[kind + JSON.stringify(options)] ??= new Intl[kind](locale, options));
  const blank = (value) => value === null || value === undefined || value === "";
  const number = (value, digits = 0) =>
    blank(value) ? "—"
      : intl("NumberFormat", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  const t = (text, params) => (blank(text) ? "" : fill(messages[text] || String(text), params));
  const L = {
    locale,
    t,
    number,
    plural(one, many, n, params) {
      const count = Number(n ?? 0);
      const kind = intl("PluralRules", {}).select(count);
      const forms = messages[one];
      const text = Array.isArray(forms) ? (forms[FORMS[kind]] ?? forms[0]) : kind === "one" ? one : many;
      return fill(text, { n: number(count, Number.isInteger(count) ? 0 : 1), ...params });
    },
    money(amount, digits = 2) {
      if (blank(amount)) return "—";
      const format = intl("NumberFormat", {
        style: "currency", currency: CURRENCY, currencyDisplay: "narrowSymbol",
        minimumFractionDigits: digits, maximumFractionDigits: digits,
      });
      const least = 10 ** -digits;
      return amount > 0 && amount < least ? `<${format.format(least)}` : format.format(amount);
    },
    percent: (share, digits = 0) =>
      blank(share) ? "—"
        : intl("NumberFormat", { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share),
    duration(seconds) {
      if (blank(seconds)) return "—";
      const whole = Math.max(0, Math.round(seconds));
      const parts = [[86400, msg("{n} d")], [3600, msg("{n} h")], [60, msg("{n} min")], [1, msg("{n} s")]];
      const first = parts.findIndex(([size]) => whole >= size);
      if (first < 0) return t("{n} s", { n: 0 });
      const out = [];
      let rest = whole;
      for (const [size, text] of parts.slice(first, first + 2)) {
        const n = Math.floor(rest / size);
        rest -= n * size;
        if (n) out.push(t(text, { n }));
      }
      return out.join(" ");
    },
    day(at) {
      if (blank(at)) return "—";
      const date = new Date(at);
      const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
      return intl("DateTimeFormat", { day: "numeric", month: "short", year }).format(date);
    },
    /** A date of the company's calendar: it says where a day stands, so no zone may move it. */
    calendar(day, grain) {
      if (blank(day)) return "—";
      const parts = grain === "month" ? { month: "short", year: "numeric" } : { day: "numeric", month: "short" };
      return intl("DateTimeFormat", { ...parts, timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
    },
    moment(at) {
      if (blank(at)) return "—";
      const date = new Date(at);
      const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
      return intl("DateTimeFormat", { day: "numeric", month: "short", year, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
    },
    due(at, zone) {
      if (blank(at)) return "—";
      return intl("DateTimeFormat", { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone || undefined }).format(new Date(at));
    },
    clock: (at) =>
      intl("DateTimeFormat", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at)),
    today: () =>
      intl("DateTimeFormat", { weekday: "long", day: "numeric", month: "long" }).format(new Date()),
    full: (at) => intl("DateTimeFormat", { dateStyle: "long", timeStyle: "medium" }).format(new Date(at)),
    ago(at) {
      const seconds = (new Date(at) - Date.now()) / 1000;
      const size = Math.abs(seconds);
      const format = intl("RelativeTimeFormat", { numeric: "auto", style: "short" });
      if (size < 45) return t("just now");
      if (size < 2700) return format.format(Math.round(seconds / 60), "minute");
      if (size < 79200) return format.format(Math.round(seconds / 3600), "hour");
      if (size < 2592000) return format.format(Math.round(seconds / 86400), "day");
      return L.day(at);
    },
  };
  return L;
}

const get = (locale) => (built[locale] ??= make(locale));
let current;
const now = () => (current ??= get((typeof window !== "undefined" && window.orkworkLocale) || "en"));
const atBuild = () => get("en");
const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The functions of the reader's language; a component that calls it renders again when the language changes. */
export const useLocale = () => useSyncExternalStore(subscribe, now, atBuild);

/** The same outside of a component. */
export const locale = now;

/** Change the language of this browser, fetching the catalogue first. */
export async function setLocale(name) {
  const source = window.orkworkCatalogs?.[name];
  if (source && !window.orkworkMessages?.[name]) {
    await new Promise((done, failed) => {
      const script = Object.assign(document.createElement("script"), { src: source, onload: done, onerror: failed });
      document.head.append(script);
    });
  }
  localStorage.setItem("orkwork.locale", name);
  sessionStorage.setItem("orkwork.chosen", name);
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `orkwork_locale=${name}; path=/; max-age=31536000; samesite=lax${secure}`;
  document.documentElement.lang = name;
  delete built[name];
  current = get(name);
  for (const listener of listeners) listener();
}

/** Keep a choice with the person who is signed in, for the next sign-in on another device. */
export async function keepLocale() {
  const chosen = sessionStorage.getItem("orkwork.chosen");
  if (!chosen) return;
  const answer = await fetch("/api/v2/me", {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ locale: chosen }),
  }).catch(() => null); // away: the next page tries again
  if (answer?.ok && sessionStorage.getItem("orkwork.chosen") === chosen) sessionStorage.removeItem("orkwork.chosen");
}
