"""The connector behind a sync file's connection, whichever system it is to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import BaseHook

from keepstep.core.errors import SettingsError
from keepstep_airflow.hooks.account_engagement import AccountEngagementHook
from keepstep_airflow.hooks.act_on import ActOnHook
from keepstep_airflow.hooks.base import SystemHook
from keepstep_airflow.hooks.dynamics import DynamicsHook
from keepstep_airflow.hooks.memory import MemoryHook
from keepstep_airflow.hooks.netsuite import NetSuiteHook
from keepstep_airflow.hooks.salesforce import SalesforceHook
from keepstep_airflow.hooks.sugarcrm import SugarCrmHook

if TYPE_CHECKING:
    from keepstep.common_settings import CommonSettings
    from keepstep.connectors.base import Connector, ListPlatform

# Not Airflow's registry: a type that another provider brought along keeps that provider's hook there.
HOOKS: Mapping[str, type[SystemHook]] = MappingProxyType(
    {
        hook.conn_type: hook
        for hook in (
            NetSuiteHook,
            DynamicsHook,
            SalesforceHook,
            SugarCrmHook,
            ActOnHook,
            AccountEngagementHook,
            MemoryHook,
        )
    }
)


def crm_connector(settings: CommonSettings, max_calls: int) -> Connector:
    """The connector of a sync's CRM. Raises SettingsError where the connection is to another system."""
    return _hook(settings.crm.connection, settings.crm.system, "crm").get_conn(max_calls)


def platform_connector(settings: CommonSettings, max_calls: int) -> ListPlatform:
    """The connector of a sync's marketing platform. Raises SettingsError likewise."""
    hook = _hook(settings.platform.connection, settings.platform.system, "platform")
    return cast("ListPlatform", hook.get_conn(max_calls))


def connector_of(system: str, connection: str, max_calls: int) -> Connector:
    """The connector of a CRM that is named outside of a sync file. Raises SettingsError likewise."""
    return _hook(connection, system, "crm").get_conn(max_calls)


def _hook(conn_id: str, system: str, side: str) -> SystemHook:
    conn_type: Any = BaseHook.get_connection(conn_id).conn_type
    hook = HOOKS.get(conn_type)
    if hook is None or system not in hook.systems:
        raise SettingsError(
            f"{side}.connection: {conn_id} is of the type {conn_type}, "
            f"but {side}.system is {system}: change one of them"
        )
    return hook(conn_id)
