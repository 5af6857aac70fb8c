"""Giving tasks to the agents that suit them best, by score; asking a person when nobody suits."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from orkwork.core import clock, events
from orkwork.core.errors import Conflict
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.schema import Json
from orkwork.core.work import Work
from orkwork.domains.agents import rules as agent_rules
from orkwork.domains.decisions import service as decisions
from orkwork.domains.decisions.models import Category
from orkwork.domains.decisions.schemas import Asking, Option
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import candidates, shapes
from orkwork.domains.tasks.queries.assignment import assignment
from orkwork.domains.tasks.queries.explained import AssignedOut
from orkwork.domains.tasks.queries.tasks import standing_of, standing_row
from orkwork.domains.tasks.service import moving

LOCK = "select pg_advisory_xact_lock(8, 1)"
"""One score at a time, each on the loads that the one before left. A statement of its own: a lock does not refresh the
snapshot of the statement that takes it."""

_GIVE = f"""
with queued as materialized (  -- the queue's row before the task's, as a claim locks them
  select task_id from ready_tasks where task_id = %(id)s for update skip locked),
task as materialized (
  select t.id, t.key, t.project_id, t.capset_id from tasks t join queued q on q.task_id = t.id cross join settings s
  where t.status = 'READY' and {candidates.NOT_HELD} and {candidates.HAS_MONEY} for no key update of t skip locked),
{candidates.RANKED},
got as (
  update agent_load l set running = l.running + 1, last_assigned_at = %(e_now)s
  from ranked b where b.place = 1 and l.agent_id = b.id and {candidates.HAS_ROOM} returning l.agent_id),
upd as (
  update tasks t set status = 'ASSIGNED', assignee_id = g.agent_id, auto_assigned = true, lease_until = null,
    give_back_at = %(e_now)s::timestamptz + make_interval(secs => s.take_up_seconds), retry_at = null,
    fence = t.fence + 1, version = t.version + 1, updated_at = %(e_now)s
  from got g cross join task k cross join settings s where t.id = k.id returning t.*),
withdrawn as (delete from ready_tasks r using upd u where r.task_id = u.id),
decided as (
  insert into decisions (id, category, status, title, task_id, agent_id, project_id, context, options, reasoning,
    decided_by_kind, decided_by_id, decided_by_name, created_at, resolved_at, version)
  select %(decision_id)s, 'task_assign', 'recorded', u.key || ' to ' || (select name from ranked where place = 1), u.id,
    u.assignee_id, u.project_id,
    jsonb_build_object('weights', jsonb_build_array(s.weight_capability, s.weight_performance, s.weight_workload, s.weight_cost),
      'candidates', (select jsonb_agg(jsonb_build_array(r.id, r.name, round(r.capability, 6), round(r.performance, 6),
        round(r.workload, 6), round(r.cost, 6), r.score, round(r.mean_usd, 12)::text, r.passed) order by r.place) from ranked r)),
    '[]', 'the best score', %(e_actor_kind)s, %(e_actor_id)s, %(e_actor_name)s, %(e_now)s, %(e_now)s, 1
  from upd u cross join settings s returning id, title, project_id, task_id, agent_id),
closed as (
  update decisions d set status = 'resolved', reasoning = 'given by score', resolved_at = %(e_now)s, version = d.version + 1,
    agent_id = u.assignee_id, decided_by_kind = %(e_actor_kind)s, decided_by_id = %(e_actor_id)s,
    decided_by_name = %(e_actor_name)s
  from upd u where d.task_id = u.id and d.category = 'task_assign' and d.status = 'pending' and d.asked_by_kind is null
  returning d.id, d.title, d.project_id, d.task_id),
facts as (
  select 'task.moved' as name, 'task' as subject_kind, u.id as subject_id, u.key as subject_label, u.project_id,
    jsonb_build_object('status', 'READY') as before,
    jsonb_build_object('status', u.status, 'agent_id', u.assignee_id, 'reason', 'best score', 'decision_id', d.id) as after
  from upd u cross join decided d
  union all
  select 'decision.recorded', 'decision', d.id, d.title, d.project_id, null,
    jsonb_build_object('category', 'task_assign', 'task_id', d.task_id, 'agent_id', d.agent_id) from decided d
  union all
  select 'decision.resolved', 'decision', c.id, c.title, c.project_id, jsonb_build_object('status', 'pending'),
    jsonb_build_object('status', 'resolved', 'category', 'task_assign', 'task_id', c.task_id, 'reasoning', 'given by score')
  from closed c),
{events.EMIT}
select (select count(*) from task) as there, (select count(*) from ranked) as candidates,
  (select count(*) from suited) as suited, (select array_agg(id) from closed) as closed, u.id, u.project_id, u.fence,
  {shapes.as_json(shapes.task("u"))}::text as body
from (select) one left join upd u on true
"""
TRIES = 5


@dataclass(frozen=True)
class Given:
    """What became of one task."""

    row: dict[str, Any]

    @property
    def is_given(self) -> bool:
        """Whether it has an agent now."""
        return self.row["id"] is not None

    @property
    def is_absent(self) -> bool:
        """Whether it is not offered, or somebody else is at it."""
        return not self.row["there"]

    @property
    def suits_nobody(self) -> bool:
        """Whether there is no candidate."""
        return not self.is_absent and not self.row["candidates"]

    @property
    def waits(self) -> bool:
        """Whether those who suit it are only full at the moment."""
        return self.suits_nobody and self.row["suited"] > 0


def give_best(work: Work, task_id: UUID) -> Given:
    """Give a task to the best candidate, under `LOCK`; again when a claim has just filled that agent."""
    given = None
    for _ in range(TRIES):
        row = work.one(_GIVE, work.telling() | {"id": task_id, "decision_id": uuid7()})
        assert row is not None
        given = Given(row)
        if given.is_given:
            work.hint("task.moved", "task", row["id"], row["project_id"])
            for decision_id in row["closed"] or ():
                work.hint("decision.resolved", "decision", decision_id, row["project_id"])
        if given.is_given or given.is_absent or given.suits_nobody:
            return given
    raise Conflict("task.busy", "The agents keep changing", "Try again.")


@operation("tasks:write", agents=False)
def assign_best(work: Work, ref: str | UUID) -> Json[AssignedOut]:
    """Give a READY task to the candidate with the best score; when nobody suits, a pending decision asks a person."""
    row = standing_row(work, ref)
    rules.check_move(standing_of(row), Status.ASSIGNED, work.actor, None)
    candidates.check_budgets(work, None, row["project_id"])
    work.sql(LOCK)
    given = give_best(work, row["id"])
    if given.is_absent:
        raise Conflict(
            "task.not_offered",
            f"{row['key']} is not offered now",
            "It waits to be tried again, or somebody is taking it: read it again.",
        )
    if given.suits_nobody:
        _ask(work, [row])
    explained = assignment(work, row["id"]).model_dump_json()
    claim = (
        f'{{"task":{given.row["body"]},"fence":{given.row["fence"]},"lease_until":null,"execution":null}}'
        if given.is_given
        else ""
    )
    reason = "null" if given.is_given else '"nobody_suitable"'
    return Json(AssignedOut, f'{{"claims":[{claim}],"reason":{reason},"assignment":{explained}}}')


_HEADS = """
select r.task_id, r.project_id, r.capset_id from ready_tasks r
join projects p on p.id = r.project_id and p.auto_assign and p.status = 'active'
join settings s on s.hold is null
where not exists (select from budgets b where b.stopped_until > %(now)s and (b.scope = 'company' or b.project_id = r.project_id))
  and not exists (select from unnest(%(barren_projects)s::uuid[], %(barren_sets)s::int[]) as b(project_id, capset_id)
    where b.project_id = r.project_id and b.capset_id = r.capset_id)
  and r.task_id <> all(%(tried)s::uuid[])
order by r.priority, r.due_at, r.crit desc, r.task_id limit %(limit)s
"""
_UNASKED = """
select t.id, t.key, t.title, t.project_id from ready_tasks r join tasks t on t.id = r.task_id and t.status = 'READY'
where r.project_id = %(project_id)s and r.capset_id = %(capset_id)s and not exists (
  select from decisions d where d.task_id = t.id and d.category = 'task_assign' and d.asked_by_kind is null
    and (d.status = 'pending' or (d.chosen = 'leave' and d.resolved_at >= t.updated_at)))
order by r.priority, r.due_at, r.crit desc, r.task_id limit 200
"""
_SETTLED = """
select d.id from decisions d join tasks t on t.id = d.task_id
where d.status = 'pending' and d.category = 'task_assign' and d.asked_by_kind is null and t.status <> 'READY'
limit 500 for update of d skip locked
"""


@operation(None, users=False, agents=False)
def assign_ready(work: Work, limit: int = 10) -> int:
    """Give the READY tasks of projects that assign by score to the best agents, in the order of claims; how many.

    Who suits depends only on a task's project and capabilities: where one task finds nobody, its like are not tried.
    They wait when those who suit are only full; else a person is asked, once for each task.
    """
    _close_settled(work)
    work.sql(LOCK)
    done, tried, barren = 0, [], {}
    while done < limit:
        heads = work.all(_HEADS, _where(tried, barren) | {"limit": limit - done})
        if not heads:
            break
        for head in heads:
            group = (head["project_id"], head["capset_id"])
            if group in barren:
                continue
            given = give_best(work, head["task_id"])
            done += given.is_given
            if given.suits_nobody:
                barren[group] = given.waits
            else:
                tried.append(head["task_id"])
    for (project_id, capset_id), waits in barren.items():
        if not waits:
            _ask(work, work.all(_UNASKED, {"project_id": project_id, "capset_id": capset_id}))
    return done


def _where(tried: list[UUID], barren: dict[tuple[UUID, int], bool]) -> dict[str, Any]:
    return {
        "now": clock.now(),
        "tried": tried,
        "barren_projects": [project_id for project_id, _ in barren],
        "barren_sets": [capset_id for _, capset_id in barren],
    }


def _close_settled(work: Work) -> None:
    """Close what was asked about tasks that meanwhile were assigned, claimed, cancelled or sent back."""
    if rows := work.all(_SETTLED):
        decisions.close(work, [row["id"] for row in rows], "the task is not waiting any more")


NEAR = 5
"""How many near misses a decision names."""
OFFERED = 3
"""How many of them are options."""


def _ask(work: Work, rows: list[dict[str, Any]]) -> None:
    """Ask a person about tasks of one project and one set of capabilities that suit nobody."""
    if not rows:
        return
    misses = _near_misses(work, rows[0]["id"])
    options = [
        Option(
            id=f"assign:{miss['agent_id']}",
            label=f"Assign to {miss['agent_name']}",
            action="tasks.assign",
            arguments={"agent_id": miss["agent_id"]},
        )
        for miss in misses
        if {objection["code"] for objection in miss["objections"]} <= agent_rules.WAIVABLE
    ][:OFFERED]
    for row in rows:
        decisions.ask(
            work,
            Asking(
                category=Category.TASK_ASSIGN,
                title=f"Nobody suits {row['key']}",
                task_id=row["id"],
                project_id=row["project_id"],
                context={"near_misses": misses[:NEAR]},
                options=[*options, Option(id="leave", label="Leave it")],
                recommendation=options[0].id if options else None,
            ),
        )


def _near_misses(work: Work, task_id: UUID) -> list[dict[str, Any]]:
    """Who is kept from the task by the least, and by what a person may overlook before what they may not."""
    rows = work.all(candidates.EVERYBODY, {"task": task_id, "caller": None, "e_now": clock.now()})
    found = []
    for row in rows:
        against = agent_rules.objections(candidates.of(row), "this task")
        codes = {code for code, _, _ in against}
        listed = [{"code": code, "message": message, "way_out": way_out} for code, message, way_out in against]
        miss = {
            "agent_id": str(row["agent_id"]),
            "agent_name": row["name"],
            "lacks": row["lacks"],
            "objections": listed,
        }
        found.append((not codes <= agent_rules.WAIVABLE, len(against), len(row["lacks"]), miss))
    return [miss for *_, miss in sorted(found, key=lambda one: one[:3])]


_UNTAKEN = f"""
select t.id, t.key, t.status, t.review_required, t.blocked_count, t.assignee_id, t.worker_id, t.fence, t.created_by_id, t.version
from tasks t join projects p on p.id = t.project_id cross join settings s
where t.status = 'ASSIGNED' and t.lease_until is null and t.give_back_at <= %(now)s
  and {candidates.runs_out("s.take_up_seconds")}
order by t.id limit %(limit)s for no key update of t skip locked
"""
_PASS = """
insert into task_passes (task_id, agent_id, passed_at) values (%(task)s, %(agent)s, %(now)s)
on conflict (task_id, agent_id) do update set passed_at = excluded.passed_at
"""


@operation(None, users=False, agents=False)
def give_back_untaken(work: Work, limit: int = 200) -> int:
    """Give back the tasks that the score gave and that their agents did not take up in time; others come first then."""
    now = clock.now()
    rows = work.all(_UNTAKEN, {"now": now, "limit": limit})
    for row in rows:
        work.sql(_PASS, {"task": row["id"], "agent": row["assignee_id"], "now": now})
        moving.move(work, row, Status.READY, moving.Extra(told={"reason": "not taken up"}))
    return len(rows)


_MEANS = """
with counted as materialized (
  select t.worker_id as agent_id, count(*)::int as tasks, coalesce(sum(r.amount_usd), 0) as amount_usd
  from tasks t left join cost_rollup r on r.kind = 'task' and r.key = t.id::text and r.day = '0001-01-01' and r.shard = 0
  where t.status = 'COMPLETED' and t.completed_at > %(now)s::timestamptz - interval '30 days' and t.worker_id is not null
  group by t.worker_id),
gone as (delete from agent_means m where not exists (select from counted c where c.agent_id = m.agent_id))
insert into agent_means as m (agent_id, tasks, amount_usd) select agent_id, tasks, amount_usd from counted
on conflict (agent_id) do update set tasks = excluded.tasks, amount_usd = excluded.amount_usd
where (m.tasks, m.amount_usd) is distinct from (excluded.tasks, excluded.amount_usd)
"""


@operation(None, users=False, agents=False)
def count_means(work: Work) -> int:
    """Count what the tasks cost that each agent completed in the last 30 days; how many means changed."""
    return work.sql(_MEANS, {"now": clock.now()}).rowcount
