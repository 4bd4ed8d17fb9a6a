"""A marketing list as the audience of a read: who joins, who leaves, and lists that can't be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.dynamics import DynamicsConnector
from keepstep.core.errors import Bug, SettingsError
from keepstep.core.model import Status, Value
from keepstep_sandbox.dynamics import DynamicsSettings as SandboxSettings
from keepstep_sandbox.dynamics import create_app
from keepstep_sandbox.server import SandboxServer
from tests.connectors.dynamics.organization import Organization, connected, lead, row_id, told
from tests.connectors.dynamics.test_sandbox import Dynamics, records
from tests.connectors.stub import Answer, Call

NEWS = "O'Brien's news"
LEADS = ReadQuery("lead", ("emailaddress1", "firstname"), audience=NEWS)
ON, OFF = frozenset({NEWS}), frozenset[str]()


class Marketing(Dynamics):
    """An environment with a list of leads."""

    def __init__(self, server: SandboxServer) -> None:
        super().__init__(server)
        self.control("POST", "reset", {"seed": 1, "size": 0})
        self.control("DELETE", "weather")
        self.news = self.static_list(NEWS)

    def static_list(self, name: str, **fields: Value) -> str:
        """Somebody makes a static list of leads."""
        body = {"listname": name, "type": False, "createdfromcode": 4, **fields}
        return str(self.control("POST", "dynamics/lists", body)["id"])

    def join(self, *ids: str) -> None:
        """Somebody puts them on the list."""
        self.control("POST", f"dynamics/lists/{self.news}/members", {"ids": list(ids)})

    def leave(self, id: str) -> None:
        """Somebody takes them off the list."""
        self.control("DELETE", f"dynamics/lists/{self.news}/members/{id}")

    def member(self, name: str, **fields: Value) -> str:
        """A lead on the list."""
        id = self.lead(name, **fields)
        self.join(id)
        return id

    def edit(self, id: str, **fields: Value) -> None:
        """Somebody changes a lead."""
        self.control("PATCH", f"dynamics/leads/{id}", fields)

    def listed(self, query: ReadQuery = LEADS) -> list[Page]:
        """A whole read."""
        return list(self.connector().read(query))

    def marked(self) -> Cursor:
        """The watermark of a listing that is made a day later; then another day goes by."""
        self.later(days=1)
        cursor = self.listed()[-1].cursor or {}
        self.later(days=2)
        return cursor

    def later(self, days: int) -> None:
        """By the server's clock."""
        self.control("DELETE", "weather")
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": days * 86_400, "times": None})

    def changed(self, cursor: Cursor) -> list[Page]:
        """What is told from there on."""
        return list(self.connector().read(LEADS, cursor))


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app(SandboxSettings(size=0))) as server:
        yield server


@pytest.fixture
def crm(server: SandboxServer) -> Iterator[Marketing]:
    crm = Marketing(server)
    yield crm
    for connector in crm.connectors:
        connector.close()


def queries(connector: DynamicsConnector) -> dict[str, int]:
    """Calls without the sign-in and the metadata."""
    counted = connector.usage.by_endpoint
    return {name: n for name, n in counted.items() if "token" not in name and "EntityDefinitions" not in name}


def test_a_listing_names_the_members_only(crm: Marketing) -> None:
    ann = crm.member("ann", firstname="Ann")
    crm.lead("bob")
    connector = crm.connector()
    [page] = connector.read(LEADS)
    [record] = page.records
    assert (record.id, record.fields["firstname"], record.audiences) == (ann, "Ann", ON)
    assert (page.full, page.last) == (True, True)
    assert queries(connector) == {"GET lists of a list": 1, "GET listmembers of a list": 1, "GET leads listing": 1}


def test_an_empty_list_is_a_page_of_nobody(crm: Marketing) -> None:
    crm.lead("bob")
    assert [(page.records, page.last) for page in crm.listed()] == [((), True)]


def test_members_are_told_in_pages(crm: Marketing) -> None:
    there = {crm.member(f"p{n}") for n in range(5)}
    connector = crm.connector(page_size=2)
    assert set(records(list(connector.read(LEADS)))) == there
    assert connector.usage.by_endpoint["GET listmembers of a list"] == 3


def test_contacts_have_lists_of_their_own(crm: Marketing) -> None:
    contact = crm.control("POST", "dynamics/contacts", {"lastname": "Ode"})["id"]
    crm.news = crm.static_list("Customers", createdfromcode=2)
    crm.join(contact)
    assert set(records(crm.listed(ReadQuery("contact", ("lastname",), audience="customers")))) == {contact}


def test_nothing_changed_costs_three_calls_and_tells_nobody(crm: Marketing) -> None:
    crm.member("ann")
    cursor = crm.marked()
    connector = crm.connector()
    [page] = connector.read(LEADS, cursor)
    assert (page.records, page.full, page.last) == ((), False, True)
    assert queries(connector) == {"GET lists of a list": 1, "GET listmembers of a list": 1, "GET leads changes": 1}
    assert "GET EntityDefinitions(lead)/Attributes" not in connector.usage.by_endpoint


def test_an_edit_is_told_with_whether_the_person_is_on_the_list(crm: Marketing) -> None:
    ann, bob = crm.member("ann"), crm.lead("bob")
    cursor = crm.marked()
    crm.edit(ann, firstname="Ann")
    crm.edit(bob, firstname="Bob")
    pages = crm.changed(cursor)
    assert {id: record.audiences for id, record in records(pages).items()} == {ann: ON, bob: OFF}
    assert not any(page.full for page in pages)


def test_somebody_who_joins_or_leaves_moves_no_date_and_has_everything_read_again(crm: Marketing) -> None:
    ann, bob = crm.member("ann"), crm.lead("bob")
    cursor = crm.marked()
    crm.join(bob)
    with pytest.raises(CursorExpired):
        crm.changed(cursor)
    assert set(records(crm.listed())) == {ann, bob}

    cursor = crm.marked()
    crm.leave(ann)
    with pytest.raises(CursorExpired):
        crm.changed(cursor)
    assert set(records(crm.listed())) == {bob}


def test_one_who_takes_anothers_place_is_noticed(crm: Marketing) -> None:
    ann, bob = crm.member("ann"), crm.lead("bob")
    cursor = crm.marked()
    crm.join(bob)
    crm.leave(ann)
    with pytest.raises(CursorExpired):
        crm.changed(cursor)


def test_a_member_who_is_deleted_is_missed_by_the_next_listing(crm: Marketing) -> None:
    ann, bob = crm.member("ann"), crm.member("bob")
    cursor = crm.marked()
    crm.control("DELETE", f"dynamics/leads/{ann}")
    with pytest.raises(CursorExpired):
        crm.changed(cursor)
    assert set(records(crm.listed())) == {bob}
    assert [record.id for record in crm.connector().fetch(LEADS, FetchBy.ID, [ann, bob])] == [bob]


def test_a_merge_is_told_with_its_survivor_before_everything_is_read_again(crm: Marketing) -> None:
    loser, survivor = crm.member("ann"), crm.lead("anna")
    cursor = crm.marked()
    crm.control("POST", "dynamics/leads/merge", {"master": survivor, "others": [loser]})
    read = crm.connector().read(LEADS, cursor)
    page = next(read)
    assert (page.records, page.cursor, page.last) == ((), None, False)
    assert [(one.id, one.merged_into) for one in page.deletions] == [(loser, survivor)]
    with pytest.raises(CursorExpired):
        next(read)
    assert set(records(crm.listed())) == {survivor}


def test_by_id_others_are_answered_too_by_email_members_only(crm: Marketing) -> None:
    ann, bob = crm.member("ann"), crm.lead("bob")
    connector = crm.connector()
    by_id = {record.id: record.audiences for record in connector.fetch(LEADS, FetchBy.ID, [ann, bob])}
    by_email = [record.id for record in connector.fetch(LEADS, FetchBy.EMAIL, ["ann@a.test", "bob@a.test"])]
    assert (by_id, by_email) == ({ann: ON, bob: OFF}, [ann])
    calls = connector.usage.calls
    assert list(connector.fetch(LEADS, FetchBy.ID, [])) == []
    assert connector.usage.calls == calls


def test_a_converted_member_is_told_as_converted(crm: Marketing) -> None:
    ann = crm.member("ann")
    cursor = crm.marked()
    crm.control("POST", f"dynamics/leads/{ann}/convert", {})
    assert records(crm.changed(cursor))[ann].status is Status.CONVERTED


def test_a_list_that_was_renamed_or_is_gone_stops_the_read(crm: Marketing) -> None:
    crm.member("ann")
    cursor = crm.marked()
    crm.control("PATCH", f"dynamics/lists/{crm.news}", {"listname": "Old news"})
    with pytest.raises(SettingsError, match="no marketing list"):
        crm.changed(cursor)
    crm.control("DELETE", f"dynamics/lists/{crm.news}")
    with pytest.raises(SettingsError, match="correct its name in the sync's file"):
        crm.listed()


def test_another_list_of_the_same_name_is_read_from_its_start(crm: Marketing) -> None:
    ann, cursor = crm.member("ann"), crm.marked()
    crm.control("DELETE", f"dynamics/lists/{crm.news}")
    crm.news = crm.static_list(NEWS)
    crm.join(ann)
    with pytest.raises(CursorExpired):
        crm.changed(cursor)


@pytest.mark.parametrize(
    ("fields", "asked_for"),
    [
        ({"type": True, "query": "<fetch><entity name='lead'/></fetch>"}, "copy it to a static list"),
        ({"createdfromcode": 2}, "holds no leads"),
    ],
)
def test_a_list_that_cannot_be_read_says_what_to_do(crm: Marketing, fields: dict[str, Value], asked_for: str) -> None:
    crm.static_list("Other", **fields)
    with pytest.raises(SettingsError, match=asked_for):
        crm.listed(ReadQuery("lead", audience="Other"))


def test_two_lists_of_one_name_are_the_users_to_tell_apart(crm: Marketing) -> None:
    crm.static_list(NEWS.upper())
    with pytest.raises(SettingsError, match="rename all but one"):
        crm.listed()


def test_companies_are_on_no_list(crm: Marketing) -> None:
    with pytest.raises(Bug):
        crm.listed(ReadQuery("account", audience=NEWS))


def test_the_cursor_of_another_list_or_of_everybody_is_not_gone_on_from(crm: Marketing) -> None:
    crm.member("ann")
    everybody = list(crm.connector().read(ReadQuery("lead", LEADS.fields)))[-1].cursor or {}
    cursor = crm.marked()
    crm.static_list("Other")
    for query, mark in (
        (LEADS, everybody),
        (ReadQuery("lead", LEADS.fields), cursor),
        (ReadQuery("lead", LEADS.fields, audience="Other"), cursor),
        (LEADS, {**cursor, "read": None}),
    ):
        with pytest.raises(CursorExpired):
            list(crm.connector().read(query, mark))


def of_five(call: Call) -> Answer | None:
    """A list of the leads 0 to 4, told in pages of two."""
    if "/lists?" in call.path:
        return told({"value": [{"listid": row_id(700), "listname": NEWS, "type": False, "createdfromcode": 4}]})
    if "/listmembers?" in call.path:
        members = [{"listmemberid": row_id(800 + n), "_entityid_value": row_id(n)} for n in range(5)]
        return told({"value": members})
    if "/listlead_association" not in call.path:
        return None
    start = int(call.path.partition("skiptoken=")[2] or 0)
    body: dict[str, object] = {"value": [lead(n) for n in range(start, min(start + 2, 6))]}
    if start < 4:
        body["@odata.nextLink"] = f"http://{call.headers['Host']}{call.path.split('&')[0]}&$skiptoken={start + 2}"
    return told(body)


def test_a_listing_that_was_cut_off_goes_on_there_and_who_joined_meanwhile_waits_for_the_next() -> None:
    with connected(Organization(trouble=of_five), page_size=2) as (connector, _):
        first, *others = connector.read(LEADS)
        rest = list(connector.read(LEADS, first.cursor))
    assert [record.id for page in (first, *others) for record in page.records] == [row_id(n) for n in range(5)]
    assert [page.records for page in rest] == [page.records for page in others]
    assert rest[-1].cursor == others[-1].cursor


def test_members_that_the_role_may_not_read_are_the_administrators_business() -> None:
    def refusing(call: Call) -> Answer | None:
        refused = told({"error": {"code": "0x80040220", "message": "Ann"}}, 403)
        return refused if "/listlead_association" in call.path else of_five(call)

    def hiding(call: Call) -> Answer | None:
        return told({"error": {"code": "0x80040220", "message": "Ann"}}, 403) if "/lists?" in call.path else None

    for trouble in (refusing, hiding):
        with (
            connected(Organization(trouble=trouble)) as (connector, _),
            pytest.raises(SettingsError, match="security role of the application user"),
        ):
            list(connector.read(LEADS))
