"""What people say of anomalies: seen, later, enough."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict, invalid
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.anomalies import events
from orkwork.domains.anomalies.models import Anomaly
from orkwork.domains.anomalies.queries import listing
from orkwork.domains.anomalies.schemas import AnomalyOut, CloseIn, SnoozeIn

LONGEST = timedelta(days=90)


def _lasting(work: Work, anomaly_id: UUID, if_match: int | None) -> Anomaly:
    row = work.get(Anomaly, listing.anomaly(work, anomaly_id).id, lock=True, if_match=if_match)
    if row.over_at is not None:
        raise Conflict("anomaly.over", "It is in line again", "There is nothing left to say about it.")
    return row


def _change(work: Work, row: Anomaly, kind: type[events.Event], after: dict[str, Any]) -> AnomalyOut:
    row.sqlmodel_update(after | {"version": row.version + 1})
    work.session.flush()
    work.emit(kind(subject_id=row.id, subject_label=row.subject[:200], project_id=row.project_id, after=after))
    return listing.anomaly(work, row.id)


@operation(None, role=Role.ADMIN, agents=False)
def acknowledge(work: Work, anomaly_id: UUID, if_match: int | None = None) -> AnomalyOut:
    """Say that it was seen: it stays in the list while it lasts, but not on the dashboard. Again changes nothing."""
    row = _lasting(work, anomaly_id, if_match)
    if row.acknowledged_at is not None:
        return listing.anomaly(work, anomaly_id)
    said = {"acknowledged_at": clock.now(), "acknowledged_by": work.actor.name}
    return _change(work, row, events.AnomalyAcknowledged, said)


@operation(None, role=Role.ADMIN, agents=False)
def snooze(work: Work, anomaly_id: UUID, body: SnoozeIn, if_match: int | None = None) -> AnomalyOut:
    """Show it again at a later moment, within 90 days, if it lasts so long, or as soon as it becomes graver."""
    row, now = _lasting(work, anomaly_id, if_match), clock.now()
    if not now < body.until <= now + LONGEST:
        raise invalid("until", "must be in the future, within 90 days")
    return _change(work, row, events.AnomalySnoozed, {"snoozed_until": body.until})


@operation(None, role=Role.ADMIN, agents=False)
def close(work: Work, anomaly_id: UUID, body: CloseIn, if_match: int | None = None) -> AnomalyOut:
    """Hear no more of it, unless it becomes graver; when it is over and comes again, it is found anew."""
    row = _lasting(work, anomaly_id, if_match)
    if row.closed_at is not None:
        return listing.anomaly(work, anomaly_id)
    said = {"closed_at": clock.now(), "closed_by": work.actor.name, "close_reason": body.reason}
    return _change(work, row, events.AnomalyClosed, said)
