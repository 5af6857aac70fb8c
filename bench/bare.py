"""The yardstick: the same answers by handlers that do nothing else. No login, audit, events or limits.

Served by granian as orkwork is, on the same PostgreSQL, with FastAPI and a psycopg pool. `BENCH_TASK` and `BENCH_ROW`
hold an answer of the real API for a task and for a row of its list: the handlers select the columns of these names and
copy the rest, so that both servers send the same JSON. Each handler is there twice: in threads, as orkwork's are, and
under `/async` with psycopg's asynchronous connections.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Response
from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from pydantic import BaseModel
from pydantic_core import to_json

TASK = json.loads(os.environ["BENCH_TASK"])
ROW = json.loads(os.environ["BENCH_ROW"])
GET = "select {columns} from tasks where id = %s"
LIST = "select {columns} from tasks order by created_at desc, id desc limit %s"
UPDATE = "update tasks set status = %s, version = version + 1, updated_at = now() where id = %s returning {columns}"
INSERT = b"""
insert into costs (id, provider, model, occurred_at, day, input_tokens, output_tokens, cached_tokens, cache_write_tokens,
  amount_usd, basis, created_at)
values (gen_random_uuid(), %(provider)s, %(model)s, now(), now()::date, %(input_tokens)s, %(output_tokens)s, 0, 0,
  %(amount_usd)s, 'caller', now()) returning *
"""
COLUMNS = "select column_name from information_schema.columns where table_name = 'tasks' and column_name <> 'search'"

how: dict[str, Any] = {"row_factory": dict_row, "autocommit": True, "prepare_threshold": 1}
url = os.environ["BENCH_DATABASE_URL"]
threads: ConnectionPool[Connection[DictRow]] = ConnectionPool(url, min_size=4, max_size=8, open=False, kwargs=how)
loop: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
    url, min_size=4, max_size=8, open=False, kwargs=how
)
statements: dict[str, bytes] = {}


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Open the pools and write the statements with the columns that the answers name."""
    threads.open(wait=True)
    await loop.open(wait=True)
    with threads.connection() as connection:
        known = {row["column_name"] for row in connection.execute(COLUMNS)}
    for text, shape in ((GET, TASK), (LIST, ROW), (UPDATE, TASK)):
        statements[text] = text.replace("{columns}", ", ".join(name for name in shape if name in known)).encode()
    yield
    threads.close()
    await loop.close()


class Call(BaseModel):
    """The body of a report of a call."""

    provider: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    amount_usd: Decimal


class Move(BaseModel):
    """The body of a transition."""

    to: str


def _one(rows: list[DictRow]) -> Response:
    return _json(TASK | rows[0]) if rows else Response(status_code=404)


def _page(rows: list[DictRow]) -> Response:
    last = rows[-1].get("created_at") if rows else None
    cursor = last.isoformat() if isinstance(last, datetime) else None
    return _json({"items": [ROW | row for row in rows], "next_cursor": cursor})


def _json(body: Any) -> Response:
    return Response(to_json(body), media_type="application/json")


def _ask(text: str, *values: object) -> list[DictRow]:
    with threads.connection() as connection:
        return connection.execute(statements[text], values).fetchall()


async def _ask_async(text: str, *values: object) -> list[DictRow]:
    async with loop.connection() as connection:
        return await (await connection.execute(statements[text], values)).fetchall()


app = FastAPI(lifespan=lifespan)
asynchronous = APIRouter(prefix="/async")


@app.get("/tasks/{task_id}")
def get_task(task_id: UUID) -> Response:
    """One task."""
    return _one(_ask(GET, task_id))


@app.get("/tasks")
def list_tasks(limit: int = 50) -> Response:
    """The newest tasks."""
    return _page(_ask(LIST, limit))


@app.post("/tasks/{task_id}/transition")
def transition(task_id: UUID, move: Move) -> Response:
    """The UPDATE alone."""
    return _one(_ask(UPDATE, move.to, task_id))


@app.post("/costs")
def record_cost(call: Call) -> Response:
    """The INSERT alone."""
    with threads.connection() as connection:
        return _json(connection.execute(INSERT, call.model_dump()).fetchone())


@asynchronous.get("/tasks/{task_id}")
async def get_task_async(task_id: UUID) -> Response:
    """One task."""
    return _one(await _ask_async(GET, task_id))


@asynchronous.get("/tasks")
async def list_tasks_async(limit: int = 50) -> Response:
    """The newest tasks."""
    return _page(await _ask_async(LIST, limit))


@asynchronous.post("/tasks/{task_id}/transition")
async def transition_async(task_id: UUID, move: Move) -> Response:
    """The UPDATE alone."""
    return _one(await _ask_async(UPDATE, move.to, task_id))


app.include_router(asynchronous)
