"""The task engine on two pages, written from the product's contract and not from its code: what the real one must equal."""

from dataclasses import dataclass, field

LEGAL = {
    "CREATED": ("PLANNING", "CANCELLED"),
    "PLANNING": ("READY", "CREATED", "CANCELLED"),
    "READY": ("ASSIGNED", "PLANNING", "CANCELLED"),
    "ASSIGNED": ("IN_PROGRESS", "READY", "CANCELLED"),
    "IN_PROGRESS": ("REVIEW", "COMPLETED", "READY", "FAILED", "CANCELLED"),
    "REVIEW": ("COMPLETED", "IN_PROGRESS", "FAILED", "CANCELLED"),
    "COMPLETED": ("READY",),
    "FAILED": ("READY", "CANCELLED"),
    "CANCELLED": ("CREATED",),
}
HELD = ("ASSIGNED", "IN_PROGRESS")
STARTED = (*HELD, "REVIEW", "COMPLETED")


@dataclass
class Known:
    """A task as the model has it."""

    status: str
    review: bool
    needs: set[str] = field(default_factory=set)
    holder: int | None = None
    worker: int | None = None
    fence: int = 0
    leased: bool = False
    running: bool = False
    flagged: bool = False
    shown: list[bool] = field(default_factory=list)
    """Whether there is evidence, for each acceptance criterion."""
    met: list[bool] = field(default_factory=list)
    """Whether it was verified as met."""
    retries: int = 0
    """How often it may be tried again by itself."""
    tried: int = 0
    pausing: bool = False
    """READY, but not to be taken before its pause after a failure is over."""


class Engine:
    """Tasks by key, worked on by agents 0, 1, …; each method says whether it was allowed, and then it has happened."""

    def __init__(self, room: int) -> None:
        """Each agent may hold `room` tasks."""
        self.tasks: dict[str, Known] = {}
        self.room = room
        self.held = False

    def open(self, key: str) -> int:
        """How many blockers are not completed."""
        return sum(self.tasks[need].status != "COMPLETED" for need in self.tasks[key].needs)

    def load(self, agent: int) -> int:
        """How many tasks an agent holds."""
        return sum(task.holder == agent and task.status in HELD for task in self.tasks.values())

    def create(
        self, key: str, *, ready: bool, review: bool, needs: set[str], criteria: int = 0, retries: int = 0
    ) -> None:
        """A new task."""
        shown, met = [False] * criteria, [False] * criteria
        self.tasks[key] = Known("CREATED", review, set(needs), shown=shown, met=met, retries=retries)
        if ready:
            self.tasks[key].status = "PLANNING" if self.open(key) else "READY"

    def closes_cycle(self, key: str, need: str) -> bool:
        """Whether waiting for `need` makes `key` wait for itself."""
        return key == need or any(self.closes_cycle(key, further) for further in self.tasks[need].needs)

    def depend(self, key: str, need: str) -> bool:
        """Make one wait for another."""
        task = self.tasks[key]
        if self.closes_cycle(key, need):
            return False
        if need not in task.needs and self.tasks[need].status != "COMPLETED":
            if task.status in STARTED:
                return False
            self._wait(task)
        task.needs.add(need)
        return True

    def undepend(self, key: str, need: str) -> bool:
        """Make it wait no longer."""
        if need not in self.tasks[key].needs:
            return False
        self.tasks[key].needs.remove(need)
        if self.tasks[need].status != "COMPLETED":
            self._freed(key)
        return True

    def move(self, key: str, to: str, agent: int | None = None, fence: int | None = None) -> bool:
        """Move by a person, or by an agent under a fence."""
        task = self.tasks[key]
        waits = self.open(key) > 0
        if to not in LEGAL[task.status] or to == "ASSIGNED" or not self._may(task, to, agent, fence):
            return False
        if waits and to in ("READY", *STARTED) and not (to == "READY" and task.status in HELD):
            return False
        if (task.status, to, task.review) == ("IN_PROGRESS", "COMPLETED", True) or not self._begins(task, to):
            return False
        if (task.status, to, task.review) == ("REVIEW", "COMPLETED", True) and not all(task.met):
            return False
        before, task.status = task.status, "PLANNING" if to == "READY" and waits else to
        task.running = before == "ASSIGNED" and to == "IN_PROGRESS"
        task.worker = task.holder if to == "IN_PROGRESS" else task.worker
        task.leased = agent is not None and before == "ASSIGNED" and to == "IN_PROGRESS"
        task.fence += before in HELD and to not in STARTED
        task.holder = task.holder if to in (*STARTED, "FAILED") else None
        task.flagged = task.flagged and to not in ("READY", "PLANNING", "CREATED")
        task.pausing = False
        task.tried = 0 if before in ("COMPLETED", "FAILED") and task.status in ("READY", "PLANNING") else task.tried
        task.met = [False] * len(task.met) if before == "COMPLETED" else task.met
        self._settle(key, before)
        return True

    def _may(self, task: Known, to: str, agent: int | None, fence: int | None) -> bool:
        if agent is None:
            return fence is None or fence == task.fence
        if task.status in HELD:
            return task.holder == agent and fence == task.fence and to != "CANCELLED"
        if task.status == "REVIEW":
            return agent not in (task.worker, task.holder)
        return task.status not in ("COMPLETED", "FAILED", "CANCELLED") and to != "CANCELLED"

    def _begins(self, task: Known, to: str) -> bool:
        return not (self.held and task.status == "ASSIGNED" and to == "IN_PROGRESS")

    def _wait(self, task: Known) -> None:
        if task.status == "READY":
            task.status, task.pausing = "PLANNING", False

    def _settle(self, key: str, before: str) -> None:
        now = self.tasks[key].status
        for dependant, task in self.tasks.items():
            if key in task.needs and now == "COMPLETED":
                self._freed(dependant)
            elif key in task.needs and before == "COMPLETED":
                self._wait(task)
                task.flagged = task.flagged or task.status in STARTED

    def _freed(self, key: str) -> None:
        task = self.tasks[key]
        if self.open(key) == 0:
            task.flagged = False
            task.status = "READY" if task.status == "PLANNING" else task.status

    def give(self, key: str, agent: int) -> bool:
        """A person gives a ready task to an agent."""
        task = self.tasks[key]
        if task.status != "READY" or self.load(agent) >= self.room or self.held:
            return False
        task.status, task.holder, task.leased, task.pausing = "ASSIGNED", agent, False, False
        task.fence += 1
        return True

    def claimable(self, agent: int) -> tuple[set[str], set[str]]:
        """What a claim takes up of what is the agent's already, and what it may take from the queue."""
        mine = {
            k
            for k, t in self.tasks.items()
            if t.holder == agent and t.status in HELD and not t.leased and self.open(k) == 0
        }
        free = {k for k, t in self.tasks.items() if t.status == "READY" and not t.pausing}
        if self.held:
            return set(), set()
        return mine, free if self.load(agent) < self.room else set()

    def claimed(self, key: str, agent: int, *, start: bool) -> None:
        """An agent has claimed it."""
        task = self.tasks[key]
        task.running = task.running or start
        task.status = "IN_PROGRESS" if start or task.status == "IN_PROGRESS" else "ASSIGNED"
        task.worker = agent if task.status == "IN_PROGRESS" else task.worker
        task.holder, task.leased = agent, True
        task.fence += 1

    def start(self, key: str, agent: int, fence: int) -> bool:
        """An agent starts a run: the first, or another after changes were asked for."""
        task = self.tasks[key]
        if task.status != "IN_PROGRESS":
            return task.status == "ASSIGNED" and self.move(key, "IN_PROGRESS", agent, fence)
        if task.running or self.open(key) or self.held or not self._may(task, "REVIEW", agent, fence):
            return False
        task.running = task.leased = True
        return True

    def report(self, key: str, agent: int, fence: int, *, succeeded: bool) -> bool:
        """An agent ends its run; a failure of the passing kind is tried again while attempts are left."""
        task = self.tasks[key]
        if succeeded:
            return task.running and self.move(key, "REVIEW" if task.review else "COMPLETED", agent, fence)
        again = task.running and self._may(task, "FAILED", agent, fence) and task.tried < task.retries
        tried = task.tried
        if not task.running or not self.move(key, "READY" if again else "FAILED", agent, fence):
            return False
        task.tried, task.pausing = tried + again, again and task.status == "READY"
        return True

    def offer(self) -> None:
        """Every pause after a failure is over."""
        for task in self.tasks.values():
            task.pausing = False

    def hold(self, *, on: bool) -> bool:
        """Put everything on hold, or let it go on."""
        changes, self.held = self.held != on, on
        return changes

    def show(self, key: str, n: int) -> bool:
        """A person gives evidence, so that it is looked at again."""
        task = self.tasks[key]
        if task.status in ("COMPLETED", "CANCELLED"):
            return False
        task.shown[n], task.met[n] = True, False
        return True

    def verify(self, key: str, n: int, agent: int | None, *, met: bool) -> bool:
        """Somebody judges a criterion by its evidence, but not who does the work."""
        task = self.tasks[key]
        own = agent is not None and agent in (task.worker, task.holder)
        if task.status in ("COMPLETED", "CANCELLED") or own or (met and not task.shown[n]):
            return False
        task.met[n] = met
        return True

    def cancel_all(self, key: str) -> bool:
        """Cancel a task with all that waits for it, through what is cancelled and not through what is completed."""
        found, queue = set(), [key] if self.tasks[key].status != "COMPLETED" else []
        for one in queue:
            if one not in found:
                found.add(one)
                queue += [k for k, t in self.tasks.items() if one in t.needs and t.status != "COMPLETED"]
        going = [self.tasks[one] for one in found if self.tasks[one].status != "CANCELLED"]
        for task in going:
            task.fence += task.status in HELD
            task.status, task.holder, task.leased, task.running, task.pausing = "CANCELLED", None, False, False, False
        return bool(going)

    def lapse(self) -> None:
        """Every lease runs out, but not during a hold."""
        for key, task in self.tasks.items() if not self.held else ():
            if task.leased and task.status in HELD:
                task.status = "PLANNING" if self.open(key) else "READY"
                task.holder, task.flagged, task.running = None, False, False
                task.fence += 1
            task.leased = task.leased and task.status in HELD
