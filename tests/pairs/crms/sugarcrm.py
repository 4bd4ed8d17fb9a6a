"""SugarCRM, by either of its APIs."""

# ruff: noqa: D102 # `SandboxedCrm` says what the deeds are
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.applications import Starlette

from keepstep.connectors.base import Connector
from keepstep.connectors.sugarcrm import SugarCrmConnector, SugarCrmSettings
from keepstep.core.model import Status, Value
from keepstep_sandbox import credentials, sugarcrm
from tests.pairs.crms.base import SandboxedCrm
from tests.pairs.quick import QUICK

SCORE, BLANK = "act_on_score_c", "[[Unknown]]"


class SugarCrm(SandboxedCrm):
    """An instance, by REST v11."""

    system = "sugarcrm"
    score = SCORE
    tells_merges = False  # the loser's deletion is all that is told
    user_email = "email1"
    words: ClassVar[Mapping[str, str]] = {
        "first_name": "first_name",
        "last_name": "last_name",
        "company": "account_name",
        "email": "email1",
        "owner": "assigned_user_id",
        "act_on_score": SCORE,
        "opted_out": "email_opt_out",
    }
    api: ClassVar[str] = "v11"

    @classmethod
    def app(cls) -> Starlette:
        return sugarcrm.create_app(sugarcrm.SugarCrmSettings(size=0))

    def connector(self) -> Connector:
        settings = SugarCrmSettings(
            url=self.url,
            username=credentials.SUGARCRM_USER,
            password=credentials.SUGARCRM_PASSWORD,
            client_id=credentials.SUGARCRM_CLIENT_ID,
            client_secret=credentials.SUGARCRM_CLIENT_SECRET,
            platform=credentials.SUGARCRM_PLATFORM,
            api=self.api,
        )
        return SugarCrmConnector(settings, retries=QUICK)

    def marketing_list(self, name: str) -> str:
        """Somebody makes a target list."""
        return str(self.desk.ask("POST", "lists", {"name": name, "list_type": "default"})["id"])

    def put_on(self, the_list: str, contact: str) -> None:
        """Somebody puts a contact on it."""
        self.desk.ask("PUT", f"lists/{the_list}/members/contacts/{contact}")

    def take_off(self, the_list: str, contact: str) -> None:
        """Somebody takes a contact off it."""
        self.desk.ask("DELETE", f"lists/{the_list}/members/contacts/{contact}")

    def person(self, object: str) -> Mapping[str, Value]:  # noqa: ARG002 # all objects alike
        return {"last_name": BLANK}

    def a_user(self, email: str) -> Mapping[str, Value]:
        return {"email1": email, "last_name": email, "user_name": email}

    def gone(self, row: Mapping[str, Any]) -> bool:
        return row.get("deleted") is True

    def status(self, object: str, row: Mapping[str, Any]) -> Status:
        return Status.CONVERTED if object == "lead" and row.get("converted") in (True, "1") else Status.ACTIVE

    def _value(self, name: str, row: Mapping[str, Any]) -> Value:
        value = super()._value(name, row)
        return None if value == BLANK else value


class OldSugarCrm(SugarCrm):
    """An instance, by v4_1, which SuiteCRM speaks too."""

    api = "v4_1"
    moves_shared = False  # an address is changed for everybody who has it: such a row is rejected

    @classmethod
    def label(cls) -> str:
        return "sugarcrm_v4_1"
