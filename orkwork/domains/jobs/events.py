"""What happens to the clock's jobs. Their ordinary runs are no news."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class JobChanged(Event):
    """A job was paused or resumed."""

    name = "job.changed"
    subject_kind = "job"


@dataclass(frozen=True, kw_only=True)
class JobRequested(Event):
    """Somebody asked for a run now."""

    name = "job.requested"
    subject_kind = "job"


@dataclass(frozen=True, kw_only=True)
class JobFailing(Event):
    """A job failed again and again."""

    name = "job.failing"
    subject_kind = "job"


@dataclass(frozen=True, kw_only=True)
class JobRecovered(Event):
    """A job that kept failing works again."""

    name = "job.recovered"
    subject_kind = "job"
