"""Events in words: one sentence for each fact, with its subject as a link. Every page that tells what happened uses it."""

from typing import Any, TypedDict

import reflex as rx

from orkwork.domains.audit.schemas import EventOut
from orkwork.ui.locale import t

PHRASES = {
    "task.created": "created {what}",
    "task.changed": "changed {what}",
    "task.moved": "moved {what}",
    "task.moved:PLANNING": "planned {what}",
    "task.moved:READY": "made {what} ready",
    "task.moved:ASSIGNED": "took {what}",
    "task.moved:IN_PROGRESS": "started {what}",
    "task.moved:REVIEW": "handed in {what} for review",
    "task.moved:COMPLETED": "finished {what}",
    "task.moved:FAILED": "failed {what}",
    "task.moved:CANCELLED": "cancelled {what}",
    "task.moved:CREATED": "restored {what}",
    "task.moved:REVIEW:COMPLETED": "approved {what}",
    "task.moved:REVIEW:IN_PROGRESS": "asked for changes in {what}",
    "task.moved:ASSIGNED:READY": "released {what}",
    "task.moved:IN_PROGRESS:READY": "released {what}",
    "task.moved:COMPLETED:READY": "re-opened {what}",
    "task.moved:FAILED:READY": "offered {what} again",
    "task.blocked": "made {what} wait again",
    "task.unblocked": "freed {what}: nothing blocks it",
    "task.evidence_given": "gave evidence for {what}",
    "task.criterion_verified": "verified a criterion of {what}",
    "task.criterion_verified:failed": "found a criterion of {what} not met",
    "agent.noticed": "has something for {what} to notice",
    "task.deleted": "deleted {what}",
    "dependency.added": "added a dependency to {what}",
    "dependency.removed": "removed a dependency from {what}",
    "comment.added": "commented on {what}",
    "decision.needed": "asks: {what}",
    "decision.resolved": "decided: {what}",
    "decision.recorded": "assigned {what} by score",
    "decision.asked_again": "asks again: {what}",
    "decision.recommended": "gave a recommendation: {what}",
    "decision.judged": "said how it turned out: {what}",
    "decision.left_to_person": "could not decide by rule: {what}",
    "decision_rule.created": "made a standing rule: {what}",
    "decision_rule.revoked": "revoked a standing rule: {what}",
    "execution.started": "began a run of {what}",
    "execution.changed": "reached {n}% on {what}",
    "execution.ended": "ended a run of {what}",
    "execution.logged": "wrote to the log of {what}",
    "artifact.added": "left an artifact at {what}",
    "artifact.removed": "removed an artifact of {what}",
    "task.waiting": "sees that {what} waits too long to be started",
    "task.looping": "tripped the loop breaker at {what}",
    "task.unbarred": "let an agent try {what} again",
    "tracker.imported": "imported a tracker into {what}",
    "agent.created": "added the agent {what}",
    "agent.changed": "changed the agent {what}",
    "agent.changed:active": "resumed the agent {what}",
    "agent.paused": "paused the agent {what}",
    "agent.retired": "retired the agent {what}",
    "agent.seen": "gave a sign of life",
    "key.created": "made the key {what}",
    "key.revoked": "revoked the key {what}",
    "project.created": "started the project {what}",
    "project.changed": "changed the project {what}",
    "project.held": "put the project {what} on hold",
    "project.resumed": "resumed the project {what}",
    "company.held": "put the company on hold",
    "company.resumed": "resumed the company",
    "project.archived": "archived the project {what}",
    "project.deleted": "deleted the project {what}",
    "cost.recorded": "recorded a cost",
    "costs.rebuilt": "rebuilt the sums of all costs",
    "cost.corrected": "corrected a cost",
    "costs.drifted": "found sums of costs that are not those of their rows",
    "budget.changed": "changed the budget of {what}",
    "budget.reached": "saw {what} spend {n}% of a budget",
    "budget.renewed": "lets {what} spend again",
    "reservation.held": "set money aside for a call",
    "reservation.settled": "settled a call",
    "reservation.released": "gave back money that was set aside",
    "reservation.lapsed": "let money go that was set aside",
    "user.created": "joined: {what}",
    "user.changed": "changed the account of {what}",
    "session.started": "signed in: {what}",
    "session.revoked": "ended a session",
    "invite.created": "invited {what}",
    "invite.accepted": "accepted an invite: {what}",
    "invite.revoked": "revoked the invite of {what}",
    "owner_link.created": "made an owner link",
    "company.changed": "changed the company's settings",
    "company.seeded": "made the starter agents and their first project",
    "sla.rule_created": "added the SLA rule {what}",
    "sla.rule_changed": "changed the SLA rule {what}",
    "sla.rule_deleted": "deleted the SLA rule {what}",
    "sla.warned": "warns that the time of {what} runs out",
    "sla.breached": "saw {what} breach its SLA",
    "sla.breached:escalated": "escalated {what}: it is late",
    "health.measured": "measured the company's health",
    "project.health_changed": "saw the health of {what} change",
    "performance.counted": "counted the scores of {what}",
    "anomaly.found": "found something out of line: {what}",
    "anomaly.worsened": "saw {what} get further out of line",
    "anomaly.over": "saw {what} in line again",
    "anomaly.acknowledged": "has seen what is wrong with {what}",
    "anomaly.snoozed": "wants to hear later of {what}",
    "anomaly.closed": "wants to hear no more of {what}",
    "anomaly.acted": "acted by policy on {what}",
    "anomaly.undone": "took back what was done about {what}",
    "workflow.created": "made the workflow {what}",
    "workflow.changed": "changed the workflow {what}",
    "workflow.changed:active": "resumed the workflow {what}",
    "workflow.changed:paused": "paused the workflow {what}",
    "workflow.changed:archived": "archived the workflow {what}",
    "workflow.deleted": "deleted the workflow {what}",
    "workflow_run.created": "started the run {what}",
    "workflow_run.created:queued": "queued the run {what}",
    "workflow_run.changed": "counted the steps of the run {what}",
    "workflow_run.moved": "moved the run {what}",
    "workflow_run.moved:running": "saw the run {what} go on",
    "workflow_run.moved:completed": "saw the run {what} complete",
    "workflow_run.moved:failed": "saw the run {what} fail",
    "workflow_run.moved:cancelled": "cancelled the run {what}",
    "workflow_schedule.created": "added the schedule {what}",
    "workflow_schedule.changed": "changed the schedule {what}",
    "workflow_schedule.changed:paused": "paused the schedule {what}",
    "workflow_schedule.changed:active": "resumed the schedule {what}",
    "workflow_schedule.deleted": "deleted the schedule {what}",
    "workflow_schedule.ticked": "carried out the schedule {what}",
    "workflow_schedule.ticked:skipped": "skipped a tick of the schedule {what}: its last run is not over",
    "workflow_schedule.ticked:missed": "missed a tick of the schedule {what}",
    "workflow_schedule.ticked:refused": "could not start a run by the schedule {what}",
    "workflow_schedule.ticked:backfilled": "made up for a period of the schedule {what}",
    "workflow_trigger.created": "added the trigger {what}",
    "workflow_trigger.changed": "changed the trigger {what}",
    "workflow_trigger.changed:paused": "paused the trigger {what}",
    "workflow_trigger.changed:active": "resumed the trigger {what}",
    "workflow_trigger.deleted": "deleted the trigger {what}",
    "workflow_trigger.refused": "started nothing by the trigger {what}",
    "workflow_hook.created": "added the webhook {what}",
    "workflow_hook.changed": "changed the webhook {what}",
    "workflow_hook.deleted": "deleted the webhook {what}",
    "workflow_hook.called": "took a request at the webhook {what}",
    "forecast.made": "made a forecast of {what}",
    "forecast.scored": "held a forecast of {what} against the truth",
    "forecast.changes_made": "made tried changes in {what}",
    "forecast.changes_undone": "undid tried changes in {what}",
    "brief.made": "made the brief of {what}",
    "brief.rewritten": "kept a model's words for the brief of {what}",
    "brief.rewritten:refused": "refused a model's words for the brief of {what}",
    "demo.removed": "removed the demo",
    "audit.erased": "erased the events of a demo",
    "job.changed": "paused or resumed the job {what}",
    "job.requested": "asked for a run of the job {what}",
    "job.failing": "saw the job {what} fail again and again",
    "job.recovered": "saw the job {what} work again",
}
"""What each fact says after the actor's name; `name:after` and `name:before:after` are told apart where it matters."""
NAMELESS = {"invite.created": "invited someone", "invite.revoked": "revoked an invite"}
"""The same for subjects that may have no name."""
OTHER = "{name} on {what}"

_PLACES = {
    "user": "/settings/people",
    "invite": "/settings/people",
    "session": "/settings/sessions",
    "company": "/settings",
    "job": "/settings/jobs",
    "decision": "/decisions",
    "decision_rule": "/decisions?tab=rules",
    "cost": "/costs/rows",
    "budget": "/settings/budgets",
    "reservation": "/costs",
    "performance": "/agents?view=board",
    "anomaly": "/anomalies",
    "brief": "/brief",
    "sla_rule": "/settings/sla",
    "workflow_schedule": "/workflows",
    "workflow_trigger": "/workflows",
    "workflow_hook": "/workflows",
}


class EventLine(TypedDict):
    """One event as a sentence."""

    seq: int
    at: str
    actor: str
    person: bool
    phrase: str
    what: str
    href: str
    name: str
    n: int
    fresh: bool


def phrase_of(event: EventOut) -> str:
    """The sentence of an event, with `{what}` where its subject stands."""
    before, after = ((part or {}).get("status") for part in (event.before, event.after))
    keys = (f"{event.name}:{before}:{after}", f"{event.name}:{after}", event.name)
    phrases = (NAMELESS, PHRASES) if not event.subject_label else (PHRASES,)
    return next((known[key] for known in phrases for key in keys if key in known), OTHER)


def href_of(event: EventOut) -> str:
    """The page of an event's subject; empty when it has none, or no longer."""
    if event.name.endswith(".deleted"):
        return ""
    if event.subject_kind in ("task", "execution") and event.subject_label:
        return f"/tasks/{event.subject_label}"
    if event.subject_kind in ("agent", "project", "workflow") and event.subject_id:
        return f"/{event.subject_kind}s/{event.subject_id}"
    if event.subject_kind == "workflow_run" and event.subject_id:
        return f"/workflows/runs/{event.subject_id}"
    return _PLACES.get(event.subject_kind, "")


def line(event: EventOut, newer_than: int | None = None) -> EventLine:
    """An event as a page shows it; `fresh` when it came after `newer_than`."""
    told = event.after or {}
    progress: Any = told.get("progress", told.get("threshold"))
    return {
        "seq": event.seq,
        "at": event.occurred_at.isoformat(),
        "actor": event.actor_name,
        "person": event.actor_kind == "user",
        "phrase": phrase_of(event),
        "what": event.subject_label,
        "href": href_of(event),
        "name": event.name,
        "n": progress if isinstance(progress, int) else 0,
        "fresh": newer_than is not None and event.seq > newer_than,
    }


def sentence(line: rx.Var, *, link: bool = True) -> rx.Component:
    """The sentence, in the reader's language, with its subject as a link where `link` is true."""
    parts = t(line["phrase"], n=line["n"], name=line["name"]).split("{what}")
    plain = rx.el.span(line["what"], class_name="b5")
    subject = rx.cond(line["href"], rx.el.a(line["what"], href=line["href"], class_name="b5"), plain) if link else plain
    return rx.el.span(
        parts[0], rx.cond(parts.length() > 1, rx.fragment(subject, parts[1])), style={"overflowWrap": "anywhere"}
    )
