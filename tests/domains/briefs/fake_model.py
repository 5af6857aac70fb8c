"""A server on loopback that speaks like OpenAI's, records what it is asked, and answers what a test says."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.loopback import Handler, listening


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

    class Answers(Handler):
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
            self.send(fake.status, "application/json", payload, Location="http://127.0.0.1:1/")

    with listening(Answers) as address:
        fake.url = f"{address}/v1"
        yield fake
