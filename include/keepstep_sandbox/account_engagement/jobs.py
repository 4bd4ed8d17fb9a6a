"""What imports and exports share: their states, how they age, and how they're told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from starlette.responses import Response

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.values import written

RESULTS_KEPT: Final = timedelta(days=7)
OPEN_KEPT: Final = timedelta(hours=24)


class State(StrEnum):
    """The states of a job."""

    OPEN = "Open"
    WAITING = "Waiting"
    PROCESSING = "Processing"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CANCELED = "Canceled"


@dataclass(slots=True)
class Progress:
    """Where a job stands. `polls` counts how often it was looked at since its work could begin."""

    state: State
    created: datetime
    updated: datetime
    polls: int = 0

    def advance(self, polls: int, now: datetime, work: Callable[[], None]) -> None:
        """Let the job get on by one look at it; it does its work once it was looked at often enough."""
        if self.state not in (State.WAITING, State.PROCESSING):
            return
        self.polls += 1
        self.state = State.PROCESSING
        if self.polls > polls:
            self.state, self.updated = State.COMPLETE, now
            work()  # which may end it otherwise

    def expired(self, now: datetime) -> bool:
        """Tell whether nothing can be done with the job any more."""
        if self.state is State.OPEN:
            return now >= self.created + OPEN_KEPT
        return self.state is State.COMPLETE and now >= self.updated + RESULTS_KEPT


def told(values: Mapping[str, Any], names: Sequence[str], zone: str, status: int = 200) -> Response:
    """Write the fields of a job that were asked for.

    Raises:
        PardotError: there's no such field (180).
    """
    if unknown := [name for name in names if name not in values]:
        raise PardotError(180, unknown[0])
    moments = ZoneInfo(zone)
    shown = {
        name: written(values[name], moments) if isinstance(values[name], datetime) else values[name] for name in names
    }
    return Response(orjson.dumps(shown), status, media_type="application/json")
