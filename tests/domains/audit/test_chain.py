"""The sealed chain finds whatever is done to it."""

import time

import psycopg
import pytest

from orkwork.core import door
from orkwork.core.actor import system
from orkwork.domains.audit import queries, service
from orkwork.domains.audit.schemas import CheckpointIn, VerifyOut
from tests.factories import Company


def seal() -> int:
    return door.run(system("test"), service.seal, write=True)


def seal_all() -> None:
    """Seal everything; an open transaction of the server's own housekeeping may hold the seal back for a moment."""
    for _ in range(500):
        seal()
        if verify().unsealed == 0:
            return
        time.sleep(0.02)
    pytest.fail("the events were not sealed within 10 seconds")


def verify(kept: CheckpointIn | None = None) -> VerifyOut:
    return door.run(system("test"), lambda work: queries.verify(work, kept), write=False)


@pytest.fixture
def sealed(company: Company) -> Company:
    """A company with a handful of sealed events."""
    project = company.project()
    for title in ("one", "two", "three"):
        company.task(project, title)
    seal_all()
    return company


def test_a_chain_that_nobody_touched_holds(sealed: Company) -> None:
    found = verify()
    assert found.ok
    assert found.sealed >= 4
    assert found.unsealed == 0
    assert seal() == 0


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (
            "alter table events disable trigger all; "
            "update events set actor_name = 'x' where seq = (select seq from event_log where pos = 2)",
            "was changed",
        ),
        (
            "alter table events disable trigger all; delete from events where seq = (select seq from event_log where pos = 2)",
            "was removed",
        ),
        ("delete from event_log where pos = 2", "is missing"),
        ("delete from event_log where pos = (select max(pos) from event_log)", "cut off"),
        ("update event_log set hash = decode(repeat('ab', 32), 'hex') where pos = 3", "link at position 3"),
        (
            "insert into events (seq, xid, occurred_at, name, actor_kind, actor_name, subject_kind, subject_label) "
            "overriding system value values (0, '3', now(), 'task.moved', 'system', 'x', 'task', '')",
            "was inserted",
        ),
        (
            "alter table events disable trigger all; delete from events where seq = (select seq from event_log where pos = 2); "
            "update event_log set erased = true where pos = 2",
            "only 0 of them",
        ),
    ],
)
def test_harm_is_found(sealed: Company, database: str, harm: str, says: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in harm.split(";"):
            connection.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue]
        try:
            found = verify()
        finally:
            connection.execute("alter table events enable trigger all")
    assert not found.ok
    assert says in (found.problem or "")


def test_a_rewritten_end_is_found_by_a_kept_checkpoint(sealed: Company, database: str) -> None:
    kept = door.run(system("test"), queries.checkpoint, write=False)
    assert verify(CheckpointIn(pos=kept.pos, hash=kept.hash)).ok
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("delete from event_log where pos >= 3")
        connection.execute("update event_log_cursor set pos = 2, hash = (select hash from event_log where pos = 2)")
    assert verify().ok or "inserted" in (verify().problem or "")
    found = verify(CheckpointIn(pos=kept.pos, hash=kept.hash))
    assert not found.ok


def test_what_a_transaction_saw_stands_before_what_it_did(company: Company, database: str) -> None:
    fact = (
        "insert into events (occurred_at, name, actor_kind, actor_name, subject_kind, subject_label) "
        "values (now(), 'task.moved', 'system', 'x', 'task', %s)"
    )
    order = (
        "select e.subject_label from event_log l join events e on e.seq = l.seq where e.actor_name = 'x' order by l.pos"
    )
    with psycopg.connect(database) as old, psycopg.connect(database) as open_, psycopg.connect(database) as new:
        for connection in (old, open_):  # a transaction gets its number at its first write
            connection.execute("select pg_current_xact_id()")
        new.execute(fact, ["cause"])
        new.commit()
        old.execute(fact, ["effect"])
        old.commit()
        seal()
        assert new.execute(order).fetchall() == []
        new.commit()
        open_.execute(fact, ["later, of an old transaction"])
        new.execute(fact, ["apart"])
        new.commit()
        open_.commit()
        seal()
        assert [row[0] for row in new.execute(order)] == ["cause", "effect", "later, of an old transaction", "apart"]
        new.commit()
        old.execute("select pg_current_xact_id()")
        open_.execute(fact, ["numbered early, committed late"])
        old.execute(fact, ["numbered late, committed early"])
        old.commit()
        seal()
        open_.commit()
        seal()
        last = [row[0] for row in new.execute(order)][-2:]
        assert last == ["numbered late, committed early", "numbered early, committed late"]
    assert verify().ok
    assert verify().unsealed == 0


def test_events_are_append_only(sealed: Company, database: str) -> None:
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        connection.execute("update events set name = 'x'")
