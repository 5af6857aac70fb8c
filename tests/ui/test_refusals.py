"""What operations refuse is said in the reader's language: every code that a page can meet, with what it names."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from orkwork.core.errors import Conflict, LimitReached
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import Status
from orkwork.ui import catalog, refusals

PACKAGE = Path(refusals.__file__).parents[1]
CODE = re.compile(r"[a-z]+\.[a-z_]+")
FIELDS = {"request.invalid", "workflow.key_taken", "task.assign", "task.clock_over", "request.value", "tracker.file"}
"""Said beside the field that is wrong."""
NOT_ON_PAGES = {
    # of agents, their keys and streams
    "auth.agent_only", "auth.human_only", "auth.scope", "auth.autonomy", "auth.unauthenticated",
    "auth.origin", "task.assign_other", "task.cancel", "task.cancelled", "task.edit", "task.fence_missing", "task.not_yours",
    "task.own_review", "task.reopen", "execution.ended", "execution.running", "execution.log_full", "artifact.many",
    "artifact.too_large", "artifact.link", "decision.arguments", "decision.busy",
    "reservation.external_id", "reservation.not_found", "reservation.released", "reservation.settled",
    "project.budget", "project.status", "cost.external_id",
    # of the API, the command line and the sign-in over GitHub
    "request.too_large", "request.malformed", "request.idempotency", "request.idempotency_secret", "request.duplicate",
    "request.reference", "request.media_type", "request.method", "request.no_route", "pages.build", "tracker.project",
    "tracker.elsewhere", "project.archived", "auth.github_refused",
    "workflow.hook_paused", "workflow.hook_secret", "workflow.hook_signature", "outbox.unknown", "brief.model_away",
}  # fmt: skip


def raised() -> Iterator[tuple[str, str]]:
    """Every code with a sentence as the sources raise it, with examples in its places."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name == "refusals.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            parts = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
            for first, second in pairwise(parts):
                if isinstance(first, ast.Constant) and CODE.fullmatch(str(first.value)) and _is_sentence(second):
                    yield str(first.value), _example(second)


def _is_sentence(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and " " in str(node.value))


def _example(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "Ann" for part in parts)


CASES = sorted(set(raised()))


@pytest.mark.parametrize(("code", "sentence"), CASES, ids=[f"{code}-{n}" for n, (code, _) in enumerate(CASES)])
def test_a_refusal_is_recognised_or_never_seen_on_a_page(code: str, sentence: str) -> None:
    known = refusals.said(Conflict(code, sentence))["text"] in refusals.texts()
    words = sentence == "Ann is on hold, so nothing begins"  # 'The company' or 'The project of …', tried below
    assert known or words or code in FIELDS | NOT_ON_PAGES, (code, sentence)


def test_every_sentence_and_way_out_is_translated() -> None:
    assert refusals.texts() <= set(catalog.messages("uk"))


def test_no_code_is_kept_that_nothing_raises() -> None:
    known = {code for code, _ in CASES} | {"request.stale", "project.held", "project.not_held", "project.not_active"}
    made_of_parts = {f"{kind}.not_found" for kind in ("agent", "usersession", "task", "project")}
    made_of_parts |= {f"{scope}.over_budget" for scope in ("agent", "project", "company")}
    made_of_parts |= {f"workflow.{kind}_not_found" for kind in ("schedule", "trigger", "hook")}
    assert set(refusals.SAID) <= known | made_of_parts


def test_what_is_named_travels_beside_the_sentence() -> None:
    assert refusals.said(Conflict("task.illegal_move", "ORK-1 is IN_PROGRESS and can't become CREATED")) == {
        "text": "{key} is {from_word} and can't become {to_word}",
        "hint": "Take one of the moves that its page offers.",
        "params": {"key": "ORK-1", "from_word": "In progress", "to_word": "Created"},
    }
    standing = rules.Standing("ORK-1", Status.READY, True, 0, None, None, 0, None)
    for held, text in (
        ("company", "The company is on hold, so nothing begins"),
        ("project", "The project of {key} is on hold, so nothing begins"),
    ):
        assert refusals.said(Conflict(*rules.held(replace(standing, held=held))))["text"] == text
    wait = LimitReached("request.rate", "More than 60 requests in a minute", extra={"retry_after_seconds": 9})
    assert refusals.said(wait)["params"] == {"n": "60", "seconds": 9}
    odd = Conflict("no.such_code", "Something {odd}", "Do this.")
    assert refusals.said(odd) == {"text": "Something {odd}", "hint": "Do this.", "params": {}}


def test_what_pages_say_beside_a_field_is_translated() -> None:
    said = set()
    for path in sorted((PACKAGE / "domains").rglob("ui/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "invalid":
                said |= {one.value for one in node.args[1:] if isinstance(one, ast.Constant)}
    assert len(said) > 20
    assert said <= set(catalog.messages("uk"))
