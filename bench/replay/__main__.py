"""`python -m bench.replay RUN --url … --keys FILE`: work a recorded run through the API and check what it kept."""

import argparse
import asyncio
import sys
from pathlib import Path

import httpx

from bench.replay.again import nothing_changed, snapshot
from bench.replay.audit import audit_chain
from bench.replay.check import compare, price_difference, read_ledger
from bench.replay.client import Client, Refused, stable_key
from bench.replay.issues import load_issues
from bench.replay.report import say_checks, say_pass, say_prices, say_run
from bench.replay.run import load_run
from bench.replay.setup import base_of, cookie_of, make_agent_key, project_of
from bench.replay.work import Plan, work_run


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.replay", description=__doc__)
    parser.add_argument("run", type=Path, help="a run: folder or .tar.gz")
    parser.add_argument(
        "--url", help="the server's address (default: that of --owner-link, else http://localhost:8000)"
    )
    parser.add_argument("--keys", type=Path, help="file with one API key a line, one agent each")
    parser.add_argument("--key", action="append", default=[], help="an agent's API key; repeat for each agent")
    parser.add_argument("--reviewer-key", help="key of the reviewer (default: each agent's neighbour reviews)")
    parser.add_argument("--admin-key", help="key or token that may read the audit log")
    parser.add_argument("--owner-cookie", help="session cookie of an owner, as name=value")
    parser.add_argument("--owner-link", help="one-time owner link; also makes agents and keys when none are given")
    parser.add_argument("--agents", type=int, default=8, help="agents to make when no keys are given (default 8)")
    parser.add_argument("--project", default="ACR", help="project id or prefix, made when missing (default ACR)")
    parser.add_argument("--issues", type=Path, action="append", default=[], help="issues as JSON lines, gz or not")
    parser.add_argument("--provider", default="openai", help="provider of the calls (default openai)")
    parser.add_argument("--model", default="gpt-4-0125-preview", help="model of executions whose cost.json names none")
    parser.add_argument("--amounts", choices=("catalogue", "logged"), default="catalogue", help="who prices the calls")
    parser.add_argument("--namespace", help="start of all idempotency keys (default: from the run and the project)")
    parser.add_argument("--again", action="store_true", help="replay twice and show that the second changes nothing")
    return parser


def given_keys(options: argparse.Namespace) -> list[str]:
    """The agents' keys of the command line; the last word of a line counts, '#' starts a comment."""
    keys = list(options.key)
    if options.keys:
        lines = (line.split("#", 1)[0].split() for line in options.keys.read_text().splitlines())
        keys += [words[-1] for words in lines if words]
    return keys


async def replay(options: argparse.Namespace) -> bool:
    """Run the whole command; true when everything agrees."""
    run = load_run(options.run)
    if not run.trajectories:
        raise SystemExit(f"{options.run} holds no executions (folders with a cost.json or a log).")
    say_run(run)
    url = options.url or (base_of(options.owner_link) if options.owner_link else "http://localhost:8000")
    cookie = options.owner_cookie or (cookie_of(options.owner_link) if options.owner_link else "")
    owner = Client(url, cookie=cookie) if cookie else None
    auditor = Client(url, key=options.admin_key) if options.admin_key else owner
    keys = given_keys(options)
    if not keys and owner:
        keys = [await make_agent_key(owner, f"replay-{number + 1}") for number in range(options.agents)]
    if not keys:
        raise SystemExit("Give the agents' keys (--keys FILE or --key …), or an owner's session to make them with.")
    agents = [Client(url, key=key) for key in keys]
    for agent in agents:
        agent.name = str((await agent.get("/agents/me"))["id"])
    reviewers = _reviewers(url, options.reviewer_key, agents)
    project = await project_of(agents[0], options.project, owner, run.name)
    plan = Plan(
        run=run,
        project_id=project,
        namespace=options.namespace or stable_key(run.name[:20], run.digest, project[-12:]),
        provider=options.provider,
        model=options.model,
        logged_amounts=options.amounts == "logged",
        issues=load_issues(options.issues),
    )
    try:
        return await _passes(plan, agents, reviewers, auditor, twice=options.again)
    finally:
        for client in {id(c): c for c in (*agents, *reviewers, owner, auditor) if c}.values():
            await client.close()


def _reviewers(url: str, key: str | None, agents: list[Client]) -> list[Client]:
    if key:
        return [Client(url, key=key, name="reviewer")] * len(agents)
    if len(agents) == 1:
        raise SystemExit("An agent may not review its own work: give a --reviewer-key or a second agent.")
    return agents[1:] + agents[:1]


async def _passes(
    plan: Plan, agents: list[Client], reviewers: list[Client], auditor: Client | None, *, twice: bool
) -> bool:
    done = await work_run(plan, agents, reviewers)
    say_pass("replay", done, len(agents))
    reader = auditor or agents[0]
    ledger = await read_ledger(reader, plan.project_id)
    chain = await audit_chain(auditor, plan.project_id)
    fine = say_checks([*compare(plan, done, ledger), chain.check])
    say_prices(price_difference(ledger))
    if twice:
        before, kept = snapshot(ledger, chain.last_event), chain.checkpoint
        again = await work_run(plan, agents, reviewers)
        say_pass("second replay, same keys", again, len(agents))
        ledger = await read_ledger(reader, plan.project_id)
        chain = await audit_chain(auditor, plan.project_id, kept)
        fine &= say_checks([*nothing_changed(before, snapshot(ledger, chain.last_event)), chain.check])
    print("everything agrees" if fine else "NOT everything agrees")
    return fine


def main() -> int:
    """Run the command; a refusal or an absent server is one sentence, not a traceback."""
    try:
        return 0 if asyncio.run(replay(arguments().parse_args())) else 1
    except Refused as no:
        print(f"refused: {no}", file=sys.stderr)
    except httpx.TransportError as error:
        print(f"The server does not answer: {error or type(error).__name__}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
