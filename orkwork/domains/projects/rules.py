"""Key prefixes. Pure."""

import re
import unicodedata


def prefix_of(name: str) -> str:
    """A key prefix out of a name: `Moqup Studio` gives MOQ; PRJ when the name has no Latin letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    words = re.findall(r"[A-Z0-9]+", plain)
    letters = "".join(words).lstrip("0123456789")
    return letters[:3] if len(letters) >= 3 else (letters + "PRJ")[:3]


def numbered(prefix: str, attempt: int) -> str:
    """The prefix to try when earlier ones are taken: MOQ, MOQ2, MOQ3."""
    return prefix if attempt == 1 else f"{prefix}{attempt}"


def standing(status: str, *, dated: bool, late: bool, over_budget: bool, finished: bool) -> str:
    """What one word says of a project: its own status when it is not active, else late, at risk or on track.

    Without a date there is no track to be on: it is active.
    """
    if status != "active":
        return status
    if late and not finished:
        return "late"
    if over_budget:
        return "at_risk"
    return "on_track" if dated else "active"
