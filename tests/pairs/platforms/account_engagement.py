"""Account Engagement."""

# ruff: noqa: D102 # `SandboxedPlatform` and `PlatformPeople` say what the deeds are
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from starlette.applications import Starlette

from keepstep.connectors.account_engagement import AccountEngagementConnector, AccountEngagementSettings
from keepstep.connectors.base import ListPlatform
from keepstep.connectors.salesforce import ClientCredentials
from keepstep.core.model import Record, Value
from keepstep_sandbox import account_engagement, credentials
from tests.pairs.desk import Desk
from tests.pairs.platforms.base import LIST, SandboxedPlatform
from tests.pairs.quick import QUICK

CRM_ID: Final = "CRM_Id__c"  # a custom field, for the id of a record in a CRM that the unit has no field for
WORDS: Final[Mapping[str, str]] = {
    "email": "email",
    "first_name": "firstName",
    "last_name": "lastName",
    "company": "company",
    "score": "score",
    "opted_out": "optedOut",
}


@dataclass
class Unit(SandboxedPlatform):
    """Those who work in a business unit, on its prospects and on one of its lists."""

    url: str
    crm_id: str = "salesforceId"  # the field with the CRM record's id
    desk: Desk = field(init=False)

    system: ClassVar[str] = "account_engagement"
    words: ClassVar[Mapping[str, str]] = WORDS
    maintenance: ClassVar[Mapping[str, str]] = {
        "score_from": "platform",
        "platform_score": "score",
        "score_field": "score",
    }

    def __post_init__(self) -> None:
        """The administrator makes a field for the CRM's id where the unit has none."""
        self.desk = Desk(self.url, self.system)
        if self.crm_id == CRM_ID:
            self.desk.ask("POST", "fields", {"name": "CRM id", "fieldId": CRM_ID.removesuffix("__c")})

    @classmethod
    def app(cls) -> Starlette:
        return account_engagement.create_app(account_engagement.AccountEngagementSettings(size=0))

    def connector(self) -> ListPlatform:
        auth = ClientCredentials(credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID, credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET)
        settings = AccountEngagementSettings(auth, credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT, self.url, self.url)
        return AccountEngagementConnector(settings, retries=QUICK)

    def users(self) -> dict[str, str]:
        """The id of each by address."""
        return {row["email"]: str(row["id"]) for row in self.desk.all("users")}

    # -- its list ------------------------------------------------------------------------------------------------------

    def rows(self) -> dict[str, Mapping[str, Value]]:
        [the_list] = [one["id"] for one in self.desk.all("lists") if one["name"] == LIST]
        on_it = {
            m["prospectId"] for m in self.desk.all("memberships") if m["listId"] == the_list and not m["isDeleted"]
        }
        told = [row for row in self.desk.all("prospects") if row["id"] in on_it and not row["isDeleted"]]
        return {row["email"]: {name: row[theirs] for name, theirs in WORDS.items()} for row in told}

    def act(self, email: str) -> int:
        self.act_prospect(self._id(email), "form_submitted", 50)
        return 50

    def edit(self, email: str, **fields: Value) -> None:
        self.edit_prospect(self._id(email), **fields)

    def opt_out(self, email: str) -> None:
        self.opt_out_prospect(self._id(email))

    def _id(self, email: str) -> str:
        [found] = [one.id for one in self.prospects() if one.email == email]
        return found

    # -- its prospects -------------------------------------------------------------------------------------------------

    def _words(self) -> Mapping[str, str]:
        return {**WORDS, "crm_id": self.crm_id}

    def add_prospect(self, email: str | None, owner: str | None = None, **fields: Value) -> str:
        body = {"email": email, **{self._words()[name]: value for name, value in fields.items()}}
        made = str(self.desk.ask("POST", "prospects", body)["id"])
        if owner is not None:
            self.assign(made, owner)
        return made

    def add_user(self, email: str) -> str:
        return str(self.desk.ask("POST", "users", {"email": email, "firstName": email, "lastName": "User"})["id"])

    def edit_prospect(self, prospect_id: str, **fields: Value) -> None:
        self.desk.ask("PATCH", f"prospects/{prospect_id}", {self._words()[name]: v for name, v in fields.items()})

    def assign(self, prospect_id: str, user_id: str | None) -> None:
        if user_id is None:
            self.desk.ask("POST", f"prospects/{prospect_id}/unassign")
        else:
            self.desk.ask("POST", f"prospects/{prospect_id}/assign", {"user": int(user_id)})

    def act_prospect(self, prospect_id: str, kind: str, score: int = 0) -> None:
        number, asset = {"email_opened": (11, "emailId"), "form_submitted": (4, "formId")}[kind]
        self.desk.ask(
            "POST", f"prospects/{prospect_id}/act", {"type": number, "asset": asset, "asset_id": 81, "points": score}
        )

    def allow_several_per_email(self) -> None:
        self.desk.ask("PUT", "settings", {"ampsea": True})

    def delete_prospect(self, prospect_id: str) -> None:
        self.desk.ask("DELETE", f"prospects/{prospect_id}")

    def undelete_prospect(self, prospect_id: str) -> None:
        self.desk.ask("POST", f"prospects/{prospect_id}/undelete")

    def opt_out_prospect(self, prospect_id: str) -> None:
        self.desk.ask("POST", f"prospects/{prospect_id}/opt-out")

    def prospects(self) -> list[Record]:
        return [self._prospect(row) for row in self.desk.all("prospects") if not row.get("isDeleted")]

    def _prospect(self, row: Mapping[str, Any]) -> Record:
        known = {name: row.get(theirs) for name, theirs in self._words().items()}
        owner = row.get("assignedToId")
        return Record(
            object="prospect",
            id=str(row["id"]),
            fields={name: value for name, value in known.items() if value is not None},
            email=row.get("email"),
            owner=None if owner is None else str(owner),
            opted_out=row.get("optedOut") is True,
        )
