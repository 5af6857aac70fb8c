"""Retry policies, clocks and loops, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orkwork.core.errors import Invalid
from orkwork.domains.executions.rules import files, limits, loops
from orkwork.domains.executions.rules.failures import CATALOGUE
from orkwork.domains.executions.rules.limits import Clock, Times
from orkwork.domains.executions.rules.loops import Ended
from orkwork.domains.settings.ui import limits as fields
from orkwork.domains.tasks.models import Failure
from orkwork.domains.tasks.ui import clocks
from orkwork.ui import catalog

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def policy(*sources: dict[str, Any] | None, max_retries: int | None = None) -> limits.Policy:
    return limits.resolve([*sources, *[None] * (4 - len(sources))], max_retries)


def test_every_name_has_a_meaning_with_a_sentence_of_advice() -> None:
    assert set(CATALOGUE) == set(Failure)
    for meaning in CATALOGUE.values():
        assert meaning.summary and not meaning.summary.endswith(".")
        assert meaning.advice.endswith(".") and len(meaning.advice.split()) > 4


def test_each_value_comes_from_the_first_that_says_it() -> None:
    task = {"running_seconds": 5}
    project = {"running_seconds": 6, "silence_seconds": 7, "retry": {"factor": 3.0}}
    agent = {"total_seconds": 8, "retry": {"factor": 4.0, "attempts": 9}}
    company = {"waiting_seconds": 10, "total_seconds": 11, "retry": {"initial_seconds": 1}}
    found = limits.resolve([task, project, agent, company])
    assert {which.value: (one.value, one.origin) for which, one in found.clocks.items()} == {
        "running": (5, "task"),
        "silence": (7, "project"),
        "total": (8, "agent"),
        "waiting": (10, "company"),
    }
    assert {name: (one.value, one.origin) for name, one in found.retry.items()} == {
        "initial_seconds": (1, "company"),
        "factor": (3.0, "project"),
        "cap_seconds": (3600, "default"),
        "attempts": (9, "agent"),
        "non_retryable": ((), "default"),
    }
    assert policy({}, {"retry": {"attempts": 9}}, max_retries=0).attempts == 1


@given(initial=st.integers(1, 10**6), factor=st.floats(1, 100), more=st.integers(0, 10**6), retries=st.integers(0, 20))
def test_pauses_begin_at_the_first_never_shrink_and_never_pass_the_cap(
    initial: int, factor: float, more: int, retries: int
) -> None:
    own = policy({"retry": {"initial_seconds": initial, "factor": factor, "cap_seconds": initial + more}})
    pauses = [limits.pause_seconds(own, n) for n in range(retries + 1)]
    assert pauses[0] == initial
    assert pauses == sorted(pauses)
    assert pauses[-1] <= initial + more


def test_the_usual_pauses_double_from_half_a_minute_to_an_hour() -> None:
    assert [limits.pause_seconds(policy(), n) for n in (0, 1, 2, 6, 7, 20)] == [30, 60, 120, 1920, 3600, 3600]


@pytest.mark.parametrize("failure", Failure)
def test_only_what_may_pass_is_tried_again_by_itself(failure: Failure) -> None:
    verdict = limits.after_failure(policy(), failure, 0, NOW, None)
    again = NOW + timedelta(seconds=30) if CATALOGUE[failure].passing else None
    assert (verdict.retry_at, verdict.why_not) == (again, None if again else "not_passing")


def test_a_failure_that_says_nothing_is_tried_again_only_where_somebody_says_how_often() -> None:
    def verdict(**source: Any) -> limits.Verdict:
        return limits.after_failure(policy(**source), Failure.OTHER, 0, NOW, None)

    assert verdict().why_not == "not_passing"
    assert verdict(max_retries=1).retry_at is not None
    said = limits.after_failure(policy(None, {"retry": {"attempts": 2}}), Failure.OTHER, 0, NOW, None)
    assert said.retry_at is not None


def test_attempts_exclusions_and_the_total_end_the_tries() -> None:
    def why(own: limits.Policy, count: int, total: datetime | None = None) -> str | None:
        return limits.after_failure(own, Failure.NETWORK, count, NOW, total).why_not

    assert [why(policy(), n) for n in range(4)] == [None, None, "attempts", "attempts"]
    assert why(policy({"retry": {"non_retryable": ["network"]}}), 0) == "excluded"
    assert why(policy(), 0, NOW + timedelta(seconds=30)) == "total"
    assert why(policy(), 0, NOW + timedelta(seconds=31)) is None


def test_the_clock_that_runs_out_ends_the_run_the_graver_first() -> None:
    def over(ago: int, seen: int | None = None, began: int | None = None, **seconds: int) -> str | None:
        times = Times(
            began_at=NOW - timedelta(seconds=began or ago),
            started_at=NOW - timedelta(seconds=ago),
            seen_at=None if seen is None else NOW - timedelta(seconds=seen),
        )
        found = limits.run_out(policy({f"{name}_seconds": value for name, value in seconds.items()}), times, NOW)
        return found and found.value

    assert over(100) is None
    assert over(100, running=100) == "running"
    assert over(100, running=101) is None
    assert over(100, silence=60) == "silence"
    assert over(100, seen=50, silence=60) is None
    assert over(100, running=50, silence=50, total=100) == "total"
    assert over(100, began=500, total=300) is None, "it began after the total was over: a person let it"
    assert over(100, began=500, total=450) == "total"


def test_a_clock_runs_only_where_there_is_something_to_wait_for() -> None:
    every = policy({f"{which}_seconds": 60 for which in Clock})
    waiting = Times(waiting_since=NOW, began_at=NOW)
    assert {r.which.value for r in limits.readings(every, waiting) if r.over_at} == {"waiting", "total"}
    running = Times(waiting_since=NOW, began_at=NOW, started_at=NOW)
    assert {r.which.value for r in limits.readings(every, running) if r.over_at} == {"running", "total", "silence"}


def test_a_loop_is_the_same_failure_without_getting_further() -> None:
    def loops_at(*runs: tuple[str | None, int], limit: int = 3) -> bool:
        return loops.is_loop([Ended(failure, progress) for failure, progress in runs], limit)

    same = ("network", 10)
    assert loops_at(same, same, same)
    assert loops_at(("other", 90), same, same, ("network", 5))
    assert not loops_at(same, same)
    assert not loops_at(same, same, ("network", 11))
    assert not loops_at(same, ("other", 10), same)
    assert not loops_at(same, (None, 100), same)
    assert not loops_at((None, 1), (None, 1), (None, 1))


@given(name=st.text(min_size=1, max_size=120))
def test_a_files_name_never_breaks_out_of_its_header(name: str) -> None:
    header = files.disposition(name)
    assert header.startswith('attachment; filename="')
    assert header.isascii() and header.isprintable()
    assert header.count('"') == 2
    header.encode("latin-1")


def test_a_kind_that_is_none_is_any() -> None:
    assert files.media_type("Text/HTML; charset=utf-8") == "text/html"
    assert files.media_type("x\r\nSet-Cookie: a") == files.media_type(None) == "application/octet-stream"


def test_every_failure_and_its_advice_is_translated() -> None:
    known = catalog.messages("uk")
    said = {text for meaning in CATALOGUE.values() for text in (meaning.summary, meaning.advice)}
    assert said <= set(known)
    assert {*clocks.NAMES.values(), *clocks.ORIGINS.values()} <= set(known)


def test_a_duration_is_read_as_people_write_it() -> None:
    for text, seconds in (
        ("90", 90),
        ("15m", 900),
        ("1h 30m", 5400),
        ("2 d", 172_800),
        ("2 год 5 хв", 7500),
        ("", None),
    ):
        assert fields.seconds_of(text, "x") == seconds
    for wrong in ("soon", "5x", "-3m", "m", "1.5h"):
        with pytest.raises(Invalid, match="must be a duration"):
            fields.seconds_of(wrong, "x")
    for seconds in (1, 60, 3661, 86_400, 90_061):
        assert fields.seconds_of(fields.duration_text(seconds), "x") == seconds
