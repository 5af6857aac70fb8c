"""Loaded into every process of the orkwork under test: a reaction whose effects can be counted.

Each delivery of a moved task leaves one row, so a lost or doubled effect is a count that is not one.
"""

from orkwork.core.events import EventRow, on
from orkwork.core.work import Work
from orkwork.domains.tasks.events import TaskMoved


def count_chaos_effect(work: Work, event: EventRow) -> None:
    """One row for one delivery, without anything that would refuse a second."""
    work.sql("insert into chaos_effects (seq) values (%(seq)s)", {"seq": event.seq})


count_chaos_effect.__module__ = "tests.chaos.effects"  # a reaction is named after its domain
on(TaskMoved)(count_chaos_effect)
