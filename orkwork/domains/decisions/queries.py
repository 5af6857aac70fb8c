"""Reading decisions."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from struct import iter_unpack, unpack
from typing import Any, Final
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import NotFound
from orkwork.core.ids import is_uuid
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, encode_cursor, order_by, page_of
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.decisions.models import DecisionStatus
from orkwork.domains.decisions.rules import asking, delay, effects
from orkwork.domains.decisions.rules import likeness as alike
from orkwork.domains.decisions.rules.filtering import VISIBLE, DecisionFilter
from orkwork.domains.decisions.schemas import (
    DecisionItem,
    DecisionOut,
    DecisionStats,
    DelayOut,
    GainOut,
    PendingOut,
    PendingPage,
    Precedents,
)

ITEM: Final = """d.id, d.category, d.kind, d.status, d.title, d.task_id, d.agent_id, d.project_id, d.options,
  d.recommendation, d.chosen, d.picked, d.answer, d.reasoning, d.asked_by_kind, d.asked_by_id, d.asked_by_name,
  d.decided_by_kind, d.decided_by_id, d.decided_by_name, d.deadline, d.default_option, d.outcome, d.outcome_note,
  d.outcome_by_name, d.outcome_at, d.rule_id, d.created_at, d.resolved_at, d.version,
  (select t.key from tasks t where t.id = d.task_id) as task_key,
  (select a.name from agents a where a.id = d.agent_id) as agent_name"""
WHOLE: Final = f"{ITEM}, d.context, d.facts, d.changes, d.asked_again, d.recommendations, d.likeness, d.rule_note"
_NEWEST = [Order("d.id", "uuid", True)]
_LATEST = [Order("d.resolved_at", "timestamptz", True), Order("d.id", "uuid", True)]
MONTH: Final = timedelta(days=30)
DECIDED: Final = [DecisionStatus.RESOLVED, DecisionStatus.EXPIRED, DecisionStatus.RECORDED]

FACTS: Final = {
    "task.status": "(select t.status from tasks t where t.id = d.task_id)",
    "task.title": "(select t.title from tasks t where t.id = d.task_id)",
    "task.assignee": "(select a.name from tasks t join agents a on a.id = t.assignee_id where t.id = d.task_id)",
    "agent.status": "(select a.status from agents a where a.id = d.agent_id)",
    "agent.daily_budget_usd": "(select a.daily_budget_usd::text from agents a where a.id = d.agent_id)",
    "agent.autonomy_level": "(select a.autonomy_level from agents a where a.id = d.agent_id)",
    "project.status": "(select p.status from projects p where p.id = d.project_id)",
    "project.budget_usd": "(select p.budget_usd::text from projects p where p.id = d.project_id)",
}
"""What a decision may rest on, each as it stands now."""
PRESENT: Final = "jsonb_build_object(" + ", ".join(f"'{name}', {value}" for name, value in FACTS.items()) + ")"


@query("decisions:read")
def decisions(
    work: Work, filters: DecisionFilter, *, cursor: str | None = None, limit: int = 50
) -> PageOut[DecisionItem]:
    """One page of decisions, the newest first."""
    return _page(work, filters, _NEWEST, cursor, limit)


@query("decisions:read")
def log(work: Work, filters: DecisionFilter, *, cursor: str | None = None, limit: int = 50) -> PageOut[DecisionItem]:
    """One page of what was decided, the latest first."""
    return _page(work, filters, _LATEST, cursor, limit)


def _page(
    work: Work, filters: DecisionFilter, keys: list[Order], cursor: str | None, limit: int
) -> PageOut[DecisionItem]:
    where, params = filters.where()
    behind, cursor_params = after(keys, cursor)
    rows = work.all(
        f"select {ITEM} from decisions d where {where} and {behind} order by {order_by(keys)} limit {int(limit) + 1}",
        {"visible": work.actor.projects} | params | cursor_params,
    )
    rows, following = page_of(rows, limit, [key.expression.removeprefix("d.") for key in keys])
    return PageOut(items=[DecisionItem.model_validate(row) for row in rows], next_cursor=following)


@query("decisions:read")
def decision(work: Work, decision_id: UUID) -> DecisionOut:
    """One decision with what it rests on."""
    return one(work, decision_id)


def one(work: Work, decision_id: UUID) -> DecisionOut:
    """The same for who has just asked or decided, whatever else their key allows."""
    row = work.one(
        f"select {WHOLE} from decisions d where d.id = %(id)s and {VISIBLE}",
        {"id": decision_id, "visible": work.actor.projects},
    )
    if row is None:
        raise missing(decision_id)
    return DecisionOut.model_validate(row)


def missing(decision_id: UUID) -> NotFound:
    """The error for an id that leads nowhere."""
    return NotFound("decision.not_found", f"There is no decision {decision_id}", "GET /decisions lists them.")


OPEN = "not in ('COMPLETED', 'CANCELLED')"
MOST_PENDING: Final = 2000
"""How many of those that wait longest are weighed against each other."""
_WAITING = f"""
select d.id, d.deadline, d.created_at, t.id as task_id, coalesce(t.crit, 0) as crit,
  exists (select from task_dependencies x where x.depends_on_id = t.id and x.kind = 'blocks') as is_waited_for from decisions d
left join tasks t on t.id = d.task_id and t.status {OPEN}
where d.status = 'pending' and <where> order by d.id limit {MOST_PENDING}
"""
_GRAPH = f"""
with unfinished as materialized (
  select id, row_number() over (order by crit desc) - 1 as n from tasks
  where status {OPEN} and (%(visible)s::uuid[] is null or project_id = any(%(visible)s))),
edges as (
  select string_agg(int8send(a.n << 32 | b.n), ''::bytea) as packed
  from task_dependencies d join unfinished a on a.id = d.depends_on_id join unfinished b on b.id = d.task_id
  where d.kind = 'blocks')
select coalesce(e.packed, ''::bytea) as packed, (select count(*) from unfinished)::int as nodes,
  array(select coalesce(u.n, -1) from unnest(%(roots)s::uuid[]) with ordinality r(id, place)
    left join unfinished u on u.id = r.id order by place) as roots
from edges e
"""
"""Every edge of unfinished work as a number of 8 bytes, which rows would take ten times as long for; nodes are numbered as
work flows."""
MOST_PAIRS: Final = 4000
"""More pairs of a task that is asked about and one behind it are not walked one by one."""
_BEHIND = f"""
with recursive behind(place, id) as (
  select r.place, t.id from unnest(%(roots)s::uuid[]) with ordinality r(id, place) join tasks t on t.id = r.id
  where t.status {OPEN} and (%(visible)s::uuid[] is null or t.project_id = any(%(visible)s))
  union
  select b.place, t.id from behind b join task_dependencies d on d.depends_on_id = b.id and d.kind = 'blocks'
  join tasks t on t.id = d.task_id and t.status {OPEN}
  where %(visible)s::uuid[] is null or t.project_id = any(%(visible)s)),
found as (select * from behind limit {MOST_PAIRS + 1})
select count(*)::int as pairs, string_agg(int4send(place::int - 1) || uuid_send(id), ''::bytea) as packed from found
"""
"""Every task behind each that is asked about. It stops as soon as there are too many."""
_IDLE = """
with concerned as (
  select d.id, x.agent_id, bool_or(x.agent_id = t.assignee_id) as holds from decisions d left join tasks t on t.id = d.task_id
  cross join lateral (values (d.agent_id), (case when d.asked_by_kind = 'agent' then d.asked_by_id end), (t.assignee_id),
    (t.former_id)) x(agent_id)
  where d.id = any(%(ids)s) and x.agent_id is not null group by 1, 2),
spent as (
  select c.agent_id, sum(r.amount_usd) / count(distinct r.day) as usd_per_day from (select distinct agent_id from concerned) c
  join cost_rollup r on r.kind = 'agent' and r.key = c.agent_id::text and r.amount_usd > 0 and r.day >= %(since)s::date
  group by 1)
select c.id, a.name, round(coalesce(s.usd_per_day, 0), 6) as usd_per_day from concerned c
join agents a on a.id = c.agent_id and a.status = 'active' join agent_load l on l.agent_id = a.id
left join spent s on s.agent_id = a.id where l.running <= coalesce(c.holds, false)::int
"""
_USUAL = """
select (select round(sum(amount_usd) / nullif(sum(tasks), 0), 12) from agent_means) as mean_task_usd,
  (select percentile_cont(0.5) within group (order by extract(epoch from x.completed_at - x.started_at))
    from (select completed_at, started_at from tasks where status = 'COMPLETED' and completed_at >= %(since)s
      and started_at is not null order by completed_at desc limit 1000) x) as median_task_seconds
"""
_SHOWN = f"""
select {WHOLE}, {PRESENT} as present, t.title as task_title, t.due_at, (
    select least(case when c.response_ended_at is null then c.response_due_at end,
      case when c.resolution_ended_at is null then c.resolution_due_at end) from sla_clocks c where c.task_id = t.id
  ) as sla_due_at,
  (select round(r.amount_usd / nullif((select count(*) from task_executions x where x.task_id = t.id), 0), 12)
    from cost_rollup r where r.kind = 'task' and r.key = t.id::text limit 1) as mean_run_usd
from decisions d left join tasks t on t.id = d.task_id where d.id = any(%(ids)s)
"""
_AGENTS = """
select a.id::text as id, a.daily_budget_usd, round(m.amount_usd / nullif(m.tasks, 0), 12) as mean_task_usd
from agents a left join agent_means m on m.agent_id = a.id where a.id = any(%(ids)s)
"""
_PRECEDENTS = """
select l.likeness, d.picked, d.outcome,
  exists (select from decision_rules r where r.likeness = l.likeness and r.revoked_at is null) as has_rule,
  (select offer_rule_after from settings) as offer_after
from unnest(%(likenesses)s::text[]) l(likeness) cross join lateral (
  select x.picked, x.outcome, x.resolved_at from decisions x where x.likeness = l.likeness and x.likeness <> ''
    and x.decided_by_kind = 'user' and x.resolved_at is not null order by x.resolved_at desc limit 100) d
order by l.likeness, d.resolved_at desc
"""


@query("decisions:read")
def pending(work: Work, filters: DecisionFilter, *, cursor: str | None = None, limit: int = 50) -> PendingPage:
    """One page of what waits for a person, the dearest to wait for first; `rules.delay` says how that is computed."""
    where, params = filters.where()
    seen = {"visible": work.actor.projects}
    rows = work.all(_WAITING.replace("<where>", where), seen | params)
    masks, roots = _reached(work, rows)
    delays = _delays(work, rows, masks, roots)
    keys = {r["id"]: delay.order(delays[r["id"]], r["deadline"], r["created_at"], r["id"]) for r in rows}
    ordered = sorted(keys, key=keys.__getitem__)
    behind = [one for one in ordered if cursor is None or keys[one] > delay.place(cursor)]
    ids = behind[:limit]
    following = encode_cursor(delay.told(keys[ids[-1]])) if len(behind) > limit else None
    about = {r["id"]: r["task_id"] or r["id"] for r in rows}
    places = {task_id: place for place, task_id in enumerate(roots)}
    first, bits = ordered[:3], {r["id"]: 1 << places[r["task_id"]] for r in rows if r["task_id"]}
    wanted = sum({bits[one] for one in first if one in bits})
    gain = delay.gain([(about[one], delays[one]) for one in first], sum(bool(mask & wanted) for mask in masks))
    return PendingPage(
        items=_shown(work, ids, delays),
        next_cursor=following,
        total=len(rows),
        usd_per_day=delay.together((about[one], found) for one, found in delays.items()),
        first_three=GainOut.model_validate(gain),
    )


def _reached(work: Work, rows: list[dict[str, Any]]) -> tuple[list[int], list[UUID]]:
    """Which tasks wait for which of the tasks that are asked about: walked from these where little waits behind them, else
    out of all edges."""
    roots = list(dict.fromkeys(row["task_id"] for row in rows if row["task_id"]))
    if not any(row["is_waited_for"] for row in rows):
        return [1 << place for place in range(len(roots))], roots
    params = {"visible": work.actor.projects, "roots": roots}
    chains = {row["task_id"]: row["crit"] + 1 for row in rows if row["task_id"]}
    if sum(chains.values()) <= MOST_PAIRS:  # as many at least are behind them
        few = work.one(_BEHIND, params)
        if few is not None and few["pairs"] <= MOST_PAIRS:
            return delay.paired(iter_unpack(">i16s", few["packed"] or b"")), roots
    found = work.one(_GRAPH, params)
    assert found is not None
    ends = unpack(f">{len(found['packed']) // 4}i", found["packed"])
    return delay.reached(ends[0::2], ends[1::2], found["roots"], found["nodes"]), roots


def _delays(work: Work, rows: list[dict[str, Any]], masks: list[int], roots: list[UUID]) -> dict[UUID, delay.Delay]:
    """What waiting for each costs."""
    if not rows:
        return {}
    since = clock.now() - MONTH
    blocked = dict(zip(roots, delay.counted(masks, len(roots)), strict=True))
    usual: dict[str, Any] = dict.fromkeys(("mean_task_usd", "median_task_seconds"))
    if work.actor.projects is None:  # the company's means are not for those who see a part of it
        usual = work.one(_USUAL, {"since": since}) or usual
    idle: dict[UUID, dict[str, Decimal]] = {}
    for one in work.all(_IDLE, {"ids": [row["id"] for row in rows], "since": since}):
        idle.setdefault(one["id"], {})[one["name"]] = one["usd_per_day"]
    return {
        row["id"]: delay.cost(
            blocked=blocked[row["task_id"]] if row["task_id"] else 0,
            chain=row["crit"] + 1 if row["task_id"] else 0,
            idle=idle.get(row["id"], {}),
            **usual,
        )
        for row in rows
    }


def _shown(work: Work, ids: list[UUID], delays: dict[UUID, delay.Delay]) -> list[PendingOut]:
    rows = {row["id"]: row for row in work.all(_SHOWN, {"ids": ids})} if ids else {}
    agents = _agents(work, rows.values())
    past = _precedents(work, {row["likeness"] for row in rows.values()})
    found = []
    for one in (rows[i] for i in ids):
        row: dict[str, Any] = {**one, "precedents": past.get(one["likeness"], Precedents())}
        whole = DecisionOut.model_validate(row)
        record = effects.Record(whole.asked_by_kind, row["mean_run_usd"], *agents)
        row["effects"] = [effects.effect(option, delays[whole.id], record) for option in whole.options]
        row["stale"] = asking.changed(whole.facts, row["present"])
        row["delay"] = DelayOut.model_validate(delays[whole.id])
        found.append(PendingOut.model_validate(row))
    return found


def _agents(work: Work, rows: Iterable[dict[str, Any]]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """What a task of each agent costs that an option names, and its daily budget."""
    named = {str(option["arguments"].get("agent_id")) for row in rows for option in row["options"]}
    ids = [UUID(one) for one in named if is_uuid(one)]
    found = work.all(_AGENTS, {"ids": ids}) if ids else []
    means = {row["id"]: row["mean_task_usd"] for row in found if row["mean_task_usd"] is not None}
    return means, {row["id"]: row["daily_budget_usd"] for row in found if row["daily_budget_usd"] is not None}


def _precedents(work: Work, likenesses: set[str]) -> dict[str, Precedents]:
    """How the latest hundred decisions of each likeness went, and whether a rule is offered."""
    past: dict[str, list[dict[str, Any]]] = {}
    for row in work.all(_PRECEDENTS, {"likenesses": sorted(likenesses - {""})}):
        past.setdefault(row["likeness"], []).append(row)
    return {
        likeness: alike.summed(rows, 0 if rows[0]["has_rule"] else rows[0]["offer_after"])
        for likeness, rows in past.items()
    }


_COUNT = f"select count(*) as n from decisions d where d.status = 'pending' and {VISIBLE}"


@query("decisions:read")
def how_many(work: Work) -> int:
    """How many decisions wait."""
    row = work.one(_COUNT, {"visible": work.actor.projects})
    return row["n"] if row else 0


_STATS = f"""
select (select count(*) from decisions d where d.status = 'pending' and {VISIBLE}) as pending, count(*) as decided,
  count(*) filter (where {{week}}) as answered,
  percentile_cont(0.5) within group (order by extract(epoch from d.resolved_at - d.created_at)) filter (where {{week}})
    as median_answer_seconds,
  count(*) filter (where {{before}}) as answered_before,
  percentile_cont(0.5) within group (order by extract(epoch from d.resolved_at - d.created_at)) filter (where {{before}})
    as median_answer_seconds_before,
  count(*) filter (where d.outcome is not null and d.resolved_at >= %(month)s) as judged,
  count(*) filter (where d.outcome = 'right' and d.resolved_at >= %(month)s) as right
from decisions d where d.status <> 'pending' and d.decided_by_kind in ('user', 'rule') and {VISIBLE}
""".format(
    week="d.decided_by_kind = 'user' and d.resolved_at >= %(week)s",
    before="d.decided_by_kind = 'user' and d.resolved_at >= %(fortnight)s and d.resolved_at < %(week)s",
)
ENOUGH: Final = 5
"""Fewer answers make no median."""


@query("decisions:read")
def stats(work: Work) -> DecisionStats:
    """How deciding goes: how many wait, how soon people answer, and how often they turn out right."""
    now = clock.now()
    since = {"week": now - timedelta(days=7), "fortnight": now - timedelta(days=14), "month": now - MONTH}
    row = work.one(_STATS, since | {"visible": work.actor.projects}) or {}
    for name in ("", "_before"):
        if row.pop(f"answered{name}") < ENOUGH:
            row[f"median_answer_seconds{name}"] = None
    return DecisionStats.model_validate(row)


def present(work: Work, decision_id: UUID) -> dict[str, Any]:
    """What a decision may rest on, as it stands now; what it is about stays so until the commit."""
    work.sql(
        "select from tasks t join decisions d on d.task_id = t.id where d.id = %(id)s for no key update of t",
        {"id": decision_id},
    )
    row = work.one(f"select {PRESENT} as facts from decisions d where d.id = %(id)s", {"id": decision_id})
    return row["facts"] if row else {}


_PROJECT = "select from projects p where p.id = %(id)s and (%(visible)s::uuid[] is null or p.id = any(%(visible)s))"
_AGENT = "select from agents where id = %(id)s"


def is_project(work: Work, project_id: UUID) -> bool:
    """Whether there is such a project for the caller."""
    return work.one(_PROJECT, {"id": project_id, "visible": work.actor.projects}) is not None


def is_agent(work: Work, agent_id: UUID) -> bool:
    """Whether there is such an agent."""
    return work.one(_AGENT, {"id": agent_id}) is not None


_ASKER = """
select a.id, a.name, a.status, a.project_ids, d.asked_scopes from decisions d join agents a on a.id = d.asked_by_id
where d.id = %(id)s and d.asked_by_kind = 'agent'
"""


def asker_of(work: Work, decision_id: UUID) -> dict[str, Any] | None:
    """The agent that asked, as it is now, with what its key allowed when it asked."""
    return work.one(_ASKER, {"id": decision_id})
