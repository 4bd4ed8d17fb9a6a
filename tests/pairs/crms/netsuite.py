"""NetSuite: its leads are individuals, its contacts have no owner, and deleting isn't undone."""

# ruff: noqa: D102 # `SandboxedCrm` says what the deeds are
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.applications import Starlette

from keepstep.connectors.base import Connector
from keepstep.connectors.netsuite import NetSuiteConnector, NetSuiteSettings, TokenBased
from keepstep.core.model import Status, Value
from keepstep_sandbox import credentials, netsuite
from tests.pairs.crms.base import SandboxedCrm
from tests.pairs.quick import QUICK

SCORE, BLANK = "custentity_act_on_score", "[[Unknown]]"
_IN, _OUT = "1", "2"  # of globalSubscriptionStatus


class NetSuite(SandboxedCrm):
    """An account."""

    system = "netsuite"
    audience = "affiliated_with_customers"
    score = SCORE
    user_email = "email"
    contacts_first = False  # NS-6
    undeletes = False  # deleted is gone
    tells_merges = False  # the loser's deletion is all that is told
    converts = False  # a lead that is converted stays the same record, at another stage
    words: ClassVar[Mapping[str, str]] = {
        "first_name": "firstName",
        "last_name": "lastName",
        "company": "company",
        "email": "email",
        "owner": "salesRep",
        "act_on_score": SCORE,
        "opted_out": "globalSubscriptionStatus",
    }

    @classmethod
    def app(cls) -> Starlette:
        return netsuite.create_app(netsuite.NetSuiteSettings(size=0))

    def connector(self) -> Connector:
        auth = TokenBased(
            credentials.NETSUITE_CONSUMER_KEY,
            credentials.NETSUITE_CONSUMER_SECRET,
            credentials.NETSUITE_TOKEN_ID,
            credentials.NETSUITE_TOKEN_SECRET,
        )
        settings = NetSuiteSettings(
            credentials.NETSUITE_ACCOUNT, auth, base_url=self.url, time_zone="America/Los_Angeles"
        )
        return NetSuiteConnector(settings, retries=QUICK)

    def prepare(self) -> None:
        self._customer = str(self.desk.ask("POST", "customers", {"companyName": "Acme"})["id"])
        self.desk.ask("POST", f"customers/{self._customer}/stage", {"stage": "Customer"})

    def person(self, object: str) -> Mapping[str, Value]:
        if object == "lead":
            return {"firstName": BLANK, "lastName": BLANK}
        return {"entityId": self._a_name(), "company": self._customer}

    def add(self, object: str = "contact", *, email: str | None = None, owner: str | None = None) -> str:
        return super().add(object, email=email, owner=owner if object == "lead" else None)

    def a_user(self, email: str) -> Mapping[str, Value]:
        return {"email": email, "firstName": email, "lastName": "User"}

    def words_of(self, place: str) -> Mapping[str, str]:
        return {**self.words, "company": "companyName"} if place.startswith("leads") else self.words

    def spelled(self, name: str, value: Value) -> Value:
        return (_OUT if value else _IN) if name == "opted_out" else value

    def deactivate(self, record_id: str) -> None:
        self.desk.ask("POST", f"{self._place(record_id)}/inactivate")

    def convert(self, lead_id: str) -> str:
        self.desk.ask("POST", f"leads/{lead_id}/stage", {"stage": "Customer"})
        return lead_id

    def status(self, object: str, row: Mapping[str, Any]) -> Status:  # noqa: ARG002 # all objects alike
        return Status.INACTIVE if row.get("isInactive") in (True, "T") else Status.ACTIVE

    def _a_name(self) -> str:
        return f"Contact {len(self.desk.all('contacts')) + 1}"

    def _value(self, name: str, row: Mapping[str, Any]) -> Value:
        value = row.get("companyName") if name == "company" and "companyName" in row else super()._value(name, row)
        if name == "opted_out":
            return value == _OUT
        return None if value == BLANK else value
