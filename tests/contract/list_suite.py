"""What every connector to a list platform promises besides."""

# ruff: noqa: D102 # a test's name is its sentence
from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from keepstep.connectors.base import FetchBy, ListPlatform, ReadQuery, RemoveMeans
from keepstep.core.errors import SettingsError
from keepstep.core.model import Applied
from tests.contract.suite import ConnectorContract
from tests.contract.words import email, only, person, populate, remove, told
from tests.contract.world import ListWorld


class ListPlatformContract(ConnectorContract):
    """The promises of `keepstep.connectors.base.ListPlatform`."""

    @pytest.fixture
    def world(self) -> ListWorld | Iterator[ListWorld]:
        """The other side, with one empty list."""
        raise NotImplementedError

    @pytest.fixture
    def platform(self, world: ListWorld) -> Iterator[ListPlatform]:
        """A connector to that world."""
        platform = world.connector()
        yield platform
        platform.close()

    def test_a_list_is_found_by_its_name(self, world: ListWorld, platform: ListPlatform) -> None:
        found = platform.find_list(world.list_name)

        assert found is not None
        assert (found.id, found.name) == (world.list_id, world.list_name)
        assert {world.words.email, world.words.first, world.words.second} <= set(found.columns)
        assert platform.find_list("no list has this name") is None

    def test_a_name_that_two_lists_have_is_the_users_to_correct(self, world: ListWorld, platform: ListPlatform) -> None:
        name = world.double_list()

        with pytest.raises(SettingsError):
            platform.find_list(name)

    def test_a_list_is_made_empty_with_its_columns_and_can_be_filled(
        self, world: ListWorld, platform: ListPlatform
    ) -> None:
        columns = [world.words.email, world.words.first, "Act-On Score"]

        made = platform.create_list("Made by the suite", columns, world.words.email)

        assert platform.find_list("Made by the suite") == made
        assert set(columns) <= set(made.columns)
        assert platform.count(made.id) == 0
        schema = platform.schema(["row"], made.id)["row"]
        assert schema[world.words.email].type == "email"
        assert set(columns) <= set(schema)

    def test_a_list_without_its_email_column_is_refused(self, world: ListWorld, platform: ListPlatform) -> None:
        with pytest.raises(SettingsError):
            platform.create_list("No email", [world.words.first], world.words.email)

    def test_count_costs_one_call_and_shows_a_row_that_vanished(self, world: ListWorld, platform: ListPlatform) -> None:
        ids = populate(world)
        assert world.list_id is not None
        assert platform.count(world.list_id) == len(ids)
        before = platform.usage.calls
        world.delete(ids[0])

        assert platform.count(world.list_id) == len(ids) - 1
        assert platform.usage.calls - before == 1
        assert platform.capabilities.counts

    def test_two_rows_with_one_address_are_told_as_two(self, world: ListWorld, platform: ListPlatform) -> None:
        first, second = world.add(person(world, 1)), world.add(person(world, 1))

        assert {r.id for r in told(platform.read(world.query))} == {first, second}
        assert {r.id for r in platform.fetch(world.query, FetchBy.ID, [first, second])} == {first, second}

    def test_opt_outs_are_read_in_full_and_then_as_they_come(self, world: ListWorld, platform: ListPlatform) -> None:
        world.opt_out(email(1))
        query = ReadQuery("opt_out")
        *_, last = pages = list(platform.read(query))
        world.opt_out(email(2))

        later = told(platform.read(query, last.cursor))

        assert [r.email for r in told(pages)] == [email(1)]
        assert email(2) in {r.email for r in later}
        assert all(r.opted_out and r.object == "opt_out" for r in later)

    def test_removing_a_row_lifts_no_opt_out(self, world: ListWorld, platform: ListPlatform) -> None:
        id = world.add(person(world, 1))
        world.opt_out(email(1))

        assert isinstance(only(platform, remove(world, id)), Applied)

        assert platform.capabilities.remove_means is RemoveMeans.LEAVES_LIST
        assert email(1) in {r.email for r in told(platform.read(ReadQuery("opt_out")))}

    def test_behaviour_is_told_for_the_rows_that_were_asked_for(self, world: ListWorld, platform: ListPlatform) -> None:
        if not platform.capabilities.reads_activities:
            pytest.skip("this platform tells no behaviour")
        [one, other] = populate(world, 2)
        world.act(email(0), world.act_kind())
        world.act(email(1), world.act_kind())

        acts = told(platform.read(ReadQuery("activity", list_id=world.list_id, subjects=(one,))))

        assert [(a.fields["subject"], a.fields["type"]) for a in acts] == [(one, world.act_kind())]
        assert [a.email for a in acts] == [email(0)]
        assert datetime.fromisoformat(str(acts[0].fields["at"])).utcoffset() is not None
        assert other not in {a.fields["subject"] for a in acts}
