"""The commands of `orkwork`, one line each. A command's module is imported when it is called, and not before.

A target is a function, or a `typer.Typer` with commands of its own. Printing help for all imports none of them, and the
supervisor's command stays light.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer


@dataclass(frozen=True)
class Command:
    """Where a command lives, and the line that `orkwork --help` shows for it."""

    target: str
    help: str


COMMANDS = {
    "up": Command("orkwork.cli.up:up", "Start everything and keep it running."),
    "build": Command("orkwork.cli.build:build", "Build the pages when they are missing or stale."),
    "migrate": Command("orkwork.cli.migrate:migrate", "Bring the database to this version's schema."),
    "database-url": Command(
        "orkwork.cli.database_url:database_url", "Print the database's address, for psql and pg_dump."
    ),
    "owner-link": Command("orkwork.cli.owner_link:owner_link", "Print a one-time link that signs in as the owner."),
    "keys": Command("orkwork.cli.keys:keys", "Keys of agents, for automation."),
    "demo": Command("orkwork.cli.demo:demo", "Start a made-up company at work, or remove it."),
    "seed": Command("orkwork.cli.seed:seed", "Make the starter agents and the first project."),
    "import": Command("orkwork.cli.imports:imports", "Bring in a tracker's issues or a recorded workflow."),
    "forecast": Command("orkwork.cli.forecast:forecast", "Say when work will be done, and check such forecasts."),
    "audit": Command("orkwork.cli.audit:audit", "The sealed record of every change."),
    "openapi": Command("orkwork.cli.openapi:openapi", "Print the API's OpenAPI document."),
}


def commands(arguments: Sequence[str]) -> typer.Typer:
    """The command line for these arguments: all commands by name, and the called one for real."""
    made = typer.Typer(
        name="orkwork",
        help="The control plane for a company whose workers are AI agents.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
    )
    made.callback()(_orkwork)
    called = next((word for word in arguments if not word.startswith("-")), None)
    for name, command in COMMANDS.items():
        target = _target(command) if name == called else _unloaded
        if isinstance(target, typer.Typer):
            made.add_typer(target, name=name, help=command.help)
        else:
            made.command(name, help=target.__doc__ if name == called else command.help)(target)
    return made


def app() -> None:
    """Run the command that was typed."""
    commands(sys.argv[1:])(prog_name="orkwork")


def _target(command: Command) -> "typer.Typer | Callable[..., Any]":
    module, attribute = command.target.split(":")
    return getattr(import_module(module), attribute)


def _unloaded() -> None:
    """Stands for a command in the list of all."""


def _orkwork() -> None:
    """Holds the group together when only one command exists."""
