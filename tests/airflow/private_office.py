"""Private contacts through Airflow: a Salesforce sandbox, a mail server, a person who answers Required Actions."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import requests
import yaml
from aiosmtpd.controller import Controller

from keepstep.connectors import salesforce
from keepstep.store.database import Store
from keepstep_airflow.private_contacts_dag import private_dag_id
from keepstep_sandbox import credentials
from tests.airflow.stage import Outcome, impatient, impatient_dag, outcome

IMPORTED = salesforce  # before a task does: what waits in it would keep the sleep of `impatient` for good
GIVEN = "Company__c"
APP = {"consumer_key": credentials.SALESFORCE_CLIENT_ID, "consumer_secret": credentials.SALESFORCE_CLIENT_SECRET}


@dataclass
class Mailbox:
    """A mail server that keeps what it is given."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Take a mail."""
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.mails.append((list(envelope.rcpt_tos), found))
        return "250 kept"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, dict[str, Any]]]:
    """A mail server on this machine, and the Airflow connection to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "keepstep@example.com"}
    try:
        yield box, {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    finally:
        controller.stop()


@dataclass
class PrivateOffice:
    """One file of private contacts, and the people around it."""

    name: str
    url: str
    store: Store
    folder: Path
    box: Mailbox

    @property
    def dag_id(self) -> str:
        """Of its Dag."""
        return private_dag_id(self.name)

    def write_file(self, **changes: Any) -> None:
        """The file, with these keys changed."""
        usual = {
            "title": "Private contacts",
            "crm": {"system": "salesforce", "connection": "salesforce_default"},
            "company_field": GIVEN,
            "mail": {"to": ["admin@example.com", "sales@example.com"], "subject": "Contacts with no account"},
        }
        (self.folder / f"{self.name}.yaml").write_text(yaml.safe_dump(usual | changes), encoding="utf-8")

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Somebody does something in Salesforce."""
        reply = requests.request(method, f"{self.url}/_control/salesforce/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def account(self, name: str) -> str:
        """An account comes."""
        return str(self.control("POST", "accounts", {"Name": name})["id"])

    def contact(self, first: str, company: str, email: str) -> str:
        """A private contact comes."""
        body = {"FirstName": first, "LastName": "Quill", "Email": email, GIVEN: company}
        return str(self.control("POST", "contacts", body)["id"])

    def account_of(self, contact: str) -> str | None:
        """The account of a contact."""
        found: str | None = self.control("GET", f"contacts/{contact}")["AccountId"]
        return found

    def run(self, **given: Any) -> Outcome:
        """Run the whole Dag once."""
        with impatient():
            return outcome(impatient_dag(self.dag_id).test(**given))


def connections(url: str, smtp: Mapping[str, Any], store_url: str) -> dict[str, str]:
    """What Airflow finds in its environment."""
    org = {"conn_type": "salesforce", "extra": {**APP, "keepstep_login_url": url}}
    return {
        "AIRFLOW_CONN_KEEPSTEP_STORE": store_url.replace("+psycopg", ""),
        "AIRFLOW_CONN_SALESFORCE_DEFAULT": json.dumps(org),
        "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(smtp),
    }
