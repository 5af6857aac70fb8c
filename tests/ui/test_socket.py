"""What a raw client of the socket can and cannot do: it may name any handler, and only marked ones run."""

import json
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import simple_websocket

from tests.ui.conftest import Site

STATE = "reflex___state____state"
GALLERY = f"{STATE}.tests___ui___gallery____gallery"
HYDRATE = f"{STATE}.hydrate_and_load"
ME = "Olena Kovalenko"


class Raw:
    """A client that speaks Engine.IO by hand."""

    def __init__(self, site: Site, *, cookie: str = "good", token: str = "", origin: str | None = None) -> None:
        """Open the socket and its namespace."""
        self.token = token or str(uuid.uuid4())
        headers: Any = {"Cookie": f"orkwork_session={cookie}"} if cookie else {}
        if origin is not None:
            headers["Origin"] = origin
        address = f"ws://localhost:{site.port}/_event/?EIO=4&transport=websocket&token={self.token}"
        self.socket = simple_websocket.Client.connect(address, headers=headers)
        self._await("0")
        self.socket.send("40/_event,{}")
        self._await("40/_event")

    def _await(self, start: str, seconds: float = 60) -> None:
        """Wait for a message, answering the pings that a busy server sends before it."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = str(self.socket.receive(left))
            if message.startswith(start):
                return
            assert message == "2", f"expected {start}…, got {message[:200]}"
            self.socket.send("3")
        pytest.fail(f"{start}… did not come within {seconds} seconds")

    def send(self, name: str, payload: dict[str, Any] | None = None) -> None:
        """Call a handler."""
        event = {"name": name, "payload": payload or {}, "router_data": {"pathname": "/kit", "asPath": "/kit"}}
        self.socket.send("42/_event," + json.dumps(["event", event]))

    def hear(self, until: str, seconds: float = 30) -> str:
        """Everything that comes back up to a text, which has to come."""
        heard, end = "", time.monotonic() + seconds
        while until not in heard:
            message = self.socket.receive(max(0.0, end - time.monotonic()))
            if message is None:
                pytest.fail(f"{until!r} was not heard within {seconds} seconds, but {heard[-500:]!r}")
            if message == "2":
                self.socket.send("3")
            heard += str(message)
        return heard

    def hydrate(self) -> str:
        """Ask for the page's state, and wait for it."""
        self.send(HYDRATE)
        return self.hear(ME)

    def keep(self, text: str) -> str:
        """Have a marked handler say something; what was heard up to its answer."""
        self.send(f"{GALLERY}.keep", {"text": text})
        return self.hear(text)


@contextmanager
def raw(site: Site, **options: Any) -> Iterator[Raw]:
    """A raw client that is closed at the end."""
    client = Raw(site, **options)
    try:
        yield client
    finally:
        client.socket.close()


@pytest.mark.parametrize("handler", ["unmarked", "unmarked_background", "plain", "setvar", "ask", "do", "_explain"])
def test_handlers_that_are_not_marked_do_not_run(site: Site, handler: str) -> None:
    with raw(site) as client:
        client.hydrate()
        client.send(f"{GALLERY}.{handler}", {"var_name": "kept", "value": "set"} if handler == "setvar" else {})
        heard = client.keep("marked ran") + client.keep("marked ran once more")
    assert not any(sign in heard for sign in ("unmarked ran", "background ran", "plain ran", '"set"'))


def test_client_storage_events_of_the_framework_are_refused(site: Site) -> None:
    with raw(site) as client:
        client.hydrate()
        name = f"{STATE}.reflex___state____update_vars_internal_state.update_vars_internal"
        client.send(name, {"vars": {f"{GALLERY}.kept": "forged"}})
        assert "forged" not in client.keep("marked ran")


def upload(site: Site, token: str, handler: str, cookie: str = "good") -> httpx.Response:
    """Send a file to a handler by the framework's own way in."""
    headers = {
        "Reflex-Client-Token": token,
        "Reflex-Event-Handler": f"{GALLERY}.{handler}",
        "Cookie": f"orkwork_session={cookie}",
    }
    return httpx.post(f"{site.url}/_upload", headers=headers, files={"files": ("a.txt", b"x")}, timeout=30)


@pytest.mark.parametrize("handler", ["unmarked_upload", "unmarked_chunks", "unmarked", "keep"])
def test_uploads_to_handlers_that_are_not_marked_for_them_do_not_run(site: Site, handler: str) -> None:
    with raw(site) as client:
        client.hydrate()
        refused = upload(site, client.token, handler)
        heard = refused.text + client.keep("marked ran") + client.keep("marked ran once more")
        assert "unmarked ran" not in heard and "background ran" not in heard and "a.txt" not in heard
        assert "took a.txt" in upload(site, client.token, "take").text, "the way in for files is open"


def test_wrong_arguments_break_nothing_and_say_nothing_of_the_server(site: Site) -> None:
    with raw(site) as client:
        client.hydrate()
        client.send(f"{GALLERY}.keep", {"nonsense": [1, 2]})
        heard = client.hear("That did not work")
        client.send(f"{GALLERY}.breaks")
        heard += client.hear("That did not work")
        heard += client.keep("still here")
    assert "a secret of the server" not in heard and "Traceback" not in heard


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:1", "null"])
def test_a_foreign_page_cannot_open_the_socket(site: Site, origin: str) -> None:
    with socket.create_connection(("localhost", site.port), 5) as connection:
        connection.sendall(
            f"GET /_event/?EIO=4&transport=websocket&token=t HTTP/1.1\r\nHost: localhost:{site.port}\r\n"
            f"Origin: {origin}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: orkwork_session=good\r\n\r\n".encode()
        )
        answer = connection.recv(4096).decode(errors="replace")
    assert " 101 " not in answer.splitlines()[0]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_our_own_page_opens_the_socket(site: Site, host: str) -> None:
    with raw(site, origin=f"http://{host}:{site.port}") as client:
        client.hydrate()


def test_a_foreign_page_gets_no_cors_for_what_cookies_open(site: Site) -> None:
    answer = httpx.get(f"{site.url}/ping", headers={"Origin": "https://evil.example", "Cookie": "orkwork_session=good"})
    assert "access-control-allow-origin" not in answer.headers


def test_nobody_signed_in_sees_nothing_and_is_sent_to_sign_in(site: Site) -> None:
    with raw(site, cookie="") as client:
        client.send(HYDRATE)
        heard = client.hear("/login?next=/kit")
    assert "Olena" not in heard and "CLAUDE" not in heard


def test_the_state_of_another_session_is_emptied_before_it_is_shown(site: Site) -> None:
    with raw(site) as mine:
        mine.hydrate()
        mine.keep("only for Olena")
        token = mine.token
    time.sleep(0.2)
    with raw(site, cookie="other", token=token) as thief:
        thief.send(HYDRATE)
        heard = thief.hear("Taras Bondar")
    assert "only for Olena" not in heard and ME not in heard


def test_a_revoked_session_loses_its_state_at_the_next_call(site: Site) -> None:
    with raw(site) as client:
        client.hydrate()
        client.keep("seen before")
        site.revoked.touch()
        try:
            client.send(HYDRATE)
            heard = client.hear("/login?next=/kit")
        finally:
            site.revoked.unlink()
    assert "seen before" not in heard
