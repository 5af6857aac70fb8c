// Icon and word for everything that has a state; colour never stands alone.
import { Icon } from "./icon.jsx";
import { msg, useLocale } from "./locale.js";

export const STATUS = {
  CREATED: ["circle-dashed", "idle", msg("Created")],
  PLANNING: ["circle-dot-dashed", "idle", msg("Planning")],
  READY: ["circle", "idle", msg("Ready")],
  ASSIGNED: ["circle-user", "info", msg("Assigned")],
  IN_PROGRESS: ["circle-play", "acc", msg("In progress")],
  REVIEW: ["eye", "warn", msg("Review")],
  COMPLETED: ["circle-check", "ok", msg("Completed")],
  FAILED: ["circle-x", "bad", msg("Failed")],
  CANCELLED: ["ban", "idle", msg("Cancelled")],
  SKIPPED: ["circle-minus", "idle", msg("Left out")],
  WAITING: ["hourglass", "idle", msg("Not decided yet")],
};

export const PRIORITY = {
  urgent: ["circle-alert", "bad", msg("Urgent")],
  high: ["signal-high", "", msg("High")],
  medium: ["signal-medium", "", msg("Medium")],
  low: ["signal-low", "", msg("Low")],
  none: ["minus", "idle", msg("No priority")],
};

const STATE = {
  // agents
  working: ["circle-play", "acc", msg("Working")],
  idle: ["pause", "idle", msg("Idle")],
  blocked: ["lock", "bad", msg("Blocked")],
  paused: ["circle-pause", "warn", msg("Paused")],
  offline: ["wifi-off", "idle", msg("Offline")],
  error: ["octagon-alert", "bad", msg("Error")],
  retired: ["archive", "idle", msg("Retired")],
  // executions
  queued: ["hourglass", "idle", msg("Queued")],
  running: ["circle-play", "acc", msg("Running")],
  succeeded: ["circle-check", "ok", msg("Succeeded")],
  failed: ["circle-x", "bad", msg("Failed")],
  lost: ["undo-2", "idle", msg("Lease lost")],
  cancelled: ["ban", "idle", msg("Cancelled")],
  // projects
  on_track: ["circle-check", "ok", msg("On track")],
  at_risk: ["triangle-alert", "warn", msg("At risk")],
  late: ["circle-alert", "bad", msg("Late")],
  archived: ["archive", "idle", msg("Archived")],
  completed: ["circle-check", "ok", msg("Completed")],
  // keys, sessions, invites, people
  active: ["circle-check", "ok", msg("Active")],
  expired: ["clock", "idle", msg("Expired")],
  revoked: ["ban", "bad", msg("Revoked")],
  pending: ["hourglass", "warn", msg("Pending")],
  accepted: ["check", "ok", msg("Accepted")],
  disabled: ["ban", "idle", msg("Disabled")],
  owner: ["key-round", "acc", msg("Owner")],
  admin: ["shield-check", "info", msg("Admin")],
  member: ["user", "idle", msg("Member")],
  viewer: ["eye", "idle", msg("Viewer")],
};

const KINDS = { status: STATUS, priority: PRIORITY, state: STATE };
const known = (kind, value) => KINDS[kind]?.[value] ?? ["circle-help", "idle", String(value ?? "")];

/** What a value is called and how it looks: [icon, tone, English word]. */
export const look = known;

export function Pill({ kind = "state", value }) {
  const L = useLocale();
  const [name, tone, word] = known(kind, value);
  return (
    <span className="pill">
      <Icon name={name} tone={tone} />
      {L.t(word)}
    </span>
  );
}

/** Icon and word without the outline, or the icon alone with the word for screen readers. */
export function Mark({ kind = "state", value, bare = false }) {
  const L = useLocale();
  const [name, tone, word] = known(kind, value);
  return (
    <span className="mark" title={bare ? L.t(word) : undefined}>
      <Icon name={name} size={bare ? "s" : ""} tone={tone} />
      <span className={bare ? "sr" : undefined}>{L.t(word)}</span>
    </span>
  );
}
