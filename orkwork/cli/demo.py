"""`orkwork demo`."""

import asyncio
import time
from typing import Annotated

import httpx
import typer

from orkwork.cli.context import company
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.settings import settings
from orkwork.demo.cast import Player, Venture
from orkwork.demo.play import Dismissed, play
from orkwork.domains.demo import queries
from orkwork.domains.demo.schemas import DemoOut
from orkwork.domains.demo.service import removing, setup

_SERVER_SECONDS = 20.0
_SWEEP_SECONDS = 120.0


def demo(
    remove: Annotated[bool, typer.Option("--remove", help="Remove every trace of the demo.")] = False,
    seconds: Annotated[float | None, typer.Option(min=1, help="End by itself after so long.")] = None,
    pace: Annotated[float, typer.Option(min=0.1, max=50, help="How many times as fast as normal.")] = 1.0,
) -> None:
    """Start a made-up company whose simulated agents work through the API until Ctrl-C, or remove it."""
    with company():
        if remove:
            _remove()
            return
        address = settings().address
        _await_server(address)
        if door.run(system("demo"), queries.leaving, write=False):
            _sweep()
        made = door.run(system("demo"), setup.start_demo, write=True)
    _play(address, made, pace, seconds)


def _play(address: str, made: DemoOut, pace: float, seconds: float | None) -> None:
    names = ", ".join(agent.name for agent in made.agents)
    typer.echo(f"{names} work on {', '.join(project.name for project in made.projects)}. Watch them at {address}.")
    typer.echo("Ctrl-C ends it; `orkwork demo --remove` removes every trace.")
    players = [Player(agent.name, agent.part, agent.model, agent.key) for agent in made.agents]
    ventures = [Venture(str(project.id), project.name) for project in made.projects]
    try:
        news = asyncio.run(play(address, players, ventures, typer.echo, pace=pace, seconds=seconds))
    except Dismissed:
        typer.echo("The demo was removed, or another one took over: its keys don't work any more.")
        return
    typer.echo(f"Stopped after {news.done} finished tasks. `orkwork demo` goes on, `orkwork demo --remove` cleans up.")


def _await_server(address: str) -> None:
    deadline = time.monotonic() + _SERVER_SECONDS
    while True:
        try:
            if httpx.get(f"{address}/readyz", timeout=3, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            typer.echo(
                f"Nothing answers at {address}: run `orkwork up` there, or set ORKWORK_PORT as it has it.", err=True
            )
            raise typer.Exit(1)
        time.sleep(0.5)


def _remove() -> None:
    if not _is_present():
        typer.echo("There is no demo here.")
        return
    leaving = door.run(system("demo remove"), removing.remove_demo, write=True)
    typer.echo(f"Ended: {leaving.agents} agents retired, {leaving.projects} projects archived. Erasing their rows.")
    _sweep()
    typer.echo("The demo is gone.")


def _sweep() -> None:
    """Erase until nothing is left; the clock may do the same meanwhile."""
    deadline = time.monotonic() + _SWEEP_SECONDS
    while _is_present():
        if time.monotonic() > deadline:
            typer.echo("It is not erased yet: an old transaction holds it up. The clock goes on with it.", err=True)
            raise typer.Exit(1)
        if not door.run(system("demo.sweep"), removing.sweep, write=True):
            time.sleep(0.3)


def _is_present() -> bool:
    return door.run(system("demo"), queries.present, write=False)
