"""NetSuite accounts as Airflow connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keepstep.core.errors import SettingsError
from keepstep_airflow.hooks.base import Fields, SystemHook

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.base import Connector
    from keepstep.connectors.netsuite import ClientCredentials, NetSuiteSettings, TokenBased

STAGES = ("lead", "prospect", "customer")
CONCURRENCY = 3  # calls at once, of the account's 5 or more
SIGN_INS = ("oauth2", "tba")


class NetSuiteHook(SystemHook):
    """One account, signed in by OAuth 2.0 client credentials or by tokens (OAuth 1.0a)."""

    conn_type: ClassVar[str] = "netsuite"
    default_conn_name: ClassVar[str] = "netsuite_default"
    hook_name: ClassVar[str] = "NetSuite (Keepstep)"
    systems: ClassVar[frozenset[str]] = frozenset({"netsuite"})

    def connector(self, connection: Connection, max_calls: int | None) -> Connector:
        """The account's connector."""
        from keepstep.connectors.budget import Budget
        from keepstep.connectors.netsuite import NetSuiteConnector

        return NetSuiteConnector(netsuite_settings(connection), budget=Budget(max_calls))


def netsuite_settings(connection: Connection) -> NetSuiteSettings:
    """The form's fields, checked. Raises SettingsError that names the one that is missing."""
    from keepstep.connectors.netsuite import NetSuiteSettings

    fields = Fields(connection)
    stages = {stage: status for stage in STAGES if (status := fields.optional(f"{stage}_status"))}
    return NetSuiteSettings(
        account=fields.required("account_id", "the account as NetSuite shows it: 1234567, or 1234567_SB1"),
        auth=_auth(connection, fields),
        base_url=fields.base_url(),
        concurrency=fields.whole("concurrency") or CONCURRENCY,
        subsidiary=fields.optional("subsidiary"),
        stages=stages,
        time_zone=fields.optional("time_zone"),
        opt_out_field=fields.optional("opt_out_field"),
    )


def _auth(connection: Connection, fields: Fields) -> TokenBased | ClientCredentials:
    from keepstep.connectors.netsuite import ClientCredentials, TokenBased

    way = fields.optional("auth") or SIGN_INS[0]
    if way not in SIGN_INS:
        raise SettingsError(f"connection {connection.conn_id}: auth is one of {', '.join(SIGN_INS)}, not {way}")
    if way == "tba":
        return TokenBased(
            consumer_key=fields.required("login", "the integration's consumer key"),
            consumer_secret=fields.required("password", "the integration's consumer secret"),
            token_id=fields.required("token_id", "the access token's id"),
            token_secret=fields.required("token_secret", "the access token's secret"),
        )
    return ClientCredentials(
        client_id=fields.required("login", "the integration's client id"),
        certificate_id=fields.required("certificate_id", "from OAuth 2.0 Client Credentials Setup"),
        private_key=fields.required("private_key", "the certificate's private key, PEM").replace("\\n", "\n"),
        algorithm=fields.optional("algorithm") or "PS256",
    )
