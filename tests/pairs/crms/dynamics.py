"""Microsoft Dynamics 365."""

# ruff: noqa: D102 # `SandboxedCrm` says what the deeds are
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.applications import Starlette

from keepstep.connectors.base import Connector
from keepstep.connectors.dynamics import ClientSecret, DynamicsConnector, DynamicsSettings
from keepstep.core.model import Status, Value
from keepstep_sandbox import credentials, dynamics
from tests.pairs.crms.base import SandboxedCrm
from tests.pairs.quick import QUICK

SCORE = "new_act_on_score"
_LEAD = {0: Status.ACTIVE, 1: Status.CONVERTED, 2: Status.DISQUALIFIED}


class Dynamics(SandboxedCrm):
    """An environment."""

    system = "dynamics"
    score = SCORE
    ids: ClassVar[Mapping[str, str]] = {"lead": "leadid", "contact": "contactid", "user": "systemuserid"}
    undeletes = False  # deleted is gone
    user_email = "internalemailaddress"
    words: ClassVar[Mapping[str, str]] = {
        "first_name": "firstname",
        "last_name": "lastname",
        "company": "companyname",
        "email": "emailaddress1",
        "owner": "ownerid",
        "act_on_score": SCORE,
        "opted_out": "donotbulkemail",
    }

    @classmethod
    def app(cls) -> Starlette:
        return dynamics.create_app(dynamics.DynamicsSettings(size=0))

    def connector(self) -> Connector:
        auth = ClientSecret(
            credentials.DYNAMICS_TENANT_ID, credentials.DYNAMICS_CLIENT_ID, credentials.DYNAMICS_CLIENT_SECRET
        )
        return DynamicsConnector(DynamicsSettings(auth, self.url, login_url=self.url), retries=QUICK)

    def person(self, object: str) -> Mapping[str, Value]:  # noqa: ARG002 # all objects alike
        return {}

    def a_user(self, email: str) -> Mapping[str, Value]:
        return {"internalemailaddress": email, "fullname": email}

    def gone(self, row: Mapping[str, Any]) -> bool:
        return row.get("merged") is True

    def status(self, object: str, row: Mapping[str, Any]) -> Status:
        state = row["statecode"]
        return _LEAD[state] if object == "lead" else (Status.INACTIVE if state else Status.ACTIVE)

    def marketing_list(self, name: str) -> str:
        """Somebody makes a static list of contacts."""
        body = {"listname": name, "type": False, "createdfromcode": 2}
        return str(self.desk.ask("POST", "lists", body)["id"])

    def put_on(self, the_list: str, contact: str) -> None:
        """Somebody puts a contact on it."""
        self.desk.ask("POST", f"lists/{the_list}/members", {"ids": [contact]})

    def take_off(self, the_list: str, contact: str) -> None:
        """Somebody takes a contact off it."""
        self.desk.ask("DELETE", f"lists/{the_list}/members/{contact}")

    def disqualify(self, lead_id: str) -> None:
        """Somebody disqualifies a lead."""
        self.desk.ask("POST", f"leads/{lead_id}/disqualify", {})
