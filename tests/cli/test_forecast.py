"""`orkwork forecast backtest` says what it expects, what came of it, and how often such bands held."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner, Result

from orkwork.cli.main import commands

FIRST = datetime(2023, 1, 1, tzinfo=UTC)


def run(*arguments: str) -> Result:
    line = ["forecast", "backtest", *arguments]
    return CliRunner().invoke(commands(line), line)


def issues(folder: Path) -> Path:
    """Two years of issues, one every four days, three of four closed after some weeks."""
    found = []
    for n in range(180):
        opened = FIRST + timedelta(days=4 * n)
        closed = opened + timedelta(days=10 + 17 * (n % 7)) if n % 4 else None
        shut = {"closedAt": closed.isoformat()} if closed else {}
        item = {"number": n + 1, "title": "Rope", "url": f"https://github.com/acme/rope/issues/{n + 1}"}
        found.append(item | shut | {"createdAt": opened.isoformat(), "state": "CLOSED" if closed else "OPEN"})
    path = folder / "issues.json"
    path.write_text(json.dumps(found))
    return path


def test_it_gives_the_bands_the_truth_and_the_coverage(tmp_path: Path) -> None:
    said = run(str(issues(tmp_path)), "--as-of", "2024-06-01")
    assert said.exit_code == 0, said.output
    lines = said.output.splitlines()
    assert lines[0].startswith("acme/rope, 2024-06-01: ")
    assert "P10  P50  P90" in lines[1]
    assert [line.split()[0] for line in lines[2:8]] == ["1", "2", "3", "4", "5", "6"]
    assert all("in fact" in line for line in lines[2:8])
    [begin] = [n for n, line in enumerate(lines) if line.startswith("Looking back: of ")]
    assert "the band promises 80 %" in lines[begin]
    assert lines[begin + 1].split("   ")[0].strip() == "months ahead"
    table = [line.split() for line in lines[begin + 2 :]]
    assert [int(ahead) for ahead, *_ in table] == [1, 2, 3, 4, 5, 6]
    for _, within, _, origins, fewer, more, *_ in table:
        assert int(within) + int(fewer) + int(more) == int(origins)


def test_what_can_not_be_forecast_is_said_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text("{")
    assert (run(str(path)).exit_code, "Traceback" in run(str(path)).output) == (1, False)
    assert run(str(tmp_path / "none.json")).exit_code == 2
    path.write_text(
        json.dumps([{"number": 1, "title": "x", "state": "OPEN", "url": "https://github.com/a/b/issues/1"}])
    )
    assert "nothing can be forecast" in run(str(path)).output
