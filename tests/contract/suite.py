"""What every connector promises, tested through nothing but the protocol; each system gives a `World`.

Laws: a test says what it needs of the world and never which system it is; a promise that depends on a capability flag
is tested in both its forms, so that each flag is proved.
"""

# ruff: noqa: D102 # a test's name is its sentence
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from keepstep.connectors.base import Connector, Cursor, FetchBy, IdempotentBy, Page, RemoveMeans
from keepstep.core.errors import AuthError, KeepstepError, Unavailable
from keepstep.core.model import Applied, InDoubt, Kind, OperationId, Outcome, Record, Rejected, Status, Value, Write
from tests.contract.world import World

PEOPLE = 7  # more than two pages of three


class ConnectorContract:
    """The promises of `keepstep.connectors.base.Connector`; subclasses give the fixture `world`."""

    @pytest.fixture
    def world(self) -> World | Iterator[World]:
        """The other side, with one empty selection."""
        raise NotImplementedError

    @pytest.fixture
    def connector(self, world: World) -> Iterator[Connector]:
        """A connector to that world."""
        connector = world.connector()
        yield connector
        connector.close()

    # -- reading ---------------------------------------------------------------------------------------------------

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

    def test_a_merge_names_the_survivor_where_merges_are_announced(self, world: World, connector: Connector) -> None:
        if not connector.capabilities.announces_merges:
            pytest.skip("this system does not announce merges")
        loser, survivor = populate(world, 2)
        cursor = watermark(connector, world)
        world.merge(loser, survivor)

        deletions = [d for page in connector.read(world.query, cursor) for d in page.deletions]

        assert [(d.id, d.merged_into) for d in deletions] == [(loser, survivor)]

    def test_a_record_that_left_the_audience_is_told_with_its_new_one(self, world: World, connector: Connector) -> None:
        if not connector.capabilities.audiences:
            pytest.skip("this system has lists instead of audiences")
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

    # -- reading back ----------------------------------------------------------------------------------------------

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

    # -- writing ---------------------------------------------------------------------------------------------------

    def test_every_write_has_exactly_one_outcome(self, world: World, connector: Connector) -> None:
        ids = populate(world)
        more = connector.capabilities.batch_size + 1
        writes = [update(world, id, {world.words.first: "New"}) for id in ids]
        writes += [create(world, 100 + n) for n in range(more if more <= 30 else 5)]

        outcomes = list(connector.apply(writes))

        assert sorted(o.operation_id for o in outcomes) == sorted(w.operation_id for w in writes)
        assert all(isinstance(o, Applied) for o in outcomes)

    def test_applying_nothing_makes_no_call(self, connector: Connector) -> None:
        assert list(connector.apply([])) == []
        assert connector.usage.calls == 0

    def test_an_update_touches_only_the_fields_it_names(self, world: World, connector: Connector) -> None:
        id = world.add({**person(world, 1), world.words.second: "Ode"})

        outcome = only(connector, update(world, id, {world.words.first: "New"}))

        assert outcome == Applied(OperationId(f"update-{id}"), id)
        expected = {**person(world, 1), world.words.first: "New", world.words.second: "Ode"}
        assert names(world, world.truth(id), expected) == expected

    def test_none_clears_a_field_and_leaves_the_others(self, world: World, connector: Connector) -> None:
        id = world.add({**person(world, 1), world.words.second: "Ode"})

        assert isinstance(only(connector, update(world, id, {world.words.second: None})), Applied)

        there = world.truth(id)
        assert there is not None
        assert not there.get(world.words.second)
        assert there.get(world.words.first) == "Ann1"

    def test_a_created_record_can_be_read_by_the_id_it_was_answered_with(
        self, world: World, connector: Connector
    ) -> None:
        outcome = only(connector, create(world, 9))

        assert isinstance(outcome, Applied)
        [record] = connector.fetch(world.query, FetchBy.ID, [outcome.record_id])
        assert record.email == email(9)
        assert record.fields.get(world.words.first) == "Ann9"

    def test_a_create_sent_twice_makes_one_record_where_it_says_so(self, world: World, connector: Connector) -> None:
        first, second = only(connector, create(world, 9)), only(connector, create(world, 9))

        assert isinstance(first, Applied)
        made = list(world.emails()).count(email(9))
        if connector.capabilities.idempotent_create is IdempotentBy.NOTHING:
            assert made == 2
        else:
            assert made == 1
            assert isinstance(second, Applied)
            assert second.record_id == first.record_id

    def test_remove_does_what_the_capabilities_say(self, world: World, connector: Connector) -> None:
        [stays, goes] = populate(world, 2)

        assert isinstance(only(connector, remove(world, goes)), Applied)

        assert world.truth(goes) is None
        assert world.truth(stays) is not None
        left = {r.id: r.status for r in connector.fetch(world.query, FetchBy.ID, [goes, stays])}
        inactivates = connector.capabilities.remove_means is RemoveMeans.INACTIVATES
        assert left == {stays: Status.ACTIVE} | ({goes: Status.INACTIVE} if inactivates else {})

    def test_a_rejected_row_does_not_end_the_batch(self, world: World, connector: Connector) -> None:
        ids = populate(world, 5)
        fields = world.reject(ids[2])
        writes = [update(world, id, fields if id == ids[2] else {world.words.first: "New"}) for id in ids]

        outcomes = {o.operation_id: o for o in connector.apply(writes)}

        assert len(outcomes) == 5
        rejected = [o for o in outcomes.values() if isinstance(o, Rejected)]
        assert [o.operation_id for o in rejected] == [writes[2].operation_id]
        assert rejected[0].code
        assert rejected[0].what_to_do
        assert all((world.truth(id) or {}).get(world.words.first) == "New" for id in ids if id != ids[2])

    def test_a_write_to_an_unknown_field_is_rejected_alone(self, world: World, connector: Connector) -> None:
        [one, other] = populate(world, 2)
        writes = [update(world, one, {world.words.unknown: "x"}), update(world, other, {world.words.first: "New"})]

        outcomes = {o.operation_id: o for o in connector.apply(writes)}

        assert isinstance(outcomes[writes[0].operation_id], Rejected)
        assert isinstance(outcomes[writes[1].operation_id], Applied)

    def test_a_write_to_a_record_that_is_gone_is_rejected(self, world: World, connector: Connector) -> None:
        [gone, there] = populate(world, 2)
        world.delete(gone)

        outcomes = {
            o.operation_id: o
            for o in connector.apply([update(world, id, {world.words.first: "New"}) for id in (gone, there)])
        }

        assert isinstance(outcomes[OperationId(f"update-{gone}")], Rejected)
        assert isinstance(outcomes[OperationId(f"update-{there}")], Applied)

    # -- trouble ---------------------------------------------------------------------------------------------------

    def test_an_update_whose_answer_is_lost_is_in_doubt_and_reading_back_tells(
        self, world: World, connector: Connector
    ) -> None:
        [id] = populate(world, 1)
        world.lose_replies(True)
        outcome = only(connector, update(world, id, {world.words.first: "New"}))
        world.lose_replies(False)

        assert isinstance(outcome, InDoubt)
        [record] = connector.fetch(world.query, FetchBy.ID, [id])
        assert record.fields.get(world.words.first) == "New"

    def test_a_create_whose_answer_is_lost_is_in_doubt_and_made_once(self, world: World, connector: Connector) -> None:
        write = create(world, 9)
        world.lose_replies(True)
        outcome = only(connector, write)
        world.lose_replies(False)

        assert isinstance(outcome, InDoubt)
        key = email(9) if world.lost_create_key is FetchBy.EMAIL else str(write.external_id)
        anywhere = replace(world.query, audience=None)  # the suite's new person has no company yet
        [record] = connector.fetch(anywhere, world.lost_create_key, [key])
        assert record.email == email(9)
        assert list(world.emails()).count(email(9)) == 1

    def test_wrong_credentials_are_the_users_to_correct(self, world: World) -> None:
        with pytest.raises(AuthError):
            world.stranger().check()

    def test_good_credentials_pass_the_check(self, connector: Connector) -> None:
        connector.check()

        assert connector.usage.calls >= 1

    def test_a_system_that_is_down_is_unavailable_and_comes_back(self, world: World, connector: Connector) -> None:
        [id] = populate(world, 1)
        world.unavailable(True)
        with pytest.raises(Unavailable):
            connector.check()
        with pytest.raises(Unavailable):
            list(connector.read(world.query))
        with pytest.raises(Unavailable):
            list(connector.apply([update(world, id, {world.words.first: "New"})]))
        world.unavailable(False)

        assert [r.id for r in told(connector.read(world.query))] == [id]
        assert (world.truth(id) or {}).get(world.words.first) == "Ann0"

    def test_nobody_is_named_in_what_goes_wrong(self, world: World, connector: Connector) -> None:
        [id, gone] = populate(world, 2)
        world.delete(gone)
        secret = {world.words.email: "vera.hidden@example.test", world.words.first: "Vera"}
        texts = [str(o) for o in connector.apply([update(world, gone, secret)])]
        texts += [str(o) for o in connector.apply([update(world, id, {**secret, world.words.unknown: "Vera"})])]
        world.unavailable(True)
        for by, key in ((FetchBy.EMAIL, "vera.hidden@example.test"), (FetchBy.ID, id)):
            with pytest.raises(KeepstepError) as wrong:
                list(connector.fetch(world.query, by, [key]))
            texts.append(str(wrong.value))
        world.unavailable(False)

        assert texts
        assert not [text for text in texts if "vera" in text.casefold()]

    # -- what it says of itself ------------------------------------------------------------------------------------

    def test_the_schema_names_the_fields_and_what_they_hold(self, world: World, connector: Connector) -> None:
        fields = connector.schema([world.words.object], world.list_id)[world.words.object]

        assert {world.words.email, world.words.first, world.words.second} <= set(fields)
        assert fields[world.words.email].type == "email"
        assert fields[world.words.first].writable
        assert world.words.unknown not in fields

    def test_the_capabilities_are_within_their_ranges(self, world: World, connector: Connector) -> None:
        capabilities = connector.capabilities

        assert world.words.object in capabilities.objects
        assert min(capabilities.batch_size, capabilities.concurrency, capabilities.page_size) >= 1
        assert capabilities.announces_deletions or not capabilities.announces_merges

    def test_calls_are_counted_in_all_and_by_endpoint(self, world: World, connector: Connector) -> None:
        populate(world)
        list(connector.read(world.query))

        assert connector.usage.calls == sum(connector.usage.by_endpoint.values()) >= 3

    def test_a_record_has_an_address_for_people(self, world: World, connector: Connector) -> None:
        [id] = populate(world, 1)

        assert id.rsplit(":", maxsplit=1)[-1] in connector.url(world.words.object, id, world.list_id)


# -- the words of the suite --------------------------------------------------------------------------------------------


def email(number: int) -> str:
    """The address of the suite's person with that number."""
    return f"ann{number}@example.test"


def person(world: World, number: int) -> dict[str, Value]:
    """The fields of the suite's person with that number."""
    return {world.words.email: email(number), world.words.first: f"Ann{number}"}


def populate(world: World, people: int = PEOPLE) -> list[str]:
    """People in the selection; their ids, in the order of their numbers from 0 on."""
    return [world.add(person(world, number)) for number in range(people)]


def told(pages: Iterator[Page] | list[Page]) -> list[Record]:
    """Every record of a read."""
    return [record for page in pages for record in page.records]


def watermark(connector: Connector, world: World, cursor: Cursor | None = None) -> Cursor:
    """Read to the end; the cursor for the next incremental read."""
    *_, last = connector.read(world.query, cursor)
    assert last.cursor is not None
    return last.cursor


def only(connector: Connector, write: Write) -> Outcome:
    """The outcome of one write."""
    [outcome] = connector.apply([write])
    return outcome


def create(world: World, number: int) -> Write:
    """A create of the suite's person with that number, always under the same external id."""
    return Write(
        operation_id=OperationId(f"create-{number}"),
        kind=Kind.CREATE,
        object=world.words.object,
        fields=person(world, number),
        list_id=world.list_id,
        email=email(number),
        external_id=f"keepstep-contract-{number}",
    )


def update(world: World, record_id: str, fields: Mapping[str, Value]) -> Write:
    """An update of these fields."""
    return Write(OperationId(f"update-{record_id}"), Kind.UPDATE, world.words.object, fields, record_id, world.list_id)


def remove(world: World, record_id: str) -> Write:
    """A removal."""
    return Write(OperationId(f"remove-{record_id}"), Kind.REMOVE, world.words.object, {}, record_id, world.list_id)


def names(world: World, truth: Mapping[str, Value] | None, expected: Mapping[str, Value]) -> Mapping[str, Value]:
    """The part of the truth that is expected."""
    assert truth is not None, f"the {world.words.object} is gone"
    return {name: truth.get(name) for name in expected}
