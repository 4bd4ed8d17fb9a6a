"""Account Engagement business units as Airflow connections: a Salesforce sign-in, and the unit's id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseHook

from keepstep.core.errors import SettingsError
from keepstep_airflow.hooks.base import SystemHook
from keepstep_airflow.hooks.salesforce import SalesforceHook
from keepstep_airflow.hooks.salesforce_sign_in import SalesforceFields, login_url_of, oauth_of

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.account_engagement import AccountEngagementSettings
    from keepstep.connectors.base import Connector


class AccountEngagementHook(SystemHook):
    """One business unit. The sign-in is its own, or that of the Salesforce connection which it names."""

    conn_type: ClassVar[str] = "account_engagement"
    default_conn_name: ClassVar[str] = "account_engagement_default"
    hook_name: ClassVar[str] = "Account Engagement (Keepstep)"
    systems: ClassVar[frozenset[str]] = frozenset({"account_engagement"})

    def connector(self, connection: Connection, max_calls: int | None) -> Connector:
        """The business unit's connector."""
        from keepstep.connectors.account_engagement import AccountEngagementConnector

        budget = SalesforceFields(connection).budget("keep_calls", max_calls)
        return AccountEngagementConnector(account_engagement_settings(connection), budget=budget)


def account_engagement_settings(connection: Connection) -> AccountEngagementSettings:
    """The form's fields, checked. Raises SettingsError that names what is missing or wrong."""
    from keepstep.connectors.account_engagement import AccountEngagementSettings

    fields = SalesforceFields(connection)
    signing_in = _sign_in(fields, connection)
    unit = fields.required("business_unit_id", "the business unit's id, 18 characters that begin with 0Uv")
    given: dict[str, Any] = {"base_url": fields.address("host"), "concurrency": fields.whole("concurrency")}
    chosen = {name: value for name, value in given.items() if value is not None}
    return AccountEngagementSettings(
        auth=oauth_of(signing_in), business_unit_id=unit, login_url=login_url_of(signing_in), **chosen
    )


def _sign_in(fields: SalesforceFields, connection: Connection) -> Connection:
    """The connection that says how to sign in."""
    name = fields.optional("salesforce_conn_id")
    if name is None:
        return connection
    named = BaseHook.get_connection(name)
    if named.conn_type != SalesforceHook.conn_type:
        raise SettingsError(
            f"connection {fields.conn_id}: salesforce_conn_id names {name}, which is of the type {named.conn_type} and "
            "not salesforce"
        )
    return named
