"""`/tasks`: lists, changes, moves, claims, dependencies, comments."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import AwareDatetime

from orkwork.core.errors import invalid
from orkwork.core.ids import is_uuid
from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, PageOut, Str
from orkwork.core.work import Work
from orkwork.domains.projects import queries as project_queries
from orkwork.domains.tasks.models import Priority, Status
from orkwork.domains.tasks.queries import assignment as assigned
from orkwork.domains.tasks.queries import graph, runs, subtree
from orkwork.domains.tasks.queries import tasks as queries
from orkwork.domains.tasks.queries.explained import AssignedOut, AssignmentOut
from orkwork.domains.tasks.queries.subtree import CancelIn, CancelledOut, SubtreeOut
from orkwork.domains.tasks.schemas import (
    AssignIn,
    BulkIn,
    BulkOut,
    ClaimIn,
    ClaimOut,
    CommentIn,
    CommentOut,
    CriterionOut,
    DependencyIn,
    DependencyOut,
    GraphOut,
    MoveIn,
    MovesOut,
    TaskIn,
    TaskOut,
    TaskPage,
    TaskPatch,
    TaskSort,
)
from orkwork.domains.tasks.service import (
    assignment,
    bulk,
    cancelling,
    claims,
    comments,
    creating,
    criteria,
    dependencies,
    lifecycle,
)
from orkwork.domains.tasks.service.judging import EvidenceIn, VerifyIn
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(tags=["tasks"])
TaskRef = Annotated[str, Path(max_length=40, description="Id or key", examples=["ORK-12"])]
Text = Annotated[Str | None, Query(max_length=300)]


class TaskFilters(Asked):
    """What to list; a name may be given more than once."""

    project: Annotated[list[str], Query(max_length=50)] = []
    """Ids or key prefixes."""
    status: Annotated[list[Status], Query()] = []
    priority: Annotated[list[Priority], Query()] = []
    assignee: Annotated[list[str], Query(max_length=50)] = []
    """Agent ids; `me` is the calling agent, `none` is nobody."""
    label: Annotated[list[Str], Query(max_length=20)] = []
    """All of them."""
    text: Text = None
    """Words, or their beginnings, of key, title and description."""
    external_id: Annotated[list[Str], Query(max_length=200)] = []
    due_before: AwareDatetime | None = None
    blocked: bool | None = None
    sort: TaskSort = "-created_at"
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None

    def read(self, work: Work) -> queries.TaskFilter:
        """As the query takes it."""
        return queries.TaskFilter(
            project_ids=[UUID(p) for p in self.project if is_uuid(p)],
            project_prefixes=[p.upper() for p in self.project if not is_uuid(p)],
            statuses=self.status,
            priorities=self.priority,
            assignee_ids=[_agent(work, a) for a in self.assignee if a != "none"],
            unassigned="none" in self.assignee,
            labels=self.label,
            text=self.text,
            due_before=self.due_before,
            blocked=self.blocked,
            external_ids=self.external_id,
        )


def _agent(work: Work, name: str) -> UUID:
    if name == "me" and work.actor.id is not None:
        return work.actor.id
    if not is_uuid(name):
        raise invalid("assignee", "must be an agent's id, `me` or `none`")
    return UUID(name)


Filters = Annotated[TaskFilters, Query()]


@routes.get("/tasks", operation_id="tasks.list", summary="Tasks", response_model=TaskPage)
def list_tasks(filters: Filters, door: Caller) -> Response:
    """Newest first unless sorted otherwise."""
    return door.ask(
        lambda work: queries.tasks(
            work, filters.read(work), sort=filters.sort, cursor=filters.cursor, limit=filters.limit
        )
    )


@routes.get(
    "/projects/{ref}/tasks",
    operation_id="projects.tasks",
    summary="A project's tasks",
    response_model=TaskPage,
    tags=["projects"],
)
def list_project_tasks(ref: TaskRef, filters: Filters, door: Caller) -> Response:
    """The same filters as /tasks."""

    def page(work: Work) -> object:
        project = project_queries.project(work, ref)
        narrowed = filters.model_copy(update={"project": [str(project.id)]})
        return queries.tasks(work, narrowed.read(work), sort=filters.sort, cursor=filters.cursor, limit=filters.limit)

    return door.ask(page)


@routes.post("/tasks", operation_id="tasks.create", summary="Create a task", status_code=201, response_model=TaskOut)
def create_task(body: TaskIn, door: Caller) -> Response:
    """With `ready` it walks on to READY, or waits for its dependencies."""
    return door.create(creating.create_task, body)


@routes.post(
    "/tasks/bulk", operation_id="tasks.bulk", summary="Create a graph", status_code=201, response_model=BulkOut
)
def create_tasks(body: BulkIn, door: Caller) -> Response:
    """All of it or nothing; dependencies by the caller's own refs."""
    return door.create(bulk.create_tasks, body)


@routes.post("/tasks/claim", operation_id="tasks.claim", summary="Claim the best ready tasks", response_model=ClaimOut)
def claim(body: ClaimIn, door: Caller) -> Response:
    """Each task goes to exactly one agent, with a lease and a fence."""
    return door.do(claims.claim, body)


@routes.get("/tasks/graph", operation_id="tasks.graph", summary="A project's graph", response_model=GraphOut)
def get_graph(project: Annotated[str, Query(max_length=40)], door: Caller) -> Response:
    """Nodes, edges and the critical path."""
    return door.ask(lambda work: graph.graph(work, project_queries.project(work, project).id))


@routes.get("/tasks/{ref}", operation_id="tasks.get", summary="One task", response_model=TaskOut)
def get_task(ref: TaskRef, door: Caller) -> Response:
    """By id or key."""
    return door.ask(queries.task, ref)


@routes.patch("/tasks/{ref}", operation_id="tasks.update", summary="Change a task", response_model=TaskOut)
def update_task(ref: TaskRef, patch: TaskPatch, door: Caller) -> Response:
    """What is absent stays. The state changes by transition."""
    return door.do(creating.update_task, ref, patch, door.if_match)


@routes.delete("/tasks/{ref}", operation_id="tasks.delete", summary="Delete a task", status_code=204)
def delete_task(ref: TaskRef, door: Caller) -> Response:
    """Only one that nobody worked on; anything else is cancelled."""
    return door.remove(creating.delete_task, ref)


@routes.get(
    "/tasks/{ref}/transitions", operation_id="tasks.moves", summary="Where a task can go", response_model=MovesOut
)
def list_moves(ref: TaskRef, door: Caller) -> Response:
    """The legal next states as it stands."""
    return door.ask(queries.moves, ref)


@routes.post("/tasks/{ref}/transition", operation_id="tasks.transition", summary="Move a task", response_model=TaskOut)
def transition(ref: TaskRef, body: MoveIn, door: Caller) -> Response:
    """409 names the legal states when it can't go there."""
    move = lifecycle.transition if body.comment is None else lifecycle.transition_saying
    return door.do(move, ref, body, door.if_match)


@routes.post("/tasks/{ref}/status", operation_id="tasks.set_status", summary="Move a task", response_model=TaskOut)
def set_status(ref: TaskRef, body: MoveIn, door: Caller) -> Response:
    """The same as transition."""
    return transition(ref, body, door)


@routes.get(
    "/tasks/{ref}/subtree",
    operation_id="tasks.subtree",
    summary="A task with all that depends on it",
    response_model=SubtreeOut,
)
def get_subtree(ref: TaskRef, door: Caller) -> Response:
    """What `POST /tasks/{ref}/cancel` would cancel: how much, and the first 200 of it."""
    return door.ask(subtree.subtree, ref)


@routes.post(
    "/tasks/{ref}/cancel",
    operation_id="tasks.cancel",
    summary="Cancel a task with all that depends on it",
    response_model=CancelledOut,
)
def cancel_subtree(ref: TaskRef, body: CancelIn, door: Caller) -> Response:
    """A person's. The task and every unfinished one that waits for it, directly or not, all or nothing; for the task
    alone, move it to CANCELLED. Runs end with the failure `cancelled`; a later write of their agents answers 409
    `task.cancelled`. `expected` refuses it when there is more or less to cancel than was seen."""
    return door.do(cancelling.cancel_subtree, ref, body)


@routes.post(
    "/tasks/{ref}/criteria/{criterion_id}/evidence",
    operation_id="tasks.give_evidence",
    summary="Show that a criterion is met",
    response_model=CriterionOut,
)
def give_evidence(ref: TaskRef, criterion_id: UUID, body: EvidenceIn, door: Caller) -> Response:
    """By the agent that holds the task, with its fence, or a person. What was verified before has to be verified
    again."""
    return door.do(criteria.give_evidence, ref, criterion_id, body)


@routes.post(
    "/tasks/{ref}/criteria/{criterion_id}/verification",
    operation_id="tasks.verify",
    summary="Verify a criterion",
    response_model=CriterionOut,
)
def verify_criterion(ref: TaskRef, criterion_id: UUID, body: VerifyIn, door: Caller) -> Response:
    """Met or failed, by someone other than who did the work; `met` needs evidence. A task that needs a review completes
    only when every criterion is verified as met."""
    return door.do(criteria.verify, ref, criterion_id, body)


@routes.post("/tasks/{ref}/assign", operation_id="tasks.assign", summary="Assign a task", response_model=AssignedOut)
def assign(ref: TaskRef, body: AssignIn, door: Caller) -> Response:
    """To an agent that is a candidate for it, by the rule of claims: active, autonomy 1 or more, heartbeat not overdue,
    room, budget of the day left, allowed in the project, every required capability. Otherwise 409, or 402 for the
    budget, with what to do. An agent may take a task for itself.

    Without an agent the candidate with the best score gets it, and the answer says how each one scored; when nobody
    suits, a pending decision asks a person."""
    if body.agent_id is None:
        return door.do(assignment.assign_best, ref)
    return door.do(claims.assign, ref, body)


@routes.get(
    "/tasks/{ref}/assignment",
    operation_id="tasks.assignment",
    summary="Why a task has its agent",
    response_model=AssignmentOut,
)
def get_assignment(ref: TaskRef, door: Caller) -> Response:
    """Every candidate with its factors and score, the winner, the runner-up, and why each other lost."""
    return door.ask(assigned.assignment, ref)


@routes.get(
    "/tasks/{ref}/dependencies",
    operation_id="tasks.dependencies",
    summary="A task's dependencies",
    response_model=PageOut[DependencyOut],
)
def list_dependencies(ref: TaskRef, door: Caller) -> Response:
    """What it waits for, and what waits for it."""
    return door.ask(lambda work: PageOut(items=graph.dependencies(work, ref)))


@routes.post(
    "/tasks/{ref}/dependencies",
    operation_id="tasks.add_dependency",
    summary="Add a dependency",
    status_code=201,
    response_model=PageOut[DependencyOut],
)
def add_dependency(ref: TaskRef, body: DependencyIn, door: Caller) -> Response:
    """Refused when it would close a cycle."""
    return door.create(dependencies.add_dependency, ref, body)


@routes.delete(
    "/tasks/{ref}/dependencies/{need_ref}",
    operation_id="tasks.remove_dependency",
    summary="Remove a dependency",
    status_code=204,
)
def remove_dependency(ref: TaskRef, need_ref: TaskRef, door: Caller) -> Response:
    """The task becomes READY when nothing else blocks it."""
    return door.remove(dependencies.remove_dependency, ref, need_ref)


@routes.get(
    "/tasks/{ref}/comments",
    operation_id="tasks.comments",
    summary="A task's comments",
    response_model=PageOut[CommentOut],
)
def list_comments(
    ref: TaskRef,
    door: Caller,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """The oldest first."""
    return door.ask(runs.comments, ref, cursor=cursor, limit=limit)


@routes.post(
    "/tasks/{ref}/comments",
    operation_id="tasks.comment",
    summary="Comment on a task",
    status_code=201,
    response_model=CommentOut,
)
def add_comment(ref: TaskRef, body: CommentIn, door: Caller) -> Response:
    """Markdown."""
    return door.create(comments.add_comment, ref, body)
