"""Salesforce orgs as Airflow connections: the type, form and Test button are those of Airflow's Salesforce provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from keepstep.core.errors import SettingsError
from keepstep_airflow.hooks.base import SystemHook
from keepstep_airflow.hooks.salesforce_sign_in import SalesforceFields, auth_of, login_url_of

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.base import Connector
    from keepstep.connectors.salesforce import SalesforceSettings

OLDEST_VERSION = 50  # an older one that a connection names for the provider's sake isn't ours
NO_FIELD = "none"


class SalesforceHook(SystemHook):
    """One org. Not registered: the type's own hook stays the provider's, this one is for Keepstep's syncs."""

    conn_type: ClassVar[str] = "salesforce"
    default_conn_name: ClassVar[str] = "salesforce_default"
    hook_name: ClassVar[str] = "Salesforce (Keepstep)"
    systems: ClassVar[frozenset[str]] = frozenset({"salesforce"})

    def connector(self, connection: Connection, max_calls: int | None) -> Connector:
        """The org's connector."""
        from keepstep.connectors.salesforce import SalesforceConnector

        budget = SalesforceFields(connection).budget("keepstep_keep_calls", max_calls)
        return SalesforceConnector(salesforce_settings(connection), budget=budget)


def salesforce_settings(connection: Connection) -> SalesforceSettings:
    """The provider's fields and our own `keepstep_…` ones, checked. Raises SettingsError that names what is wrong."""
    from keepstep.connectors.salesforce import SalesforceSettings

    fields = SalesforceFields(connection)
    if fields.optional("proxies"):
        raise SettingsError(
            f"connection {fields.conn_id}: Keepstep doesn't use its proxies: take them out and set HTTPS_PROXY for "
            "Airflow's workers"
        )
    return SalesforceSettings(
        auth=auth_of(connection),
        login_url=login_url_of(connection),
        instance_url=fields.address("keepstep_instance_url"),
        external_id_field=fields.optional("keepstep_external_id_field"),
        allow_duplicates=fields.yes("keepstep_allow_duplicates"),
        **_where_given(fields),
    )


def _where_given(fields: SalesforceFields) -> dict[str, Any]:
    """What has a default of the connector's own."""
    given: dict[str, Any] = {
        "api_version": fields.optional("keepstep_api_version") or _recent(fields.optional("version")),
        "concurrency": fields.whole("keepstep_concurrency"),
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    opt_out = fields.optional("keepstep_opt_out_field")
    if opt_out is not None:
        chosen["opt_out_field"] = None if opt_out.lower() == NO_FIELD else opt_out
    return chosen


def _recent(version: str | None) -> str | None:
    number = (version or "").partition(".")[0]
    return version if number.isdigit() and int(number) >= OLDEST_VERSION else None
