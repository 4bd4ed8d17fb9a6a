"""The Act-On connector keeps the contract."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from keepstep.connectors.act_on import ActOn
from keepstep.connectors.base import ReadQuery
from keepstep.connectors.token_store import MemoryTokenStore
from keepstep.core.model import Value
from tests.connectors.act_on.account import Account, account
from tests.contract.list_suite import ListPlatformContract
from tests.contract.world import ListWorld, Words

VERBS = {"form_submitted": "fs"}


class ActOnWorld(ListWorld):
    """A sandboxed account with one list."""

    words = Words("row", "E-mail Address", "First Name", "Last Name", unknown="No Such Column")
    list_name = "Customers"

    def __init__(self, there: Account) -> None:
        self.there = there
        self.made = there.make_list(self.list_name)
        self.list_id = self.made
        self.query = ReadQuery("row", list_id=self.made)

    def connector(self) -> ActOn:
        return self.there.connector(page_size=self.page_size)

    def stranger(self) -> ActOn:
        return self.there.connector(password="wrong", tokens=MemoryTokenStore())

    def add(self, fields: Mapping[str, Value]) -> str:
        return self.there.add_row(self.made, fields)

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.there.control("PATCH", f"act_on/lists/{self.made}/rows/{record_id}", {"values": dict(fields)})

    def delete(self, record_id: str) -> None:
        self.there.control("DELETE", f"act_on/lists/{self.made}/rows/{record_id}")

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        return self.there.rows(self.made).get(record_id)

    def emails(self) -> Sequence[str]:
        return [row["E-mail Address"] for row in self.there.rows(self.made).values()]

    def reject(self, record_id: str) -> Mapping[str, Value]:
        refusal = {"errorCode": 10008, "message": "no such record"}
        self.there.weather(kind="status", method="PUT", path=f"/record/{record_id}$", status=400, body=refusal)
        return {"First Name": "Refused"}

    def lose_replies(self, lost: bool) -> None:
        self.there.fair_weather()
        if lost:
            self.there.weather(kind="lose_reply", method="PUT|POST|DELETE", path="/api/1/list/.*record", times=None)

    def unavailable(self, gone: bool) -> None:
        self.there.fair_weather()
        if gone:
            self.there.weather(kind="status", path="/api/", status=503, times=None)

    def double_list(self) -> str:
        for _ in range(2):
            self.there.make_list("Twice")
        return "Twice"

    def pass_time(self) -> None:
        self.there.move_clock(minutes=10)

    def opt_out(self, email: str) -> None:
        self.there.control("POST", "act_on/optout", {"email": email})

    def act(self, email: str, kind: str) -> None:
        self.there.control("POST", "act_on/activities", {"email": email, "verb": VERBS[kind]})


class TestActOn(ListPlatformContract):
    """Against its sandbox."""

    @pytest.fixture
    def world(self) -> Iterator[ListWorld]:
        with account() as there:
            yield ActOnWorld(there)
