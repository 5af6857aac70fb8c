"""What can go wrong, each with a stable dotted code, an HTTP status and a sentence that says what to do."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One bad field of the input."""

    field: str
    message: str


@dataclass
class OrkworkError(Exception):
    """The base; `code` is stable and dotted (`task.illegal_move`), `message` says what, `hint` says what to do."""

    code: str
    message: str
    hint: str = ""
    errors: list[FieldError] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    status = 500
    title = "Error"

    def __str__(self) -> str:
        return self.message


class Unauthenticated(OrkworkError):
    """Nobody known is calling."""

    status, title = 401, "Not signed in"


class Forbidden(OrkworkError):
    """The caller is known and may not."""

    status, title = 403, "Not allowed"


class NotFound(OrkworkError):
    """There is no such thing, or the caller may not know that there is."""

    status, title = 404, "Not found"


class Conflict(OrkworkError):
    """The present state does not allow it."""

    status, title = 409, "Conflict"


class Stale(OrkworkError):
    """The row changed since the caller read it."""

    status, title = 412, "Changed meanwhile"


class TooLarge(OrkworkError):
    """The body is larger than is taken."""

    status, title = 413, "Too large"


class Invalid(OrkworkError):
    """The input is wrong; `errors` names each field."""

    status, title = 422, "Invalid input"


class BudgetExceeded(OrkworkError):
    """The money is used up."""

    status, title = 402, "Budget exceeded"


class LimitReached(OrkworkError):
    """Too many requests; `extra['retry_after_seconds']` says how long to wait."""

    status, title = 429, "Too many requests"


class Unavailable(OrkworkError):
    """A dependency is away; try again."""

    status, title = 503, "Unavailable"


def invalid(field_name: str, message: str, code: str = "request.invalid") -> Invalid:
    """The error for one bad field."""
    return Invalid(code, f"{field_name}: {message}", errors=[FieldError(field_name, message)])
