"""Works the run: tasks are created, claimed, executed, their calls posted, their outcome reported and reviewed."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bench.replay.client import Client, Refused, stable_key
from bench.replay.issues import Issue
from bench.replay.run import Call, Run, Trajectory

EMPTY_CLAIMS = 3


@dataclass(slots=True)
class Plan:
    """What to work on and under which names; the same plan twice sends the same requests."""

    run: Run
    project_id: str
    namespace: str
    provider: str = "openai"
    model: str = "gpt-4-0125-preview"
    logged_amounts: bool = False
    issues: dict[str, Issue] = field(default_factory=dict)


@dataclass(slots=True)
class Pass:
    """What one pass over the plan did."""

    task_ids: dict[str, str] = field(default_factory=dict)
    executions: dict[str, str] = field(default_factory=dict)
    workers: dict[str, str] = field(default_factory=dict)
    bases: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    costs: int = 0
    seconds: float = 0.0
    requests: int = 0
    retries: int = 0


async def work_run(plan: Plan, agents: list[Client], reviewers: list[Client]) -> Pass:
    """Work the whole plan with all agents at once; `reviewers[i]` reviews what `agents[i]` hands in."""
    done = Pass()
    began, before = time.perf_counter(), _sent(agents, reviewers)
    done.task_ids = await create_tasks(plan, agents[0])
    by_task = {done.task_ids[t.name]: t for t in plan.run.trajectories}
    await asyncio.gather(
        *(_work(plan, done, by_task, agent, reviewer) for agent, reviewer in zip(agents, reviewers, strict=True))
    )
    done.seconds = time.perf_counter() - began
    after = _sent(agents, reviewers)
    done.requests, done.retries = after[0] - before[0], after[1] - before[1]
    return done


def _sent(*groups: list[Client]) -> tuple[int, int]:
    clients = {id(client): client for group in groups for client in group}.values()
    return sum(sum(c.statuses.values()) for c in clients), sum(c.retries for c in clients)


async def create_tasks(plan: Plan, client: Client) -> dict[str, str]:
    """Create all tasks in one request; gives the id of each by its name."""
    tasks = [_task(plan, trajectory) for trajectory in plan.run.trajectories]
    body = {"project_id": plan.project_id, "ready": True, "tasks": tasks}
    made = await client.post("/tasks/bulk", body, stable_key(plan.namespace, "tasks"))
    return {row["ref"]: row["id"] for row in made["tasks"]}


def _task(plan: Plan, trajectory: Trajectory) -> dict[str, Any]:
    issue = plan.issues.get(trajectory.instance) or Issue(trajectory.instance)
    return {
        "ref": trajectory.name,
        "source": "replay",
        "external_id": stable_key(plan.namespace, trajectory.name),
        "title": issue.title,
        "description": issue.description,
        "review_required": True,
        "max_retries": 0,
    }


async def _work(plan: Plan, done: Pass, by_task: dict[str, Trajectory], agent: Client, reviewer: Client) -> None:
    number = empty = 0
    while empty < EMPTY_CLAIMS:
        key = stable_key(plan.namespace, "claim", agent.name, number)
        number += 1
        body = {"limit": 1, "project_id": plan.project_id, "start": True}
        claims = (await agent.post("/tasks/claim", body, key))["claims"]
        empty = 0 if claims else empty + 1
        for claim in claims:
            if trajectory := by_task.get(claim["task"]["id"]):
                await _execute(plan, done, trajectory, claim, agent, reviewer)


async def _execute(
    plan: Plan, done: Pass, trajectory: Trajectory, claim: dict, agent: Client, reviewer: Client
) -> None:
    execution, fence = claim["execution"], claim["fence"]
    done.executions[trajectory.name] = execution["id"]
    done.workers[trajectory.name] = agent.name
    for call in trajectory.calls:
        cost = cost_of(plan, trajectory, call) | {"execution_id": execution["id"]}
        try:
            row = await agent.post("/costs", cost, stable_key(plan.namespace, "cost", trajectory.name, call.number))
            done.costs += 1
            done.bases[row["basis"]] += 1
        except Refused as no:
            done.refused.append(str(no))
    key = stable_key(plan.namespace, "end", trajectory.name)
    await _report(agent, f"/executions/{execution['id']}", outcome_of(trajectory) | {"fence": fence}, key)
    if trajectory.resolved:
        verdict = {"to": "COMPLETED", "reason": "The run's report calls it resolved."}
        path = f"/tasks/{done.task_ids[trajectory.name]}/transition"
        await reviewer.post(path, verdict, stable_key(plan.namespace, "review", trajectory.name))


async def _report(agent: Client, path: str, end: dict[str, Any], key: str) -> None:
    """Report the end of an execution; when it is refused because it has ended so already, that is fine."""
    try:
        await agent.patch(path, end, key)
    except Refused as no:
        if no.status not in (403, 409):
            raise
        known = await agent.get(path)
        if any(known.get(name) != end[name] for name in ("status", "duration_ms")):
            raise


def cost_of(plan: Plan, trajectory: Trajectory, call: Call) -> dict[str, Any]:
    """The body of POST /costs for one call. The ledger prices it, unless logged amounts are to be stated."""
    stated = trajectory.stated
    body: dict[str, Any] = {
        "provider": plan.provider,
        "model": stated.model or plan.model,
        "occurred_at": call.at.isoformat().replace("+00:00", "Z"),
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "external_id": stable_key(plan.namespace, trajectory.name, call.number),
    }
    if stated.input_price is not None and stated.output_price is not None:
        body["unit_prices_usd"] = {"input": _plain(stated.input_price), "output": _plain(stated.output_price)}
    if plan.logged_amounts and call.cost is not None:
        body["amount_usd"] = _plain(call.cost)
    return body


FAILURES = (
    ("context", "context_too_long"),
    ("cost", "budget_exhausted"),
    ("format", "invalid_output"),
    ("patch", "tests_failed"),
    ("submitted", "tests_failed"),
)
"""Parts of outcomes with what the API calls such failures; what has none of them is `other`."""


def outcome_of(trajectory: Trajectory) -> dict[str, Any]:
    """The body of the last PATCH of an execution."""
    common = {"duration_ms": trajectory.duration_ms, "progress": 100, "output": trajectory.outcome}
    if trajectory.resolved:
        return common | {"status": "succeeded"}
    failure = failure_of(trajectory.outcome)
    return common | {"status": "failed", "failure": failure, "failure_detail": trajectory.outcome}


def failure_of(outcome: str) -> str:
    """The outcome as the API names failures. None of them may pass by itself: a recorded run is not tried again."""
    return next((name for part, name in FAILURES if part in outcome.lower()), "other")


def _plain(number: Decimal) -> str:
    return format(number, "f")
