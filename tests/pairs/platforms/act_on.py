"""Act-On."""

# ruff: noqa: D102 # `SandboxedPlatform` says what the deeds are
from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from starlette.applications import Starlette

from keepstep.connectors.act_on import ActOn, ActOnSettings
from keepstep.connectors.base import ListPlatform
from keepstep.connectors.token_store import MemoryTokenStore
from keepstep.core.model import Value
from keepstep_sandbox import act_on, credentials
from tests.bad_days.systems import EMAIL, ActOnPeople
from tests.pairs.desk import Desk
from tests.pairs.platforms.base import LIST, SandboxedPlatform
from tests.pairs.quick import QUICK

OPTED_OUT = "Opted Out"


class ActOnAccount(SandboxedPlatform):
    """Those who work with one list of an account."""

    system = "act_on"
    words: ClassVar[Mapping[str, str]] = {
        "email": EMAIL,
        "first_name": "First Name",
        "last_name": "Last Name",
        "act_on_score": "Act-On Score",
        "opted_out": OPTED_OUT,
    }
    maintenance: ClassVar[Mapping[str, str]] = {"score_sheet": "default", "score_field": "act_on_score"}

    def __init__(self, url: str) -> None:
        self.url = url
        self.desk = Desk(url, self.system)
        self._people = ActOnPeople(url, self.system)
        self._tokens = MemoryTokenStore()

    @classmethod
    def app(cls) -> Starlette:
        return act_on.create_app(act_on.ActOnSettings(size=0, job_polls=0))

    def connector(self) -> ListPlatform:
        settings = ActOnSettings(
            base_url=self.url,
            user=credentials.ACT_ON_USER,
            password=credentials.ACT_ON_PASSWORD,
            client_id=credentials.ACT_ON_CLIENT_ID,
            client_secret=credentials.ACT_ON_CLIENT_SECRET,
            requests_per_second=1_000_000,
            retries=QUICK,
        )
        return ActOn(settings, self._tokens)

    def rows(self) -> dict[str, Mapping[str, Value]]:
        told = self._people.rows(LIST).values()
        return {row[EMAIL].lower(): {name: row.get(theirs) for name, theirs in self.words.items()} for row in told}

    def act(self, email: str) -> int:
        self._people.act(email)
        return 15  # include/score_sheets/default.yaml

    def edit(self, email: str, **fields: Value) -> None:
        row = self._people.row(LIST, email)["_contact_id_"]
        values = {self.words[name]: value for name, value in fields.items()}
        self.desk.ask("PATCH", f"lists/{self._people.list_id(LIST)}/rows/{row}", {"values": values})

    def opt_out(self, email: str) -> None:
        self._people.opt_out(email)
