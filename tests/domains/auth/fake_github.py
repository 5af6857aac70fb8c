"""A GitHub on loopback that checks what the real one checks: client, redirect, PKCE, one use of each code."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.loopback import Handler, listening

CLIENT_ID, CLIENT_SECRET = "client-7", "shh-9"
CALLBACK = "http://localhost:8000/api/v2/auth/callback/github"


@dataclass
class FakeGitHub:
    """Its people, the codes that it gave, and what it was asked."""

    url: str = ""
    callback: str = CALLBACK
    profile: Any = None
    down: bool = False
    challenges: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of an installation that knows it."""
        own = {"URL": self.url, "API_URL": self.url, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET}
        return {f"ORKWORK_GITHUB_{name}": value for name, value in own.items()}

    def approve(self, authorize_url: str) -> tuple[str, str]:
        """What happens when the person clicks Authorize: a code and the state to come back with."""
        parts = urlsplit(authorize_url)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert authorize_url.startswith(f"{self.url}/login/oauth/authorize?")
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] == self.callback
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["state"]) >= 20
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = asked["code_challenge"]
        return code, asked["state"]

    def page(self, path: str) -> str:
        """The page on which the person says yes."""
        code, state = self.approve(self.url + path)
        back = f"{self.callback}?{urlencode({'code': code, 'state': state})}"
        return f'<title>GitHub</title><a href="{escape(back)}">Authorize orkwork</a>'

    def exchange(self, form: dict[str, str]) -> dict[str, str]:
        """The token for a code, or GitHub's way to refuse: an error in a 200."""
        challenge = self.challenges.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        checks = {
            "incorrect_client_credentials": form.get("client_id") == CLIENT_ID
            and form.get("client_secret") == CLIENT_SECRET,
            "redirect_uri_mismatch": form.get("redirect_uri") == self.callback,
            "bad_verification_code": challenge is not None,
            "bad_code_verifier": proof.decode().rstrip("=") == challenge,
        }
        for name, passed in checks.items():
            if not passed:
                self.refused.append(name)
                return {"error": name, "error_description": f"GitHub says {name}"}
        return {"access_token": "gho_secret", "token_type": "bearer", "scope": "read:user"}


def _form_of(handler: BaseHTTPRequestHandler) -> dict[str, str]:
    """The form, with the client as GitHub takes it: in the form or as basic authentication."""
    raw = handler.rfile.read(int(handler.headers["content-length"])).decode()
    form = {name: values[0] for name, values in parse_qs(raw).items()}
    scheme, _, given = handler.headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        form["client_id"], _, form["client_secret"] = base64.b64decode(given).decode().partition(":")
    return form


@contextmanager
def running() -> Iterator[FakeGitHub]:
    """The server, until the end of the block."""
    fake = FakeGitHub()

    class Answers(Handler):
        def do_POST(self) -> None:
            form = _form_of(self)
            self._answer(fake.exchange(form) if self.path == "/login/oauth/access_token" else None)

        def do_GET(self) -> None:
            if self.path.startswith("/login/oauth/authorize?"):
                return self.send(200, "text/html", fake.page(self.path).encode())
            known = self.path == "/user" and self.headers["authorization"] == "Bearer gho_secret"
            return self._answer(fake.profile if known else None)

        def _answer(self, body: Any) -> None:
            self.send(503 if fake.down else 404 if body is None else 200, "application/json", json.dumps(body).encode())

    with listening(Answers) as fake.url:
        yield fake
