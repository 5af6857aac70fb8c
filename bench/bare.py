"""The yardstick: the same answers by handlers that do nothing else. No login, audit, events or limits.

Served by granian as orkwork is, on the same PostgreSQL, with FastAPI and a psycopg pool. `BENCH_TASK` and `BENCH_ROW`
hold an answer of the real API for a task and for a row of its list: the handlers select the columns of these names and
copy the rest, so that both servers send the same JSON.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Response
from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool
from pydantic import BaseModel
from pydantic_core import to_json

TASK = json.loads(os.environ["BENCH_TASK"])
ROW = json.loads(os.environ["BENCH_ROW"])
pool: ConnectionPool[Connection[DictRow]] = ConnectionPool(
    os.environ["BENCH_DATABASE_URL"],
    min_size=4,
    max_size=8,
    open=False,
    kwargs={"row_factory": dict_row, "autocommit": True, "prepare_threshold": 1},
)
columns: set[str] = set()
GET = "select {columns} from tasks where id = %s"
LIST = "select {columns} from tasks order by created_at desc, id desc limit %s"
UPDATE = "update tasks set status = %s, version = version + 1, updated_at = now() where id = %s returning {columns}"


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Open the pool and learn the columns."""
    pool.open(wait=True)
    with pool.connection() as connection:
        found = connection.execute(
            "select column_name from information_schema.columns where table_name = 'tasks' and column_name <> 'search'"
        )
        columns.update(row["column_name"] for row in found)
    yield
    pool.close()


app = FastAPI(lifespan=lifespan)


class Move(BaseModel):
    """The body of a transition."""

    to: str


def statement(text: str, shape: dict[str, Any]) -> bytes:
    """The statement with the columns that the shape names."""
    return text.replace("{columns}", ", ".join(name for name in shape if name in columns)).encode()


def answer(body: Any) -> Response:
    """JSON."""
    return Response(to_json(body), media_type="application/json")


@app.get("/tasks/{task_id}")
def get_task(task_id: UUID) -> Response:
    """One task."""
    with pool.connection() as connection:
        row = connection.execute(statement(GET, TASK), (task_id,)).fetchone()
    return Response(status_code=404) if row is None else answer(TASK | row)


@app.get("/tasks")
def list_tasks(limit: int = 50) -> Response:
    """The newest tasks."""
    with pool.connection() as connection:
        rows = connection.execute(statement(LIST, ROW), (limit,)).fetchall()
    return answer({"items": [ROW | row for row in rows], "next_cursor": _cursor(rows)})


def _cursor(rows: list[DictRow]) -> str | None:
    last = rows[-1].get("created_at") if rows else None
    return last.isoformat() if isinstance(last, datetime) else None


@app.post("/tasks/{task_id}/transition")
def transition(task_id: UUID, move: Move) -> Response:
    """The UPDATE alone."""
    with pool.connection() as connection:
        row = connection.execute(statement(UPDATE, TASK), (move.to, task_id)).fetchone()
    return Response(status_code=404) if row is None else answer(TASK | row)
