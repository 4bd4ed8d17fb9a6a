"""What Airflow is told about Keepstep: its connection types and their forms.

Airflow finds `get_provider_info` by the entry point `apache_airflow_provider`. Nothing here imports Airflow or a
connector: the function is called by every Airflow process when it starts.

A field that may stay empty has the type ``["string", "null"]``: Airflow's form takes a plain ``string`` as required.
"""

from __future__ import annotations

from typing import Any

HOOKS = "keepstep_airflow.hooks"
OPTIONAL = ["string", "null"]


def get_provider_info() -> dict[str, Any]:
    """Everything that Airflow's provider registry asks for."""
    return {
        "package-name": "keepstep",
        "name": "Keepstep",
        "description": "Marketing lists and behaviour scores in step between a marketing platform and a CRM.",
        "connection-types": [_netsuite(), _dynamics(), _sugarcrm(), _act_on(), _account_engagement(), _memory()],
    }


def _netsuite() -> dict[str, Any]:
    return {
        "connection-type": "netsuite",
        "hook-name": "NetSuite (Keepstep)",
        "hook-class-name": f"{HOOKS}.netsuite.NetSuiteHook",
        "conn-fields": {
            "account_id": _text("Account ID", "As NetSuite shows it: 1234567, or 1234567_SB1 for a sandbox."),
            "auth": _choice(
                "Sign-in",
                ["oauth2", "tba"],
                "oauth2: client credentials with a certificate, NetSuite's preferred way; tba: tokens (OAuth 1.0a).",
            ),
            "certificate_id": _text(
                "Certificate ID", "oauth2: from OAuth 2.0 Client Credentials Setup.", optional=True
            ),
            "private_key": _secret(
                "Private key", "oauth2: the certificate's private key, PEM; \\n stands for a new line."
            ),
            "algorithm": _text(
                "Signing algorithm", "oauth2: PS256 (default), PS384, PS512, ES256, ES384 or ES512.", optional=True
            ),
            "token_id": _secret("Token ID", "tba: the access token's id."),
            "token_secret": _secret("Token secret", "tba: the access token's secret."),
            "subsidiary": _text("Subsidiary", "OneWorld accounts: internal id for new companies.", optional=True),
            "time_zone": _text(
                "Time zone", "Of the account: America/Los_Angeles. Empty: found by asking.", optional=True
            ),
            "concurrency": _text(
                "Calls at once", "Default 3; the account's limit is shared by all its users.", optional=True
            ),
            "opt_out_field": _text("Opt-out field", "The contact's field for: do not contact.", optional=True),
            "lead_status": _text("Status of new leads", "Internal id; empty: the first active one.", optional=True),
            "prospect_status": _text("Status of new prospects", "Likewise.", optional=True),
            "customer_status": _text("Status of new customers", "Likewise.", optional=True),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {
                "host": "Base URL",
                "login": "Client ID (oauth2) or consumer key (tba)",
                "password": "Consumer secret (tba)",
            },
            "placeholders": {"host": "empty: https://<account>.suitetalk.api.netsuite.com"},
        },
    }


def _dynamics() -> dict[str, Any]:
    return {
        "connection-type": "dynamics",
        "hook-name": "Microsoft Dynamics 365 (Keepstep)",
        "hook-class-name": f"{HOOKS}.dynamics.DynamicsHook",
        "conn-fields": {
            "tenant_id": _text("Tenant ID", "Directory (tenant) id of the app registration in Microsoft Entra."),
            "concurrency": _text(
                "Calls at once", "Default 4; the app may have 51, all its integrations together.", optional=True
            ),
            "opt_out_field": _text("Opt-out column", "Of leads and contacts; default donotbulkemail.", optional=True),
            "login_url": _text(
                "Login URL", "Empty: https://login.microsoftonline.com; national clouds have another.", optional=True
            ),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {"host": "Environment URL", "login": "Client ID", "password": "Client secret"},
            "placeholders": {"host": "https://contoso.crm4.dynamics.com"},
        },
    }


def _sugarcrm() -> dict[str, Any]:
    return {
        "connection-type": "sugarcrm",
        "hook-name": "SugarCRM (Keepstep)",
        "hook-class-name": f"{HOOKS}.sugarcrm.SugarCrmHook",
        "conn-fields": {
            "api": _choice("API", ["v11", "v4_1"], "v11: Sugar 7 and later; v4_1: older ones, and SuiteCRM."),
            "platform": _text(
                "Platform",
                "v11: its name in Admin > Configure API Platforms; default keepstep. One of its own: a second sign-in "
                "on the same platform ends the first.",
                optional=True,
            ),
            "client_id": _text("OAuth key", "v11: default sugar, which is always there.", optional=True),
            "client_secret": _secret("OAuth secret", "v11: of that key; sugar has none."),
            "api_version": _text("API version", "v11: 11_20, say, by the product's release.", optional=True),
            "concurrency": _text("Calls at once", "Default 2: most servers are slow.", optional=True),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {"host": "Address", "login": "User name (nobody else's)", "password": "Password"},
            "placeholders": {"host": "https://NAME.sugarondemand.com"},
        },
    }


def _act_on() -> dict[str, Any]:
    return {
        "connection-type": "act_on",
        "hook-name": "Act-On (Keepstep)",
        "hook-class-name": f"{HOOKS}.act_on.ActOnHook",
        "conn-fields": {
            "client_id": _text("Client ID", "Of the API key; names the integration."),
            "client_secret": _secret("Client secret", "Of the API key."),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {
                "host": "Base URL",
                "login": "User name (chooses the Act-On account)",
                "password": "Password",
            },
            "placeholders": {
                "host": "empty: https://api.actonsoftware.com (EU: https://api-eu.actonsoftware.com)",
                "login": "operations@example.com",
            },
        },
    }


def _account_engagement() -> dict[str, Any]:
    return {
        "connection-type": "account_engagement",
        "hook-name": "Account Engagement (Keepstep)",
        "hook-class-name": f"{HOOKS}.account_engagement.AccountEngagementHook",
        "conn-fields": {
            "business_unit_id": _text("Business unit ID", "0Uv…: Setup > Business Unit Setup in Salesforce."),
            "salesforce_conn_id": _text(
                "Salesforce connection",
                "Signs in as that connection does; then leave what follows empty.",
                optional=True,
            ),
            "domain": _text("Domain", "login (default), test, or the My Domain: acme.my.", optional=True),
            "consumer_key": _text("Consumer key", "Of an app with the scope pardot_api.", optional=True),
            "consumer_secret": _secret("Consumer secret", "Of that app: client credentials, or with a password."),
            "private_key": _secret(
                "Private key", "JWT bearer: the app's certificate's key, PEM; \\n stands for a new line."
            ),
            "security_token": _secret("Security token", "With a password, from an address that the org doesn't trust."),
            "concurrency": _text("Calls at once", "A unit allows 5, shared by all its users.", optional=True),
            "keep_calls": _text("Calls kept for others", "Of the unit's calls a day; default 1000.", optional=True),
            "login_url": _text(
                "Login URL", "Instead of the one made of the domain: a sandbox, a proxy.", optional=True
            ),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {"host": "Base URL", "login": "User name (JWT bearer or password)"},
            "placeholders": {"host": "empty: https://pi.pardot.com (sandboxes: https://pi.demo.pardot.com)"},
        },
    }


def _memory() -> dict[str, Any]:
    return {
        "connection-type": "keepstep_memory",
        "hook-name": "Keepstep, in memory (for trying out)",
        "hook-class-name": f"{HOOKS}.memory.MemoryHook",
        "conn-fields": {
            "side": _choice(
                "Side",
                ["crm", "platform", "prospects"],
                "What it plays: a CRM, a marketing platform with lists, or one whose prospects sync as such.",
            ),
            "path": _text("File", "Where its records are kept between tasks."),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port", "host", "login", "password"],
            "relabeling": {},
            "placeholders": {},
        },
    }


def _text(label: str, description: str, *, optional: bool = False) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": OPTIONAL if optional else "string"}}


def _secret(label: str, description: str) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": OPTIONAL, "format": "password"}}


def _choice(label: str, values: list[str], description: str) -> dict[str, Any]:
    schema = {"type": "string", "enum": values, "default": values[0]}
    return {"label": label, "description": description, "schema": schema}
