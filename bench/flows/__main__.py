"""`python -m bench.flows FILE… --owner-link LINK`: run recorded workflows and compare their makespans."""

import argparse
import asyncio
import sys
from pathlib import Path

import httpx

from bench.flows.recording import Recording, read
from bench.flows.simulating import Simulated, run
from bench.replay.client import Client, Refused
from bench.replay.setup import base_of, cookie_of, make_agent_key, project_of

LEAST_SECONDS = 10.0
TASK_SECONDS = 0.1
"""What each task adds to the time: its requests are not to be what is measured."""
_COLUMNS = ("critical", "simulated", "recorded", "/critical", "/recorded")
HEAD = f"{'':4} {'workflow':44} {'tasks':>5} {'deps':>6} {' '.join(f'{name:>9}' for name in _COLUMNS)}"


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.flows", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="recorded workflows: WfFormat *.json[.gz]")
    parser.add_argument("--url", help="the server's address")
    parser.add_argument("--owner-cookie", help="session cookie of an owner, as name=value")
    parser.add_argument("--owner-link", help="one-time owner link")
    parser.add_argument(
        "--seconds", type=float, help="how long the critical path takes (default 10, more for many tasks)"
    )
    parser.add_argument("--prefix", default="WF", help="start of the projects' prefixes (default WF)")
    return parser


async def main(options: argparse.Namespace) -> bool:
    """Run every file; true when each kept its dependencies and completed."""
    url = options.url or (base_of(options.owner_link) if options.owner_link else "http://localhost:8000")
    owner = Client(url, cookie=options.owner_cookie or cookie_of(options.owner_link))
    agent = Client(url, key=await make_agent_key(owner, "flow-worker"))
    me = await agent.get("/agents/me")
    await owner.send("PATCH", f"/agents/{me['id']}", body={"max_concurrent_tasks": 1000})
    print(HEAD)
    fine = True
    for number, path in enumerate(options.files):
        recording = read(path)
        project_id = await project_of(owner, f"{options.prefix}{chr(ord('A') + number)}", owner, recording.name)
        seconds = options.seconds or max(LEAST_SECONDS, len(recording.seconds) * TASK_SECONDS)
        done = await run(recording, project_id, owner, agent, seconds / recording.critical_seconds)
        fine &= say(recording, done)
    await owner.close()
    await agent.close()
    return fine


def say(recording: Recording, done: Simulated) -> bool:
    """One line of the table, times in recorded seconds; true when all was kept."""
    fine = not done.broken and done.state == "completed" and done.tasks == len(recording.seconds)
    critical, recorded, simulated = recording.critical_seconds, recording.makespan_seconds, done.makespan_seconds
    print(
        f"{'ok' if fine else 'FAIL':4} {recording.name:44} {done.tasks:5,} {done.dependencies:6,} {critical:9,.0f} "
        f"{simulated:9,.0f} {recorded:9,.0f} {simulated / critical:9.2f} {simulated / recorded:9.2f}"
    )
    for line in done.broken[:3]:
        print(f"     {line}")
    return fine


def command() -> int:
    """Run the command; a refusal or an absent server is one sentence, not a traceback."""
    options = arguments().parse_args()
    if not (options.owner_cookie or options.owner_link):
        print("Give an owner's session: --owner-link or --owner-cookie.", file=sys.stderr)
        return 2
    try:
        return 0 if asyncio.run(main(options)) else 1
    except Refused as no:
        print(f"refused: {no}", file=sys.stderr)
    except httpx.TransportError as error:
        print(f"The server does not answer: {error or type(error).__name__}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(command())
