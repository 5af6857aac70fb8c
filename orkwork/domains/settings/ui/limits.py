"""The folded part of a form that sets clocks and the retry policy: of a task, a project, an agent or the company."""

import re
from typing import Any, Final

import reflex as rx

from orkwork.core.errors import invalid
from orkwork.domains.settings.schemas import Limits
from orkwork.domains.tasks.models import Failure
from orkwork.ui.components import form
from orkwork.ui.components.icon import icon
from orkwork.ui.locale import t

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "с": 1, "хв": 60, "год": 3600, "д": 86_400}
_PART: Final = re.compile(r"(\d{1,9})\s*(s|m|h|d|с|хв|год|д)\w*\.?\s*")
CLOCKS: Final = ("waiting_seconds", "running_seconds", "total_seconds", "silence_seconds")
_PAUSES: Final = ("initial_seconds", "cap_seconds")


def seconds_of(text: Any, name: str) -> int | None:
    """A duration as people write it, `90`, `15m`, `1h 30m`, in seconds; None when it is empty."""
    cleaned = str(text or "").strip().lower()
    if not cleaned:
        return None
    if cleaned.isascii() and cleaned.isdigit() and len(cleaned) < 10:
        return int(cleaned)
    parts = _PART.findall(cleaned)
    if not parts or _PART.sub("", cleaned):
        raise invalid(name, "must be a duration, as 90s, 15m, 2h or 1d")
    return sum(int(count) * _UNITS[unit] for count, unit in parts)


def duration_text(seconds: int | None) -> str:
    """Seconds as `seconds_of` reads them; empty for None."""
    if seconds is None:
        return ""
    parts, left = [], seconds
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, _UNITS[unit])
        parts += [f"{count}{unit}"] if count else []
    return " ".join(parts) or "0s"


def read(data: dict[str, Any]) -> dict[str, Any]:
    """What the part says, as the schema `Limits` takes it; what is empty is left to the next in line."""
    retry: dict[str, Any] = {
        name: seconds_of(data.get(f"limits.retry.{name}"), f"limits.retry.{name}") for name in _PAUSES
    }
    retry["attempts"] = number(data.get("limits.retry.attempts"))
    retry["factor"] = number(data.get("limits.retry.factor"))
    retry["non_retryable"] = _failures(data.get("limits.retry.non_retryable"))
    clocks = {name: seconds_of(data.get(f"limits.{name}"), f"limits.{name}") for name in CLOCKS}
    return {name: value for name, value in {**clocks, "retry": _said(retry)}.items() if value not in (None, {})}


def read_or_none(data: dict[str, Any]) -> dict[str, Any] | None:
    """The same; None when the part says nothing."""
    return read(data) or None


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _failures(text: Any) -> list[str] | None:
    names = [part.strip() for part in str(text or "").split(",") if part.strip()]
    unknown = [name for name in names if name not in set(Failure)]
    if unknown:
        raise invalid("limits.retry.non_retryable", f"there is no failure {unknown[0][:60]}")
    return names or None


def number(text: Any) -> Any:
    """A number that was typed; what is none stays as it is, so that the schema says what is wrong."""
    kept = str(text or "").strip().replace(",", ".")
    if not kept:
        return None
    return int(kept) if kept.isascii() and kept.isdigit() and len(kept) < 10 else kept


def values(limits: Limits | None, max_retries: int | None = None) -> dict[str, str]:
    """What the part holds before anyone types."""
    found = limits or Limits()
    retry = found.retry
    attempts = retry.attempts if max_retries is None else max_retries + 1
    out = {name: duration_text(getattr(found, name)) for name in CLOCKS}
    out |= {f"retry_{name}": duration_text(getattr(retry, name)) for name in _PAUSES}
    return out | {
        "retry_attempts": "" if attempts is None else str(attempts),
        "retry_factor": "" if retry.factor is None else f"{retry.factor:g}",
        "retry_non_retryable": ", ".join(retry.non_retryable or []),
        "open": "yes" if found.kept() or max_retries is not None else "",
    }


def part(own: Any, errors: Any, *, of: str) -> rx.Component:
    """The folded part; `own` is a dict var out of `values`, `of` tells two forms of one page apart."""

    def field(name: str, label: Any, **props: Any) -> rx.Component:
        key = name.replace("retry.", "retry_")
        return form.text(
            f"limits.{name}",
            label,
            errors=errors,
            id=f"{of}-{key}",
            default_value=own[key],
            auto_complete="off",
            **props,
        )

    return rx.el.details(
        rx.el.summary(
            icon("chevron-down", "s"),
            rx.el.span(t("Limits"), class_name="b5"),
            rx.el.span(t("clocks and retries"), class_name="meta"),
            class_name="row",
        ),
        rx.el.div(
            rx.el.span(t("Durations as 90s, 15m, 2h or 1d. Empty leaves it to the next in line."), class_name="hint"),
            form.two(
                field("waiting_seconds", t("Waiting to start"), hint=t("Then somebody is told")),
                field("running_seconds", t("Running time"), hint=t("One run; then it ends")),
            ),
            form.two(
                field("silence_seconds", t("Silence"), hint=t("Without a sign of life; then the run ends")),
                field("total_seconds", t("Total"), hint=t("Over all attempts; then nothing is tried again")),
            ),
            form.two(
                field("retry.attempts", t("Attempts"), hint=t("Runs altogether"), input_mode="numeric"),
                field("retry.factor", t("Growth of pauses"), hint=t("Each so many times the one before")),
            ),
            form.two(
                field("retry.initial_seconds", t("First pause")),
                field("retry.cap_seconds", t("Longest pause")),
            ),
            field("retry.non_retryable", t("Never try again after"), hint=t("Names of failures, parted by commas")),
            class_name="form folded-in",
        ),
        class_name="folded",
        open=own["open"].to(str) != "",
        key=f"{of}-limits",
    )
