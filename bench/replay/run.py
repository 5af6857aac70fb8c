"""A recorded run as data: what was executed, every LLM call of it, and what came of it."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bench.replay.log_lines import Log, LoggedCall, decimal_or_none, read_log
from bench.replay.source import best_log, run_files

STAMP = re.compile(r"_\d{4}-\d\d-\d\d[_T]\d\d-\d\d-\d\d$")
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Call:
    """One LLM call: `cost` is what the log says was charged; `rest` marks what only the totals knew of."""

    number: int
    at: datetime
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Stated:
    """What the run's own cost.json states; a missing field is None."""

    model: str | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_cost: Decimal | None = None
    start: Decimal | None = None
    end: Decimal | None = None
    elapsed: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One execution of one task."""

    name: str
    instance: str
    stated: Stated
    calls: tuple[Call, ...]
    started_at: datetime
    duration_ms: int
    outcome: str
    resolved: bool

    @property
    def input_tokens(self) -> int:
        """Input tokens of all calls."""
        return sum(call.input_tokens for call in self.calls)

    @property
    def output_tokens(self) -> int:
        """Output tokens of all calls."""
        return sum(call.output_tokens for call in self.calls)

    @property
    def charged(self) -> Decimal:
        """What the logged calls cost, exactly."""
        return sum((call.cost for call in self.calls if call.cost is not None), Decimal(0))


@dataclass(frozen=True, slots=True)
class Run:
    """All executions of a run, in the order of their names."""

    name: str
    trajectories: tuple[Trajectory, ...]
    digest: str
    never_executed: tuple[str, ...] = ()

    @property
    def resolved(self) -> int:
        """How many executions the run's report calls resolved."""
        return sum(trajectory.resolved for trajectory in self.trajectories)

    @property
    def calls(self) -> int:
        """How many LLM calls there are."""
        return sum(len(trajectory.calls) for trajectory in self.trajectories)


def load_run(path: Path) -> Run:
    """Read a run from a folder or an archive."""
    folders: dict[str, dict[str, bytes]] = defaultdict(dict)
    top: dict[str, bytes] = {}
    seen: list[bytes] = []
    for name, data in run_files(path):
        seen.append(hashlib.sha256(name.name.encode() + data).digest())
        if name.name in ("final_report.json", "tasks.txt"):
            top[name.name] = data
        else:
            folders[name.parent.as_posix()][name.name] = data
    executed = {folder: files for folder, files in folders.items() if _is_execution(files)}
    digest = hashlib.sha256(b"".join(sorted(seen))).hexdigest()
    return _assemble(_run_name(path), executed, top, digest[:12])


def _is_execution(files: dict[str, bytes]) -> bool:
    return "cost.json" in files or any(name.endswith(".log") for name in files)


def _run_name(path: Path) -> str:
    return re.sub(r"(\.tar)?\.(gz|tgz|tar)$", "", path.resolve().name)


def _assemble(name: str, folders: dict[str, dict[str, bytes]], top: dict[str, bytes], digest: str) -> Run:
    resolved = _resolved(top.get("final_report.json"))
    instances = {folder: instance_of(folder.rsplit("/", 1)[-1]) for folder in folders}
    often = Counter(instances.values())
    trajectories = []
    for folder in sorted(folders):
        instance = instances[folder]
        unique = instance if often[instance] == 1 else folder.rsplit("/", 1)[-1]
        trajectories.append(_trajectory(unique, instance, folders[folder], instance in resolved))
    trajectories.sort(key=lambda trajectory: trajectory.name)
    listed = top.get("tasks.txt", b"").decode("utf-8", "replace").split()
    return Run(name, tuple(trajectories), digest, tuple(sorted(set(listed) - set(often))))


def instance_of(folder: str) -> str:
    """The task's id: the folder's name without the time it was started at."""
    return STAMP.sub("", folder)


def _resolved(data: bytes | None) -> frozenset[str]:
    report = _json(data)
    found = report.get("resolved", report.get("resolved_ids"))
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()


def _json(data: bytes | None) -> dict:
    try:
        parsed = json.loads(data or b"{}", parse_float=Decimal)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _trajectory(name: str, instance: str, files: dict[str, bytes], resolved: bool) -> Trajectory:
    stated = _stated(_json(files.get("cost.json")))
    log = read_log(best_log({key: data for key, data in files.items() if key.endswith(".log")}))
    zone = clock_offset(log.first, stated.start)
    start = _start(stated, log, zone)
    calls = tuple(_calls(log.calls, start, zone))
    return Trajectory(
        name=name,
        instance=instance,
        stated=stated,
        calls=calls + tuple(_rest(stated, calls, start)),
        started_at=start,
        duration_ms=_duration(stated, log),
        outcome=_outcome(_json(files.get("extract_status.json"))),
        resolved=resolved,
    )


def _stated(cost: dict) -> Stated:
    def count(field: str) -> int | None:
        value = decimal_or_none(cost.get(field))
        return None if value is None else int(value)

    return Stated(
        model=str(cost["model"]) if cost.get("model") else None,
        input_price=decimal_or_none(cost.get("input_cost_per_token")),
        output_price=decimal_or_none(cost.get("output_cost_per_token")),
        input_tokens=count("total_input_tokens"),
        output_tokens=count("total_output_tokens"),
        total_cost=decimal_or_none(cost.get("total_cost")),
        start=decimal_or_none(cost.get("start_epoch")),
        end=decimal_or_none(cost.get("end_epoch")),
        elapsed=decimal_or_none(cost.get("elapsed_seconds")),
    )


def clock_offset(first: datetime | None, start: Decimal | None) -> timedelta:
    """How far the log's clock stands from UTC: its first line against the start that cost.json gives in UTC."""
    if first is None or start is None:
        return timedelta(0)
    apart = first.replace(tzinfo=UTC) - datetime.fromtimestamp(float(start), UTC)
    quarters = round(apart / timedelta(minutes=15))
    return timedelta(minutes=15 * quarters) if abs(quarters) <= 14 * 4 else timedelta(0)


def _start(stated: Stated, log: Log, zone: timedelta) -> datetime:
    if stated.start is not None:
        return datetime.fromtimestamp(float(stated.start), UTC)
    return log.first.replace(tzinfo=UTC) - zone if log.first else datetime(2000, 1, 1, tzinfo=UTC)


def _calls(logged: list[LoggedCall], start: datetime, zone: timedelta) -> list[Call]:
    return [
        Call(
            number=number,
            at=call.at.replace(tzinfo=UTC) - zone if call.at else start + timedelta(seconds=number),
            input_tokens=call.input_tokens,
            output_tokens=call.output_tokens,
            cost=call.cost,
        )
        for number, call in enumerate(logged)
    ]


def _rest(stated: Stated, calls: tuple[Call, ...], start: datetime) -> list[Call]:
    """What cost.json counts beyond the logged calls, as one more call."""
    tokens_in = (stated.input_tokens or 0) - sum(call.input_tokens for call in calls)
    tokens_out = (stated.output_tokens or 0) - sum(call.output_tokens for call in calls)
    if tokens_in < 0 or tokens_out < 0 or tokens_in + tokens_out == 0:
        return []
    cost = None
    if stated.total_cost is not None:
        cost = max(Decimal(0), stated.total_cost - sum((call.cost or Decimal(0) for call in calls), Decimal(0)))
    at = datetime.fromtimestamp(float(stated.end), UTC) if stated.end is not None else start
    return [Call(len(calls), at, tokens_in, tokens_out, cost, rest=True)]


def _duration(stated: Stated, log: Log) -> int:
    if stated.elapsed is not None:
        return max(0, int(stated.elapsed * 1000))
    if stated.start is not None and stated.end is not None:
        return max(0, int((stated.end - stated.start) * 1000))
    return max(0, int((log.last - log.first).total_seconds() * 1000)) if log.first and log.last else 0


def _outcome(status: dict) -> str:
    found = status.get("extract_status")
    return str(found[-1]) if isinstance(found, list) and found else "UNKNOWN"
