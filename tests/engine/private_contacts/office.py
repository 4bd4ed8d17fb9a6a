"""A Salesforce org in the sandbox, its private contacts' file, and the tasks that are run on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml
from sqlalchemy import text

from keepstep.config import load_private_contacts
from keepstep.connectors.base import Connector
from keepstep.connectors.salesforce import ClientCredentials, SalesforceConnector, SalesforceSettings
from keepstep.connectors.transport import Retries
from keepstep.engine.private_contacts.applying import ApplyReport, apply_companies
from keepstep.engine.private_contacts.deciding import decide, to_ask
from keepstep.engine.private_contacts.listing import ListReport, list_private_contacts
from keepstep.engine.private_contacts.proposing import ProposeReport, propose_companies
from keepstep.engine.private_contacts.task import PrivateTask, open_private_run
from keepstep.store.database import Store
from keepstep.store.private_contacts import ShownContact, every
from keepstep_sandbox import credentials
from tests.engine.world import Clock

GIVEN = "Company__c"
QUICK = Retries(attempts=2, first_wait_s=0.01, longest_wait_s=0.02, patience_s=1.0, read_timeout_s=10.0)
FILE: Mapping[str, Any] = {
    "title": "Private contacts",
    "crm": {"system": "salesforce", "connection": "salesforce_default"},
    "company_field": GIVEN,
}


@dataclass
class Office:
    """People at work: in Salesforce by its control calls, in Keepstep by its tasks."""

    url: str
    store: Store
    folder: Path
    connector: Connector
    clock: Clock = field(default_factory=Clock)
    runs: int = 0

    @classmethod
    def at(cls, url: str, store: Store, folder: Path) -> Office:
        """An org with a field for the company as given."""
        made = cls(url, store, folder, connector_to(url))
        made.control("POST", "fields", {"object": "Contact", "name": GIVEN})
        made.write_file()
        return made

    def control(self, method: str, path: str, body: object = None, root: str = "salesforce/") -> Any:
        """A control call of the sandbox."""
        reply = requests.request(method, f"{self.url}/_control/{root}{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def write_file(self, **changes: Any) -> None:
        """The file of private contacts, with these keys changed."""
        (self.folder / "salesforce.yaml").write_text(yaml.safe_dump({**FILE, **changes}), encoding="utf-8")

    # -- people --------------------------------------------------------------------------------------------------------

    def account(self, name: str, **fields: Any) -> str:
        """Somebody makes an account."""
        return str(self.control("POST", "accounts", {"Name": name, **fields})["id"])

    def contact(self, last: str, company: str | None = None, **fields: Any) -> str:
        """A contact comes, private unless it is told an AccountId."""
        body = {"LastName": last, **({GIVEN: company} if company else {}), **fields}
        return str(self.control("POST", "contacts", body)["id"])

    def edit(self, kind: str, id: str, **fields: Any) -> None:
        """Somebody edits a record."""
        self.control("PATCH", f"{kind}/{id}", fields)

    def delete(self, kind: str, id: str) -> None:
        """Somebody deletes a record."""
        self.control("DELETE", f"{kind}/{id}")

    def account_of(self, contact: str) -> str | None:
        """The account that a contact has in Salesforce."""
        found: str | None = self.control("GET", f"contacts/{contact}")["AccountId"]
        return found

    def accounts(self) -> list[dict[str, Any]]:
        """All accounts as they are, stamps and all."""
        items: list[dict[str, Any]] = self.control("GET", "accounts")["items"]
        return items

    # -- tasks ---------------------------------------------------------------------------------------------------------

    def task(self, key: str | None = None, *, dry: bool = False, connector: Connector | None = None) -> PrivateTask:
        """A task of the run with this key; without one, of the next run."""
        self.runs += key is None
        file = load_private_contacts(self.folder / "salesforce.yaml")
        run = open_private_run(self.store, file, key or f"run {self.runs}", self.clock(), dry=dry)
        return PrivateTask(run, file, self.store, connector or self.connector, self.clock)

    def look(self, task: PrivateTask | None = None) -> tuple[ListReport, ProposeReport]:
        """List and propose."""
        task = task or self.task()
        return list_private_contacts(task), propose_companies(task)

    def apply(self, task: PrivateTask | None = None) -> ApplyReport:
        """Write what is due."""
        report = apply_companies(task or self.task())
        assert report.balances
        return report

    def approve_all(self) -> None:
        """A person chooses the best proposal of each contact."""
        task = self.task()
        best = {one.contact: one.id for one in reversed(to_ask(task))}
        assert decide(task, list(best.values()), [], by="admin").approved == len(best) > 0

    def journal(self) -> list[dict[str, Any]]:
        """The journal's rows."""
        with self.store.begin() as conn:
            return [dict(row) for row in conn.execute(text("SELECT * FROM change ORDER BY id")).mappings()]

    def listed(self) -> dict[str, ShownContact]:
        """The private contacts, by id, in the order of the list."""
        return {one.id: one for one in every(self.store, self.task("looking").run.sync)}

    def proposed(self) -> dict[str, list[tuple[str, float, str]]]:
        """Contact -> (company, score, state) of its proposals, the best first."""
        return {
            id: [(p.company, round(p.score, 2), p.state.value) for p in one.proposals]
            for id, one in self.listed().items()
            if one.proposals
        }


def connector_to(url: str, **options: Any) -> SalesforceConnector:
    """A connector to the sandbox."""
    auth = ClientCredentials(credentials.SALESFORCE_CLIENT_ID, credentials.SALESFORCE_CLIENT_SECRET)
    return SalesforceConnector(SalesforceSettings(auth, url, **options), retries=QUICK)
