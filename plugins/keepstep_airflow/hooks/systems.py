"""The connector behind a sync file's connection, whichever system it is to."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from airflow.sdk import BaseHook

from keepstep.core.errors import SettingsError
from keepstep_airflow.hooks.base import SystemHook

if TYPE_CHECKING:
    from keepstep.config import SyncSettings
    from keepstep.connectors.base import Connector, ListPlatform


def crm_connector(settings: SyncSettings, max_calls: int) -> Connector:
    """The connector of a sync's CRM. Raises SettingsError where the connection is to another system."""
    return _hook(settings.crm.connection, settings.crm.system, "crm").get_conn(max_calls)


def platform_connector(settings: SyncSettings, max_calls: int) -> ListPlatform:
    """The connector of a sync's marketing platform. Raises SettingsError likewise."""
    hook = _hook(settings.platform.connection, settings.platform.system, "platform")
    return cast("ListPlatform", hook.get_conn(max_calls))


def _hook(conn_id: str, system: str, side: str) -> SystemHook:
    """Airflow finds the hook's class by the connection's type, from what `provider` registered."""
    connection = BaseHook.get_connection(conn_id)
    hook = connection.get_hook()  # type: ignore[no-untyped-call]  # Airflow's own omission
    if not isinstance(hook, SystemHook) or system not in hook.systems:
        raise SettingsError(
            f"{side}.connection: {conn_id} is of the type {connection.conn_type}, "
            f"but {side}.system is {system}: change one of them"
        )
    return hook
