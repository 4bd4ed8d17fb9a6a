"""Dynamics 365 environments as Airflow connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from keepstep_airflow.hooks.base import Fields, SystemHook

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.base import Connector
    from keepstep.connectors.dynamics import DynamicsSettings


class DynamicsHook(SystemHook):
    """One environment, signed in as an application user by Microsoft Entra client credentials."""

    conn_type: ClassVar[str] = "dynamics"
    default_conn_name: ClassVar[str] = "dynamics_default"
    hook_name: ClassVar[str] = "Microsoft Dynamics 365 (Keepstep)"
    systems: ClassVar[frozenset[str]] = frozenset({"dynamics"})

    def connector(self, connection: Connection, max_calls: int | None) -> Connector:
        """The environment's connector."""
        from keepstep.connectors.budget import Budget
        from keepstep.connectors.dynamics import DynamicsConnector

        return DynamicsConnector(dynamics_settings(connection), budget=Budget(max_calls))


def dynamics_settings(connection: Connection) -> DynamicsSettings:
    """The form's fields, checked. Raises SettingsError that names the one that is missing."""
    from keepstep.connectors.dynamics import ClientSecret, DynamicsSettings

    fields = Fields(connection)
    auth = ClientSecret(
        tenant_id=fields.required("tenant_id", "the directory (tenant) id of the app registration in Microsoft Entra"),
        client_id=fields.required("login", "the application (client) id of the app registration"),
        client_secret=fields.required("password", "a client secret of the app registration, its value"),
    )
    return DynamicsSettings(auth, fields.required_url("https://NAME.crm4.dynamics.com"), **_where_given(fields))


def _where_given(fields: Fields) -> dict[str, Any]:
    """What has a default of the connector's own."""
    given: dict[str, Any] = {
        "login_url": fields.optional("login_url"),
        "concurrency": fields.whole("concurrency"),
        "opt_out_field": fields.optional("opt_out_field"),
    }
    return {name: value for name, value in given.items() if value is not None}
