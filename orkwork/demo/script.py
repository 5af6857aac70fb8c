"""What the made-up company works on. Pure."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

FEATURES: Final[dict[str, tuple[str, ...]]] = {
    "Velo shop": (
        "gift cards", "size advice", "pick-up in store", "the bicycle builder", "wish lists", "returns",
        "customer reviews", "bundle prices", "stock alerts", "invoices", "voucher codes", "the express checkout",
    ),
    "Workshop app": (
        "repair tickets", "spare part orders", "the mechanic's day plan", "photo notes", "customer messages",
        "price estimates", "the loan bicycle list", "warranty cases", "the tablet's offline mode", "tyre storage",
    ),
    "Ride insights": (
        "the weekly ride report", "route heat maps", "battery health", "commute detection", "the privacy switch",
        "ride comparisons", "weather notes", "maintenance reminders", "the yearly summary", "group rides",
    ),
}  # fmt: skip
GROUND: Final = (
    # title, capability, minutes, the step that stands on it
    ("Agree on the data model", "data:sql", 90, "tables"),
    ("Set up the build and the preview servers", "devops:docker", 120, "ship"),
    ("Choose type, colours and spacing", "design:web", 60, "sketch"),
)
STEPS: Final = (
    # name, title, capability, minutes, what it waits for, whether it is reviewed
    ("sketch", "Sketch {}", "design:web", 60, (), True),
    ("tables", "Tables and queries for {}", "data:sql", 90, (), True),
    ("api", "API for {}", "code:python", 180, ("tables",), True),
    ("page", "Page for {}", "code:typescript", 240, ("sketch", "api"), True),
    ("tests", "End-to-end tests for {}", "qa:automated", 120, ("page",), True),
    ("help", "Help text for {}", "docs:writing", 45, ("sketch",), True),
    ("ship", "Ship {} to one customer in ten", "devops:docker", 30, ("tests", "help"), False),
)
NOTES: Final = (
    "Reading the code around it", "Looking at how others solved it", "Writing the first version", "Running the tests",
    "Following up on a failing test", "Cleaning up names", "Measuring before and after", "Writing down what changed",
    "Checking the edge cases", "Trying it by hand",
)  # fmt: skip
LOGGED: Final = (
    ("debug", "open src/checkout/{}.py"),
    ("info", "{} tests collected"),
    ("info", "{} tests passed"),
    ("debug", "prompt of {} tokens, most of it from the cache"),
    ("warning", "slow query, {} ms: select … from orders"),
    ("info", "wrote {} lines"),
)
REMARKS: Final = (
    "Started with the smallest thing that could work; the rest follows from it.",
    "The old code did this in **three** places. It is one now.",
    "Left the slow path alone: nobody takes it, see the numbers below.\n\n| | before | after |\n|---|---|---|\n| p50 | 41 ms | 12 ms |",
    "Question for whoever reviews: should an empty list be an answer or an error?",
    "`make check` is green here.",
)
OUTPUTS: Final = (
    "Done. Two commits, tests beside them.\n\n- the happy path and three edge cases\n- one migration, reversible",
    "Works as the criteria say. Left one follow-up in a comment.",
    "Finished; smaller than estimated, since half of it was there already.",
)
EVIDENCE: Final = (
    "The end-to-end test walks through it: [run 412](https://ci.velo.example/412), green.",
    "Tried by hand on a phone and a laptop; two screenshots are with the run.",
    "Numbers before and after stand in the comment above.",
)
LOOKED: Final = ("", "", "Seen it.", "Ran the test myself.")
FAILURES: Final = (
    ("tests_failed", "4 of 212 tests fail: the fixture expects the old column."),
    ("context_too_long", "The conversation outgrew the model's window while reading the logs."),
    ("tool_failed", "git: could not apply 3f2c1d0, conflict in `checkout.py`."),
    ("rate_limited", "The provider refused further calls for this minute."),
)
APPROVALS: Final = (
    "Reads well, and the tests say what it does.",
    "Tried it by hand; good.",
    "Small and clear. Thank you.",
)
CHANGES: Final = (
    "Please cover the empty case: it answers 500 here.",
    "The name says *list*, but it answers one row. Rename it, please.",
    "Could you measure it with 10,000 rows? It looks quadratic.",
)
UNSHOWN: Final = "Please show for each criterion that it is met; I can't tell from here."
PROVIDERS: Final = {"claude": "anthropic", "gpt": "openai", "gemini": "google"}
SMALL_MODELS: Final = ("gpt-5-mini", "claude-haiku-4-5", "gemini-2.5-flash")
PRIORITIES: Final = ("urgent", "high", "high", "medium", "medium", "medium", "low")
FIRST_FEATURES: Final = 4


def beginning(venture: str, chance: random.Random) -> list[dict[str, Any]]:
    """A project's first graph: the ground, the features that stand on it, and one that was designed before."""
    ground = [
        _task(step, title, capability, minutes, [], chance) | {"labels": ["ground"], "priority": "high"}
        for title, capability, minutes, step in GROUND
    ]
    first, *others = FEATURES.get(venture, FEATURES["Velo shop"])[:FIRST_FEATURES]
    steps = {step for *_, step in GROUND}
    return [*ground, *_feature(first, set(), chance), *(t for name in others for t in _feature(name, steps, chance))]


def more(venture: str, count: int, chance: random.Random) -> list[dict[str, Any]]:
    """The next feature of a project that has had `count` of them; they come round again."""
    names = FEATURES.get(venture, FEATURES["Velo shop"])
    again = count // len(names)
    name = names[count % len(names)]
    return _feature(f"{name}, round {again + 1}" if again else name, set(), chance)


def _feature(name: str, grounded: set[str], chance: random.Random) -> list[dict[str, Any]]:
    """The tasks of a feature; a step in `grounded` waits for the ground of the same name."""
    tasks = []
    for step, title, capability, minutes, needs, reviewed in STEPS:
        waits = [f"{name}/{need}" for need in needs] + [step] * (step in grounded)
        task = _task(f"{name}/{step}", title.format(name), capability, minutes, waits, chance)
        tasks.append(task | {"labels": [name.partition(",")[0], step], "review_required": reviewed})
    return tasks


def _task(
    ref: str, title: str, capability: str, minutes: int, depends_on: list[str], chance: random.Random
) -> dict[str, Any]:
    task: dict[str, Any] = {
        "ref": ref,
        "title": title,
        "description": f"{title}.\n\nPart of a made-up company's plan: nobody will ride on it.",
        "priority": chance.choice(PRIORITIES),
        "required_capabilities": [capability],
        "acceptance_criteria": [{"text": "Does what its title says"}, {"text": "A test would notice if it broke"}],
        "estimate_minutes": minutes,
        "max_retries": 4,
        "depends_on": depends_on,
    }
    if chance.random() < 0.3:
        due = datetime.now(UTC) + timedelta(hours=chance.randint(2, 72))
        task["due_at"] = due.replace(minute=0, second=0, microsecond=0).isoformat()
    return task


def log_lines(note: str, chance: random.Random) -> list[dict[str, str]]:
    """What a step says as it goes: what it does, then a few details."""
    told = [
        {"level": level, "text": text.format(chance.randint(2, 400))}
        for level, text in chance.sample(LOGGED, chance.randint(1, 4))
    ]
    return [{"level": "info", "text": note}, *told]


def call(model: str, chance: random.Random) -> dict[str, Any]:
    """One call to a model: mostly one's own, now and then a small one; most of the prompt comes from the cache."""
    used = model if chance.random() < 0.75 else chance.choice(SMALL_MODELS)
    prompt = int(chance.lognormvariate(8.4, 0.6))
    return {
        "provider": PROVIDERS[used.partition("-")[0]],
        "model": used,
        "input_tokens": prompt,
        "cached_tokens": int(prompt * chance.uniform(0.3, 0.8)),
        "output_tokens": int(chance.lognormvariate(5.4, 0.7)),
    }
