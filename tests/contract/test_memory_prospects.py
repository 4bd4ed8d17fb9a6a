"""The reference platform's prospects: the contract, their bin, their users, their behaviour, and stale reads."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from keepstep.connectors.base import Connector, Cursor, FetchBy, FieldInfo, ReadQuery
from keepstep.connectors.memory import MemoryPlatformState, MemoryProspectPlatform
from keepstep.core.model import Applied, FieldType, Kind, OperationId, Outcome, Rejected, Status, Value, Write
from tests.contract.suite import ConnectorContract
from tests.contract.test_memory import MANY, ticking
from tests.contract.words import populate, told
from tests.contract.world import Words, World

PROSPECTS = ReadQuery("prospect")
ACTIVITIES = ReadQuery("activity")


class ProspectWorld(World):
    """An in-memory platform whose selection is all of its prospects."""

    words = Words("prospect", "email", "first_name", "last_name")
    query = PROSPECTS

    def __init__(self) -> None:
        self.state = MemoryPlatformState(ticking())

    def connector(self) -> MemoryProspectPlatform:
        return MemoryProspectPlatform(self.state, page_size=self.page_size)

    def stranger(self) -> MemoryProspectPlatform:
        self.state.lock_out()
        return self.connector()

    def add(self, fields: Mapping[str, Value]) -> str:
        id = self.state.add_prospect(str(fields["email"]))
        self.state.edit_prospect(id, **fields)
        return id

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.state.edit_prospect(record_id, **fields)

    def delete(self, record_id: str) -> None:
        self.state.delete_prospect(record_id)

    def merge(self, loser: str, survivor: str) -> None:
        self.state.merge_prospects(loser, survivor)

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        record = self.state.prospect(record_id)
        return record.fields if record else None

    def emails(self) -> Sequence[str]:
        return [str(r.email) for r in self.state.prospects()]

    def reject(self, record_id: str) -> Mapping[str, Value]:
        self.state.reject_next(record_id, "locked")
        return {"first_name": "Refused"}

    def lose_replies(self, lost: bool) -> None:
        if lost:
            self.state.lose_reply_after(0)

    def unavailable(self, gone: bool) -> None:
        self.state.unavailable_next(MANY if gone else 0)


class TestProspects(ConnectorContract):
    """The reference platform's prospects."""

    @pytest.fixture
    def world(self) -> World:
        return ProspectWorld()

    def test_a_record_that_left_the_audience_is_told_with_its_new_one(self, world: World, connector: Connector) -> None:
        """Prospects are of the whole account, and in no audience."""
        populate(world)
        assert {record.audiences for record in told(connector.read(world.query))} == {frozenset()}


@pytest.fixture
def state() -> MemoryPlatformState:
    """An empty platform."""
    return MemoryPlatformState(ticking())


@pytest.fixture
def connector(state: MemoryPlatformState) -> MemoryProspectPlatform:
    """A connector to it."""
    return MemoryProspectPlatform(state)


def write(connector: Connector, kind: Kind, record_id: str | None = None, **fields: Value) -> Outcome:
    """The outcome of one write to a prospect."""
    [outcome] = connector.apply([Write(OperationId("op"), kind, "prospect", fields, record_id)])
    return outcome


def code(outcome: Outcome) -> str:
    """The code of a refusal."""
    assert isinstance(outcome, Rejected)
    return outcome.code


def end(connector: Connector, query: ReadQuery = PROSPECTS) -> Cursor:
    """The watermark after a whole read."""
    *_, last = connector.read(query)
    assert last.cursor is not None
    return last.cursor


def names(connector: Connector, cursor: Cursor | None = None) -> dict[str, Value]:
    """Who is told with which first name."""
    return {r.id: r.fields.get("first_name") for r in told(connector.read(PROSPECTS, cursor))}


def test_an_assigned_prospect_is_told_with_its_user(
    state: MemoryPlatformState, connector: MemoryProspectPlatform
) -> None:
    olga = state.add_user("olga@example.test", "Olga")
    ann = state.add_prospect("ann@example.test", owner=olga, score=3)
    cursor = end(connector)

    state.assign(ann, None)

    assert told(connector.read(PROSPECTS))[0].owner is None
    state.assign(ann, olga)
    [record] = told(connector.read(PROSPECTS, cursor))
    assert (record.owner, record.fields["owner"], record.fields["score"]) == (olga, olga, 3)


def test_a_write_assigns_to_an_active_user_or_to_nobody(
    state: MemoryPlatformState, connector: MemoryProspectPlatform
) -> None:
    olga, gone = state.add_user("olga@example.test"), state.add_user("gone@example.test", active=False)
    ann = state.add_prospect("ann@example.test")

    assert write(connector, Kind.UPDATE, ann, owner=olga) == Applied(OperationId("op"), ann)
    assert code(write(connector, Kind.UPDATE, ann, owner=gone)) == "unknown_user"
    assert code(write(connector, Kind.UPDATE, ann, owner="u-4711")) == "unknown_user"

    assert [r.owner for r in state.prospects()] == [olga]
    assert isinstance(write(connector, Kind.UPDATE, ann, owner=None), Applied)
    assert [r.owner for r in state.prospects()] == [None]


def test_users_are_told_with_their_names_and_whether_they_are_active(
    state: MemoryPlatformState, connector: MemoryProspectPlatform
) -> None:
    olga = state.add_user("olga@example.test", "Olga")
    users = ReadQuery("user")
    cursor = end(connector, users)

    state.inactivate_user(olga)

    [user] = told(connector.read(users, cursor))
    assert (user.id, user.email, user.fields["name"], user.status) == (
        olga,
        "olga@example.test",
        "Olga",
        Status.INACTIVE,
    )
    assert list(connector.fetch(users, FetchBy.EMAIL, ["Olga@Example.test"])) == [user]


def test_an_email_is_one_prospects_alone(state: MemoryPlatformState, connector: MemoryProspectPlatform) -> None:
    ann, bo = state.add_prospect("ann@example.test"), state.add_prospect("bo@example.test")

    assert state.add_prospect("ANN@example.test", first_name="Ann") == ann
    assert code(write(connector, Kind.UPDATE, bo, email="ann@example.test")) == "email_taken"
    with pytest.raises(ValueError, match="another prospect"):
        state.edit_prospect(bo, email="ann@example.test")

    assert names(connector) == {ann: "Ann", bo: None}
    assert isinstance(write(connector, Kind.UPDATE, bo, email="bob@example.test"), Applied)
    assert state.add_prospect("bo@example.test") not in {ann, bo}


def test_where_several_may_have_one_email_a_create_updates_the_first(
    state: MemoryPlatformState, connector: MemoryProspectPlatform
) -> None:
    state.allow_several_per_email()
    first, second = state.add_prospect("ann@example.test"), state.add_prospect("ann@example.test")

    outcome = write(connector, Kind.CREATE, email="ann@example.test", first_name="Ann")

    assert outcome == Applied(OperationId("op"), first)
    assert names(connector) == {first: "Ann", second: None}
    assert {r.id for r in connector.fetch(PROSPECTS, FetchBy.EMAIL, ["ann@example.test"])} == {first, second}


def test_a_prospect_without_an_email_is_made_by_nobody_but_people(
    state: MemoryPlatformState, connector: MemoryProspectPlatform
) -> None:
    assert {state.add_prospect(None), state.add_prospect(None)} == {r.id for r in state.prospects()}
    assert code(write(connector, Kind.CREATE, first_name="Ann")) == "no_email"


def test_the_bin_is_announced_takes_no_writes_and_gives_back(
    state: MemoryPlatformState, connector: MemoryProspectPlatform
) -> None:
    ann = state.add_prospect("ann@example.test", first_name="Ann")
    cursor = end(connector)
    assert write(connector, Kind.REMOVE, ann) == Applied(OperationId("op"), ann)

    [page] = connector.read(PROSPECTS, cursor)

    assert ([d.id for d in page.deletions], page.records) == ([ann], ())
    assert code(write(connector, Kind.UPDATE, ann, first_name="Bo")) == "DELETED"
    assert code(write(connector, Kind.UPDATE, "p-4711", first_name="Bo")) == "not_found"
    state.undelete_prospect(ann)
    assert names(connector, page.cursor) == {ann: "Ann"}


def test_a_prospect_does_not_come_back_to_an_email_that_was_given_away(state: MemoryPlatformState) -> None:
    ann = state.add_prospect("ann@example.test")
    state.delete_prospect(ann)
    state.add_prospect("ann@example.test")

    with pytest.raises(ValueError, match="another prospect"):
        state.undelete_prospect(ann)


def test_new_columns_are_told_and_written(state: MemoryPlatformState, connector: MemoryProspectPlatform) -> None:
    state.add_field("prospect", FieldInfo("seats", FieldType.NUMBER))
    ann = state.add_prospect("ann@example.test", seats=4)

    assert connector.schema(["prospect"])["prospect"]["seats"].type is FieldType.NUMBER
    assert isinstance(write(connector, Kind.UPDATE, ann, seats=5), Applied)
    assert [r.fields["seats"] for r in told(connector.read(PROSPECTS))] == [5]
    with pytest.raises(ValueError, match="only prospects"):
        state.add_field("row", FieldInfo("seats"))


def test_an_opt_out_is_the_prospects_own(state: MemoryPlatformState, connector: MemoryProspectPlatform) -> None:
    ann, bo = state.add_prospect("ann@example.test"), state.add_prospect("bo@example.test")

    state.opt_out_prospect(ann)

    assert {r.id: r.opted_out for r in told(connector.read(PROSPECTS))} == {ann: True, bo: False}


def test_behaviour_streams_in_full_and_then_as_it_comes(state: MemoryPlatformState) -> None:
    connector = MemoryProspectPlatform(state, page_size=2)
    ann, bo = state.add_prospect("ann@example.test"), state.add_prospect("bo@example.test")
    for prospect in (ann, bo, ann):
        state.act_prospect(prospect, "page_view")
    [*_, last] = pages = list(connector.read(ACTIVITIES))
    state.act_prospect(bo, "form_submitted", score=15)
    state.act("ANN@example.test", "message_clicked")
    state.act("nobody@example.test", "message_clicked")

    later = told(connector.read(ACTIVITIES, last.cursor))

    assert [(page.full, page.last) for page in pages] == [(True, False), (True, True)]
    assert [(a.fields["subject"], a.fields["type"]) for a in told(pages)] == [
        (ann, "page_view"),
        (bo, "page_view"),
        (ann, "page_view"),
    ]
    assert [(a.fields["subject"], a.fields["type"], a.email) for a in later] == [
        (bo, "form_submitted", "bo@example.test"),
        (ann, "message_clicked", "ANN@example.test"),
    ]
    assert len({a.id for a in told(pages)} | {a.id for a in later}) == 5
    assert told(connector.read(ACTIVITIES, pages[0].cursor))[0] == told(pages)[2]


def test_behaviour_moves_the_score(state: MemoryPlatformState, connector: MemoryProspectPlatform) -> None:
    ann = state.add_prospect("ann@example.test")
    cursor = end(connector)
    state.act_prospect(ann, "page_view")
    assert names(connector, cursor) == {}

    state.act_prospect(ann, "form_submitted", score=15)
    state.act_prospect(ann, "unsubscribed", score=-5)

    [record] = told(connector.read(PROSPECTS, cursor))
    assert record.fields["score"] == 10


def test_every_change_stamps_the_prospect(state: MemoryPlatformState) -> None:
    ann = state.add_prospect("ann@example.test")
    stamps = []

    def bin_and_back() -> None:
        state.delete_prospect(ann)
        state.undelete_prospect(ann)

    changes: tuple[Callable[[], None], ...] = (
        lambda: None,
        lambda: state.edit_prospect(ann, title="Owner"),
        lambda: state.assign(ann, state.add_user("olga@example.test")),
        lambda: state.act_prospect(ann, "form_submitted", score=1),
        lambda: state.opt_out_prospect(ann),
        bin_and_back,
    )
    for change in changes:
        change()
        [record] = state.prospects()
        assert record.modified is not None
        stamps.append(record.modified)

    assert stamps == sorted(set(stamps))


def test_a_stale_read_tells_what_was_before_the_last_write_and_the_next_read_catches_up(
    state: MemoryPlatformState, connector: MemoryProspectPlatform
) -> None:
    ann = state.add_prospect("ann@example.test", first_name="Ann")
    bo, di = state.add_prospect("bo@example.test"), state.add_prospect("di@example.test")
    cursor = end(connector)
    write(connector, Kind.UPDATE, di, first_name="Di")
    connector_writes = [
        Write(OperationId("1"), Kind.UPDATE, "prospect", {"first_name": "Anna"}, ann),
        Write(OperationId("2"), Kind.REMOVE, "prospect", {}, bo),
        Write(OperationId("3"), Kind.CREATE, "prospect", {"email": "ed@example.test"}),
    ]
    assert all(isinstance(o, Applied) for o in connector.apply(connector_writes))
    state.answer_stale(reads=3)

    assert list(connector.fetch(PROSPECTS, FetchBy.EMAIL, ["ed@example.test"])) == []
    assert names(connector) == {ann: "Ann", bo: None, di: "Di"}
    [stale] = connector.read(PROSPECTS, cursor)
    assert ([r.id for r in stale.records], stale.deletions) == ([di], ())

    [fresh] = connector.read(PROSPECTS, stale.cursor)
    assert [r.fields.get("first_name") for r in fresh.records] == ["Anna", None]
    assert [d.id for d in fresh.deletions] == [bo]
    assert len(names(connector)) == 3


def test_stale_reads_that_were_asked_for_beforehand_hide_all_that_is_written_until_then(
    state: MemoryPlatformState, connector: MemoryProspectPlatform
) -> None:
    ann = state.add_prospect("ann@example.test", first_name="Ann")
    state.answer_stale(reads=1)
    assert names(connector) == {ann: "Ann"}  # nothing to hide yet: this one doesn't count

    write(connector, Kind.UPDATE, ann, first_name="Anna")
    write(connector, Kind.UPDATE, ann, first_name="Annie")

    assert names(connector) == {ann: "Ann"}
    assert names(connector) == {ann: "Annie"}


def test_prospects_in_a_file_are_seen_by_another_process(tmp_path: Path) -> None:
    mine = MemoryPlatformState(ticking(), tmp_path / "platform.json")
    olga = mine.add_user("olga@example.test", "Olga")
    ann = mine.add_prospect("ann@example.test", owner=olga, score=7, opted_out=True)
    mine.act_prospect(ann, "form_submitted", score=3)
    write(MemoryProspectPlatform(mine), Kind.UPDATE, ann, first_name="Ann")
    mine.answer_stale(reads=1)

    theirs = MemoryPlatformState(ticking(), tmp_path / "platform.json")

    assert theirs.prospects() == mine.prospects()
    assert names(MemoryProspectPlatform(theirs)) == {ann: None}
    assert names(MemoryProspectPlatform(mine)) == {ann: "Ann"}
    theirs.delete_prospect(ann)
    assert mine.prospects() == []
