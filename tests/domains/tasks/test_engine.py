"""The engine against a model of two pages, step by step: Hypothesis looks for a history after which they differ."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orkwork.core import clock, db
from orkwork.core.actor import system
from orkwork.core.errors import OrkworkError
from orkwork.domains.executions.schemas import ExecutionPatch, StartIn
from orkwork.domains.projects import service as projects
from orkwork.domains.settings import service as company_settings
from orkwork.domains.settings.schemas import CompanyPatch, HoldIn
from orkwork.domains.tasks.models import ExecutionStatus, Failure, Status
from orkwork.domains.tasks.queries.subtree import CancelIn
from orkwork.domains.tasks.schemas import AssignIn, ClaimIn, DependencyIn, MoveIn
from orkwork.domains.tasks.service import cancelling, claims, criteria, dependencies, lifecycle, runs
from orkwork.domains.tasks.service.judging import EvidenceIn, VerifyIn
from tests.domains.tasks.engine import HELD, LEGAL, Engine
from tests.domains.tasks.racing import acting, faults
from tests.factories import Company

STEPS = int(os.environ.get("ORKWORK_ENGINE_STEPS", "600"))
"""How many steps in all; `make chaos` takes 10,000."""
ROOM = 3
AGENTS = 3
_NOW = (
    "select key, status, blocked_count, fence, flagged, lease_until is not null as leased, assignee_id, worker_id, "
    "retry_count, retry_at is not null as pausing, jsonb_path_query_array(acceptance_criteria, '$[*].state') as states, "
    "exists (select from task_executions x where x.task_id = tasks.id and x.status = 'running') as running "
    "from tasks where project_id = %(project)s"
)
_LAST_RUN = "select x.id from task_executions x join tasks t on t.id = x.task_id where t.key = %(key)s order by run desc limit 1"
some = st.integers(0, 10**6)
numbers = st.integers(0, AGENTS - 1)
PROFILE = settings(
    max_examples=10,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    database=None,
    print_blob=False,
)
late = st.sampled_from((0, 0, 0, 0, 1, 2))
"""0: the holder under its fence; 1: under an older one; 2: another agent."""
has_tasks = precondition(lambda machine: machine.model.tasks)


class Histories(RuleBasedStateMachine):
    """Every rule does the same to both: what one refuses the other must refuse."""

    company: ClassVar[Company]
    steps: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        """An empty project, and agents that hold nothing."""
        self.model = Engine(ROOM)
        self.project, self.criteria = self.company.project(), {}
        self.workers = [self.company.agent(max_concurrent_tasks=ROOM) for _ in range(AGENTS)]
        for _ in range(AGENTS):
            self.create(ready=True, review=False, needs=[])

    @rule(
        ready=st.booleans(),
        review=st.booleans(),
        needs=st.lists(some, max_size=3),
        criteria=st.integers(0, 2),
        retries=st.integers(0, 2),
    )
    def create(self, ready: bool, review: bool, needs: list[int], criteria: int = 0, retries: int = 0) -> None:
        """A task that may wait for others."""
        wanted = {self._key(number) for number in needs} if self.model.tasks else set()
        fields = {"ready": ready, "review_required": review, "depends_on": sorted(wanted), "max_retries": retries}
        asked = [{"text": f"criterion {n}"} for n in range(criteria)]
        made = self._both(True, lambda: self.company.task(self.project, acceptance_criteria=asked, **fields))
        self.model.create(made.key, ready=ready, review=review, needs=wanted, criteria=criteria, retries=retries)
        self.criteria[made.key] = [one.id for one in made.acceptance_criteria]

    @has_tasks
    @rule(task=some, need=some)
    def depend(self, task: int, need: int) -> None:
        """An edge, perhaps one that closes a cycle."""
        key, other = self._key(task), self._key(need)
        body = DependencyIn(depends_on=other)
        self._both(self.model.depend(key, other), lambda: self.company.do(dependencies.add_dependency, key, body))

    @has_tasks
    @rule(task=some, need=some)
    def undepend(self, task: int, need: int) -> None:
        """An edge goes, if there is one."""
        key = self._key(task)
        other = sorted(self.model.tasks[key].needs or {self._key(need)})[0]
        call = lambda: self.company.do(dependencies.remove_dependency, key, other)  # noqa: E731
        self._both(self.model.undepend(key, other), call)

    @has_tasks
    @rule(task=some, to=st.sampled_from(Status))
    def move(self, task: int, to: Status) -> None:
        """The owner moves a task, legally or not."""
        self._move(self._key(task), to)

    @rule(choices=st.lists(some, min_size=2, max_size=6))
    def get_on(self, choices: list[int]) -> None:
        """Work goes on as it should, so that histories get far enough to go wrong."""
        for choice in choices:
            going = self._key(choice, "IN_PROGRESS", "ASSIGNED", "REVIEW")
            known = self.model.tasks.get(going)
            if known is None and not self._key(choice, "READY"):
                self.create(ready=True, review=choice % 3 == 0, needs=[choice], criteria=choice % 2, retries=choice % 3)
            elif known is None or choice % 4 == 0:
                self.claim(agent=choice % AGENTS, limit=1, start=choice % 2 == 0)
            elif known.status == "REVIEW":
                for n in range(len(known.met) * (choice % 5 > 0)):
                    self._show(going, n)
                    self._verify(going, n, None, met=True)
                self._move(going, "COMPLETED")
            elif known.running:
                self._report(going, known.holder, known.fence, succeeded=choice % 5 > 0)
            else:
                self._start(going, known.holder, known.fence)

    @rule(task=some)
    def open_again(self, task: int) -> None:
        """Something that was done is open again, whatever waits for it."""
        if key := self._key(task, "COMPLETED"):
            self._move(key, "READY")

    @rule(status=st.sampled_from(list(LEGAL)), task=some, choice=some)
    def move_on(self, status: str, task: int, choice: int) -> None:
        """The owner moves a task along the table."""
        if key := self._key(task, status):
            self._move(key, LEGAL[status][choice % len(LEGAL[status])])

    @has_tasks
    @rule(task=some, agent=numbers, late=late, to=st.sampled_from(Status))
    def move_as_agent(self, task: int, agent: int, late: int, to: Status) -> None:
        """An agent moves a task, its own or another's, under its fence or an older one."""
        key = self._key(task)
        who, fence = self._holder(key, agent, late)
        call = lambda: self._as(who, lifecycle.transition, key, MoveIn(to=to, fence=fence))  # noqa: E731
        self._both(self.model.move(key, to, who, fence), call)

    @rule(status=st.sampled_from(HELD), task=some, agent=numbers, late=late)
    def start(self, status: str, task: int, agent: int, late: int) -> None:
        """The agent that holds a task starts a run of it."""
        if key := self._key(task, status):
            self._start(key, *self._holder(key, agent, late))

    @rule(task=some, agent=numbers, late=late, succeeded=st.booleans())
    def report(self, task: int, agent: int, late: int, succeeded: bool) -> None:
        """The agent that holds a task reports how its last run ended."""
        if key := self._key(task, "IN_PROGRESS"):
            self._report(key, *self._holder(key, agent, late), succeeded=succeeded)

    @has_tasks
    @rule(task=some, agent=numbers)
    def give(self, task: int, agent: int) -> None:
        """The owner gives a task to an agent."""
        key, body = self._key(task), AssignIn(agent_id=self.workers[agent].id)
        self._both(self.model.give(key, agent), lambda: self.company.do(claims.assign, key, body))

    @rule(agent=numbers, limit=st.integers(1, 3), start=st.booleans())
    def claim(self, agent: int, limit: int, start: bool) -> None:
        """An agent claims: it gets what is its own and of the queue as much as it has room for, no more and no less."""
        mine, free = self.model.claimable(agent)
        room = ROOM - self.model.load(agent)
        body = ClaimIn(limit=limit, start=start, project_id=self.project.id)
        answer = self._both(True, lambda: self._as(agent, claims.claim, body)).parse()
        got = {claim.task.key: claim.fence for claim in answer.claims}
        own = min(limit, len(mine)) if mine else 0
        assert len(got) == own + min(limit - own, room, len(free)), (got, mine, free)
        assert len(got.keys() & mine) == own
        assert got.keys() <= mine | free
        for key, fence in got.items():
            self.model.claimed(key, agent, start=start)
            assert fence == self.model.tasks[key].fence

    @rule(on=st.sampled_from((True, False, False)))
    def hold(self, on: bool) -> None:
        """The owner puts the project on hold, or lets it go on."""
        body = (HoldIn(reason="x"),) if on else ()
        act = projects.hold_project if on else projects.resume_project
        self._both(self.model.hold(on=on), lambda: self.company.do(act, self.project.id, *body))

    @rule()
    def offer(self) -> None:
        """The pauses after failures are over."""
        with time_machine.travel(clock.now() + timedelta(hours=self.travelled + 2), tick=True):
            self.company.do(lifecycle.offer_retries, actor=system("clock"))
        self.model.offer()

    @rule(task=some, n=some)
    def show(self, task: int, n: int) -> None:
        """The owner gives evidence for a criterion."""
        if key := self._with_criteria(task):
            self._show(key, n % len(self.criteria[key]))

    @rule(task=some, n=some, who=st.sampled_from((None, *range(AGENTS))), met=st.booleans())
    def verify(self, task: int, n: int, who: int | None, met: bool) -> None:
        """The owner or an agent judges a criterion."""
        if key := self._with_criteria(task):
            self._verify(key, n % len(self.criteria[key]), who, met=met)

    @has_tasks
    @rule(task=some)
    def cancel_all(self, task: int) -> None:
        """The owner gives up on a task with all that waits for it."""
        key = self._key(task)
        self._both(self.model.cancel_all(key), lambda: self.company.do(cancelling.cancel_subtree, key, CancelIn()))

    @rule()
    def lapse(self) -> None:
        """An hour passes without a word from anyone."""
        self.travelled += 1
        with time_machine.travel(clock.now() + timedelta(hours=self.travelled), tick=True):
            self.company.do(lifecycle.give_back_lapsed, actor=system("clock"))
        self.model.lapse()

    @invariant()
    def both_are_the_same(self) -> None:
        """Every task stands as the model says."""
        with db.engine().connect() as connection:
            rows = connection.exec_driver_sql(_NOW, {"project": self.project.id}).mappings().all()
        ids = {worker.id: n for n, worker in enumerate(self.workers)}
        for row in rows:
            known = self.model.tasks[row["key"]]
            stands = (row["status"], row["fence"], row["flagged"], row["running"], row["blocked_count"])
            wanted = (known.status, known.fence, known.flagged, known.running, self.model.open(row["key"]))
            assert stands == wanted, row["key"]
            assert (ids.get(row["assignee_id"]), ids.get(row["worker_id"])) == (known.holder, known.worker), row["key"]
            assert (row["retry_count"], row["pausing"]) == (known.tried, known.pausing), row["key"]
            assert [state == "met" for state in row["states"]] == known.met, row["key"]
            assert row["leased"] == known.leased or row["status"] not in HELD, row["key"]
        assert len(rows) == len(self.model.tasks)

    def teardown(self) -> None:
        """What the engine counts as it goes equals a recount."""
        assert faults() == {}
        self.company.do(projects.delete_project, self.project.id)

    travelled = 0

    def _move(self, key: str, to: str) -> None:
        call = lambda: self.company.do(lifecycle.transition, key, MoveIn(to=Status(to)))  # noqa: E731
        self._both(self.model.move(key, to), call)

    def _start(self, key: str, who: Any, fence: int) -> None:
        call = lambda: self._as(who, runs.start_execution, key, StartIn(fence=fence))  # noqa: E731
        self._both(self.model.start(key, who, fence), call)

    def _report(self, key: str, who: Any, fence: int, *, succeeded: bool) -> None:
        if run := self._last_run(key):
            status = ExecutionStatus.SUCCEEDED if succeeded else ExecutionStatus.FAILED
            failure = None if succeeded else Failure.NETWORK
            patch = ExecutionPatch(status=status, fence=fence, failure=failure)
            call = lambda: self._as(who, runs.update_execution, run, patch)  # noqa: E731
            self._both(self.model.report(key, who, fence, succeeded=succeeded), call)

    def _show(self, key: str, n: int) -> None:
        call = lambda: self.company.do(criteria.give_evidence, key, self.criteria[key][n], EvidenceIn(evidence="x"))  # noqa: E731
        self._both(self.model.show(key, n), call)

    def _verify(self, key: str, n: int, who: int | None, *, met: bool) -> None:
        body = VerifyIn(state="met" if met else "failed")
        actor = None if who is None else acting(self.workers[who])
        call = lambda: self.company.do(criteria.verify, key, self.criteria[key][n], body, actor=actor)  # noqa: E731
        self._both(self.model.verify(key, n, who, met=met), call)

    def _with_criteria(self, number: int) -> str:
        keys = [key for key, found in self.criteria.items() if found]
        return keys[number % len(keys)] if keys else ""

    def _key(self, number: int, *statuses: str) -> str:
        """One of the tasks, or of those in some states; "" when there is none."""
        keys = [key for key, task in self.model.tasks.items() if not statuses or task.status in statuses]
        return keys[number % len(keys)] if keys else ""

    def _holder(self, key: str, other: int, late: int) -> tuple[int, int]:
        """Who writes, under which fence: mostly the agent that holds the task."""
        known = self.model.tasks[key]
        return other if late > 1 or known.holder is None else known.holder, max(0, known.fence - late % 2)

    def _last_run(self, key: str) -> Any:
        with db.engine().connect() as connection:
            return connection.exec_driver_sql(_LAST_RUN, {"key": key}).scalar()

    def _as(self, agent: int, fn: Any, *args: Any) -> Any:
        return self.company.do(fn, *args, actor=acting(self.workers[agent]))

    def _both(self, allowed: bool, call: Callable[[], Any]) -> Any:
        type(self).steps += 1
        try:
            answer = call()
        except OrkworkError as refusal:
            assert not allowed, f"refused with {refusal.code}: {refusal.message}"
            return None
        assert allowed, "it was let through"
        return answer


@pytest.mark.timeout(3000)
def test_no_history_makes_the_engine_differ_from_its_model(company: Company) -> None:
    Histories.company, Histories.steps = company, 0
    company.do(company_settings.update_company, CompanyPatch(loop_breaker_runs=100))  # which has tests of its own
    while Histories.steps < STEPS:  # Hypothesis ends many histories early
        run_state_machine_as_test(Histories, settings=PROFILE)
