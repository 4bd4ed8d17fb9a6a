"""How a Salesforce connection of Airflow says to sign in: the fields of Airflow's own Salesforce provider.

Which fields are filled in chooses the way, in the provider's own order, so that a connection that serves its hook
serves us as it is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from keepstep.core.errors import SettingsError
from keepstep_airflow.hooks.base import Fields

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.salesforce import ClientCredentials, JwtBearer, UserPassword

    Auth = ClientCredentials | JwtBearer | UserPassword

OLD_PREFIX = "extra__salesforce__"  # of the form's fields, before the provider's version 3
OWN_LOGINS = ("keepstep_login_url", "login_url")  # the second in our own form
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_SUFFIX = ".salesforce.com"
_WAYS = (
    "fill in consumer_key, consumer_secret and domain (client credentials), or login, consumer_key and private_key "
    "(JWT bearer), or login, password and security_token"
)


class SalesforceFields(Fields):
    """The fields by their names of today, or by those that older versions of the provider's form gave them."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.conn_id = connection.conn_id
        self._names = frozenset(connection.extra_dejson)

    def optional(self, name: str) -> str | None:
        """See `Fields.optional`."""
        old = OLD_PREFIX + name
        return super().optional(old if old in self._names and name not in self._names else name)

    def yes(self, name: str) -> bool:
        """Whether a field says true. Raises SettingsError where it says neither true nor false."""
        said = (self.optional(name) or "false").lower()
        if said not in ("true", "false"):
            raise SettingsError(f"connection {self.conn_id}: {name} is true or false, not {said!r}")
        return said == "true"

    def address(self, name: str) -> str | None:
        """An address of ours, without a trailing slash. Raises SettingsError where secrets would travel in clear."""
        told = self.base_url() if name == "host" else self.optional(name)
        if told is None:
            return None
        return self.private(name, told)

    def own_login(self) -> str | None:
        """The address to sign in at that stands instead of the one made of `domain`."""
        return next((url for name in OWN_LOGINS if (url := self.address(name))), None)


def auth_of(connection: Connection) -> Auth:
    """The sign-in that the provider's hook would take. Raises SettingsError where the fields are of no way."""
    from keepstep.connectors.salesforce import ClientCredentials, UserPassword

    fields = SalesforceFields(connection)
    user, password = fields.optional("login"), fields.optional("password")
    token, key, secret = (fields.optional(name) for name in ("security_token", "consumer_key", "consumer_secret"))
    if user and password and (token or fields.optional("organization_id")):
        return UserPassword(user, password, token or "")
    if user and password and key and secret:
        return UserPassword(user, password, "", key, secret)
    if user and key and (signing := _private_key(fields)):
        return _jwt(fields, user, key, signing)
    if key and secret:
        _needs_my_domain(fields)
        return ClientCredentials(key, secret)
    if user and password:  # from an address that the org trusts
        return UserPassword(user, password)
    raise SettingsError(f"connection {fields.conn_id}: it can't sign in: {_WAYS} (Admin > Connections in Airflow)")


def oauth_of(connection: Connection) -> Auth:
    """The sign-in that gives an OAuth token, which Account Engagement wants. Raises SettingsError without an app."""
    from keepstep.connectors.salesforce import ClientCredentials, UserPassword

    fields = SalesforceFields(connection)
    key = fields.required("consumer_key", "the consumer key of an app with the scope pardot_api")
    user, password, secret = (fields.optional(name) for name in ("login", "password", "consumer_secret"))
    if user and (signing := _private_key(fields)):
        return _jwt(fields, user, key, signing)
    secret = secret or fields.required("consumer_secret", "that app's secret")
    if user and password:
        return UserPassword(user, password, fields.optional("security_token") or "", key, secret)
    _needs_my_domain(fields)
    return ClientCredentials(key, secret)


def login_url_of(connection: Connection) -> str:
    """Where it signs in: `domain` as the provider reads it (test, or acme.my), or an address of ours instead."""
    fields = SalesforceFields(connection)
    own = fields.own_login()
    if own is not None:
        return own
    # The provider's JWT sign-in goes to `instance_url`, which there is a domain and no URL.
    jwt = fields.optional("private_key") or fields.optional("private_key_file_path")
    elsewhere = fields.optional("instance_url") if jwt else None
    return _of_domain(fields, elsewhere or fields.optional("domain") or "login")


def _jwt(fields: SalesforceFields, user: str, key: str, signing: str) -> JwtBearer:
    from keepstep.connectors.salesforce import JwtBearer

    domain = fields.optional("domain")
    unsaid = domain is None and fields.own_login() is not None
    return JwtBearer(key, user, signing, None if unsaid else _of_domain(fields, domain or "login"))


def _private_key(fields: SalesforceFields) -> str | None:
    path = fields.optional("private_key_file_path")
    if path is None:
        typed = fields.optional("private_key")
        return None if typed is None else typed.replace("\\n", "\n")
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"connection {fields.conn_id}: the file that private_key_file_path names can't be read as text here; every "
            "worker needs it"
        ) from None


def _needs_my_domain(fields: SalesforceFields) -> None:
    if (fields.optional("domain") or "login") in ("login", "test") and fields.own_login() is None:
        raise SettingsError(
            f"connection {fields.conn_id}: client credentials work on the org's own host only: set domain to its My "
            "Domain, acme.my for https://acme.my.salesforce.com"
        )


def _of_domain(fields: SalesforceFields, domain: str) -> str:
    name = domain.removeprefix("https://").rstrip("/").removesuffix(_SUFFIX)
    if not _DOMAIN.fullmatch(name):
        raise SettingsError(
            f"connection {fields.conn_id}: domain is login, test, or a My Domain like acme.my, without .salesforce.com"
        )
    return f"https://{name}{_SUFFIX}"
