"""Salesforce."""

# ruff: noqa: D102 # `SandboxedCrm` says what the deeds are
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.applications import Starlette

from keepstep.connectors.base import Connector
from keepstep.connectors.salesforce import ClientCredentials, SalesforceConnector, SalesforceSettings
from keepstep.core.model import Status, Value
from keepstep_sandbox import credentials, salesforce
from tests.pairs.crms.base import SandboxedCrm
from tests.pairs.quick import QUICK

KEY, SCORE, BLANK = "Keepstep_Key__c", "Act_On_Score__c", "[[Unknown]]"


class Salesforce(SandboxedCrm):
    """An org."""

    system = "salesforce"
    score = SCORE
    ids: ClassVar[Mapping[str, str]] = {"lead": "Id", "contact": "Id", "user": "Id"}
    user_email = "Email"
    words: ClassVar[Mapping[str, str]] = {
        "first_name": "FirstName",
        "last_name": "LastName",
        "company": "Company",
        "email": "Email",
        "owner": "OwnerId",
        "act_on_score": SCORE,
        "opted_out": "HasOptedOutOfEmail",
    }

    @classmethod
    def app(cls) -> Starlette:
        return salesforce.create_app(salesforce.SalesforceSettings(size=0))

    def prepare(self) -> None:
        for name in ("Lead", "Contact"):
            self.desk.ask("POST", "fields", {"object": name, "name": SCORE, "type": "double"})
            self.desk.ask("POST", "fields", {"object": name, "name": KEY, "external_id": True})

    def connector(self) -> Connector:
        auth = ClientCredentials(credentials.SALESFORCE_CLIENT_ID, credentials.SALESFORCE_CLIENT_SECRET)
        settings = SalesforceSettings(auth, self.url, external_id_field=KEY, log_every_s=3600)
        return SalesforceConnector(settings, retries=QUICK)

    def person(self, object: str) -> Mapping[str, Value]:
        return {"LastName": BLANK, **({"Company": BLANK} if object == "lead" else {})}

    def a_user(self, email: str) -> Mapping[str, Value]:
        return {"LastName": email, "Username": email, "Email": email, "Alias": email[:8], "IsActive": True}

    def gone(self, row: Mapping[str, Any]) -> bool:
        return row.get("IsDeleted") is True

    def status(self, object: str, row: Mapping[str, Any]) -> Status:  # noqa: ARG002 # all objects alike
        return Status.CONVERTED if row.get("IsConverted") is True else Status.ACTIVE

    def _value(self, name: str, row: Mapping[str, Any]) -> Value:
        value = super()._value(name, row)
        return None if value == BLANK else value
