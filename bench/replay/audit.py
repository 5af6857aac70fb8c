"""Asks whether the audit log's chain holds, and where it ends."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from bench.replay.check import Check
from bench.replay.client import Client, Refused

SEALED_WITHIN = 60.0
"""Seconds that the jobs have to seal the last events."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What the log said: the verdict, the end of the chain, and the project's last event."""

    check: Check
    checkpoint: dict[str, Any] | None = None
    last_event: int | None = None


async def audit_chain(client: Client | None, project_id: str, kept: dict[str, Any] | None = None) -> Chain:
    """Verify the chain once everything is sealed; also against a checkpoint that was kept, when there is one."""
    name = "audit chain verifies" + (", also from the checkpoint kept before" if kept else "")
    if client is None:
        return Chain(Check(name, None, "needs --owner-cookie, --owner-link or --admin-key"))
    since = {"pos": kept["pos"], "hash": kept["hash"]} if kept else {}
    try:
        said = await _sealed(client, since)
        checkpoint = await client.get("/audit/checkpoint")
        newest = (await client.get("/audit", project_id=project_id, limit=1))["items"]
    except Refused as no:
        return Chain(Check(name, False, str(no)))
    good = bool(said["ok"]) and said["sealed"] > 0 and not said["unsealed"]
    detail = f"{said['sealed']:,} sealed, {said['unsealed']:,} not yet; {said.get('problem') or 'no fault'}"
    return Chain(Check(name, good, detail), checkpoint, newest[0]["seq"] if newest else None)


async def _sealed(client: Client, since: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + SEALED_WITHIN
    while True:
        said = await client.get("/audit/verify", **since)
        if not said["unsealed"] or not said["ok"] or time.monotonic() > deadline:
            return said
        await asyncio.sleep(1)
