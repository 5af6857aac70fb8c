"""Liveness and readiness."""

import asyncio
import logging
from typing import Any

from fastapi import FastAPI
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from orkwork.core import db, live

log = logging.getLogger(__name__)


async def healthz() -> Response:
    """200 while the process answers."""
    return JSONResponse({"status": "ok"})


async def readyz() -> Response:
    """200 when the database answers; says how each dependency is. Redis may be away: work goes on without it."""
    database, cache = await asyncio.gather(asyncio.to_thread(_database), asyncio.to_thread(_redis))
    body: dict[str, Any] = {
        "status": "ok" if database == cache == "ok" else "degraded" if database == "ok" else "unavailable",
        "dependencies": {"database": database, "redis": cache},
    }
    return JSONResponse(body, status_code=200 if database == "ok" else 503)


def _database() -> str:
    try:
        with db.engine().connect() as connection:
            connection.execute(text("select version_num from alembic_version")).scalar_one()
    except SQLAlchemyError as error:
        log.warning("readyz: %s", error)
        return "unavailable"
    return "ok"


def _redis() -> str:
    try:
        live.client().ping()
    except (RedisError, OSError):
        return "unavailable"
    return "ok"


def add_to(app: FastAPI) -> None:
    """Add both, outside the API's base and its document."""
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.add_api_route("/readyz", readyz, include_in_schema=False)
