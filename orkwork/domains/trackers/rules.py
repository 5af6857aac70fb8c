"""Reading an export file. Pure."""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from orkwork.core.errors import Invalid
from orkwork.domains.trackers.schemas import FileArchive, FileItem, FileLabel, FileReview, Item, Remark, Tracker

MAX_BYTES: Final = 1_000_000_000
"""Of the unpacked file."""
NOBODY: Final = "ghost"
"""Who wrote what a deleted account wrote, as GitHub calls it."""
NOT_DONE: Final = ("NOT_PLANNED", "DUPLICATE")
VERDICTS: Final = {"APPROVED": "_Approved these changes._", "CHANGES_REQUESTED": "_Asked for changes._"}
_URL: Final = re.compile(r"^https?://[^/\s]+/([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)/(issues|pull)/\d+/?$")
_LIST: Final = TypeAdapter(list[FileItem])
_SHAPES: Final = "It has to be a repository's archive (repo, issues, pulls) or the list of `gh issue list --json …`."


def is_prefix(text: str) -> bool:
    """Whether a text can be a project's key prefix."""
    return re.fullmatch(r"[A-Z][A-Z0-9]{1,9}", text) is not None


def read(data: bytes) -> Tracker:
    """Understand an export, gzipped or plain; Invalid says in a sentence what is wrong with it."""
    parsed = _parsed(_unpacked(data))
    if isinstance(parsed, dict) and "issues" in parsed:
        return _archive(parsed)
    if isinstance(parsed, list):
        return _listed(parsed)
    raise _wrong("it is no tracker's export", _SHAPES)


def _wrong(what: str, hint: str = "") -> Invalid:
    return Invalid("tracker.file", f"This file can't be imported: {what}", hint)


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            plain = packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise _wrong("its gzip compression is damaged or cut off") from None
    if len(plain) > MAX_BYTES:
        raise _wrong(f"it is larger than {MAX_BYTES:,} bytes unpacked")
    return plain


def _parsed(text: bytes) -> Any:
    if not text.strip():
        raise _wrong("it is empty", _SHAPES)
    try:
        return json.loads(text)
    except UnicodeDecodeError as error:
        raise _wrong(f"it is not UTF-8 text (byte {error.start})", _SHAPES) from None
    except json.JSONDecodeError as error:
        raise _wrong(f"it is not JSON (line {error.lineno}, column {error.colno}: {error.msg})", _SHAPES) from None
    except (RecursionError, ValueError):
        raise _wrong("its JSON is nested too deep or holds a number too long", _SHAPES) from None


def _archive(parsed: dict[str, Any]) -> Tracker:
    try:
        found = FileArchive.model_validate(parsed)
    except ValidationError as error:
        raise _fault(error) from None
    items = [*(_item(item, False) for item in found.issues), *(_item(item, True) for item in found.pulls)]
    return _tracker(found.repo, items, [*found.labels, *_carried([*found.issues, *found.pulls])])


def _listed(parsed: list[Any]) -> Tracker:
    try:
        found = _LIST.validate_python(parsed)
    except ValidationError as error:
        raise _fault(error) from None
    if not found:
        raise _wrong("its list is empty, so it names no repository")
    repositories, items = [], []
    for n, item in enumerate(found):
        named = _URL.match(item.url or "")
        if named is None:
            raise _wrong(f"[{n}].url names no issue or pull request", "Add url to the fields of `gh … --json`.")
        repositories.append(named[1])
        items.append(_item(item, named[2] == "pull"))
    if len({name.lower() for name in repositories}) > 1:
        raise _wrong(f"it mixes issues of {repositories[0]} and {sorted(set(repositories) - {repositories[0]})[0]}")
    return _tracker(repositories[0], items, _carried(found))


def _carried(items: list[FileItem]) -> Iterator[FileLabel]:
    return (label for item in items for label in item.labels)


def _tracker(repository: str, items: list[Item], labels: list[FileLabel] | Iterator[FileLabel]) -> Tracker:
    seen: set[int] = set()
    for item in items:
        if item.number in seen:
            raise _wrong(f"the number {item.number} is there twice")
        seen.add(item.number)
    named: dict[str, FileLabel] = {}
    for label in labels:
        named.setdefault(label.name, label)
    return Tracker(repository, tuple(sorted(items, key=lambda item: item.number)), named)


def _fault(error: ValidationError) -> Invalid:
    """The first fault, with its place in the file."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    what = "is missing" if first["type"] == "missing" else first["msg"][:1].lower() + first["msg"][1:]
    return _wrong(f"{place} {what}" if first["type"] == "missing" else f"{place}: {what}")


def _item(item: FileItem, is_pull: bool) -> Item:
    return Item(
        number=item.number,
        kind="pull_request" if is_pull else "issue",
        title=item.title,
        body=item.body,
        outcome=_outcome(item, is_pull),
        url=item.url if item.url and re.match(r"^https?://", item.url) else None,
        author=item.author or NOBODY,
        assignees=tuple(dict.fromkeys(login for login in item.assignees if login)),
        labels=tuple(dict.fromkeys(label.name for label in item.labels)),
        created_at=item.createdAt,
        updated_at=item.updatedAt,
        closed_at=item.closedAt,
        remarks=tuple(_remarks(item)),
    )


def _outcome(item: FileItem, is_pull: bool) -> Any:
    """A pull request that was closed and not merged came to nothing."""
    if item.state == "OPEN":
        return "open"
    if item.state == "CLOSED" and (is_pull or item.stateReason in NOT_DONE):
        return "cancelled"
    return "completed"


def _remarks(item: FileItem) -> Iterator[Remark]:
    """Comments, reviews and remarks on lines, in the order of time. Exports give comments no id that all formats share,
    so one is known by its place, author and second."""
    said = [("comment", remark.author, remark.body, remark.createdAt) for remark in item.comments]
    for review in item.reviews:
        said += _reviewed(item, review)
    times: dict[str, int] = {}
    for kind, author, body, at in sorted(said, key=lambda one: one[3]):
        if body.strip():
            ref = f"{item.number}:{kind}:{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}:{author or NOBODY}"
            times[ref] = times.get(ref, 0) + 1
            yield Remark(f"{ref}:{times[ref]}", author or NOBODY, body, at)


def _reviewed(item: FileItem, review: FileReview) -> list[tuple[str, str | None, str, datetime]]:
    lines = [("line", review.author, line.body, line.createdAt) for line in review.comments]
    at = review.submittedAt or review.createdAt or item.updatedAt
    body = "\n\n".join(part for part in (VERDICTS.get(review.state.upper()), review.body) if part)
    return [*([("review", review.author, body, at)] if at else []), *lines]
