"""`/sla` and a task's service level."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from orkwork.core.schema import PageOut
from orkwork.domains.sla import queries
from orkwork.domains.sla.schemas import EscalateIn, RuleIn, RuleOut, RulePatch, SlaReport, TaskSla, Trend
from orkwork.domains.sla.service import escalating, ruling
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(tags=["sla"])


@routes.get("/sla/rules", operation_id="sla.rules", summary="Rules", response_model=PageOut[RuleOut])
def list_rules(door: Caller) -> Response:
    """All of them, in the order in which they win."""
    return door.ask(lambda work: PageOut(items=queries.rules(work)))


@routes.post(
    "/sla/rules", operation_id="sla.create_rule", summary="Add a rule", status_code=201, response_model=RuleOut
)
def create_rule(body: RuleIn, door: Caller) -> Response:
    """Open tasks are held against it within seconds."""
    return door.create(ruling.create_rule, body)


@routes.get("/sla/rules/{rule_id}", operation_id="sla.rule", summary="One rule", response_model=RuleOut)
def get_rule(rule_id: UUID, door: Caller) -> Response:
    """With how many open tasks it applies to."""
    return door.ask(queries.rule, rule_id)


@routes.patch("/sla/rules/{rule_id}", operation_id="sla.update_rule", summary="Change a rule", response_model=RuleOut)
def update_rule(rule_id: UUID, patch: RulePatch, door: Caller) -> Response:
    """What is absent stays. Clocks that ended stay as they ended."""
    return door.do(ruling.update_rule, rule_id, patch, door.if_match)


@routes.delete("/sla/rules/{rule_id}", operation_id="sla.delete_rule", summary="Delete a rule", status_code=204)
def delete_rule(rule_id: UUID, door: Caller) -> Response:
    """What was breached stays on record."""
    return door.remove(ruling.delete_rule, rule_id, door.if_match)


@routes.get("/sla/report", operation_id="sla.report", summary="How much was kept", response_model=SlaReport)
def get_report(
    door: Caller,
    since: Annotated[date | None, Query(alias="from", description="First day, in the company's zone")] = None,
    until: Annotated[date | None, Query(alias="to", description="Last day, included; today unless said")] = None,
    trend: Trend = "day",
) -> Response:
    """Per cent within SLA, by clock, project, and day or week; null with fewer than 5 clocks: too little data."""
    return door.ask(queries.report, since=since, until=until, trend=trend)


@routes.get("/tasks/{ref}/sla", operation_id="tasks.sla", summary="A task's service level", response_model=TaskSla)
def get_task_sla(
    ref: Annotated[str, Path(max_length=40, description="Id or key", examples=["ORK-12"])], door: Caller
) -> Response:
    """Its clocks, and what was told of them."""
    return door.ask(queries.task_sla, ref)


@routes.post(
    "/tasks/{ref}/escalate", operation_id="tasks.escalate", summary="Escalate a late task", response_model=TaskSla
)
def escalate_task(
    ref: Annotated[str, Path(max_length=40, description="Id or key", examples=["ORK-12"])],
    body: EscalateIn,
    door: Caller,
) -> Response:
    """Tells the next level of its rule now; 409 when it is not late, or was escalated to the CEO."""
    return door.do(escalating.escalate, ref, body)
