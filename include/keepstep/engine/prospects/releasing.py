"""A prospect whose CRM record was deleted, and that somebody lets sync again (SY-17)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from keepstep.config import ProspectFile
from keepstep.engine.prospects.frame import place_of
from keepstep.store import on_demand, queue, releases
from keepstep.store.database import Store

RELEASED = "released"  # the reason with which a prospect is in the queue then


class Release(StrEnum):
    """What came of it."""

    SYNCS_AGAIN = "released"
    UNKNOWN = "released_unknown"  # the deletion is forgotten; this sync hasn't seen the prospect yet
    NOT_STOPPED = "not_stopped"


def release(store: Store, file: ProspectFile, prospect: str, by: str, now: datetime) -> Release:
    """Forget the deletion that stops this prospect, note who said so with it, and queue the prospect.

    A run that goes on, and had taken the prospect before, doesn't settle it: it was planned as stopped.
    """
    place = place_of(file)
    with store.begin() as conn:
        if not releases.release_by_person(conn, place, prospect, by, now):
            return Release.NOT_STOPPED
        known = queue.enqueue(conn, file.name, [prospect], RELEASED, now)
        on_demand.free(conn, place, [prospect])
        return Release.SYNCS_AGAIN if known else Release.UNKNOWN
