"""Reading dependencies: one task's edges, and a project's whole graph with its critical path."""

from decimal import Decimal
from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic_core import to_json

from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.schema import Json
from orkwork.core.work import Work
from orkwork.domains.tasks.queries.tasks import VISIBLE, standing_row
from orkwork.domains.tasks.schemas import DependencyOut, GraphOut

if TYPE_CHECKING:
    import networkx


@query("tasks:read")
def dependencies(work: Work, ref: str | UUID) -> list[DependencyOut]:
    """What a task waits for, and what waits for it."""
    return edges_of(work, standing_row(work, ref)["id"])


def edges_of(work: Work, task_id: UUID) -> list[DependencyOut]:
    """The visible ends of all edges of a task that the caller may see."""
    rows = work.all(
        "select 'depends_on' as direction, d.kind, t.id as task_id, t.key, t.title, t.status, a.name as assignee_name "
        "from task_dependencies d join tasks t on t.id = d.depends_on_id left join agents a on a.id = t.assignee_id "
        f"where d.task_id = %(id)s and {VISIBLE} union all "
        "select 'blocks', d.kind, t.id, t.key, t.title, t.status, a.name "
        "from task_dependencies d join tasks t on t.id = d.task_id left join agents a on a.id = t.assignee_id "
        f"where d.depends_on_id = %(id)s and {VISIBLE} order by 1 desc, 4 limit 2000",
        {"id": task_id, "visible": work.actor.projects},
    )
    return [DependencyOut.model_validate(found) for found in rows]


_NODES = """
select t.id::text, t.key, t.title, t.status, (array['urgent','high','medium','low','none'])[t.priority + 1] as priority,
  a.name as assignee_name, t.estimate_minutes, t.blocked_count
from tasks t left join agents a on a.id = t.assignee_id
where t.project_id = %(project)s order by t.number
"""
_EDGES = """
select d.task_id::text, d.depends_on_id::text, d.kind
from tasks t join task_dependencies d on d.task_id = t.id join tasks n on n.id = d.depends_on_id
where t.project_id = %(project)s and (%(visible)s::uuid[] is null or n.project_id = any(%(visible)s))
"""


@query("tasks:read")
def graph(work: Work, project_id: UUID) -> Json[GraphOut]:
    """A project's tasks and dependencies with the critical path."""
    if work.actor.projects is not None and project_id not in work.actor.projects:
        raise NotFound("project.not_found", f"There is no project {project_id}", "GET /projects lists them.")
    params = {"project": project_id, "visible": work.actor.projects}
    nodes, edges = work.all(_NODES, params), work.all(_EDGES, params)
    path, minutes = critical_path(nodes, edges)
    on_path = set(path)
    steps = set(zip(path[1:], path, strict=False))
    found = {
        "nodes": [node | {"critical": node["id"] in on_path} for node in nodes],
        "edges": [edge | {"critical": (edge["task_id"], edge["depends_on_id"]) in steps} for edge in edges],
        "critical_path": path,
        "critical_tasks": len(path),
        "critical_minutes": minutes,
    }
    return Json(GraphOut, to_json(found).decode())


def critical_path(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> tuple[list[str], Decimal | None]:
    """The longest chain of tasks that are not cancelled, by estimate or else by count, and its minutes.

    Longest path in a directed acyclic graph, as networkx computes it.
    """
    known = {node["id"]: node["estimate_minutes"] for node in nodes if node["status"] != "CANCELLED"}
    estimates = [minutes for minutes in known.values() if minutes is not None]
    usual = median(estimates) if estimates else 1
    nx: Any = import_module("networkx")  # a twentieth of the start, for what few ask
    whole: networkx.DiGraph[str] = nx.DiGraph()
    whole.add_nodes_from(known)
    whole.add_edges_from(
        (edge["depends_on_id"], edge["task_id"], {"minutes": _or(known[edge["task_id"]], usual)})
        for edge in edges
        if edge["kind"] == "blocks" and edge["task_id"] in known and edge["depends_on_id"] in known
    )
    path: list[str] = nx.dag_longest_path(whole, weight="minutes") if whole.number_of_edges() else list(known)[:1]
    minutes = sum(Decimal(str(_or(known[node], usual))) for node in path) if estimates else None
    return path, minutes if minutes is None else Decimal(minutes)


def _or(value: int | None, otherwise: float) -> float:
    return otherwise if value is None else value
