"""Act-On accounts as Airflow connections."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, ClassVar

from keepstep_airflow.hooks.base import Fields, SystemHook
from keepstep_airflow.hooks.store import open_store

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.act_on import ActOnSettings, TokenStore
    from keepstep.connectors.base import Connector


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
    """In the store, sealed with Airflow's Fernet key; where Airflow has none, in a file of this machine's user."""
    from airflow.sdk.crypto import get_fernet
    from cryptography.fernet import InvalidToken

    from keepstep.store.tokens import SealedTokens

    fernet = get_fernet()
    if not fernet.is_encrypted:
        return None

    def unseal(sealed: str) -> bytes | None:
        try:
            return fernet.decrypt(sealed)
        except InvalidToken:
            return None

    return SealedTokens(open_store, _account(settings), lambda kept: fernet.encrypt(kept).decode(), unseal)


def _account(settings: ActOnSettings) -> str:
    """Names these credentials without telling them: a slow hash, so that corrected ones sign in afresh."""
    salt = hashlib.sha256("\n".join((settings.base_url, settings.user, settings.client_id)).encode()).digest()
    secret = f"{settings.password}\n{settings.client_secret}".encode()
    return f"act_on:{hashlib.scrypt(secret, salt=salt, n=2**14, r=8, p=1, dklen=16).hex()}"
