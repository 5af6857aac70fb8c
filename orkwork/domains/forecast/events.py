"""What happens to forecasts."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ForecastMade(Event):
    """A project's end was forecast."""

    name = "forecast.made"
    subject_kind = "forecast"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class ForecastScored(Event):
    """The truth came: a forecast held, or did not."""

    name = "forecast.scored"
    subject_kind = "forecast"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class ChangesMade(Event):
    """Changes that were tried in a forecast were made."""

    name = "forecast.changes_made"
    subject_kind = "forecast_change_set"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class ChangesUndone(Event):
    """They were taken back, as far as nobody had changed the same since."""

    name = "forecast.changes_undone"
    subject_kind = "forecast_change_set"
    heard_with = "tasks:read"
