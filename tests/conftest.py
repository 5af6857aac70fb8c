"""What every test may use: real services, a database of its own, callers and an HTTP client."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from orkwork.core import db, door, live
from orkwork.core.actor import Actor, ActorKind, Role
from orkwork.core.settings import settings
from orkwork.core.work import Work
from orkwork.domains import registry
from orkwork.web import limits
from orkwork.web.app import create_api
from tests.factories import Company
from tests.services import Services, start_services

EMPTY = """
do $$
declare name text; used boolean; big text[] := '{}';
begin  -- a test writes to few tables: to empty all of them, which makes their files anew, would take longer than most tests
  set local session_replication_role = replica;
  for name in select tablename from pg_tables where schemaname = 'public'
    and tablename not in ('alembic_version', 'settings', 'event_log_cursor', 'capability_sets') loop
    execute 'select exists (select from ' || quote_ident(name) || ')' into used;
    if used and pg_relation_size(quote_ident(name)::regclass) > 500000 then
      big := big || quote_ident(name);
    elsif used then
      execute 'delete from ' || quote_ident(name);
    end if;
  end loop;
  if cardinality(big) > 0 then
    execute 'truncate ' || array_to_string(big, ', ') || ' cascade';
  end if;
  perform setval(quote_ident(sequencename)::regclass, start_value, false) from pg_sequences
    where schemaname = 'public' and last_value is not null and sequencename <> 'capability_sets_id_seq';
end $$
"""
ALONE = {"site": "kit", "servers": "servers"}
"""Fixtures that start servers for the whole run, and the group of the tests that share them in one process."""
registry.load_operations()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, only one of them starts what these tests need."""
    for item in items:
        for name in getattr(item, "fixturenames", ()):
            if name in ALONE:
                item.add_marker(pytest.mark.xdist_group(ALONE[name]))


@pytest.fixture(autouse=True)
def own_loops(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test run event loops of its own, also after a browser test in the same process.

    Playwright's loop lives as long as the browser, and counts as running in this thread even between its calls, so that
    `asyncio.run` would refuse.
    """
    browsers = asyncio._get_running_loop()
    if browsers is None or "browser" in request.fixturenames:
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(browsers)


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """PostgreSQL and Valkey of this worker alone: the seal waits for every open transaction of a server."""
    started = start_services(tmp_path_factory.getbasetemp() / "services")
    yield started
    started.stop()


@pytest.fixture(scope="session")
def environment(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this worker, named by DATABASE_URL as in production."""
    url = services.database_url("test", fresh=True)
    patch = pytest.MonkeyPatch()
    patch.setenv("DATABASE_URL", url)
    patch.setenv("REDIS_URL", services.redis_url)
    patch.setenv("ORKWORK_HOME", str(tmp_path_factory.mktemp("home")))
    patch.setenv("ORKWORK_RATE_LIMIT_PER_MINUTE", "0")
    _forget()
    yield url
    db.dispose()
    patch.undo()
    _forget()


def _forget() -> None:
    db.dispose()
    for cached in (settings, live.client, limits._limiters):
        cached.cache_clear()


@pytest.fixture
def database(environment: str, settings_row: dict[str, Any]) -> Iterator[str]:
    """The database, emptied after the test."""
    yield environment
    with db.engine().begin() as connection:
        connection.exec_driver_sql("select from event_log_cursor for update")  # as a sealer does, which then waits
        connection.exec_driver_sql(EMPTY)
        connection.exec_driver_sql("delete from capability_sets where capability_ids <> '{}'")
        connection.exec_driver_sql(
            "update event_log_cursor set pos = 0, hash = decode(repeat('00', 32), 'hex'), xid = '0', seq = 0"
        )
        connection.exec_driver_sql("delete from settings")
        connection.exec_driver_sql(
            "insert into settings select * from jsonb_populate_record(null::settings, %(fresh)s)",
            {"fresh": Jsonb(settings_row)},
        )


@pytest.fixture(scope="session")
def settings_row(environment: str) -> dict[str, Any]:
    """The company's settings as a migration leaves them."""
    with db.engine().connect() as connection:
        return connection.exec_driver_sql("select to_jsonb(s) from settings s").scalar_one()


@pytest.fixture
def company(database: str) -> Company:
    """A company to fill: people, agents, projects, tasks."""
    return Company()


@pytest.fixture(scope="session")
def api_app(environment: str):
    """The HTTP application."""
    return create_api()


@pytest.fixture
def http(api_app, database: str) -> Iterator[TestClient]:
    """A client without credentials."""
    with TestClient(api_app, base_url=settings().address, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def as_system(database: str) -> Callable[..., object]:
    """Run a body as the system in one committed Work."""

    def run(body: Callable[[Work], object]) -> object:
        return door.run(Actor(ActorKind.SYSTEM, None, "test"), body, write=True)

    return run


@pytest.fixture
def owner_actor() -> Actor:
    """An owner who is not in the database; enough where no row refers to the person."""
    return Actor(ActorKind.USER, None, "Owner", role=Role.OWNER)
