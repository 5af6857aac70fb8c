"""Everybody at work, until somebody ends it."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from orkwork.demo import lead, reviewer, worker
from orkwork.demo.api import Api, Dismissed
from orkwork.demo.cast import Player, Scene, Venture
from orkwork.demo.news import News

PARTS = {"lead": lead.plan, "work": worker.work, "review": reviewer.review}


async def play(
    address: str,
    players: Sequence[Player],
    ventures: Sequence[Venture],
    say: Callable[[str], None],
    *,
    pace: float = 1.0,
    seconds: float | None = None,
) -> News:
    """Let the players work through the API at `address` until Ctrl-C, or that many seconds; Dismissed when their keys
    stop working."""
    news, stop = News(say), asyncio.Event()
    _listen(stop)
    limits = httpx.Limits(max_connections=len(players), max_keepalive_connections=len(players), keepalive_expiry=30)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=15, trust_env=False) as http:
        scenes = [Scene(player, tuple(ventures), Api(http, player.key, news, pace), news) for player in players]
        playing: list[asyncio.Task[Any]] = [asyncio.create_task(PARTS[scene.player.part](scene)) for scene in scenes]
        playing.append(asyncio.create_task(_speak(news)))
        ended: asyncio.Task[Any] = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*playing, ended], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*playing, ended):
                task.cancel()
            await asyncio.gather(*playing, ended, return_exceptions=True)
    for task in done:
        if task is not ended:
            task.result()
    return news


async def _speak(news: News) -> None:
    """Say what is left to say when nothing new happens."""
    while True:
        await asyncio.sleep(1)
        news.speak()


def _listen(stop: asyncio.Event) -> None:
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # not in the main thread: a test
            asyncio.get_running_loop().add_signal_handler(name, stop.set)


__all__ = ["Dismissed", "play"]
