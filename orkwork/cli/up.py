"""`orkwork up`: read the settings, then become the supervisor."""

import json
import os
import sys
import time
from dataclasses import asdict

import typer
from pydantic import ValidationError

from orkwork.cli.supervise import PLAN, Plan
from orkwork.core.settings import settings

_STARTED = time.time()


def up() -> None:
    """Start everything: database and queue where none are given, then web, worker and beat. Ctrl-C stops all of it."""
    try:
        own = settings()
    except ValidationError as invalid:
        first = invalid.errors()[0]
        name = str(first["loc"][0]).upper()
        name = name if name in {"DATABASE_URL", "REDIS_URL"} else f"ORKWORK_{name}"
        typer.echo(f"{name} cannot be used: {first['msg']}.", err=True)
        raise typer.Exit(2) from None
    plan = Plan(
        home=str(own.home),
        host=own.host,
        port=own.port,
        address=own.address,
        database_url=own.database_url,
        redis_url=own.redis_url,
        web_workers=own.web_workers,
        worker_processes=own.worker_processes,
        owner_link=own.owner_link,
        started=_STARTED,
    )
    sys.stdout.flush()
    # The settings' libraries take three times the memory of the supervisor, which stays: so start afresh without them.
    os.environ[PLAN] = json.dumps(asdict(plan))
    os.execv(sys.executable, [sys.executable, "-m", "orkwork.cli.supervise"])
