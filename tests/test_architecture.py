"""The house keeps its plan: floors, names, doors."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from jobs.beat import SCHEDULE
from orkwork.core.operation import OPERATIONS, Operation
from orkwork.domains import DOMAINS, registry

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "orkwork"
FLOORS = ("models", "events", "schemas", "rules", "clients", "queries", "service", "reactions", "api", "ui")
"""Bottom to top."""
TOP_LEVEL = {
    "rxconfig.py", "pyproject.toml", "orkwork", "assets", "jobs", "alembic", "tests", "README.md", "Makefile", "docs",
    "deploy", "bench", "alembic.ini", "requirements.lock", "requirements-dev.lock", "reflex.lock", "LICENSE",
}  # fmt: skip
CORE = {
    "__init__", "settings", "db", "clock", "ids", "money", "paging", "schema", "actor", "errors", "work", "door",
    "operation", "events", "live", "lookup", "failpoints", "credentials", "encryption", "idempotency", "logging", "leaving",
    "words",
}  # fmt: skip
FRAMEWORKS = {"reflex": ("ui",), "fastapi": ("api",), "starlette": ("api", "ui"), "celery": ()}
"""What only the named floors of a domain may import."""
VAGUE = {"utils", "util", "helpers", "common", "manager", "misc"}
MAX_LINES = 400


def _sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def _imports(path: Path) -> set[str]:
    """The modules a file imports, as far as names tell: `from a.b import c` gives a.b and a.b.c."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _room(dotted: str) -> tuple[str, str] | None:
    """(domain, floor) of a module of a domain."""
    parts = dotted.split(".")
    if parts[:2] != ["orkwork", "domains"] or len(parts) < 4 or parts[2] not in DOMAINS:
        return None
    return (parts[2], parts[3]) if parts[3] in FLOORS else None


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_a_room_imports_only_down_or_left_along_its_floor() -> None:
    wrong = []
    for path in _sources(PACKAGE / "domains"):
        here = _room(_dotted(path))
        for name in _imports(path) if here else ():
            there = _room(name)
            if (
                there is None
                or here is None
                or (there[0] == here[0] and FLOORS.index(there[1]) <= FLOORS.index(here[1]))
            ):
                continue
            down = FLOORS.index(there[1]) < FLOORS.index(here[1])
            left = there[1] == here[1] and DOMAINS.index(there[0]) < DOMAINS.index(here[0])
            if not down and not left:
                wrong.append(f"{_dotted(path)} imports {name}")
    assert not wrong


def test_a_domain_holds_only_the_named_floors() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for domain in DOMAINS
        for path in (PACKAGE / "domains" / domain).iterdir()
        if path.name not in ("__init__.py", "__pycache__") and path.stem not in FLOORS
    ]
    assert not wrong
    assert {p.name for p in (PACKAGE / "domains").iterdir() if p.is_dir() and p.name != "__pycache__"} == set(DOMAINS)


def test_the_top_level_and_the_core_hold_only_what_the_plan_names() -> None:
    shown = {path.name for path in ROOT.iterdir() if not path.name.startswith((".", "__")) and _is_tracked(path)}
    assert shown <= TOP_LEVEL
    assert {path.stem for path in (PACKAGE / "core").glob("*.py")} <= CORE
    assert not (ROOT / "alembic" / "__init__.py").exists()


def _is_tracked(path: Path) -> bool:
    return not (
        (path.is_dir() and path.name in ("uploaded_files", "node_modules", "build", "dist"))
        or path.suffix == ".egg-info"
    )


def test_no_framework_reaches_below_its_floor() -> None:
    wrong = []
    for path in _sources(PACKAGE / "domains"):
        room = _room(_dotted(path))
        for name in _imports(path):
            allowed = FRAMEWORKS.get(name.split(".")[0])
            if allowed is not None and (room is None or room[1] not in allowed):
                wrong.append(f"{_dotted(path)} imports {name}")
    for path in _sources(PACKAGE / "core"):
        wrong += [f"{_dotted(path)} imports {n}" for n in _imports(path) if n.split(".")[0] in FRAMEWORKS]
    for path in _sources(PACKAGE / "web"):
        wrong += [f"{_dotted(path)} imports {n}" for n in _imports(path) if n.split(".")[0] in ("reflex", "celery")]
    assert not wrong


def test_only_the_door_commits() -> None:
    wrong = []
    for path in [*_sources(PACKAGE), *_sources(ROOT / "jobs")]:
        if _dotted(path) in ("orkwork.core.door",) or "embedded" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("commit", "rollback")
            ):
                wrong.append(f"{_dotted(path)}:{node.lineno}")
    assert not wrong


def test_pages_and_routes_hold_no_sql() -> None:
    wrong = []
    for floor in ("api", "ui"):
        for domain in DOMAINS:
            base = PACKAGE / "domains" / domain
            for path in [base / f"{floor}.py", *_sources(base / floor)]:
                if path.exists() and any(
                    n.split(".")[0] in ("psycopg", "sqlalchemy", "sqlmodel") for n in _imports(path)
                ):
                    wrong.append(_dotted(path))
    assert not wrong


INNER = {
    "tasks": {"moving", "judging", "shapes", "candidates", "clocks", "failing", "handing_in"},
    "demo": {"ledger", "erasing"},
    "sla": {"keeping"},
    "anomalies": {"finding", "comparing", "acting"},
    "forecast": {"inputs", "making"},
    "briefs": {"gathering"},
    "workflows": {"rows", "beginning", "counting", "starters", "switching", "advancing"},
}
"""Files whose functions are parts of operations: `moving` is the one move that several operations make."""
PARTS = {
    # parts of operations that other operations of the same floor call in the same Work
    "audit.service.erase", "demo.service.erasing.let_go", "demo.service.erasing.delete", "demo.service.ledger.forget",
    "sla.service.watching.tell", "costs.queries.budgets.near",
    "costs.queries.ledger.cost_out", "costs.queries.ledger.missing", "costs.queries.budgets.missing", "settings.queries.shown",
    "costs.service.recording.record", "costs.service.recording.hint_budgets", "costs.service.recording.priced_call",
    "costs.service.recording.rollup_of",
    "costs.service.recording.cube_of",
    "decisions.queries.missing", "decisions.queries.one", "decisions.queries.present", "decisions.queries.is_project",
    "decisions.queries.is_agent", "decisions.queries.asker_of", "decisions.service.ask", "decisions.service.close",
    "decisions.service.settle", "decisions.service.how_by", "standing.queries.due", "standing.queries.person",
    "tasks.queries.tasks.located", "tasks.queries.tasks.missing",
    "tasks.queries.tasks.standing_row", "tasks.queries.tasks.standing_of", "tasks.queries.tasks.words",
    "tasks.queries.tasks.task_lookup", "tasks.queries.tasks.standing_lookup",
    "tasks.queries.tasks.orders", "tasks.queries.graph.critical_path", "tasks.queries.graph.edges_of", "tasks.service.creating.columns",
    "tasks.service.assignment.give_best", "tasks.service.noticing.notice", "tasks.service.noticing.mention",
    "projects.queries.hold_of", "tasks.queries.next_work.notice_of", "tasks.queries.next_work.task_agents",
    "tasks.queries.subtree.ids", "executions.queries.leavings.artifact_row", "executions.queries.leavings.missing_artifact",
    "tasks.service.creating.own_limits", "tasks.service.runs.run_row", "tasks.service.runs.check_running",
    "tasks.service.creating.capability_set", "tasks.service.dependencies.insert_edge",
    "tasks.service.dependencies.ready_if_free", "tasks.service.lifecycle.moved_or_refused",
    # readers of credentials, which run before there is an actor
    "auth.queries.session_actor", "agents.queries.key_actor",
}  # fmt: skip


@pytest.mark.parametrize("floor", ["service", "queries"])
def test_every_public_function_of_service_and_queries_is_declared(floor: str) -> None:
    registry.load_operations()
    declared = {entry.fn for entry in OPERATIONS.values()}
    wrong = []
    for domain in DOMAINS:
        base = PACKAGE / "domains" / domain
        for path in [base / f"{floor}.py", *_sources(base / floor)]:
            if not path.exists() or path.stem in INNER.get(domain, ()):
                continue
            module = importlib.import_module(_dotted(path))
            for name, value in vars(module).items():
                if name.startswith("_") or not inspect.isfunction(value) or value.__module__ != module.__name__:
                    continue
                short = f"{module.__name__.removeprefix('orkwork.domains.')}.{name}"
                if inspect.unwrap(value) not in declared and short not in PARTS:
                    wrong.append(short)
    assert not wrong


@pytest.mark.parametrize("entry", OPERATIONS.values(), ids=lambda entry: entry.name)
def test_an_operation_says_what_it_does(entry: Operation) -> None:
    assert len((inspect.getdoc(entry.fn) or "").split()) > 1
    assert inspect.signature(entry.fn).return_annotation is not inspect.Signature.empty


def test_operations_of_service_write_and_those_of_queries_read() -> None:
    wrong = [e.name for e in OPERATIONS.values() if e.writes != (e.fn.__module__.split(".")[3] == "service")]
    assert not wrong


def test_the_clock_names_operations_that_the_system_alone_may_run() -> None:
    for job in SCHEDULE:
        if job.operation != "outbox.drain":
            entry = OPERATIONS[job.operation]
            assert not entry.users, job.operation
            assert not entry.agents, job.operation


def test_no_file_is_vague_or_endless() -> None:
    sources = [*_sources(PACKAGE), *_sources(ROOT / "jobs"), *_sources(ROOT / "bench")]
    assert not [str(path) for path in sources if path.stem in VAGUE]
    assert not [f"{path} {n}" for path in sources if (n := len(path.read_text().splitlines())) > MAX_LINES]


def test_a_package_starts_with_a_docstring_and_nothing_else() -> None:
    allowed = {"domains/__init__.py", "domains/tasks/api/__init__.py"}
    wrong = []
    for path in PACKAGE.rglob("__init__.py"):
        body = ast.parse(path.read_text()).body
        place = str(path.relative_to(PACKAGE))
        if (
            not body
            or not isinstance(body[0], ast.Expr)
            or (len(body) > 1 and place not in allowed and "/ui/" not in f"/{place}")
        ):
            wrong.append(place)
    assert not wrong


def test_imports_stand_at_the_top() -> None:
    wrong = []
    for path in [*_sources(PACKAGE), *_sources(ROOT / "jobs")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                wrong += [f"{_dotted(path)}:{n.lineno}" for n in inner]
    assert not wrong
