"""The wait for a maintenance that has a Dag of its own: asks the store every few seconds, and takes no worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.triggers.base import BaseTrigger, TriggerEvent

from keepstep.core.errors import Unavailable
from keepstep_airflow.hooks.store import STORE_CONNECTION, store_url

if TYPE_CHECKING:
    from keepstep.core.model import EpochId

POLL_S = 10.0


class EpochTrigger(BaseTrigger):
    """Fires ``{"epoch": id}`` once a sealed epoch is final through `through`, or ``{"epoch": None}`` at `deadline`.

    Both are ISO 8601 with an offset. A store that is away for a while is waited for; the deadline stands.
    """

    def __init__(self, sync: str, through: str, deadline: str, poll_s: float = POLL_S) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own omission
        self.sync = sync
        self.through = through
        self.deadline = deadline
        self.poll_s = poll_s

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """For Airflow's metadata database: no secret is in it."""
        arguments = {
            "sync": self.sync,
            "through": self.through,
            "deadline": self.deadline,
            "poll_s": self.poll_s,
        }
        return f"{type(self).__module__}.{type(self).__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll in a thread: the triggerer's loop serves other waits meanwhile."""
        url = store_url(await BaseHook.aget_connection(STORE_CONNECTION))
        deadline = datetime.fromisoformat(self.deadline)
        while True:
            epoch = await asyncio.to_thread(self._look, url)
            if epoch is not None or datetime.now(UTC) >= deadline:
                yield TriggerEvent({"epoch": epoch})  # type: ignore[no-untyped-call]  # as above
                return
            await asyncio.sleep(self.poll_s)

    def _look(self, url: str) -> EpochId | None:
        """One short query over a connection that isn't kept: a wait may last for hours."""
        from keepstep.store.database import Store
        from keepstep.store.epochs import covering_epoch

        with Store(url, application_name="keepstep-trigger") as store:
            try:
                return covering_epoch(store, self.sync, datetime.fromisoformat(self.through))
            except Unavailable as away:
                self.log.warning("%s", away)
                return None
