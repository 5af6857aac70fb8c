"""A tiny recorded run, written by the tests themselves."""

import json
from pathlib import Path

LINE = "{at} Model API request cost info: input_tokens={i}, output_tokens={o}, cost={cost}\n"
RESOLVED, FAILED, SILENT = "acme__lib-1", "acme__lib-2", "acme__lib-3"


def write_run(folder: Path) -> Path:
    """Three executions: two calls and resolved; one call and failed; none at all, with hardly a cost.json."""
    run = folder / "tiny-run"
    _execution(
        run / "applicable_patch" / f"{RESOLVED}_2024-04-06_13-53-42",
        [("2024-04-06 13:53:58", 832, 428, "0.021160"), ("2024-04-06 13:54:00", 748, 38, "0.008620")],
        elapsed=327.972162,
    )
    _execution(
        run / "raw_patch_but_unparsed" / f"{FAILED}_2024-04-06_14-00-00", [("2024-04-06 14:00:01", 10, 20, "0.000700")]
    )
    silent = run / "raw_patch_but_unparsed" / f"{SILENT}_2024-04-06_15-00-00"
    silent.mkdir(parents=True)
    (silent / "cost.json").write_text('{"model": "gpt-4-0125-preview"}')
    (run / "final_report.json").write_text(json.dumps({"resolved": [RESOLVED, "acme__lib-404"]}))
    (run / "tasks.txt").write_text(f"{RESOLVED}\n{FAILED}\n{SILENT}\nacme__lib-9\n")
    return run


def _execution(folder: Path, calls: list[tuple[str, int, int, str]], elapsed: float = 12.5) -> None:
    folder.mkdir(parents=True)
    start = 1712382822.924967 if "53-42" in folder.name else 1712383200.0
    first = "2024-04-06 13:53:42" if "53-42" in folder.name else "2024-04-06 14:00:00"
    lines = [f"{first} ===== Running task =====\n", "a line without a time\n"]
    for at, i, o, cost in calls:
        lines.append(LINE.format(at=at, i=i, o=o, cost=cost))
        lines.append(
            f"{at} Raw model response: 'Model API request cost info: input_tokens=9, output_tokens=9, cost=9'\n"
        )
    (folder / "info.timestamped-lines.log").write_text("".join(lines))
    cost = {
        "model": "gpt-4-0125-preview",
        "input_cost_per_token": 1e-05,
        "output_cost_per_token": 1e-05,
        "total_input_tokens": sum(call[1] for call in calls),
        "total_output_tokens": sum(call[2] for call in calls),
        "total_cost": sum(float(call[3]) for call in calls),
        "start_epoch": start,
        "end_epoch": start + elapsed,
        "elapsed_seconds": elapsed,
    }
    (folder / "cost.json").write_text(json.dumps(cost))
    (folder / "extract_status.json").write_text('{"extract_status": ["RAW_PATCH", "APPLICABLE_PATCH"]}')
