"""Act-On accounts as Airflow connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keepstep_airflow.hooks.base import Fields, SystemHook
from keepstep_airflow.hooks.tokens import shared_tokens

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.act_on import ActOnSettings
    from keepstep.connectors.base import Connector
    from keepstep.connectors.token_store import TokenStore


class ActOnHook(SystemHook):
    """One account; its token pair is kept for all workers, because Act-On allows five sign-ins an hour."""

    conn_type: ClassVar[str] = "act_on"
    default_conn_name: ClassVar[str] = "act_on_default"
    hook_name: ClassVar[str] = "Act-On (Keepstep)"
    systems: ClassVar[frozenset[str]] = frozenset({"act_on"})

    def connector(self, connection: Connection, max_calls: int | None) -> Connector:
        """The account's connector."""
        from keepstep.connectors.act_on import ActOn

        settings = act_on_settings(connection, max_calls)
        return ActOn(settings, _tokens(settings))


def act_on_settings(connection: Connection, max_calls: int | None = None) -> ActOnSettings:
    """The form's fields, checked. Raises SettingsError that names the one that is missing."""
    from keepstep.connectors.act_on import ActOnSettings
    from keepstep.connectors.act_on.connector import BASE_URL

    fields = Fields(connection)
    return ActOnSettings(
        user=fields.required("login", "the user name, which chooses the Act-On account"),
        password=fields.required("password", "that user's password"),
        client_id=fields.required("client_id", "the API key's client id"),
        client_secret=fields.required("client_secret", "the API key's client secret"),
        base_url=fields.base_url() or BASE_URL,
        max_calls=max_calls,
    )


def _tokens(settings: ActOnSettings) -> TokenStore | None:
    """For all workers; where Airflow has no Fernet key, in a file of this machine's user."""
    public = (settings.base_url, settings.user, settings.client_id)
    return shared_tokens("act_on", public, (settings.password, settings.client_secret))
