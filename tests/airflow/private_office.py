"""Private contacts through Airflow: a Salesforce sandbox, a mail server, a person who answers Required Actions."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import requests
import yaml
from aiosmtpd.controller import Controller
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from fastapi.testclient import TestClient

from keepstep.connectors import salesforce
from keepstep.store.database import Store
from keepstep_airflow.private_contacts_dag import private_dag_id
from keepstep_sandbox import credentials
from tests.airflow.stage import ROOT, Outcome, impatient, outcome

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

    def dag(self) -> DAG:
        """The Dag as the project's dag files make it, but impatient."""
        bag = DagBag(ROOT / "dags")
        assert not bag.import_errors
        dag = bag.dags[self.dag_id]
        for task in dag.tasks:
            task.retry_delay = timedelta(milliseconds=10)
            task.retry_exponential_backoff = 0
        return dag

    def run(self, **given: Any) -> Outcome:
        """Run the whole Dag once."""
        with impatient():
            return outcome(self.dag().test(**given))


def connections(url: str, smtp: Mapping[str, Any], store_url: str) -> dict[str, str]:
    """What Airflow finds in its environment."""
    org = {"conn_type": "salesforce", "extra": {**APP, "keepstep_login_url": url}}
    return {
        "AIRFLOW_CONN_KEEPSTEP_STORE": store_url.replace("+psycopg", ""),
        "AIRFLOW_CONN_SALESFORCE_DEFAULT": json.dumps(org),
        "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(smtp),
    }


@contextmanager
def answering(
    server: TestClient, office: PrivateOffice, answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Iterator[list[Mapping[str, Any]]]:
    """Somebody looks at Airflow's Required Actions and answers; yields the questions that were asked."""
    token = server.post("/auth/token", json={"username": "admin", "password": "admin"}).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    asked: list[Mapping[str, Any]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            url = f"/api/v2/dags/{office.dag_id}/dagRuns/~/hitlDetails"
            found = server.get(url, params={"response_received": False}, headers=headers).json()
            for detail in found.get("hitl_details", []):
                ti = detail["task_instance"]
                if ti["state"] == "awaiting_input":
                    asked.append(detail)
                    path = (
                        f"/api/v2/dags/{office.dag_id}/dagRuns/{ti['dag_run_id']}/taskInstances/approve/-1/hitlDetails"
                    )
                    server.patch(path, json=dict(answer(detail)), headers=headers)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield asked
    finally:
        done.set()
        thread.join()
