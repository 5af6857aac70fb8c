"""A tracker's export: as the file has it, as it is understood, and what an import made of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from orkwork.core.schema import Body, Out, Str, Title
from orkwork.domains.tasks.schemas import LabelName

MAX_NUMBER = 1_000_000_000


def _login(value: Any) -> Any:
    """A person: a login, or an object that holds one; nobody for a deleted account."""
    return (value.get("login") if isinstance(value, dict) else value) or None


def _plausible(value: datetime) -> datetime:
    if not 1970 <= value.year < 2200:
        raise PydanticCustomError("time_range", "must lie between the years 1970 and 2200")
    return value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


Login = Annotated[Annotated[str, Field(pattern=r"^[!-~]{1,100}$")] | None, BeforeValidator(_login)]
When = Annotated[AwareDatetime, AfterValidator(_plausible)]
Text = Annotated[Body, BeforeValidator(lambda value: "" if value is None else value)]


class FilePart(BaseModel):
    """A part of an export file; what we don't know of is left out."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)


class FileLabel(FilePart):
    """A label."""

    name: LabelName
    color: Annotated[Str, Field(max_length=40)] | None = None
    description: Annotated[Str, Field(max_length=2000)] | None = None


class FileLine(FilePart):
    """A remark on a line of a pull request's changes; the review's author made it."""

    body: Text = ""
    createdAt: When  # noqa: N815 - the file's own name


class FileRemark(FileLine):
    """A comment."""

    author: Login = None


class FileReview(FilePart):
    """A review of a pull request."""

    author: Login = None
    state: Str = ""
    body: Text = ""
    createdAt: When | None = None  # noqa: N815
    submittedAt: When | None = None  # noqa: N815
    comments: list[FileLine] = []


class FileItem(FilePart):
    """An issue or a pull request."""

    number: Annotated[int, Field(strict=True, ge=1, le=MAX_NUMBER)]
    title: Title
    state: Annotated[Literal["OPEN", "CLOSED", "MERGED"], BeforeValidator(_upper)]
    stateReason: Annotated[Str | None, BeforeValidator(_upper)] = None  # noqa: N815
    body: Text = ""
    author: Login = None
    url: Annotated[Str, Field(max_length=2000)] | None = None
    createdAt: When | None = None  # noqa: N815
    updatedAt: When | None = None  # noqa: N815
    closedAt: When | None = None  # noqa: N815
    labels: list[Annotated[FileLabel, BeforeValidator(_named)]] = []
    assignees: list[Login] = []
    comments: list[FileRemark] = []
    reviews: list[FileReview] = []


class FileArchive(FilePart):
    """A repository's archive: issues and pull requests in one object."""

    repo: Annotated[Str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]
    labels: list[FileLabel] = []
    issues: list[FileItem]
    pulls: list[FileItem] = []


@dataclass(frozen=True, slots=True)
class Remark:
    """Something someone said; `ref` is the same in every later export."""

    ref: str
    author: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """An issue or pull request, as it is understood."""

    number: int
    kind: Literal["issue", "pull_request"]
    title: str
    body: str
    outcome: Literal["open", "completed", "cancelled"]
    url: str | None
    author: str
    assignees: tuple[str, ...]
    labels: tuple[str, ...]
    created_at: datetime | None
    updated_at: datetime | None
    closed_at: datetime | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Tracker:
    """A whole export."""

    repository: str
    """`owner/name`."""
    items: tuple[Item, ...]
    labels: dict[str, FileLabel] = field(default_factory=dict)


class Imported(Out):
    """What an import added; all zero when everything was there before."""

    project_id: UUID
    project: str
    key_prefix: str
    repository: str
    tasks: int
    comments: int
    labels: int
    people: int
    known: int
    """Issues and pull requests of the file that were here before; they stay as they are."""
