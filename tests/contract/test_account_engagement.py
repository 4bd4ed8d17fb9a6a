"""The Account Engagement connector keeps the contract, for prospects and for the rows of a list."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from keepstep.connectors.account_engagement import AccountEngagementConnector
from keepstep.connectors.base import Connector, FetchBy, ListPlatform, ReadQuery, RemoveMeans
from keepstep.core.errors import SettingsError
from keepstep.core.model import Applied, InDoubt, OperationId, Rejected, Value
from tests.connectors.account_engagement.account import Account, account
from tests.contract.list_suite import ListPlatformContract
from tests.contract.suite import ConnectorContract
from tests.contract.words import create, email, only, person, populate, remove, told, update, watermark
from tests.contract.world import ListWorld, Words, World

FIELDS = ("email", "firstName", "jobTitle")


class Unit(World):
    """A sandboxed business unit."""

    there: Account

    @abstractmethod
    def rows(self) -> dict[str, dict[str, Any]]:
        """The selection as it is."""

    def connector(self) -> AccountEngagementConnector:
        return self.there.connector(page_size=self.page_size)

    def stranger(self) -> AccountEngagementConnector:
        return self.there.connector("wrong")

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.there.people("PATCH", f"prospects/{_prospect(record_id)}", dict(fields))

    def merge(self, loser: str, survivor: str) -> None:
        self.there.people("POST", "prospects/merge", {"master": _prospect(survivor), "others": [_prospect(loser)]})

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        return self.rows().get(record_id)

    def emails(self) -> Sequence[str]:
        return [row["email"] for row in self.there.prospects().values()]

    def reject(self, record_id: str) -> Mapping[str, Value]:
        self.there.people("PUT", f"prospects/{_prospect(record_id)}/fault", {"code": 85})
        return {"firstName": "Refused"}

    def lose_replies(self, lost: bool) -> None:
        self.there.lose_replies(lost)

    def unavailable(self, gone: bool) -> None:
        self.there.fair_weather()
        if gone:
            self.there.weather(kind="status", path="/(api|services)/", status=503, times=None)

    def pass_time(self) -> None:
        self.there.pass_time()


def _prospect(record_id: str) -> int:
    return int(record_id.rsplit(":", 1)[-1])


class ProspectWorld(Unit):
    """All prospects of a unit."""

    words = Words("prospect", "email", "firstName", "jobTitle")
    query = ReadQuery("prospect", FIELDS)
    quiet_calls = 1

    def __init__(self, there: Account) -> None:
        self.there = there

    def rows(self) -> dict[str, dict[str, Any]]:
        return self.there.prospects()

    def add(self, fields: Mapping[str, Value]) -> str:
        given = dict(fields)
        return self.there.prospect(str(given.pop("email")), **given)

    def delete(self, record_id: str) -> None:
        self.there.people("DELETE", f"prospects/{record_id}")


class ListedWorld(Unit, ListWorld):
    """The members of one static list."""

    words = Words("row", "email", "firstName", "jobTitle")
    list_name = "Customers"

    def __init__(self, there: Account) -> None:
        self.there = there
        self.list_id = self.made = there.list(self.list_name)
        self.query = ReadQuery("row", FIELDS, list_id=self.made)

    def rows(self) -> dict[str, dict[str, Any]]:
        return self.there.members(self.made)

    def add(self, fields: Mapping[str, Value]) -> str:
        given = dict(fields)
        return self.there.join(self.there.prospect(str(given.pop("email")), **given), self.made)

    def delete(self, record_id: str) -> None:
        self.there.leave(record_id)

    def lose_replies(self, lost: bool) -> None:
        # The answer to a create's last call. One that is lost before leaves a person who isn't on the list yet.
        self.there.lose_replies(lost, "/objects/(list-memberships|prospects/[0-9]+)")

    def double_list(self) -> str:
        for _ in range(2):
            self.there.list("Twice")
        return "Twice"

    def opt_out(self, email: str) -> None:
        for id, row in self.there.prospects().items():
            if row["email"] == email:
                self.there.people("POST", f"prospects/{id}/opt-out")

    def act(self, email: str, kind: str) -> None:
        assert kind == "form_submitted"
        for id, row in self.there.prospects().items():
            if row["email"] == email:
                self.there.act(id, 4, "formId")


class UnitContract(ConnectorContract):
    """What is particular to a business unit, whatever is read of it."""

    def test_a_merge_is_told_as_a_deletion_and_names_the_survivor_where_it_says_so(
        self, world: World, connector: Connector
    ) -> None:
        """A merge erases its losers for good and says so nowhere: full listings, and reading back, miss them."""
        loser, survivor = populate(world, 2)
        cursor = watermark(connector, world)
        world.merge(loser, survivor)

        assert not [d for page in connector.read(world.query, cursor) for d in page.deletions]
        assert [r.id for r in told(connector.read(world.query))] == [survivor]
        assert [r.id for r in connector.fetch(world.query, FetchBy.ID, [loser, survivor])] == [survivor]
        assert not connector.capabilities.announces_merges


class TestProspects(UnitContract):
    """Prospects, against the sandbox."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with account() as there:
            yield ProspectWorld(there)

    def test_a_record_that_left_the_audience_is_told_with_its_new_one(self, world: World, connector: Connector) -> None:
        """Prospects are of the whole unit, and in no audience."""
        populate(world)
        assert {record.audiences for record in told(connector.read(world.query))} == {frozenset()}

    def test_an_update_touches_only_the_fields_it_names(self, world: World, connector: Connector) -> None:
        """And its outcome tells the prospect's new stamp, by which a stale read is known for one."""
        id = world.add({**person(world, 1), "jobTitle": "Ode"})

        outcome = only(connector, update(world, id, {"firstName": "New"}))

        assert isinstance(outcome, Applied)
        assert replace(outcome, modified=None) == Applied(OperationId(f"update-{id}"), id)
        [record] = connector.fetch(world.query, FetchBy.ID, [id])
        assert record.modified == outcome.modified
        assert {name: record.fields[name] for name in FIELDS} == {
            **person(world, 1),
            "firstName": "New",
            "jobTitle": "Ode",
        }


class TestRows(UnitContract, ListPlatformContract):
    """The rows of a list, against the sandbox."""

    @pytest.fixture
    def world(self) -> Iterator[ListWorld]:
        with account() as there:
            yield ListedWorld(there)

    def test_a_list_is_made_empty_with_its_columns_and_can_be_filled(
        self, world: ListWorld, platform: ListPlatform
    ) -> None:
        """Its columns are the fields of prospects, and all of them; a custom one must be there."""
        assert isinstance(world, ListedWorld)
        with pytest.raises(SettingsError, match="act_on_score__c"):
            world.connector().create_list("Made by the suite", ["email", "act_on_score__c"], "email")
        world.there.people("POST", "fields", {"name": "Act-On Score", "fieldId": "act_on_score", "type": "number"})

        made = platform.create_list("Made by the suite", ["email", "firstName", "act_on_score__c"], "email")

        assert platform.find_list("Made by the suite") == made
        assert {"email", "firstName", "act_on_score__c"} <= set(made.columns)
        assert platform.count(made.id) == 0
        assert set(platform.schema(["row"], made.id)["row"]) == set(made.columns)

    def test_a_list_without_its_email_column_is_refused(self, world: ListWorld, platform: ListPlatform) -> None:
        """Every list has the field email; what is refused is another one that isn't there."""
        with pytest.raises(SettingsError):
            platform.create_list("No email", [world.words.first], "e_mail")

    def test_count_costs_one_call_and_shows_a_row_that_vanished(self, world: ListWorld, platform: ListPlatform) -> None:
        """The API tells no count: a call a page, and the capability says that it isn't cheap."""
        ids = populate(world)
        world.delete(ids[0])

        assert world.list_id is not None
        assert platform.count(world.list_id) == len(ids) - 1
        assert not platform.capabilities.counts

    def test_opt_outs_are_read_in_full_and_then_as_they_come(self, world: ListWorld, platform: ListPlatform) -> None:
        """They are told with the rows: there is no list of them."""
        ids = populate(world, 3)
        world.opt_out(email(1))
        *_, last = pages = list(platform.read(world.query))
        world.opt_out(email(2))

        later = {r.id: r.opted_out for r in told(platform.read(world.query, last.cursor))}

        assert [r.id for r in told(pages) if r.opted_out] == [ids[1]]
        assert later[ids[2]]
        assert "opt_out" not in platform.capabilities.objects

    def test_removing_a_row_lifts_no_opt_out(self, world: ListWorld, platform: ListPlatform) -> None:
        """The row leaves its list; the prospect, and the opt-out, stay. Removing a prospect means the recycle bin."""
        id = world.add(person(world, 1))
        world.opt_out(email(1))

        assert isinstance(only(platform, remove(world, id)), Applied)

        assert world.truth(id) is None
        [there] = platform.fetch(ReadQuery("prospect", FIELDS), FetchBy.EMAIL, [email(1)])
        assert there.opted_out
        assert platform.capabilities.remove_means is RemoveMeans.RECYCLES

    def test_a_write_to_a_record_that_is_gone_is_rejected(self, world: World, connector: Connector) -> None:
        """A row is updated through its prospect: gone is a prospect in the bin, not one who only left the list."""
        assert isinstance(world, ListedWorld)
        gone, there, left = populate(world, 3)
        world.there.people("DELETE", f"prospects/{_prospect(gone)}")
        world.delete(left)

        writes = [update(world, id, {world.words.first: "New"}) for id in (gone, there, left)]
        outcomes = {o.operation_id: o for o in connector.apply(writes)}

        assert isinstance(outcomes[OperationId(f"update-{gone}")], Rejected)
        assert isinstance(outcomes[OperationId(f"update-{there}")], Applied)
        assert isinstance(outcomes[OperationId(f"update-{left}")], Applied)
        assert set(world.rows()) == {there}

    def test_a_create_that_was_cut_off_between_its_calls_is_in_doubt_and_completed_by_sending_it_again(
        self, world: ListWorld, platform: ListPlatform
    ) -> None:
        assert isinstance(world, ListedWorld)
        write = create(world, 9)
        world.there.lose_replies(True)
        assert isinstance(only(platform, write), InDoubt)
        world.there.lose_replies(False)
        assert (list(world.emails()), world.rows()) == ([email(9)], {})
        assert list(platform.fetch(world.query, FetchBy.EMAIL, [email(9)])) == []

        outcome = only(platform, write)

        assert isinstance(outcome, Applied)
        assert set(world.rows()) == {outcome.record_id}
        assert list(world.emails()) == [email(9)]

    def test_everybodys_behaviour_is_told_as_it_comes(self, world: ListWorld, platform: ListPlatform) -> None:
        one, other = populate(world, 2)
        world.act(email(0), world.act_kind())
        *_, last = pages = list(platform.read(ReadQuery("activity")))
        world.act(email(1), world.act_kind())

        later = told(platform.read(ReadQuery("activity"), last.cursor))

        assert platform.capabilities.streams_activities
        assert [(a.fields["subject"], a.fields["type"], a.email) for a in told(pages)] == [
            (str(_prospect(one)), "form_submitted", email(0))
        ]
        assert str(_prospect(other)) in {a.fields["subject"] for a in later}
