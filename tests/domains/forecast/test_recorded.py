"""Closings of recorded trackers: bands against what really happened, origin by origin."""

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from orkwork.domains.forecast.rules.closing import MONTH_DAYS, Coverage, closings, coverage, history
from orkwork.domains.trackers import rules
from tests.bench.real_data import DATA, needs_data

pytestmark = [pytest.mark.realdata, needs_data]
TRACKERS = DATA / "issue_trackers"


def share(rolled: list[Coverage]) -> float:
    return sum(one.within for one in rolled) / sum(one.origins for one in rolled)


def test_a_standards_groups_closings_lie_in_the_band_as_often_as_it_says() -> None:
    found = rules.read((TRACKERS / "moq-transport.archive.2024-01-21.json.gz").read_bytes())
    known = history([(one.created_at, one.closed_at) for one in found.items if one.kind == "issue" and one.created_at])
    day = datetime(2024, 1, 21, tzinfo=UTC).timestamp() / 86_400
    rolled = coverage(known, day)
    assert sum(one.origins for one in rolled) == 87
    assert 0.75 <= share(list(rolled)) <= 0.88
    assert 0.75 <= share([one for one in rolled if one.months in (1, 2, 3, 6)]) <= 0.88
    halves = sum(one.half for one in rolled) / 87
    assert 0.3 <= halves <= 0.7
    now = closings(known, day)
    assert (now.open, now.cold) == (70, False)
    assert now.bands[2].p90 - now.bands[2].p10 < 50


def test_a_service_desks_groups_close_as_often_within_the_band_as_it_says() -> None:
    last: dict[str, list[str]] = {}
    with gzip.open(TRACKERS / "incident_event_log.dev.opened-before-2016-05.csv.gz", "rt") as file:
        for row in csv.reader(file):
            last[row[0]] = [row[23], row[9], row[35]]  # the group that had it last, opened, closed
    groups = Counter(group for group, *_ in last.values())
    rolled = []
    for group in [name for name, n in groups.items() if n >= 800]:
        pairs = [(_at(opened), _at(closed)) for name, opened, closed in last.values() if name == group]
        known = history(pairs)
        rolled += coverage(known, float(np.quantile(known.opened, 0.95)), step_days=MONTH_DAYS / 6)
    assert share(rolled) > 0.75


def _at(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
