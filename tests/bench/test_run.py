"""Reading a recorded run."""

import json
import tarfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bench.replay.run import load_run
from tests.bench.made_up import FAILED, RESOLVED, SILENT, write_run
from tests.bench.real_data import RUN, needs_data


def test_calls_outcomes_and_durations_are_read(tmp_path: Path) -> None:
    run = load_run(write_run(tmp_path))
    assert [t.name for t in run.trajectories] == [RESOLVED, FAILED, SILENT]
    assert [len(t.calls) for t in run.trajectories] == [2, 1, 0]
    assert [t.resolved for t in run.trajectories] == [True, False, False]
    assert run.resolved == 1
    assert run.calls == 3
    assert run.trajectories[0].duration_ms == 327_972
    assert run.trajectories[0].charged == Decimal("0.029780")
    assert run.trajectories[0].outcome == "APPLICABLE_PATCH"
    assert run.never_executed == ("acme__lib-9",)


def test_times_of_calls_are_moved_from_the_clock_of_the_log_to_utc(tmp_path: Path) -> None:
    run = load_run(write_run(tmp_path))
    assert run.trajectories[0].calls[0].at == datetime(2024, 4, 6, 5, 53, 58, tzinfo=UTC)


def test_stated_prices_are_exact_decimals(tmp_path: Path) -> None:
    stated = load_run(write_run(tmp_path)).trajectories[0].stated
    assert (stated.input_price, stated.output_price) == (Decimal("0.00001"), Decimal("0.00001"))


def test_an_archive_and_its_folder_are_the_same_run(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    archive = tmp_path / "tiny-run.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname="tiny-run")
    assert load_run(archive) == load_run(folder)


def test_what_only_the_totals_count_becomes_one_more_call(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    cost = next(folder.glob(f"*/{FAILED}_*/cost.json"))
    stated = json.loads(cost.read_text()) | {"total_input_tokens": 110, "total_output_tokens": 25, "total_cost": 0.5}
    cost.write_text(json.dumps(stated))
    calls = load_run(folder).trajectories[1].calls
    assert [(c.input_tokens, c.output_tokens, c.rest) for c in calls] == [(10, 20, False), (100, 5, True)]
    assert sum(c.cost for c in calls if c.cost) == Decimal("0.5")


def test_broken_files_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    next(folder.glob(f"*/{FAILED}_*/cost.json")).write_text("{not json")
    (folder / "final_report.json").unlink()
    run = load_run(folder)
    assert run.resolved == 0
    assert run.trajectories[1].stated.model is None
    assert run.trajectories[1].calls[0].at == datetime(2024, 4, 6, 14, 0, 1, tzinfo=UTC)


def test_the_same_task_executed_twice_is_two_executions(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    first = next(folder.glob(f"*/{SILENT}_*"))
    second = first.with_name(f"{SILENT}_2024-04-07_00-00-00")
    second.mkdir()
    (second / "cost.json").write_text("{}")
    names = [t.name for t in load_run(folder).trajectories]
    assert len(set(names)) == 4


@pytest.mark.realdata
@needs_data
def test_the_real_run_adds_up_or_is_skipped_without_shared_data() -> None:
    run = load_run(RUN)
    assert (len(run.trajectories), run.calls, run.resolved) == (300, 4_765, 48)
    assert sum(t.charged for t in run.trajectories) == Decimal("127.79148")
    for trajectory in run.trajectories:
        stated = trajectory.stated
        assert (trajectory.input_tokens, trajectory.output_tokens) == (stated.input_tokens, stated.output_tokens)
        assert stated.total_cost is not None
        assert abs(trajectory.charged - stated.total_cost) < Decimal("1e-9")
