"""The in-memory systems as Airflow connections: their records live in a file, so that every task sees them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from keepstep.core.errors import SettingsError
from keepstep_airflow.hooks.base import Fields, SystemHook

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.base import Connector

SIDES = ("crm", "platform", "prospects")


class MemoryHook(SystemHook):
    """A CRM or a platform to try syncs with: no network, no account."""

    conn_type: ClassVar[str] = "keepstep_memory"
    default_conn_name: ClassVar[str] = "keepstep_memory_default"
    hook_name: ClassVar[str] = "Keepstep's in-memory system"
    systems: ClassVar[frozenset[str]] = frozenset({"memory_crm", "memory_platform", "memory_prospects"})

    def connector(self, connection: Connection, max_calls: int | None) -> Connector:  # noqa: ARG002 # calls cost nothing
        """The side that the connection names, over its file."""
        from keepstep.connectors.memory import (
            MemoryCrm,
            MemoryCrmState,
            MemoryPlatform,
            MemoryPlatformState,
            MemoryProspectPlatform,
        )

        fields = Fields(connection)
        path = Path(fields.required("path", "the file in which its records are kept"))
        match fields.required("side", " or ".join(SIDES)):
            case "crm":
                return MemoryCrm(MemoryCrmState(_now, path))
            case "platform":
                return MemoryPlatform(MemoryPlatformState(_now, path))
            case "prospects":
                return MemoryProspectPlatform(MemoryPlatformState(_now, path))
            case side:
                raise SettingsError(f"connection {connection.conn_id}: side is {' or '.join(SIDES)}, not {side}")


def _now() -> datetime:
    return datetime.now(UTC)
