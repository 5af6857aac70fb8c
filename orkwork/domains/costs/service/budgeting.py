"""Setting limits, and the clock's part: what is reached, what begins anew, and asking whether there shall be more."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict
from orkwork.core.events import EventRow
from orkwork.core.money import plain
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.models import Agent
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.costs import events
from orkwork.domains.costs.models import Period, Scope
from orkwork.domains.costs.queries import budgets as queries
from orkwork.domains.costs.rules import budgets as rules
from orkwork.domains.costs.schemas.budgets import AgentBudgetIn, BudgetOut, CompanyBudgetIn, ProjectBudgetIn
from orkwork.domains.costs.service.recording import hint_budgets
from orkwork.domains.decisions import service as decisions
from orkwork.domains.decisions.models import Category
from orkwork.domains.decisions.schemas import Asking, DecisionOut, Option
from orkwork.domains.decisions.service import CARRIES
from orkwork.domains.projects import queries as project_queries
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.schemas import ProjectPatch

_SET_MONTH = """
with was as (select id, limit_usd from budgets where scope = %(scope)s and period = 'month'
  and agent_id is not distinct from %(agent_id)s),
now as (
  insert into budgets (id, scope, agent_id, period, limit_usd, version)
  values (gen_random_uuid(), %(scope)s, %(agent_id)s, 'month', %(limit)s, 1)
  on conflict <key> do update set limit_usd = excluded.limit_usd, version = budgets.version + 1
    where budgets.limit_usd is distinct from excluded.limit_usd
  returning id, limit_usd)
select n.id, w.limit_usd as was from now n left join was w on w.id = n.id
"""
_SET_AGENT_MONTH = _SET_MONTH.replace("<key>", "(agent_id, period) where agent_id is not null")
_SET_COMPANY_MONTH = _SET_MONTH.replace("<key>", "(scope) where scope = 'company'")


@operation(None, role=Role.OWNER, agents=False)
def set_company_budget(work: Work, body: CompanyBudgetIn) -> list[BudgetOut]:
    """Limit what the company may spend in a month; the owner's. Null takes the limit away."""
    _set_month(work, _SET_COMPANY_MONTH, Scope.COMPANY, None, body.monthly_usd, "")
    _judge(work)
    return queries.budgets(work, scope=Scope.COMPANY)


@operation(None, role=Role.ADMIN, agents=False)
def set_agent_budget(work: Work, agent_id: UUID, body: AgentBudgetIn) -> list[BudgetOut]:
    """Limit what an agent may spend in a day and in a month. What is absent stays, null takes the limit away."""
    agent = work.get(Agent, agent_id)
    if "daily_usd" in body.model_fields_set:
        agents.update_agent(work, agent_id, AgentPatch(daily_budget_usd=body.daily_usd))
    if "monthly_usd" in body.model_fields_set:
        _set_month(work, _SET_AGENT_MONTH, Scope.AGENT, agent_id, body.monthly_usd, agent.name)
    _judge(work)
    return queries.budgets(work, agent_id=agent_id)


@operation(None, role=Role.ADMIN, agents=False)
def set_project_budget(work: Work, ref: str | UUID, body: ProjectBudgetIn) -> list[BudgetOut]:
    """Limit what a project may spend altogether; null takes the limit away."""
    project = project_queries.project(work, ref)
    projects.update_project(work, project.id, ProjectPatch(budget_usd=body.total_usd))
    work.session.flush()
    _judge(work)
    return queries.budgets(work, project_id=project.id)


def _set_month(
    work: Work, statement: str, scope: Scope, agent_id: UUID | None, limit: Decimal | None, name: str
) -> None:
    row = work.one(statement, {"scope": scope, "agent_id": agent_id, "limit": limit})
    if row is None:
        return
    period = {"scope": scope, "period": Period.MONTH, "agent_id": agent_id}
    work.emit(
        events.BudgetChanged(
            subject_id=row["id"],
            subject_label=name,
            before={"limit_usd": _text(row["was"])},
            after=period | {"limit_usd": _text(limit)},
        )
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def _judge(work: Work) -> int:
    """Look at all budgets now; how many stopped, went on, or reached a threshold."""
    row = work.one("select judge_budgets(null, null, %(telling)s) as changed", {"telling": work.telling_json()})
    assert row is not None
    if row["changed"]:
        hint_budgets(work)
    return row["changed"]


_WAITING = """
select d.id, d.agent_id, d.project_id, (d.context ->> 'budget_id')::uuid as budget_id from decisions d
where d.status = 'pending' and d.category = 'budget' and d.context ? 'budget_id' and not exists (
  select from budgets b where b.id = (d.context ->> 'budget_id')::uuid and b.stopped_until > %(now)s)
limit 200 for update of d skip locked
"""
_TURNED = """
select coalesce(array_agg(agent_id), '{}') as agents, coalesce(array_agg(project_id), '{}') as projects, count(*) as n
from budgets where stopped_until <= %(now)s
"""


@operation(None, users=False, agents=False)
def renew_budgets(work: Work) -> int:
    """Let budgets whose period has turned begin anew, and close what was asked about those that let work go on."""
    turned = work.one(_TURNED, {"now": clock.now()})
    assert turned is not None
    if turned["n"]:
        work.sql(
            "select judge_budgets(%(agents)s, %(projects)s, %(telling)s)", turned | {"telling": work.telling_json()}
        )
        hint_budgets(work)
    waiting = work.all(_WAITING, {"now": clock.now()})
    if waiting:
        decisions.close(work, [row["id"] for row in waiting], "there is money again")
    return turned["n"] + len(waiting)


@operation(None, users=False, agents=False)
def check_budgets(work: Work) -> int:
    """Look at every budget: at what a lowered limit or a changed threshold has reached; how many changed."""
    return _judge(work)


_ASKED = """
select true as yes from decisions where category = 'budget' and status = 'pending' and context ->> 'budget_id' = %(id)s::text
"""


@operation(None, users=False, agents=False)
def ask_for_more(work: Work, event: EventRow) -> UUID | None:
    """Ask a person whether a budget that is used up shall be raised; None when it lets work go on, or it waits already."""
    budget_id = event.subject_id
    work.sql("select from budgets where id = %(id)s for no key update", {"id": budget_id})
    known = [one for one in queries.budgets(work) if one.id == budget_id]
    if not known or not known[0].stopped or work.one(_ASKED, {"id": budget_id}) is not None:
        return None
    return decisions.ask(work, _asking(known[0]))


def _asking(budget: BudgetOut) -> Asking:
    raised = rules.raises(budget.limit_usd, budget.spent_usd)
    options = [
        Option(
            id=f"raise:{plain(amount)}",
            label=f"Raise to {plain(amount)} USD",
            action="costs.raise_budget",
            arguments={"budget_id": str(budget.id), "limit_usd": plain(amount)},
        )
        for amount in raised
    ]
    return Asking(
        category=Category.BUDGET,
        title=rules.title(budget.scope, budget.name, budget.period),
        agent_id=budget.agent_id,
        project_id=budget.project_id,
        context=budget.model_dump(mode="json") | {"budget_id": str(budget.id), "about": "budget"},
        options=[*options, Option(id="leave", label="Leave it")],
        recommendation=options[0].id if budget.period is Period.TOTAL else "leave",
    )


def _raise(work: Work, _decision: DecisionOut, arguments: dict[str, Any]) -> None:
    """Raise the budget of a decision; one that is higher by now stays."""
    wanted = Decimal(str(arguments["limit_usd"]))
    found = [one for one in queries.budgets(work) if str(one.id) == arguments["budget_id"]]
    if not found:
        raise Conflict("budget.gone", "This budget is no more", "Choose another option.")
    budget = found[0]
    if budget.limit_usd >= wanted:
        return
    if budget.scope is Scope.COMPANY:
        set_company_budget(work, CompanyBudgetIn(monthly_usd=wanted))
    elif budget.project_id is not None:
        set_project_budget(work, budget.project_id, ProjectBudgetIn(total_usd=wanted))
    elif budget.agent_id is not None:
        field = "daily_usd" if budget.period is Period.DAY else "monthly_usd"
        set_agent_budget(work, budget.agent_id, AgentBudgetIn.model_validate({field: wanted}))


CARRIES["costs.raise_budget"] = _raise
