"""Who may call what: every operation and every route, against a table written by hand from the contract's roles.

owner > admin > member > viewer; an agent needs the scope, and for a write autonomy level 1 (a heartbeat: 0).
"""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final, NamedTuple
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from orkwork.core import operation
from orkwork.core.actor import SCOPES, Actor, ActorKind, Level, Role
from orkwork.core.errors import Forbidden
from orkwork.core.operation import OPERATIONS
from orkwork.domains import registry
from orkwork.domains.workflows.schemas.templates import WorkflowIn
from orkwork.domains.workflows.service import editing
from tests.contract import API
from tests.factories import Company

registry.load_operations()
BASE = "/api/v2"
OWNER, ADMIN, MEMBER, VIEWER = Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER
NOBODY: Final = None
"""No person, or no agent, may."""
ANY: Final = ""
"""Any key may, whatever its scopes."""

POLICY: dict[str, tuple[Role | None, str | None, int]] = {
    # name: (the least role of a person, the scope of an agent, the least level of an agent)
    "agents.agent": (VIEWER, "agents:read", 0),
    "agents.agents": (VIEWER, "agents:read", 0),
    "agents.at_work": (VIEWER, "agents:read", 0),
    "agents.capabilities": (VIEWER, "agents:read", 0),
    "agents.history": (VIEWER, "agents:read", 0),
    "agents.spending": (VIEWER, "costs:read", 0),
    "agents.keys": (ADMIN, NOBODY, 0),
    "agents.create_agent": (ADMIN, NOBODY, 0),
    "agents.update_agent": (ADMIN, NOBODY, 0),
    "agents.retire_agent": (ADMIN, NOBODY, 0),
    "agents.create_key": (ADMIN, NOBODY, 0),
    "agents.revoke_key": (ADMIN, NOBODY, 0),
    "agents.set_autonomy": (OWNER, NOBODY, 0),
    "agents.heartbeat": (NOBODY, "agents:write", 0),
    "audit.events": (ADMIN, NOBODY, 0),
    "audit.export": (ADMIN, NOBODY, 0),
    "audit.heard": (VIEWER, ANY, 0),
    "audit.verify": (ADMIN, NOBODY, 0),
    "audit.checkpoint": (ADMIN, NOBODY, 0),
    "auth.me": (VIEWER, ANY, 0),
    "auth.users": (VIEWER, NOBODY, 0),
    "auth.sessions": (VIEWER, NOBODY, 0),
    "auth.logout": (VIEWER, NOBODY, 0),
    "auth.revoke_session": (VIEWER, NOBODY, 0),
    "auth.update_profile": (VIEWER, NOBODY, 0),
    "auth.invite": (ADMIN, NOBODY, 0),
    "auth.invites": (ADMIN, NOBODY, 0),
    "auth.revoke_invite": (ADMIN, NOBODY, 0),
    "auth.update_user": (ADMIN, NOBODY, 0),
    "jobs.jobs": (VIEWER, NOBODY, 0),
    "jobs.failing": (VIEWER, NOBODY, 0),
    "jobs.run_now": (ADMIN, NOBODY, 0),
    "jobs.update_job": (ADMIN, NOBODY, 0),
    "costs.costs": (VIEWER, "costs:read", 0),
    "costs.report": (VIEWER, "costs:read", 0),
    "costs.spend_today": (VIEWER, "costs:read", 0),
    "costs.record_cost": (ADMIN, "costs:write", 1),
    "costs.record_costs": (ADMIN, "costs:write", 1),
    "costs.cost": (VIEWER, "costs:read", 0),
    "costs.costs_csv": (VIEWER, "costs:read", 0),
    "costs.crossed": (VIEWER, "costs:read", 0),
    "costs.spending": (VIEWER, NOBODY, 0),
    "costs.forecast": (VIEWER, NOBODY, 0),
    "costs.outcomes": (VIEWER, NOBODY, 0),
    "costs.checks": (VIEWER, NOBODY, 0),
    "costs.budgets": (VIEWER, "costs:read", 0),
    "costs.budget": (VIEWER, "costs:read", 0),
    "costs.reservations": (VIEWER, "costs:read", 0),
    "costs.reservation": (VIEWER, "costs:read", 0),
    "costs.reserve": (NOBODY, "costs:write", 1),
    "costs.settle": (NOBODY, "costs:write", 1),
    "costs.release": (NOBODY, "costs:write", 1),
    "costs.correct_cost": (ADMIN, NOBODY, 0),
    "costs.set_company_budget": (OWNER, NOBODY, 0),
    "costs.set_agent_budget": (ADMIN, NOBODY, 0),
    "costs.set_project_budget": (ADMIN, NOBODY, 0),
    "decisions.decision": (VIEWER, "decisions:read", 0),
    "decisions.decisions": (VIEWER, "decisions:read", 0),
    "decisions.pending": (VIEWER, "decisions:read", 0),
    "decisions.log": (VIEWER, "decisions:read", 0),
    "decisions.how_many": (VIEWER, "decisions:read", 0),
    "decisions.stats": (VIEWER, "decisions:read", 0),
    "decisions.create_decision": (MEMBER, "decisions:write", 1),
    "decisions.recommend": (MEMBER, NOBODY, 0),
    "decisions.judge": (MEMBER, NOBODY, 0),
    "decisions.resolve": (ADMIN, NOBODY, 0),
    "standing.rules": (VIEWER, "decisions:read", 0),
    "standing.back_test": (VIEWER, "decisions:read", 0),
    "standing.make_rule": (ADMIN, NOBODY, 0),
    "standing.revoke_rule": (ADMIN, NOBODY, 0),
    "projects.project": (VIEWER, "projects:read", 0),
    "projects.projects": (VIEWER, "projects:read", 0),
    "projects.create_project": (ADMIN, "projects:write", 1),
    "projects.update_project": (ADMIN, "projects:write", 1),
    "projects.delete_project": (OWNER, NOBODY, 0),
    "projects.hold_project": (ADMIN, NOBODY, 0),
    "projects.resume_project": (ADMIN, NOBODY, 0),
    "health.report": (VIEWER, NOBODY, 0),
    "health.project": (VIEWER, NOBODY, 0),
    "sla.escalate": (MEMBER, NOBODY, 0),
    "sla.at_risk": (VIEWER, "tasks:read", 0),
    "sla.late": (VIEWER, "tasks:read", 0),
    "sla.report": (VIEWER, "tasks:read", 0),
    "sla.rule": (VIEWER, "tasks:read", 0),
    "sla.rules": (VIEWER, "tasks:read", 0),
    "sla.task_sla": (VIEWER, "tasks:read", 0),
    "sla.create_rule": (ADMIN, NOBODY, 0),
    "sla.update_rule": (ADMIN, NOBODY, 0),
    "sla.delete_rule": (ADMIN, NOBODY, 0),
    "settings.company": (VIEWER, ANY, 0),
    "settings.update_company": (ADMIN, NOBODY, 0),
    "settings.hold_company": (OWNER, NOBODY, 0),
    "settings.resume_company": (OWNER, NOBODY, 0),
    "tasks.assignment": (VIEWER, "tasks:read", 0),
    "tasks.offers": (VIEWER, NOBODY, 0),
    "tasks.assign_best": (MEMBER, NOBODY, 0),
    "tasks.board": (VIEWER, "tasks:read", 0),
    "tasks.comments": (VIEWER, "tasks:read", 0),
    "tasks.dependencies": (VIEWER, "tasks:read", 0),
    "tasks.execution": (VIEWER, "tasks:read", 0),
    "tasks.executions": (VIEWER, "tasks:read", 0),
    "tasks.find": (VIEWER, "tasks:read", 0),
    "tasks.graph": (VIEWER, "tasks:read", 0),
    "tasks.history": (VIEWER, "tasks:read", 0),
    "tasks.ids_around": (VIEWER, "tasks:read", 0),
    "tasks.labels": (VIEWER, "tasks:read", 0),
    "tasks.latest_comments": (VIEWER, "tasks:read", 0),
    "tasks.moves": (VIEWER, "tasks:read", 0),
    "tasks.next_work": (NOBODY, "tasks:read", 0),
    "tasks.outline": (VIEWER, "tasks:read", 0),
    "tasks.open_tasks": (VIEWER, "tasks:read", 0),
    "tasks.project_history": (VIEWER, "tasks:read", 0),
    "tasks.subtree": (VIEWER, "tasks:read", 0),
    "tasks.task": (VIEWER, "tasks:read", 0),
    "tasks.tasks": (VIEWER, "tasks:read", 0),
    "tasks.tasks_by_id": (VIEWER, "tasks:read", 0),
    "tasks.tasks_csv": (VIEWER, "tasks:read", 0),
    "tasks.team": (VIEWER, "tasks:read", 0),
    "tasks.add_comment": (MEMBER, "tasks:write", 1),
    "tasks.add_dependency": (MEMBER, "tasks:write", 1),
    "tasks.remove_dependency": (MEMBER, "tasks:write", 1),
    "tasks.assign": (MEMBER, "tasks:write", 1),
    "tasks.cancel_subtree": (MEMBER, NOBODY, 0),
    "tasks.claim": (NOBODY, "tasks:write", 1),
    "tasks.give_evidence": (MEMBER, "tasks:write", 1),
    "tasks.mark_delivered": (NOBODY, "tasks:read", 0),
    "tasks.verify": (MEMBER, "tasks:write", 1),
    "tasks.create_task": (MEMBER, "tasks:write", 1),
    "tasks.create_tasks": (MEMBER, "tasks:write", 1),
    "tasks.update_task": (MEMBER, "tasks:write", 1),
    "tasks.delete_task": (MEMBER, NOBODY, 0),
    "tasks.transition": (MEMBER, "tasks:write", 1),
    "tasks.transition_saying": (MEMBER, "tasks:write", 1),
    "tasks.start_execution": (MEMBER, "tasks:write", 1),
    "tasks.update_execution": (MEMBER, "tasks:write", 1),
    "tasks.finish_executions": (MEMBER, "tasks:write", 1),
    "workflows.hook": (VIEWER, "tasks:read", 0),
    "workflows.hooks": (VIEWER, "tasks:read", 0),
    "workflows.run": (VIEWER, "tasks:read", 0),
    "workflows.runs": (VIEWER, "tasks:read", 0),
    "workflows.schedule": (VIEWER, "tasks:read", 0),
    "workflows.schedules": (VIEWER, "tasks:read", 0),
    "workflows.trigger": (VIEWER, "tasks:read", 0),
    "workflows.triggers": (VIEWER, "tasks:read", 0),
    "workflows.try_cron": (VIEWER, "tasks:read", 0),
    "workflows.version": (VIEWER, "tasks:read", 0),
    "workflows.versions": (VIEWER, "tasks:read", 0),
    "workflows.workflow": (VIEWER, "tasks:read", 0),
    "workflows.workflows": (VIEWER, "tasks:read", 0),
    "workflows.start_run": (MEMBER, "tasks:write", 1),
    "workflows.cancel_run": (MEMBER, NOBODY, 0),
    "workflows.retry_run": (MEMBER, NOBODY, 0),
    "workflows.backfill": (ADMIN, NOBODY, 0),
    "workflows.named": (VIEWER, "tasks:read", 0),
    "workflows.draft": (ADMIN, NOBODY, 0),
    "workflows.keep_draft": (ADMIN, NOBODY, 0),
    "workflows.drop_draft": (ADMIN, NOBODY, 0),
    "workflows.create_hook": (ADMIN, NOBODY, 0),
    "workflows.create_schedule": (ADMIN, NOBODY, 0),
    "workflows.create_trigger": (ADMIN, NOBODY, 0),
    "workflows.create_workflow": (ADMIN, NOBODY, 0),
    "workflows.delete_hook": (ADMIN, NOBODY, 0),
    "workflows.delete_schedule": (ADMIN, NOBODY, 0),
    "workflows.delete_trigger": (ADMIN, NOBODY, 0),
    "workflows.delete_workflow": (ADMIN, NOBODY, 0),
    "workflows.import_workflow": (ADMIN, NOBODY, 0),
    "workflows.renew_secret": (ADMIN, NOBODY, 0),
    "workflows.restore_version": (ADMIN, NOBODY, 0),
    "workflows.update_hook": (ADMIN, NOBODY, 0),
    "workflows.update_schedule": (ADMIN, NOBODY, 0),
    "workflows.update_trigger": (ADMIN, NOBODY, 0),
    "workflows.update_workflow": (ADMIN, NOBODY, 0),
}
POLICY |= {
    "executions.failures": (VIEWER, ANY, 0),
    "executions.task_limits": (VIEWER, "tasks:read", 0),
    "executions.numbered": (VIEWER, "tasks:read", 0),
    "executions.log": (VIEWER, "tasks:read", 0),
    "executions.log_before": (VIEWER, "tasks:read", 0),
    "executions.artifact": (VIEWER, "tasks:read", 0),
    "executions.artifacts": (VIEWER, "tasks:read", 0),
    "executions.stored": (VIEWER, "tasks:read", 0),
    "executions.write_log": (MEMBER, "tasks:write", 1),
    "executions.add_link": (MEMBER, "tasks:write", 1),
    "executions.reserve_file": (MEMBER, "tasks:write", 1),
    "executions.add_file": (MEMBER, "tasks:write", 1),
    "executions.remove_artifact": (ADMIN, "tasks:write", 1),
    "tasks.lift_bar": (ADMIN, NOBODY, 0),
}
POLICY |= {
    "anomalies.anomalies": (VIEWER, "agents:read", 0),
    "anomalies.anomaly": (VIEWER, "agents:read", 0),
    "anomalies.tally": (VIEWER, "agents:read", 0),
    "anomalies.acknowledge": (ADMIN, NOBODY, 0),
    "anomalies.close": (ADMIN, NOBODY, 0),
    "anomalies.snooze": (ADMIN, NOBODY, 0),
    "anomalies.undo": (ADMIN, NOBODY, 0),
    "briefs.brief": (VIEWER, NOBODY, 0),
    "briefs.briefs": (VIEWER, NOBODY, 0),
    "briefs.kept": (VIEWER, NOBODY, 0),
    "performance.leaderboard": (VIEWER, "agents:read", 0),
    "performance.performance": (VIEWER, "agents:read", 0),
    "forecast.dates": (VIEWER, "decisions:read", 0),
    "forecast.change_set": (VIEWER, "tasks:read", 0),
    "forecast.forecast": (VIEWER, "tasks:read", 0),
    "forecast.kept": (VIEWER, "tasks:read", 0),
    "forecast.what_if": (VIEWER, "tasks:read", 0),
    "forecast.take_forecast": (MEMBER, "tasks:write", 1),
    "forecast.make_changes": (MEMBER, NOBODY, 0),
    "forecast.undo_changes": (MEMBER, NOBODY, 0),
}
SYSTEM_ONLY = {
    "briefs.keep_rewrite",
    "briefs.make_daily",
    "briefs.take_rewrite",
    "anomalies.watch",
    "anomalies.watch_closely",
    "performance.count_scores",
    "forecast.score",
    "forecast.take_daily",
    "executions.check_clocks",
    "executions.sweep_files",
    "agents.agent_id_by_name",
    "audit.seal",
    "auth.accept_invite",
    "auth.create_owner_link",
    "auth.forget_expired",
    "auth.has_owner",
    "auth.redeem_owner_link",
    "auth.sign_in_with_github",
    "costs.ask_for_more",
    "costs.check_budgets",
    "costs.check_sums",
    "costs.lapse_reservations",
    "costs.rebuild_rollups",
    "costs.renew_budgets",
    "jobs.claim_due",
    "jobs.finish",
    "jobs.prolong",
    "jobs.register",
    "projects.fold_tallies",
    "health.measure",
    "sla.check",
    "standing.keep",
    "sla.follow",
    "tasks.assign_ready",
    "tasks.count_means",
    "tasks.forget_notices",
    "tasks.give_back_lapsed",
    "tasks.give_back_untaken",
    "tasks.offer_retries",
    "workflows.follow",
    "workflows.follow_zone",
    "workflows.forget_requests",
    "workflows.take_request",
    "workflows.tick",
}
"""What only the clock, the command line and the sign-in do."""
ELSEWHERE = {"dashboard", "trackers", "demo"}
"""Domains that stand only on the operations above, or that only the system calls; their reads are everybody's."""


def ours() -> list[str]:
    """The operations of this table's domains."""
    return sorted(name for name in OPERATIONS if name.partition(".")[0] not in ELSEWHERE)


def guarded(name: str) -> Callable[..., Any]:
    """The function as doors call it, lock included."""
    entry = OPERATIONS[name]
    return getattr(sys.modules[entry.fn.__module__], entry.fn.__name__)


def lets_in(name: str, actor: Actor) -> bool:
    """Whether the lock opens; what then fails for want of arguments does not matter."""
    try:
        guarded(name)(SimpleNamespace(actor=actor))
    except Forbidden as refusal:
        return not refusal.code.startswith("auth.") or refusal.code == "auth.agent_only"
    except (TypeError, AttributeError, AssertionError):
        return True
    return True


def person(role: Role | None) -> Actor:
    return Actor(ActorKind.USER, uuid4(), "P", role=role)


def agent(scopes: set[str], level: int) -> Actor:
    return Actor(ActorKind.AGENT, uuid4(), "A", scopes=frozenset(scopes), level=Level(level))


def test_every_operation_stands_in_the_table() -> None:
    assert set(ours()) <= set(POLICY) | SYSTEM_ONLY


@pytest.mark.parametrize("name", ours())
def test_an_operation_opens_to_those_of_the_table_and_to_nobody_else(name: str) -> None:
    least, scope, level = POLICY.get(name, (NOBODY, NOBODY, 0))
    for role in Role:
        assert lets_in(name, person(role)) is (least is not None and role.covers(least)), role
    assert not lets_in(name, person(None))
    every = set(SCOPES)
    for autonomy in Level:
        assert lets_in(name, agent(every, autonomy)) is (scope is not None and autonomy >= level), autonomy
    assert lets_in(name, agent(every - {scope or ""}, 4)) is (scope == ANY)
    assert lets_in(name, Actor(ActorKind.SYSTEM, None, "clock"))


@pytest.mark.parametrize(
    "name", sorted(n for n in OPERATIONS if n.partition(".")[0] in ELSEWHERE and OPERATIONS[n].writes)
)
def test_writes_of_the_other_domains_are_at_least_a_members(name: str) -> None:
    assert not lets_in(name, person(VIEWER))
    assert not lets_in(name, agent(set(), 4))


class Route(NamedTuple):
    """How to call one route, and who may."""

    method: str
    path: str
    body: Any
    least: Role | None
    scope: str | None
    level: int = 0


TASK = {"title": "T", "project_id": "{project}"}
WORKFLOW = {"name": "Flow", "project_id": "{project}", "steps": [{"key": "a", "title": "A"}]}
ROUTES: dict[str, Route] = {
    "auth.me": Route("GET", "/me", None, VIEWER, ANY),
    "auth.update_profile": Route("PATCH", "/me", {"locale": "uk"}, VIEWER, NOBODY),
    "auth.logout": Route("POST", "/auth/logout", None, VIEWER, NOBODY),
    "auth.users": Route("GET", "/users", None, VIEWER, NOBODY),
    "auth.update_user": Route("PATCH", "/users/{user}", {"active": True}, ADMIN, NOBODY),
    "auth.sessions": Route("GET", "/sessions", None, VIEWER, NOBODY),
    "auth.revoke_session": Route("DELETE", "/sessions/{none}", None, VIEWER, NOBODY),
    "auth.invites": Route("GET", "/invites", None, ADMIN, NOBODY),
    "auth.invite": Route("POST", "/invites", {}, ADMIN, NOBODY),
    "auth.revoke_invite": Route("DELETE", "/invites/{none}", None, ADMIN, NOBODY),
    "agents.list": Route("GET", "/agents", None, VIEWER, "agents:read"),
    "agents.create": Route("POST", "/agents", {"name": "New"}, ADMIN, NOBODY),
    "agents.me": Route("GET", "/agents/me", None, NOBODY, "agents:read"),
    "agents.heartbeat": Route("POST", "/agents/me/heartbeat", {}, NOBODY, "agents:write"),
    "agents.get": Route("GET", "/agents/{agent}", None, VIEWER, "agents:read"),
    "agents.update": Route("PATCH", "/agents/{agent}", {"role": "x"}, ADMIN, NOBODY),
    "agents.retire": Route("DELETE", "/agents/{agent}", None, ADMIN, NOBODY),
    "agents.set_autonomy": Route("PUT", "/agents/{agent}/autonomy", {"level": 3}, OWNER, NOBODY),
    "agents.keys": Route("GET", "/agents/{agent}/keys", None, ADMIN, NOBODY),
    "agents.create_key": Route("POST", "/agents/{agent}/keys", {"name": "k"}, ADMIN, NOBODY),
    "agents.revoke_key": Route("DELETE", "/agents/{agent}/keys/{none}", None, ADMIN, NOBODY),
    "agents.capabilities": Route("GET", "/capabilities", None, VIEWER, "agents:read"),
    "events.list": Route("GET", "/events", None, VIEWER, ANY),
    "audit.list": Route("GET", "/audit", None, ADMIN, NOBODY),
    "audit.export": Route("GET", "/audit/export", None, ADMIN, NOBODY),
    "audit.verify": Route("GET", "/audit/verify", None, ADMIN, NOBODY),
    "audit.checkpoint": Route("GET", "/audit/checkpoint", None, ADMIN, NOBODY),
    "jobs.list": Route("GET", "/jobs", None, VIEWER, NOBODY),
    "jobs.run": Route("POST", "/jobs/audit.seal/run", None, ADMIN, NOBODY),
    "jobs.update": Route("PATCH", "/jobs/audit.seal", {"paused": True}, ADMIN, NOBODY),
    "settings.get": Route("GET", "/settings", None, VIEWER, ANY),
    "settings.hold": Route("POST", "/settings/hold", {}, OWNER, NOBODY),
    "settings.resume": Route("POST", "/settings/resume", None, OWNER, NOBODY),
    "settings.update": Route("PATCH", "/settings", {"name": "x"}, ADMIN, NOBODY),
    "decisions.list": Route("GET", "/decisions", None, VIEWER, "decisions:read"),
    "decisions.pending": Route("GET", "/decisions/pending", None, VIEWER, "decisions:read"),
    "decisions.log": Route("GET", "/decisions/log", None, VIEWER, "decisions:read"),
    "decisions.get": Route("GET", "/decisions/{none}", None, VIEWER, "decisions:read"),
    "decisions.resolve": Route("POST", "/decisions/{none}/resolve", {"option": "leave"}, ADMIN, NOBODY),
    "decisions.stats": Route("GET", "/decisions/stats", None, VIEWER, "decisions:read"),
    "decisions.create": Route(
        "POST", "/decisions", {"category": "approve", "title": "May I?"}, MEMBER, "decisions:write", 1
    ),
    "decisions.recommend": Route("POST", "/decisions/{none}/recommendation", {"option": "a"}, MEMBER, NOBODY),
    "decisions.judge": Route("PUT", "/decisions/{none}/outcome", {"outcome": "right"}, MEMBER, NOBODY),
    "decision_rules.list": Route("GET", "/decisions/rules", None, VIEWER, "decisions:read"),
    "decision_rules.create": Route(
        "POST", "/decisions/rules", {"decision_id": "{none}", "options": ["a"]}, ADMIN, NOBODY
    ),
    "decision_rules.revoke": Route("DELETE", "/decisions/rules/{none}", None, ADMIN, NOBODY),
    "decision_rules.back_test": Route("GET", "/decisions/{none}/back-test?option=a", None, VIEWER, "decisions:read"),
    "projects.list": Route("GET", "/projects", None, VIEWER, "projects:read"),
    "projects.create": Route("POST", "/projects", {"name": "x"}, ADMIN, "projects:write", 1),
    "projects.get": Route("GET", "/projects/HAL", None, VIEWER, "projects:read"),
    "projects.update": Route("PATCH", "/projects/HAL", {"name": "x"}, ADMIN, "projects:write", 1),
    "projects.delete": Route("DELETE", "/projects/HAL", None, OWNER, NOBODY),
    "projects.hold": Route("POST", "/projects/HAL/hold", {}, ADMIN, NOBODY),
    "projects.resume": Route("POST", "/projects/HAL/resume", None, ADMIN, NOBODY),
    "projects.tasks": Route("GET", "/projects/HAL/tasks", None, VIEWER, "tasks:read"),
    "projects.costs": Route("GET", "/projects/HAL/costs", None, VIEWER, "costs:read"),
    "tasks.list": Route("GET", "/tasks", None, VIEWER, "tasks:read"),
    "tasks.create": Route("POST", "/tasks", TASK, MEMBER, "tasks:write", 1),
    "tasks.bulk": Route(
        "POST",
        "/tasks/bulk",
        {"project_id": "{project}", "tasks": [{"ref": "a", "title": "A"}]},
        MEMBER,
        "tasks:write",
        1,
    ),
    "tasks.claim": Route("POST", "/tasks/claim", {}, NOBODY, "tasks:write", 1),
    "tasks.graph": Route("GET", "/tasks/graph?project=HAL", None, VIEWER, "tasks:read"),
    "tasks.get": Route("GET", "/tasks/HAL-1", None, VIEWER, "tasks:read"),
    "tasks.update": Route("PATCH", "/tasks/HAL-1", {"title": "x"}, MEMBER, "tasks:write", 1),
    "tasks.delete": Route("DELETE", "/tasks/HAL-1", None, MEMBER, NOBODY),
    "tasks.next": Route("GET", "/agents/me/next", None, NOBODY, "tasks:read"),
    "tasks.moves": Route("GET", "/tasks/HAL-1/transitions", None, VIEWER, "tasks:read"),
    "tasks.transition": Route("POST", "/tasks/HAL-1/transition", {"to": "PLANNING"}, MEMBER, "tasks:write", 1),
    "tasks.set_status": Route(
        "POST", "/tasks/HAL-1/status", {"to": "PLANNING", "comment": "x"}, MEMBER, "tasks:write", 1
    ),
    "tasks.assign": Route("POST", "/tasks/HAL-1/assign", {"agent_id": "{agent}"}, MEMBER, "tasks:write", 1),
    "tasks.subtree": Route("GET", "/tasks/HAL-1/subtree", None, VIEWER, "tasks:read"),
    "tasks.cancel": Route("POST", "/tasks/HAL-1/cancel", {}, MEMBER, NOBODY),
    "tasks.give_evidence": Route(
        "POST", "/tasks/HAL-1/criteria/{none}/evidence", {"evidence": "x"}, MEMBER, "tasks:write", 1
    ),
    "tasks.verify": Route(
        "POST", "/tasks/HAL-1/criteria/{none}/verification", {"state": "failed"}, MEMBER, "tasks:write", 1
    ),
    "tasks.assignment": Route("GET", "/tasks/HAL-1/assignment", None, VIEWER, "tasks:read"),
    "tasks.dependencies": Route("GET", "/tasks/HAL-1/dependencies", None, VIEWER, "tasks:read"),
    "tasks.add_dependency": Route(
        "POST", "/tasks/HAL-1/dependencies", {"depends_on": "HAL-2"}, MEMBER, "tasks:write", 1
    ),
    "tasks.remove_dependency": Route("DELETE", "/tasks/HAL-1/dependencies/HAL-2", None, MEMBER, "tasks:write", 1),
    "tasks.comments": Route("GET", "/tasks/HAL-1/comments", None, VIEWER, "tasks:read"),
    "tasks.comment": Route("POST", "/tasks/HAL-1/comments", {"body": "x"}, MEMBER, "tasks:write", 1),
    "tasks.executions": Route("GET", "/tasks/HAL-1/executions", None, VIEWER, "tasks:read"),
    "executions.start": Route("POST", "/tasks/HAL-1/executions", {}, MEMBER, "tasks:write", 1),
    "executions.list": Route("GET", "/executions", None, VIEWER, "tasks:read"),
    "executions.get": Route("GET", "/executions/{none}", None, VIEWER, "tasks:read"),
    "executions.update": Route("PATCH", "/executions/{none}", {"progress": 1}, MEMBER, "tasks:write", 1),
    "costs.record": Route("POST", "/costs", {"provider": "x", "model": "y"}, ADMIN, "costs:write", 1),
    "costs.record_batch": Route(
        "POST", "/costs/batch", {"items": [{"provider": "x", "model": "y"}]}, ADMIN, "costs:write", 1
    ),
    "costs.list": Route("GET", "/costs", None, VIEWER, "costs:read"),
    "costs.report": Route("GET", "/intelligence/costs", None, VIEWER, "costs:read"),
    "costs.export": Route("GET", "/costs/export", None, VIEWER, "costs:read"),
    "costs.get": Route("GET", "/costs/{none}", None, VIEWER, "costs:read"),
    "costs.correct": Route("POST", "/costs/{none}/corrections", {"reverse": True, "reason": "x"}, ADMIN, NOBODY),
    "costs.totals": Route("GET", "/intelligence/costs/totals", None, VIEWER, NOBODY),
    "costs.forecast": Route("GET", "/intelligence/costs/forecast", None, VIEWER, NOBODY),
    "costs.outcomes": Route("GET", "/intelligence/costs/outcomes", None, VIEWER, NOBODY),
    "costs.checks": Route("GET", "/intelligence/costs/checks", None, VIEWER, NOBODY),
    "budgets.list": Route("GET", "/budgets", None, VIEWER, "costs:read"),
    "budgets.set_company": Route("PUT", "/budgets/company", {"monthly_usd": "5"}, OWNER, NOBODY),
    "budgets.set_agent": Route("PUT", "/budgets/agents/{agent}", {"daily_usd": "5"}, ADMIN, NOBODY),
    "budgets.set_project": Route("PUT", "/budgets/projects/HAL", {"total_usd": "5"}, ADMIN, NOBODY),
    "reservations.list": Route("GET", "/budgets/reservations", None, VIEWER, "costs:read"),
    "reservations.create": Route("POST", "/budgets/reservations", {"estimate_usd": "0"}, NOBODY, "costs:write", 1),
    "reservations.get": Route("GET", "/budgets/reservations/{none}", None, VIEWER, "costs:read"),
    "reservations.settle": Route("POST", "/budgets/reservations/{none}/settle", {}, NOBODY, "costs:write", 1),
    "reservations.release": Route("POST", "/budgets/reservations/{none}/release", None, NOBODY, "costs:write", 1),
}
ROUTES |= {
    "health.get": Route("GET", "/intelligence/health", None, VIEWER, NOBODY),
    "projects.health": Route("GET", "/projects/HAL/health", None, VIEWER, NOBODY),
    "tasks.escalate": Route("POST", "/tasks/HAL-1/escalate", {}, MEMBER, NOBODY),
    "decisions.dates": Route("GET", "/decisions/{none}/dates", None, VIEWER, "decisions:read"),
    "sla.rules": Route("GET", "/sla/rules", None, VIEWER, "tasks:read"),
    "sla.create_rule": Route(
        "POST", "/sla/rules", {"name": "x", "response_minutes": 5, "resolution_minutes": 9}, ADMIN, NOBODY
    ),
    "sla.rule": Route("GET", "/sla/rules/{none}", None, VIEWER, "tasks:read"),
    "sla.update_rule": Route("PATCH", "/sla/rules/{none}", {"name": "y"}, ADMIN, NOBODY),
    "sla.delete_rule": Route("DELETE", "/sla/rules/{none}", None, ADMIN, NOBODY),
    "sla.report": Route("GET", "/sla/report", None, VIEWER, "tasks:read"),
    "tasks.sla": Route("GET", "/tasks/HAL-1/sla", None, VIEWER, "tasks:read"),
    "workflows.list": Route("GET", "/workflows", None, VIEWER, "tasks:read"),
    "workflows.create": Route("POST", "/workflows", WORKFLOW, ADMIN, NOBODY),
    "workflows.import": Route(
        "POST",
        "/workflows/import",
        {"name": "R", "project_id": "{project}", "document": {"workflow": {"tasks": [{"id": "a"}]}}},
        ADMIN,
        NOBODY,
    ),
    "workflows.get": Route("GET", "/workflows/flow", None, VIEWER, "tasks:read"),
    "workflows.update": Route("PATCH", "/workflows/flow", {"name": "y"}, ADMIN, NOBODY),
    "workflows.delete": Route("DELETE", "/workflows/{none}", None, ADMIN, NOBODY),
    "workflows.versions": Route("GET", "/workflows/flow/versions", None, VIEWER, "tasks:read"),
    "workflows.version": Route("GET", "/workflows/flow/versions/1", None, VIEWER, "tasks:read"),
    "workflows.restore_version": Route("POST", "/workflows/flow/versions/1/restore", None, ADMIN, NOBODY),
    "workflows.run": Route("POST", "/workflows/flow/runs", {}, MEMBER, "tasks:write", 1),
    "workflows.runs": Route("GET", "/workflows/flow/runs", None, VIEWER, "tasks:read"),
    "workflow_runs.list": Route("GET", "/workflow-runs", None, VIEWER, "tasks:read"),
    "workflow_runs.get": Route("GET", "/workflow-runs/{none}", None, VIEWER, "tasks:read"),
    "workflow_runs.cancel": Route("POST", "/workflow-runs/{none}/cancel", None, MEMBER, NOBODY),
    "workflow_runs.retry": Route("POST", "/workflow-runs/{none}/retry", None, MEMBER, NOBODY),
    "workflows.schedules": Route("GET", "/workflows/flow/schedules", None, VIEWER, "tasks:read"),
    "workflows.create_schedule": Route("POST", "/workflows/flow/schedules", {"cron": "0 9 * * *"}, ADMIN, NOBODY),
    "workflow_schedules.try": Route("POST", "/workflow-schedules/try", {"cron": "0 9 * * *"}, VIEWER, "tasks:read"),
    "workflow_schedules.get": Route("GET", "/workflow-schedules/{none}", None, VIEWER, "tasks:read"),
    "workflow_schedules.update": Route("PATCH", "/workflow-schedules/{none}", {"name": "y"}, ADMIN, NOBODY),
    "workflow_schedules.delete": Route("DELETE", "/workflow-schedules/{none}", None, ADMIN, NOBODY),
    "workflow_schedules.backfill": Route(
        "POST",
        "/workflow-schedules/{none}/backfill",
        {"since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"},
        ADMIN,
        NOBODY,
    ),
    "workflows.triggers": Route("GET", "/workflows/flow/triggers", None, VIEWER, "tasks:read"),
    "workflows.create_trigger": Route("POST", "/workflows/flow/triggers", {"pattern": "agent.*"}, ADMIN, NOBODY),
    "workflow_triggers.get": Route("GET", "/workflow-triggers/{none}", None, VIEWER, "tasks:read"),
    "workflow_triggers.update": Route("PATCH", "/workflow-triggers/{none}", {"name": "y"}, ADMIN, NOBODY),
    "workflow_triggers.delete": Route("DELETE", "/workflow-triggers/{none}", None, ADMIN, NOBODY),
    "workflows.hooks": Route("GET", "/workflows/flow/hooks", None, VIEWER, "tasks:read"),
    "workflows.create_hook": Route("POST", "/workflows/flow/hooks", {}, ADMIN, NOBODY),
    "workflow_hooks.get": Route("GET", "/workflow-hooks/{none}", None, VIEWER, "tasks:read"),
    "workflow_hooks.update": Route("PATCH", "/workflow-hooks/{none}", {"name": "y"}, ADMIN, NOBODY),
    "workflow_hooks.renew_secret": Route("POST", "/workflow-hooks/{none}/secret", None, ADMIN, NOBODY),
    "workflow_hooks.delete": Route("DELETE", "/workflow-hooks/{none}", None, ADMIN, NOBODY),
}
ROUTES |= {
    "executions.failures": Route("GET", "/failures", None, VIEWER, ANY),
    "tasks.limits": Route("GET", "/tasks/HAL-1/limits", None, VIEWER, "tasks:read"),
    "tasks.lift_bar": Route("DELETE", "/tasks/HAL-1/bars/{agent}", None, ADMIN, NOBODY),
    "executions.log": Route("GET", "/executions/{none}/logs", None, VIEWER, "tasks:read"),
    "executions.finish": Route(
        "POST", "/executions/finish", {"items": [{"execution_id": "{none}", "fence": 1}]}, MEMBER, "tasks:write", 1
    ),
    "executions.write_log": Route(
        "POST", "/executions/{none}/logs", {"lines": [{"text": "x"}]}, MEMBER, "tasks:write", 1
    ),
    "executions.artifacts": Route("GET", "/executions/{none}/artifacts", None, VIEWER, "tasks:read"),
    "executions.add_link": Route(
        "POST", "/executions/{none}/artifacts", {"name": "x", "url": "https://example.com"}, MEMBER, "tasks:write", 1
    ),
    "executions.add_file": Route("POST", "/executions/{none}/files?name=x", {"any": "body"}, MEMBER, "tasks:write", 1),
    "artifacts.get": Route("GET", "/artifacts/{none}", None, VIEWER, "tasks:read"),
    "artifacts.delete": Route("DELETE", "/artifacts/{none}", None, ADMIN, "tasks:write", 1),
    "artifacts.content": Route("GET", "/artifacts/{none}/content", None, VIEWER, "tasks:read"),
}
TRIED = {"project": "HAL", "changes": [{"kind": "priority", "task": "HAL-1", "priority": "high"}]}
ROUTES |= {
    "agents.performance": Route("GET", "/agents/{agent}/performance", None, VIEWER, "agents:read"),
    "briefs.brief": Route("GET", "/intelligence/brief", None, VIEWER, NOBODY),
    "briefs.list": Route("GET", "/intelligence/briefs", None, VIEWER, NOBODY),
    "briefs.get": Route("GET", "/intelligence/briefs/2026-03-02", None, VIEWER, NOBODY),
    "performance.leaderboard": Route("GET", "/intelligence/leaderboard", None, VIEWER, "agents:read"),
    "anomalies.list": Route("GET", "/intelligence/anomalies", None, VIEWER, "agents:read"),
    "anomalies.get": Route("GET", "/intelligence/anomalies/{none}", None, VIEWER, "agents:read"),
    "anomalies.acknowledge": Route("POST", "/intelligence/anomalies/{none}/acknowledge", None, ADMIN, NOBODY),
    "anomalies.close": Route("POST", "/intelligence/anomalies/{none}/close", {}, ADMIN, NOBODY),
    "anomalies.snooze": Route(
        "POST", "/intelligence/anomalies/{none}/snooze", {"until": "2999-01-01T00:00:00Z"}, ADMIN, NOBODY
    ),
    "anomalies.undo": Route("POST", "/intelligence/anomalies/{none}/undo", None, ADMIN, NOBODY),
    "forecast.get": Route("GET", "/intelligence/forecast?project=HAL", None, VIEWER, "tasks:read"),
    "forecast.what_if": Route("POST", "/intelligence/forecast/what-if", TRIED, VIEWER, "tasks:read"),
    "forecast.make_changes": Route("POST", "/intelligence/forecast/changes", TRIED, MEMBER, NOBODY),
    "forecast.change_set": Route("GET", "/intelligence/forecast/changes/{none}", None, VIEWER, "tasks:read"),
    "forecast.undo_changes": Route("POST", "/intelligence/forecast/changes/{none}/undo", None, MEMBER, NOBODY),
    "forecast.take": Route("POST", "/projects/HAL/forecasts", None, MEMBER, "tasks:write", 1),
}
OPEN_ROUTES = {"auth.owner", "auth.accept_invite", "auth.github_login", "auth.github_callback", "hooks.take"}
"""Ways in: nobody is signed in yet, or the request itself is signed. Each has tests of its own."""
LOCKS = {"auth.role", "auth.scope", "auth.autonomy", "auth.human_only", "auth.agent_only", "auth.unauthenticated"}


def operation_ids() -> set[str]:
    """What the OpenAPI document offers."""
    return {operation["operationId"] for path in API["paths"].values() for operation in path.values()}


def test_every_route_stands_in_the_table() -> None:
    known = {name for name in operation_ids() if name.partition(".")[0] not in ELSEWHERE}
    assert known == set(ROUTES) | OPEN_ROUTES


class Caller:
    """Calls one route as whoever."""

    def __init__(self, http: TestClient, company: Company, route: Route) -> None:
        project, worker = company.project(), company.agent("CODE")
        for title in ("one", "two"):
            company.task(project, title)
        if "/flow" in route.path:
            company.do(
                editing.create_workflow, WorkflowIn.model_validate(_filled(WORKFLOW, {"project": str(project.id)}))
            )
        names = {
            "project": str(project.id),
            "agent": str(worker.id),
            "user": str(company.person(VIEWER).actor.id),
            "none": str(uuid4()),
        }
        self._http, self._route = http, route
        self._path = BASE + route.path.format(**names)
        self._body = _filled(route.body, names)

    def refused(self, headers: dict[str, str]) -> bool:
        """Whether a lock refuses; other refusals come behind the lock."""
        self._http.cookies.clear()
        answer = self._http.request(self._route.method, self._path, json=self._body, headers=headers)
        assert answer.status_code < 500, answer.text
        if answer.status_code not in (401, 403):
            assert answer.status_code != 422, answer.text
            return False
        return answer.json()["type"].removeprefix("/problems/") in LOCKS


def _filled(body: Any, names: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {key: _filled(value, names) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, names) for value in body]
    return body.format(**names) if isinstance(body, str) else body


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_a_route_opens_to_those_of_the_table_through_an_operation(
    name: str, http: TestClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = ROUTES[name]
    caller = Caller(http, company, route)
    asked: list[str] = []
    lock = operation.authorize
    monkeypatch.setattr(operation, "authorize", lambda entry, actor: (asked.append(entry.name), lock(entry, actor))[1])
    assert caller.refused({"Origin": "http://localhost:8000"}), "nobody"
    assert caller.refused({"Authorization": "Bearer ork_" + "0" * 49}), "a made-up key"
    wrong = sorted(set(SCOPES) - {route.scope})[:3] if route.scope else ["costs:read"]
    assert caller.refused(company.agent(scopes=wrong).headers) is (route.scope != ANY), "another scope"
    assert caller.refused(company.agent(autonomy_level=0).headers) is (route.scope is None or route.level > 0)
    for role in (VIEWER, MEMBER, ADMIN, OWNER):
        opens = route.least is not None and role.covers(route.least)
        assert caller.refused(company.person(role).headers) is not opens, role
    assert caller.refused(company.agent().headers) is (route.scope is None)
    assert asked, "the route reaches no operation"
