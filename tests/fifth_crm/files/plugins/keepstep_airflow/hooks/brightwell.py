"""Brightwell CRM sites as Airflow connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keepstep_airflow.hooks.base import Fields, SystemHook

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.base import Connector
    from keepstep.connectors.brightwell import BrightwellSettings


class BrightwellHook(SystemHook):
    """One site, opened by an API key."""

    conn_type: ClassVar[str] = "brightwell"
    default_conn_name: ClassVar[str] = "brightwell_default"
    hook_name: ClassVar[str] = "Brightwell CRM (Keepstep)"
    systems: ClassVar[frozenset[str]] = frozenset({"brightwell"})

    def connector(self, connection: Connection, max_calls: int | None) -> Connector:
        """The site's connector."""
        from keepstep.connectors.brightwell import BrightwellConnector
        from keepstep.connectors.budget import Budget

        return BrightwellConnector(brightwell_settings(connection), budget=Budget(max_calls))


def brightwell_settings(connection: Connection) -> BrightwellSettings:
    """The form's fields, checked. Raises SettingsError that names the one that is missing."""
    from keepstep.connectors.brightwell import BrightwellSettings

    fields = Fields(connection)
    return BrightwellSettings(
        url=fields.required_url("https://NAME.brightwell.example"),
        token=fields.required("password", "an API key, of a user that nobody else signs in as"),
    )
