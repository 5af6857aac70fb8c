"""What happens to workflows."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class WorkflowCreated(Event):
    """A template was made."""

    name = "workflow.created"
    subject_kind = "workflow"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class WorkflowChanged(Event):
    """A template was changed; `after` names the version that new runs take when its steps were."""

    name = "workflow.changed"
    subject_kind = "workflow"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class WorkflowDeleted(Event):
    """A template that was never run was deleted."""

    name = "workflow.deleted"
    subject_kind = "workflow"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class RunCreated(Event):
    """A run began, or stands in a queue."""

    name = "workflow_run.created"
    subject_kind = "workflow_run"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class RunMoved(Event):
    """A run went from one state to another."""

    name = "workflow_run.moved"
    subject_kind = "workflow_run"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class RunChanged(Event):
    """A run's steps went on."""

    name = "workflow_run.changed"
    subject_kind = "workflow_run"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class ScheduleCreated(Event):
    """A schedule was added."""

    name = "workflow_schedule.created"
    subject_kind = "workflow_schedule"


@dataclass(frozen=True, kw_only=True)
class ScheduleChanged(Event):
    """A schedule was changed, paused or resumed."""

    name = "workflow_schedule.changed"
    subject_kind = "workflow_schedule"


@dataclass(frozen=True, kw_only=True)
class ScheduleDeleted(Event):
    """A schedule was deleted."""

    name = "workflow_schedule.deleted"
    subject_kind = "workflow_schedule"


@dataclass(frozen=True, kw_only=True)
class ScheduleTicked(Event):
    """A schedule was due: `after` says how many runs it started, queued, skipped, missed or could not start."""

    name = "workflow_schedule.ticked"
    subject_kind = "workflow_schedule"


@dataclass(frozen=True, kw_only=True)
class TriggerCreated(Event):
    """A trigger was added."""

    name = "workflow_trigger.created"
    subject_kind = "workflow_trigger"


@dataclass(frozen=True, kw_only=True)
class TriggerChanged(Event):
    """A trigger was changed, paused or resumed."""

    name = "workflow_trigger.changed"
    subject_kind = "workflow_trigger"


@dataclass(frozen=True, kw_only=True)
class TriggerDeleted(Event):
    """A trigger was deleted."""

    name = "workflow_trigger.deleted"
    subject_kind = "workflow_trigger"


@dataclass(frozen=True, kw_only=True)
class TriggerRefused(Event):
    """An event matched and started nothing: `after` says why."""

    name = "workflow_trigger.refused"
    subject_kind = "workflow_trigger"


@dataclass(frozen=True, kw_only=True)
class HookCreated(Event):
    """A webhook was added."""

    name = "workflow_hook.created"
    subject_kind = "workflow_hook"


@dataclass(frozen=True, kw_only=True)
class HookChanged(Event):
    """A webhook was changed, paused, resumed, or got a new secret."""

    name = "workflow_hook.changed"
    subject_kind = "workflow_hook"


@dataclass(frozen=True, kw_only=True)
class HookDeleted(Event):
    """A webhook was deleted."""

    name = "workflow_hook.deleted"
    subject_kind = "workflow_hook"


@dataclass(frozen=True, kw_only=True)
class HookCalled(Event):
    """A signed request came in."""

    name = "workflow_hook.called"
    subject_kind = "workflow_hook"
