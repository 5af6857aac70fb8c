"""The starter agents and the first project."""

from decimal import Decimal
from uuid import UUID

from orkwork.core.actor import Role
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import AgentIn
from orkwork.domains.demo import events
from orkwork.domains.demo.rules import plan, starters
from orkwork.domains.demo.schemas import SeedOut
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.schemas import ProjectIn
from orkwork.domains.sla.schemas import RuleIn
from orkwork.domains.sla.service import ruling
from orkwork.domains.tasks.models import Priority, Status
from orkwork.domains.tasks.schemas import BulkIn, BulkTask
from orkwork.domains.tasks.service import bulk

_ONE_AT_A_TIME = "select pg_advisory_xact_lock(7, 4)"


@operation(None, role=Role.OWNER, agents=False)
def seed_starter(work: Work) -> SeedOut:
    """Make the starter agents, the usual SLA rules and the project 'orkwork v2' with its plan as tasks; what is there
    already stays."""
    work.sql(_ONE_AT_A_TIME)
    made = SeedOut(agents=_agents(work), projects=0, tasks=0)
    if not work.one("select id from projects where lower(name) = lower(%(name)s) limit 1", {"name": plan.PROJECT}):
        made = made.model_copy(update={"projects": 1, "tasks": _project(work)})
    made = made.model_copy(update={"sla_rules": _sla_rules(work)})
    if made.agents or made.projects or made.sla_rules:
        work.emit(events.CompanySeeded(subject_id=None, subject_label=plan.PROJECT, after=made.model_dump()))
    return made


def _agents(work: Work) -> int:
    """The starters that were never here; one that was retired stays so."""
    rows = work.all(
        "select id, lower(name) as name, status from agents where lower(name) = any(%(names)s)",
        {"names": [starter.name.lower() for starter in starters.STARTERS]},
    )
    known = {row["name"] for row in rows}
    living: dict[str, UUID] = {row["name"]: row["id"] for row in rows if row["status"] != "retired"}
    count = 0
    for starter in starters.STARTERS:
        if starter.name.lower() not in known:
            manager = None if starter.name == starters.CHIEF else living.get(starters.CHIEF.lower())
            living[starter.name.lower()] = agents.create_agent(work, _agent_in(starter, manager)).id
            count += 1
    return count


def _agent_in(starter: starters.Starter, manager_id: UUID | None) -> AgentIn:
    return AgentIn(
        name=starter.name,
        role=starter.role,
        adapter=starter.adapter,
        model=starter.model,
        description=starter.description,
        manager_id=manager_id,
        daily_budget_usd=starter.daily_budget_usd,
        autonomy_level=starter.autonomy_level,
        max_concurrent_tasks=starter.max_concurrent_tasks,
        capabilities={name: Decimal(level) for name, level in starter.capabilities.items()},
    )


_NEVER_RULED = """
select not exists (select from sla_rules) and not exists (select from events where name = 'sla.rule_deleted') as never
"""


def _sla_rules(work: Work) -> int:
    """The usual rules, where there never were any; what people deleted stays so."""
    found = work.one(_NEVER_RULED)
    if found is None or not found["never"]:
        return 0
    for rule in starters.SLA_RULES:
        ruling.create_rule(
            work,
            RuleIn(
                name=rule.name,
                priority=None if rule.priority is None else Priority(rule.priority),
                response_minutes=rule.response_minutes,
                resolution_minutes=rule.resolution_minutes,
                pauses_in=[Status.PLANNING, Status.REVIEW],
            ),
        )
    return len(starters.SLA_RULES)


def _project(work: Work) -> int:
    taken = work.one("select id from projects where key_prefix = %(prefix)s", {"prefix": plan.PREFIX})
    prefix = None if taken else plan.PREFIX
    project = projects.create_project(
        work, ProjectIn(name=plan.PROJECT, key_prefix=prefix, description=plan.DESCRIPTION)
    )
    body = BulkIn(
        project_id=project.id, ready=True, tasks=[*map(_phase_task, plan.PHASES), *map(_step_task, plan.STEPS)]
    )
    return bulk.create_tasks(work, body).created


def _phase_task(phase: plan.Phase) -> BulkTask:
    return BulkTask(
        ref=phase.ref,
        title=f"Phase {phase.number}: {phase.name}",
        description=f"{phase.goal}\n\nDone when all its steps are done and work together.",
        kind="phase",
        priority=Priority.HIGH,
        labels=[f"phase {phase.number}"],
        required_capabilities=["plan:architecture"],
        estimate_minutes=120,
        depends_on=[step.ref for step in plan.STEPS if step.phase == phase.number],
    )


def _step_task(step: plan.Step) -> BulkTask:
    return BulkTask(
        ref=step.ref,
        title=f"{step.ref} {step.title}",
        description=f"Row {step.ref} of the plan: {step.title}.",
        priority=Priority(step.priority),
        labels=[f"phase {step.phase}"],
        required_capabilities=[step.capability],
        estimate_minutes=step.hours * 60,
        max_retries=1,
        depends_on=list(step.needs),
    )
