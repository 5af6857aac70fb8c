// The time left of a promise, counted down in the browser: nothing is asked for it.
import { useSyncExternalStore } from "react";
import { Icon } from "./icon.jsx";
import { useLocale } from "./locale.js";
import { minute, onTick, useMounted } from "./small.jsx";

const TONES = { warning: "warn b5", breached: "bad b5", met: "ok", missed: "bad" };
const WARNS_AT = 0.8;

const stateOf = (sla, left) => {
  if (!sla.until) return sla.state;
  if (left < 0) return "breached";
  return left <= sla.limit * (1 - WARNS_AT) ? "warning" : "ok";
};

/** Whole minutes, once there are any. */
const size = (left) => {
  const whole = Math.abs(left);
  return whole < 60 ? whole : Math.floor(whole / 60) * 60;
};

function words(L, state, left, paused) {
  const time = L.duration(size(left));
  if (state === "met") return L.t("Met");
  if (state === "missed") return L.t("Missed {time}", { time });
  if (state === "breached") return L.t("Breached {time}", { time });
  return paused ? L.t("{time}, paused", { time }) : time;
}

export function SlaLeft({ sla }) {
  const L = useLocale();
  useSyncExternalStore(onTick, minute, () => 0);
  const mounted = useMounted();
  if (!sla?.state) return null;
  const left = sla.until ? (new Date(sla.until) - Date.now()) / 1000 : sla.left;
  const state = mounted ? stateOf(sla, left) : sla.state;
  return (
    <span className={`sla t ${TONES[state] || ""}`} title={L.t("SLA time left")}>
      <Icon name={sla.paused ? "circle-pause" : "timer"} size="s" />
      {mounted ? words(L, state, left, sla.paused) : ""}
    </span>
  );
}
