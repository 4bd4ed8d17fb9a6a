"""The same office over the sandboxes of Salesforce and Account Engagement, through their real connectors."""

# ruff: noqa: D102 # the methods of people say what they do
from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from keepstep.config import ProspectFile
from keepstep.connectors.account_engagement import AccountEngagementConnector, AccountEngagementSettings
from keepstep.connectors.base import Connector
from keepstep.connectors.salesforce import ClientCredentials, SalesforceConnector, SalesforceSettings
from keepstep.connectors.transport import Retries
from keepstep.core.model import Record, Status, Value
from keepstep.store.database import Store
from keepstep_sandbox import account_engagement, credentials, salesforce
from keepstep_sandbox.server import SandboxServer
from tests.engine.prospects.world import AnyOffice, write_prospect_sync

ANN, BOB = "sam.seller@corp.example.com", "sue.sells@corp.example.com"  # of those whom both sandboxes have
QUICK = Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.02, patience_s=1.0, read_timeout_s=10.0)
KEY, SCORE = "Keepstep_Key__c", "Act_On_Score__c"
CRM = {"first_name": "FirstName", "last_name": "LastName", "company": "Company", "email": "Email"}
CRM |= {"owner": "OwnerId", "act_on_score": SCORE, "opted_out": "HasOptedOutOfEmail"}
PLATFORM = {"first_name": "firstName", "last_name": "lastName", "company": "company", "email": "email"}
PLATFORM |= {"score": "score", "crm_id": "salesforceId", "opted_out": "optedOut"}
SYNC: dict[str, Any] = {
    "crm": {"system": "salesforce", "connection": "crm"},
    "platform": {"system": "account_engagement", "connection": "platform"},
    "fields": {
        "email": "Email",
        "first_name": "FirstName",
        "last_name": "LastName",
        "company": "Company",
        "score": SCORE,
    },
}


@dataclass(slots=True)
class Desk:
    """A sandbox's control API."""

    url: str
    system: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        reply = requests.request(method, f"{self.url}/_control/{self.system}/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def all(self, records: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"{records}?limit=10000")["items"]
        return found


@dataclass(slots=True)
class SalesPeople:
    """Those who work in Salesforce."""

    desk: Desk

    def add(self, object: str = "contact", *, email: str | None = None, owner: str | None = None) -> str:
        body = {"LastName": "[[Unknown]]", "Email": email, "OwnerId": owner}
        body |= {"Company": "[[Unknown]]"} if object == "lead" else {}
        return str(self.desk.call("POST", f"{object}s", body)["id"])

    def add_user(self, email: str) -> str:
        body = {"LastName": email, "Username": email, "Email": email, "Alias": email[:8], "IsActive": True}
        return str(self.desk.call("POST", "users", body)["id"])

    def _kind(self, record_id: str) -> str:
        return "leads" if record_id.startswith("00Q") else "contacts"

    def edit(self, record_id: str, **fields: Value) -> None:
        self.desk.call("PATCH", f"{self._kind(record_id)}/{record_id}", {CRM[name]: v for name, v in fields.items()})

    def delete(self, record_id: str) -> None:
        self.desk.call("DELETE", f"{self._kind(record_id)}/{record_id}")

    def undelete(self, record_id: str) -> None:
        self.desk.call("POST", f"{self._kind(record_id)}/{record_id}/undelete")

    def merge(self, loser: str, survivor: str) -> None:
        self.desk.call("POST", f"{self._kind(loser)}/merge", {"master": survivor, "others": [loser]})

    def convert(self, lead_id: str) -> str:
        return str(self.desk.call("POST", f"leads/{lead_id}/convert", {})["contact"])

    def records(self, object: str = "contact") -> list[Record]:
        return [_record(object, row) for row in self.desk.all(f"{object}s") if not row.get("IsDeleted")]


def _record(object: str, row: Mapping[str, Any]) -> Record:
    known = {name: row.get(theirs) for name, theirs in CRM.items()}
    converted = row.get("IsConverted") is True
    return Record(
        object=object,
        id=row["Id"],
        fields={name: value for name, value in known.items() if value not in (None, "[[Unknown]]")},
        email=row.get("Email"),
        status=Status.CONVERTED if converted else Status.ACTIVE,
        owner=row.get("OwnerId"),
        external_id=row.get(KEY),
        opted_out=row.get("HasOptedOutOfEmail") is True,
    )


@dataclass(slots=True)
class Marketers:
    """Those who work in Account Engagement."""

    desk: Desk

    def add_prospect(self, email: str | None, owner: str | None = None, **fields: Value) -> str:
        body = {"email": email, **{PLATFORM[name]: value for name, value in fields.items()}}
        made = str(self.desk.call("POST", "prospects", body)["id"])
        if owner is not None:
            self.assign(made, owner)
        return made

    def add_user(self, email: str) -> str:
        return str(self.desk.call("POST", "users", {"email": email, "firstName": email, "lastName": "User"})["id"])

    def edit_prospect(self, prospect_id: str, **fields: Value) -> None:
        self.desk.call("PATCH", f"prospects/{prospect_id}", {PLATFORM[name]: v for name, v in fields.items()})

    def assign(self, prospect_id: str, user_id: str | None) -> None:
        if user_id is None:
            self.desk.call("POST", f"prospects/{prospect_id}/unassign")
        else:
            self.desk.call("POST", f"prospects/{prospect_id}/assign", {"user": int(user_id)})

    def act_prospect(self, prospect_id: str, kind: str, score: int = 0) -> None:
        number, asset = {"email_opened": (11, "emailId"), "form_submitted": (4, "formId")}[kind]
        self.desk.call(
            "POST", f"prospects/{prospect_id}/act", {"type": number, "asset": asset, "asset_id": 81, "points": score}
        )

    def allow_several_per_email(self) -> None:
        self.desk.call("PUT", "settings", {"ampsea": True})

    def delete_prospect(self, prospect_id: str) -> None:
        self.desk.call("DELETE", f"prospects/{prospect_id}")

    def undelete_prospect(self, prospect_id: str) -> None:
        self.desk.call("POST", f"prospects/{prospect_id}/undelete")

    def opt_out_prospect(self, prospect_id: str) -> None:
        self.desk.call("POST", f"prospects/{prospect_id}/opt-out")

    def prospects(self) -> list[Record]:
        return [_prospect(row) for row in self.desk.all("prospects") if not row.get("isDeleted")]


def _prospect(row: Mapping[str, Any]) -> Record:
    known = {name: row.get(theirs) for name, theirs in PLATFORM.items()}
    owner = row.get("assignedToId")
    return Record(
        object="prospect",
        id=str(row["id"]),
        fields={name: value for name, value in known.items() if value is not None},
        email=row.get("email"),
        owner=None if owner is None else str(owner),
        opted_out=row.get("optedOut") is True,
    )


@dataclass(slots=True)
class SandboxedOffice(AnyOffice):
    """Both systems as sandboxes on this machine."""

    salesforce_url: str = ""
    engagement_url: str = ""
    crm: SalesPeople = field(init=False)
    platform: Marketers = field(init=False)

    def __post_init__(self) -> None:
        """Two sellers are users of both; the score has a field in Salesforce."""
        self.crm = SalesPeople(Desk(self.salesforce_url, "salesforce"))
        self.platform = Marketers(Desk(self.engagement_url, "account_engagement"))
        for name in ("Lead", "Contact"):
            self.crm.desk.call("POST", "fields", {"object": name, "name": SCORE, "type": "double"})
            self.crm.desk.call("POST", "fields", {"object": name, "name": KEY, "external_id": True})
        self.ann = self.user(ANN)
        self.bob = self.user(BOB)

    def user(self, email: str) -> Mapping[str, str]:
        """The ids of whoever has this address, who is made where there is nobody."""
        sales = {row["Email"]: row["Id"] for row in self.crm.desk.all("users")}
        marketing = {row["email"]: str(row["id"]) for row in self.platform.desk.all("users")}
        return {
            "crm": sales.get(email) or self.crm.add_user(email),
            "platform": marketing.get(email) or self.platform.add_user(email),
        }

    def connectors(self) -> tuple[Connector, Connector]:
        """Over HTTP."""
        sales = ClientCredentials(credentials.SALESFORCE_CLIENT_ID, credentials.SALESFORCE_CLIENT_SECRET)
        marketing = ClientCredentials(
            credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID, credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET
        )
        return SalesforceConnector(
            SalesforceSettings(sales, self.salesforce_url, external_id_field=KEY, log_every_s=3600), retries=QUICK
        ), AccountEngagementConnector(
            AccountEngagementSettings(
                marketing,
                credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT,
                self.engagement_url,
                self.engagement_url,
            ),
            retries=QUICK,
        )


def sandbox_sync(folder: Path, /, **changes: Any) -> ProspectFile:
    """The sync file between the two sandboxes."""
    return write_prospect_sync(folder, replace=SYNC, **changes)


@contextmanager
def sandboxed(store: Store, file: ProspectFile) -> Iterator[SandboxedOffice]:
    """Two empty sandboxes, and a sync between them."""
    sales = salesforce.create_app(salesforce.SalesforceSettings(size=0))
    settings = account_engagement.AccountEngagementSettings(size=0)
    with SandboxServer(sales) as one, SandboxServer(account_engagement.create_app(settings)) as two:
        yield SandboxedOffice(store, file, salesforce_url=one.url, engagement_url=two.url)
