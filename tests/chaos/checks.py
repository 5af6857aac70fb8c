"""What must be true after any number of kills, asked of the database itself."""

from collections import Counter
from typing import Any

from tests.chaos.agents import MODEL, Record
from tests.chaos.stack import Stack
from tests.domains.tasks.racing import WRONG

_LOG = """
select e.name, e.subject_id::text, e.before->>'status', e.after->>'status', e.after->>'task_id'
from event_log l join events e on e.seq = l.seq where e.name in ('task.moved', 'task.created', 'execution.started') order by l.pos
"""
_NEEDS = "select task_id::text, depends_on_id::text from task_dependencies where kind = 'blocks'"
_EFFECTS = """
select e.seq, count(c.seq) from events e left join chaos_effects c on c.seq = e.seq
where e.name = 'task.moved' and e.seq > {since} group by e.seq having count(c.seq) <> 1
"""


def broken(stack: Stack, record: Record, since: int) -> dict[str, list[Any]]:
    """Each promise that was not kept, with what shows it; empty when all were."""
    found: dict[str, list[Any]] = {
        "an acknowledged task is lost": _lost(stack, "select id::text from tasks", record.created),
        "an acknowledged cost is lost": _lost(stack, "select external_id from costs", record.costs),
        "an acknowledged end of a run is lost": _ends(stack, record),
        "a task was claimed twice": _twice(record),
        "a delivery has no effect, or more than one": stack.rows(_EFFECTS.format(since=since)),
        "a delivery is left": stack.rows("select seq, reaction, state, last_error from event_deliveries"),
        "a cost is there twice": stack.rows("select external_id from costs group by 1 having count(*) > 1"),
        "the costs do not add up": _sums(stack),
        "a write under an old fence was let through": list(record.stale_accepted),
        "an answer nobody should get": list(record.faults.items()),
        **{f"counted wrong: {name}": stack.rows(statement) for name, statement in WRONG.items()},
        **_history(stack),
    }
    return {name: rows for name, rows in found.items() if rows}


def _lost(stack: Stack, statement: str, acknowledged: set[str]) -> list[str]:
    return sorted(acknowledged - {row[0] for row in stack.rows(statement)})


def _ends(stack: Stack, record: Record) -> list[Any]:
    kept = dict(stack.rows("select id::text, status from task_executions"))
    return [(run, status, kept.get(run)) for run, status in record.ended.items() if kept.get(run) != status]


def _twice(record: Record) -> list[Any]:
    holders: dict[tuple[str, int], set[int]] = {}
    for task, fence, agent in record.claims:
        holders.setdefault((task, fence), set()).add(agent)
    return [(task, agents) for task, agents in holders.items() if len(agents) > 1]


def _sums(stack: Stack) -> list[Any]:
    per_cost = MODEL["amount_usd"]
    return stack.rows(f"select id, amount_usd from costs where amount_usd <> {per_cost}") + stack.rows(
        "select s.spent, r.spent from (select coalesce(sum(amount_usd), 0) as spent from costs) s, "
        "(select coalesce(sum(amount_usd), 0) as spent from cost_rollup where kind = 'agent' and day > '0001-01-01') r "
        "where s.spent <> r.spent"
    )


def _history(stack: Stack) -> dict[str, list[Any]]:
    """Read the sealed record from the beginning: each move begins where the one before ended, no start came early."""
    needs: dict[str, list[str]] = {}
    for task, need in stack.rows(_NEEDS):
        needs.setdefault(task, []).append(need)
    stands: dict[str, str] = {}
    torn, early, made = [], [], Counter()
    for name, subject, before, after, task_id in stack.rows(_LOG):
        if name == "execution.started":
            early += [(task_id, need) for need in needs.get(task_id, ()) if stands.get(need) != "COMPLETED"]
            continue
        if name == "task.moved" and stands.get(subject) != before:
            torn.append((subject, stands.get(subject), before, after))
        made[subject] += name == "task.created"
        stands[subject] = after
    kept = dict(stack.rows("select id::text, status from tasks"))
    return {
        "the record of a task has a gap": torn,
        "a task was started before its dependencies": early,
        "a task was created twice": [task for task, times in made.items() if times > 1],
        "the record ends elsewhere than the task": [(t, s, kept.get(t)) for t, s in stands.items() if kept.get(t) != s],
    }
