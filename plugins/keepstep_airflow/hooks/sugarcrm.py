"""SugarCRM and SuiteCRM instances as Airflow connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from keepstep.core.errors import SettingsError
from keepstep_airflow.hooks.base import Fields, SystemHook
from keepstep_airflow.hooks.tokens import shared_tokens

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.base import Connector
    from keepstep.connectors.sugarcrm import SugarCrmSettings
    from keepstep.connectors.token_store import TokenStore

APIS = ("v11", "v4_1")


class SugarCrmHook(SystemHook):
    """One instance, signed in as a user of its own: by REST v11, or by the older v4_1 that SuiteCRM speaks too.

    v11 gives a user one session on a platform, which all workers share.
    """

    conn_type: ClassVar[str] = "sugarcrm"
    default_conn_name: ClassVar[str] = "sugarcrm_default"
    hook_name: ClassVar[str] = "SugarCRM (Keepstep)"
    systems: ClassVar[frozenset[str]] = frozenset({"sugarcrm"})

    def connector(self, connection: Connection, max_calls: int | None) -> Connector:
        """The instance's connector."""
        from keepstep.connectors.budget import Budget
        from keepstep.connectors.sugarcrm import SugarCrmConnector

        settings = sugarcrm_settings(connection)
        return SugarCrmConnector(settings, _tokens(settings), budget=Budget(max_calls))


def sugarcrm_settings(connection: Connection) -> SugarCrmSettings:
    """The form's fields, checked. Raises SettingsError that names the one that is missing."""
    from keepstep.connectors.sugarcrm import SugarCrmSettings

    fields = Fields(connection)
    api = fields.optional("api") or APIS[0]
    if api not in APIS:
        raise SettingsError(f"connection {connection.conn_id}: api is one of {', '.join(APIS)}, not {api}")
    return SugarCrmSettings(
        url=fields.required_url("https://NAME.sugarondemand.com"),
        username=fields.required("login", "the user name of a user that nobody else signs in as"),
        password=fields.required("password", "that user's password"),
        api=api,
        **_where_given(fields),
    )


def _tokens(settings: SugarCrmSettings) -> TokenStore | None:
    """For all workers; None for v4_1, where each may have its own, and where Airflow has no Fernet key."""
    if settings.api != APIS[0]:
        return None
    public = (settings.root, settings.username, settings.client_id, settings.platform)
    return shared_tokens("sugarcrm", public, (settings.password, settings.client_secret))


def _where_given(fields: Fields) -> dict[str, Any]:
    """What has a default of the connector's own."""
    given: dict[str, Any] = {
        "client_id": fields.optional("client_id"),
        "client_secret": fields.optional("client_secret"),
        "platform": fields.optional("platform"),
        "api_version": fields.optional("api_version"),
        "concurrency": fields.whole("concurrency"),
    }
    return {name: value for name, value in given.items() if value is not None}
