"""Makes what a replay needs when an owner's session is at hand: a project, agents, and a key for each."""

from urllib.parse import urlsplit

import httpx

from bench.replay.client import Client, Refused, stable_key

SCOPES = ["tasks:read", "tasks:write", "agents:read", "costs:read", "costs:write", "projects:read"]


def cookie_of(link: str) -> str:
    """Open a one-time owner link and give the session's cookie as a header value."""
    with httpx.Client(timeout=30) as http:
        response = http.get(link, follow_redirects=False)
    if response.status_code >= 400 or not response.cookies:
        raise SystemExit(f"The owner link did not sign in ({response.status_code}); links work once.")
    return "; ".join(f"{name}={value}" for name, value in response.cookies.items())


def base_of(link: str) -> str:
    """The server's address in a link."""
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}"


async def make_agent_key(owner: Client, name: str) -> str:
    """An agent of this name (made when it is missing) and a fresh key of it."""
    agent = await find(owner, "/agents", name=name)
    if agent is None:
        body = {"name": name, "role": "replay", "max_concurrent_tasks": 50}
        agent = await owner.post("/agents", body, stable_key("agent", name))
    made = await owner.send("POST", f"/agents/{agent['id']}/keys", body={"name": "replay", "scopes": SCOPES})
    return made["key"]


async def find(client: Client, path: str, **fields: str) -> dict | None:
    """The first row of a list whose fields have these values."""
    for row in await client.every(path):
        if all(row.get(field) == value for field, value in fields.items()):
            return row
    return None


async def project_of(client: Client, wanted: str, owner: Client | None, name: str) -> str:
    """The id of a project given by id or prefix; made by the owner (or an agent that may) when it is missing."""
    try:
        return (await client.get(f"/projects/{wanted}"))["id"]
    except Refused as no:
        if no.status not in (404, 422):
            raise
    body = {"name": name, "key_prefix": wanted.upper()}
    return (await (owner or client).post("/projects", body, stable_key("project", wanted)))["id"]
