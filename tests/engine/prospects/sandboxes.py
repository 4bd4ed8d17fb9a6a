"""The same office over the sandboxes of a CRM and Account Engagement, through their real connectors."""

# ruff: noqa: D102 # the methods of people say what they do
from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keepstep.config import ProspectFile
from keepstep.connectors.account_engagement import AccountEngagementConnector, AccountEngagementSettings
from keepstep.connectors.base import Connector
from keepstep.connectors.salesforce import ClientCredentials
from keepstep.core.model import Record, Value
from keepstep.core.policies import ACCOUNT_ENGAGEMENT
from keepstep.store.database import Store
from keepstep_sandbox import account_engagement, credentials
from keepstep_sandbox.server import SandboxServer
from tests.engine.prospects.crms import CRMS, SandboxedCrm
from tests.engine.prospects.crms.base import QUICK, Desk
from tests.engine.prospects.world import AnyOffice, write_prospect_sync

ANN, BOB = "sam.seller@corp.example.com", "sue.sells@corp.example.com"  # of those whom all sandboxes have
CRM_ID = "CRM_Id__c"  # the platform's custom field for the id of a record in a CRM that it has no field for
PLATFORM = {"first_name": "firstName", "last_name": "lastName", "company": "company", "email": "email"}
PLATFORM |= {"score": "score", "opted_out": "optedOut"}


@dataclass(slots=True)
class Marketers:
    """Those who work in Account Engagement."""

    desk: Desk
    crm_id: str  # the field with the CRM record's id

    @property
    def words(self) -> Mapping[str, str]:
        """Our names -> the platform's."""
        return {**PLATFORM, "crm_id": self.crm_id}

    def add_prospect(self, email: str | None, owner: str | None = None, **fields: Value) -> str:
        body = {"email": email, **{self.words[name]: value for name, value in fields.items()}}
        made = str(self.desk.call("POST", "prospects", body)["id"])
        if owner is not None:
            self.assign(made, owner)
        return made

    def add_user(self, email: str) -> str:
        return str(self.desk.call("POST", "users", {"email": email, "firstName": email, "lastName": "User"})["id"])

    def edit_prospect(self, prospect_id: str, **fields: Value) -> None:
        self.desk.call("PATCH", f"prospects/{prospect_id}", {self.words[name]: v for name, v in fields.items()})

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
        return [self._prospect(row) for row in self.desk.all("prospects") if not row.get("isDeleted")]

    def _prospect(self, row: Mapping[str, Any]) -> Record:
        known = {name: row.get(theirs) for name, theirs in self.words.items()}
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

    crm: SandboxedCrm = field(kw_only=True)
    engagement_url: str = field(kw_only=True)
    platform: Marketers = field(init=False)

    def __post_init__(self) -> None:
        """Two sellers are users of both; the platform has a field for the CRM's id."""
        id_field = str(self.file.settings.id_field)
        self.platform = Marketers(Desk(self.engagement_url, "account_engagement"), id_field)
        if id_field == CRM_ID:
            self.platform.desk.call("POST", "fields", {"name": "CRM id", "fieldId": CRM_ID.removesuffix("__c")})
        self.ann = self.user(ANN)
        self.bob = self.user(BOB)

    def user(self, email: str) -> Mapping[str, str]:
        """The ids of whoever has this address, who is made where there is nobody."""
        marketing = {row["email"]: str(row["id"]) for row in self.platform.desk.all("users")}
        return {
            "crm": self.crm.users().get(email) or self.crm.add_user(email),
            "platform": marketing.get(email) or self.platform.add_user(email),
        }

    def connectors(self) -> tuple[Connector, Connector]:
        """Over HTTP."""
        marketing = ClientCredentials(
            credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID, credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET
        )
        settings = AccountEngagementSettings(
            marketing, credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT, self.engagement_url, self.engagement_url
        )
        return self.crm.connector(), AccountEngagementConnector(settings, retries=QUICK)


def sandbox_sync(folder: Path, crm: type[SandboxedCrm] = CRMS["salesforce"], /, **changes: Any) -> ProspectFile:
    """The sync file between a CRM's sandbox and that of Account Engagement."""
    sync = {**crm.sync(), "platform": {"system": "account_engagement", "connection": "platform"}}
    if crm.system not in ACCOUNT_ENGAGEMENT.crm_id_fields:
        sync["crm_id_field"] = CRM_ID
    return write_prospect_sync(folder, replace=sync, **changes)


@contextmanager
def sandboxed(
    store: Store, file: ProspectFile, crm: type[SandboxedCrm] = CRMS["salesforce"]
) -> Iterator[SandboxedOffice]:
    """Two empty sandboxes, and a sync between them."""
    settings = account_engagement.AccountEngagementSettings(size=0)
    with SandboxServer(crm.app()) as one, SandboxServer(account_engagement.create_app(settings)) as two:
        yield SandboxedOffice(store, file, crm=crm(one.url), engagement_url=two.url)
