"""What every connector promises about reading."""

# ruff: noqa: D102 # a test's name is its sentence
from __future__ import annotations

from dataclasses import replace

from keepstep.connectors.base import Connector, FetchBy
from keepstep.core.model import Status
from tests.contract.promises import Promises
from tests.contract.words import email, person, populate, told, watermark
from tests.contract.world import World


class ReadingContract(Promises):
    """Listings, incremental reads, deletions, reading back."""

    def test_a_first_read_tells_every_record_exactly_once(self, world: World, connector: Connector) -> None:
        ids = populate(world)

        pages = list(connector.read(world.query))

        assert sorted(record.id for record in told(pages)) == sorted(ids)
        assert len(pages) > 1
        assert all(page.full for page in pages)
        assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]

    def test_a_record_is_told_in_the_words_of_its_system(self, world: World, connector: Connector) -> None:
        fields = {**person(world, 1), world.words.second: "Ode"}
        id = world.add(fields)

        [record] = told(connector.read(world.query))

        assert (record.object, record.id) == (world.words.object, id)
        assert {name: record.fields.get(name) for name in fields} == fields
        assert record.email == fields[world.words.email]
        assert record.status is Status.ACTIVE
        assert record.modified is None or record.modified.utcoffset() is not None

    def test_an_empty_selection_is_one_last_page_with_a_cursor(self, world: World, connector: Connector) -> None:
        [page] = connector.read(world.query)

        assert (page.records, page.full, page.last) == ((), True, True)
        assert page.cursor is not None

    def test_a_listing_that_was_cut_off_goes_on_from_its_last_stored_page(self, world: World) -> None:
        ids = populate(world)
        first = next(world.connector().read(world.query))

        rest = list(world.connector().read(world.query, first.cursor))

        assert {r.id for r in first.records} | {r.id for r in told(rest)} == set(ids)
        assert all(page.full for page in rest)
        assert len(told(rest)) < len(ids)

    def test_an_incremental_read_tells_an_edit_and_no_full_listing(self, world: World, connector: Connector) -> None:
        ids = populate(world)
        cursor = watermark(connector, world)
        world.edit(ids[2], {world.words.first: "Changed"})

        pages = list(connector.read(world.query, cursor))

        assert {r.id: r.fields.get(world.words.first) for r in told(pages)}[ids[2]] == "Changed"
        assert connector.capabilities.incremental
        assert not any(page.full for page in pages)

    def test_an_incremental_read_tells_a_new_record(self, world: World, connector: Connector) -> None:
        populate(world)
        cursor = watermark(connector, world)
        new = world.add(person(world, 50))

        assert new in {r.id for r in told(connector.read(world.query, cursor))}

    def test_an_incremental_read_of_a_quiet_system_is_cheap(self, world: World, connector: Connector) -> None:
        populate(world, 12)
        world.pass_time()
        cursor = watermark(connector, world)
        quiet = watermark(connector, world, cursor)
        before = connector.usage.calls

        watermark(connector, world, quiet)

        assert connector.usage.calls - before <= world.quiet_calls

    def test_reading_again_from_an_old_cursor_tells_the_same_again(self, world: World, connector: Connector) -> None:
        ids = populate(world)
        old = watermark(connector, world)
        world.edit(ids[0], {world.words.first: "Changed"})
        watermark(connector, world, old)

        assert ids[0] in {r.id for r in told(connector.read(world.query, old))}

    def test_a_deletion_is_announced_or_shows_in_the_next_full_listing(
        self, world: World, connector: Connector
    ) -> None:
        ids = populate(world)
        cursor = watermark(connector, world)
        world.delete(ids[3])

        deletions = {d.id for page in connector.read(world.query, cursor) for d in page.deletions}

        assert deletions == ({ids[3]} if connector.capabilities.announces_deletions else set())
        assert {r.id for r in told(connector.read(world.query))} == set(ids) - {ids[3]}

    def test_a_merge_is_told_as_a_deletion_and_names_the_survivor_where_it_says_so(
        self, world: World, connector: Connector
    ) -> None:
        if not connector.capabilities.announces_deletions:  # then a merge is a row that vanished, as tested above
            assert not connector.capabilities.announces_merges
            return
        loser, survivor = populate(world, 2)
        cursor = watermark(connector, world)
        world.merge(loser, survivor)

        deletions = [d for page in connector.read(world.query, cursor) for d in page.deletions]

        named = survivor if connector.capabilities.announces_merges else None
        assert [(d.id, d.merged_into) for d in deletions] == [(loser, named)]

    def test_a_record_that_left_the_audience_is_told_with_its_new_one(self, world: World, connector: Connector) -> None:
        if not connector.capabilities.audiences:  # a list platform: its selections are lists
            assert world.query.audience is None
            assert world.query.list_id is not None
            return
        assert world.query.audience in connector.capabilities.audiences
        leaver = populate(world)[1]
        cursor = watermark(connector, world)
        world.leave_audience(leaver)

        told_now = {r.id: r for r in told(connector.read(world.query, cursor))}

        assert world.query.audience not in told_now[leaver].audiences
        assert leaver not in {r.id for r in told(connector.read(world.query))}
        [fetched] = connector.fetch(world.query, FetchBy.ID, [leaver])
        assert fetched.audiences == told_now[leaver].audiences

    def test_a_read_of_some_fields_tells_those(self, world: World, connector: Connector) -> None:
        world.add({**person(world, 1), world.words.second: "Ode"})
        query = replace(world.query, fields=(world.words.first,))

        [record] = told(connector.read(query))

        assert record.fields.get(world.words.first) == "Ann1"

    def test_fetch_answers_each_key_that_has_a_record(self, world: World, connector: Connector) -> None:
        ids = populate(world)
        keys = {
            FetchBy.ID: (ids[1], ids[4]),
            FetchBy.EMAIL: (email(1), email(4)),
        }

        for by in sorted(world.fetch_keys & set(keys)):
            found = {r.id for r in connector.fetch(world.query, by, keys[by])}
            assert found == {ids[1], ids[4]}, by

    def test_fetch_does_not_answer_keys_without_a_record(self, world: World, connector: Connector) -> None:
        [there, gone] = populate(world, 2)
        world.delete(gone)

        assert [r.id for r in connector.fetch(world.query, FetchBy.ID, [gone, there])] == [there]
        assert list(connector.fetch(world.query, FetchBy.EMAIL, ["nobody@example.test"])) == []
        assert list(connector.fetch(world.query, FetchBy.ID, [])) == []
