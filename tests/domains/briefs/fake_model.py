"""A server on loopback that speaks like OpenAI's, records what it is asked, and answers what a test says."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeModel:
    """What it was asked, and how it answers."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answer: Callable[[list[dict[str, Any]]], str] = field(default=lambda _: "{}")
    """Makes the content of an answer out of the sentences."""
    status: int = 200
    body: bytes | None = None
    """What is sent instead of a right answer."""
    meanwhile: Callable[[], None] = field(default=lambda: None)
    """Runs while whoever asked waits."""


@contextmanager
def running() -> Iterator[FakeModel]:
    """The server, until the end of the block."""
    fake = FakeModel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            fake.asked.append({"path": self.path} | asked)
            fake.keys.append(self.headers["authorization"])
            fake.meanwhile()
            sentences = json.loads(asked["messages"][1]["content"])["sentences"]
            message = {"role": "assistant", "content": fake.answer(sentences)}
            right = {
                "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            }  # fmt: skip
            payload = json.dumps(right).encode() if fake.body is None else fake.body
            self.send_response(fake.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
