"""Listings of a list that moves, replies that go wrong, and the open questions of Act-On's documents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keepstep.connectors.act_on import ActOnSettings
from keepstep.connectors.base import CursorExpired, FetchBy, Page, ReadQuery
from keepstep.core.errors import Bug, SettingsError, Unavailable
from keepstep.core.model import Record
from keepstep_sandbox.act_on import DateStyle, PagingOrder, TimeUnit
from tests.connectors.act_on.account import Account, account

FIRST = "First Name"


@pytest.fixture
def there() -> Iterator[Account]:
    with account() as one:
        yield one


@pytest.fixture
def customers(there: Account) -> str:
    return there.make_list("Customers")


def edit(there: Account, list_id: str, row_id: str, **values: str) -> None:
    spelled = {name.replace("_", " "): value for name, value in values.items()}
    there.control("PATCH", f"act_on/lists/{list_id}/rows/{row_id}", {"values": spelled})


def told(pages: list[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


def test_a_row_deleted_during_a_listing_hides_no_other(there: Account, customers: str) -> None:
    ids = there.fill(customers, 30)
    pages = there.connector(page_size=4).read(ReadQuery("row", list_id=customers))
    seen = [next(pages)]
    there.control("DELETE", f"act_on/lists/{customers}/rows/{ids[0]}")

    seen += pages

    assert {r.id for r in told(seen)} == set(ids)
    assert seen[-1].last


def test_rows_that_change_their_order_during_a_listing_are_all_told() -> None:
    with account(paging_order=PagingOrder.LAST_MODIFIED) as there:
        customers = there.make_list("Customers")
        ids = there.fill(customers, 30)
        pages = there.connector(page_size=4).read(ReadQuery("row", list_id=customers))
        seen = [next(pages)]
        for id in (ids[20], ids[2], ids[11]):
            edit(there, customers, id, First_Name="Moved")

        seen += pages

        assert {r.id for r in told(seen)} == set(ids)


def test_a_list_that_never_holds_still_is_unavailable_and_never_ends_well(there: Account, customers: str) -> None:
    there.fill(customers, 12)
    there.weather(kind="repeat", path=f"/list/{customers}$", skip=1, times=None)
    pages: list[Page] = []

    with pytest.raises(Unavailable, match="changed while it was read"):
        pages.extend(there.connector(page_size=4).read(ReadQuery("row", list_id=customers)))

    assert not any(page.last for page in pages)


def test_a_page_that_comes_twice_is_noticed_and_the_listing_begun_anew(there: Account, customers: str) -> None:
    ids = there.fill(customers, 12)
    there.weather(kind="repeat", path=f"/list/{customers}$", skip=2)

    pages = list(there.connector(page_size=4).read(ReadQuery("row", list_id=customers)))

    assert {r.id for r in told(pages)} == set(ids)


def test_a_truncated_page_is_asked_for_again(there: Account, customers: str) -> None:
    ids = there.fill(customers, 12)
    there.weather(kind="truncate", path=f"/list/{customers}$", skip=1)
    connector = there.connector(page_size=4)

    assert [r.id for r in told(list(connector.read(ReadQuery("row", list_id=customers))))] == ids
    assert connector.usage.retries == 1


@pytest.mark.parametrize("prefix", ["__", ""])
@pytest.mark.parametrize("style", list(DateStyle))
@pytest.mark.parametrize("inclusive", [False, True])
def test_modified_stamps_are_found_whatever_they_are_called(prefix: str, style: DateStyle, inclusive: bool) -> None:
    with account(date_column_prefix=prefix, date_style=style, bounds_inclusive=inclusive) as there:
        customers = there.make_list("Customers")
        [id] = there.fill(customers, 1)
        connector = there.connector()

        [page] = connector.read(ReadQuery("row", list_id=customers))
        edit(there, customers, id, First_Name="Changed")
        [later] = connector.read(ReadQuery("row", list_id=customers), page.cursor)

        [record] = page.records
        assert set(record.fields) == {"E-mail Address", FIRST}
        assert record.modified is not None
        assert [r.fields[FIRST] for r in later.records] == ["Changed"]


@pytest.mark.parametrize("unit", list(TimeUnit))
def test_the_unit_of_moments_is_found_out_and_kept(unit: TimeUnit) -> None:
    with account(time_unit=unit) as there:
        customers = there.make_list("Customers")
        ids = there.fill(customers, 5)
        there.control("POST", "act_on/optout", {"email": "p1@example.test"})
        rows, opt_outs = ReadQuery("row", list_id=customers), ReadQuery("opt_out")
        there.move_clock(10)
        [before] = there.connector().read(rows)
        [out_before] = there.connector().read(opt_outs)
        there.move_clock(10)
        edit(there, customers, ids[3], First_Name="Changed")
        there.control("POST", "act_on/optout", {"email": "p2@example.test"})

        [after] = there.connector().read(rows, before.cursor)
        [out_after] = there.connector().read(opt_outs, out_before.cursor)

        assert [r.id for r in after.records] == [ids[3]]
        assert [r.email for r in out_after.records] == ["p2@example.test"]
        assert not after.full
        quiet = there.connector()
        list(quiet.read(rows, after.cursor))
        assert quiet.usage.calls == 1


def test_a_list_whose_stamps_cannot_be_read_is_listed_in_full(there: Account, customers: str) -> None:
    connector = there.connector()
    [empty] = connector.read(ReadQuery("row", list_id=customers))

    [still_empty] = connector.read(ReadQuery("row", list_id=customers), empty.cursor)

    assert still_empty.full


def test_an_opt_in_during_a_listing_hides_no_opt_out(there: Account) -> None:
    for n in range(9):
        there.control("POST", "act_on/optout", {"email": f"p{n}@example.test"})
    pages = there.connector(page_size=3).read(ReadQuery("opt_out"))
    seen = [next(pages)]
    there.control("POST", "act_on/optin", {"email": "p0@example.test"})

    seen += pages

    assert {r.email for r in told(seen)} == {f"p{n}@example.test" for n in range(9)}


def test_a_change_made_while_a_listing_was_under_way_is_told_by_the_next_read(there: Account, customers: str) -> None:
    ids = there.fill(customers, 12)
    connector = there.connector(page_size=4)
    pages = connector.read(ReadQuery("row", list_id=customers))
    next(pages)
    edit(there, customers, ids[0], First_Name="Changed")
    *_, last = pages

    later = list(connector.read(ReadQuery("row", list_id=customers), last.cursor))

    assert {r.id: r.fields[FIRST] for r in told(later)}[ids[0]] == "Changed"


def test_a_list_that_is_gone_is_the_users_to_correct(there: Account, customers: str) -> None:
    connector = there.connector()
    there.control("DELETE", f"act_on/lists/{customers}")

    with pytest.raises(SettingsError, match="10004"):
        list(connector.read(ReadQuery("row", list_id=customers)))


def test_a_cursor_of_another_make_has_expired(there: Account, customers: str) -> None:
    with pytest.raises(CursorExpired):
        list(there.connector().read(ReadQuery("row", list_id=customers), {"after": "yesterday"}))


def test_many_rows_are_fetched_by_a_listing_and_few_one_by_one(there: Account, customers: str) -> None:
    ids = there.fill(customers, 8)
    few, many = there.connector(page_size=4), there.connector()
    query = ReadQuery("row", fields=(FIRST,), list_id=customers)

    one_by_one = {r.id: r.fields for r in few.fetch(query, FetchBy.ID, ids[:2])}
    listed = {r.id: r.fields for r in many.fetch(query, FetchBy.ID, ids)}

    assert one_by_one == {ids[0]: {FIRST: "P0"}, ids[1]: {FIRST: "P1"}}
    assert listed == {id: {FIRST: f"P{n}"} for n, id in enumerate(ids)}
    assert few.usage.by_endpoint["GET list/{id}/record/{id}"] == 2
    assert many.usage.by_endpoint["GET list/{id}"] == 2


@pytest.mark.parametrize("people", [1, 5])
def test_rows_are_fetched_by_address_whatever_its_case(there: Account, customers: str, people: int) -> None:
    ids = there.fill(customers, 8)

    found = there.connector().fetch(
        ReadQuery("row", list_id=customers), FetchBy.EMAIL, [f"P{n}@Example.test" for n in range(people)]
    )

    assert {r.id for r in found} == set(ids[:people])


def test_a_row_that_a_listing_told_twice_is_fetched_once(there: Account, customers: str) -> None:
    ids = there.fill(customers, 12)
    query = ReadQuery("row", list_id=customers)
    emails = [f"p{n}@example.test" for n in range(12)]

    for by, keys in ((FetchBy.ID, ids), (FetchBy.EMAIL, emails)):
        there.weather(kind="repeat", path=f"/list/{customers}$", skip=2)
        found = [r.id for r in there.connector(page_size=4).fetch(query, by, keys)]
        there.fair_weather()

        assert sorted(found) == sorted(ids)


def test_a_row_has_no_name_to_fetch_it_by(there: Account, customers: str) -> None:
    with pytest.raises(Bug):
        list(there.connector().fetch(ReadQuery("row", list_id=customers), FetchBy.NAME, ["Acme"]))


def test_behaviour_is_told_once_and_then_only_what_is_new(there: Account, customers: str) -> None:
    [id] = there.fill(customers, 1)
    act = {"email": "p0@example.test", "verb": "fs"}
    there.control("POST", "act_on/activities", act)
    connector = there.connector(overlap_s=0.0)
    query = ReadQuery("activity", list_id=customers, subjects=(id,))
    there.move_clock(5)
    [first] = connector.read(query)
    there.move_clock(5)
    there.control("POST", "act_on/activities", act | {"verb": "r"})

    [second] = connector.read(query, first.cursor)

    assert [r.fields["type"] for r in first.records] == ["form_submitted"]
    assert [r.fields["type"] for r in second.records] == ["message_clicked"]


def test_two_rows_with_one_address_tell_the_same_activities_under_the_same_ids(there: Account, customers: str) -> None:
    twins = tuple(there.add_row(customers, {"E-mail Address": "twin@example.test"}) for _ in range(2))
    there.control("POST", "act_on/activities", {"email": "twin@example.test", "verb": "l"})

    [page] = there.connector().read(ReadQuery("activity", list_id=customers, subjects=twins))

    assert {r.fields["subject"] for r in page.records} == set(twins)
    assert len({r.id for r in page.records}) == 1


def test_behaviour_of_many_rows_goes_on_after_its_last_stored_page(there: Account, customers: str) -> None:
    ids = tuple(there.fill(customers, 60))
    for n in (3, 55):
        there.control("POST", "act_on/activities", {"email": f"p{n}@example.test", "verb": "fs"})
    query = ReadQuery("activity", list_id=customers, subjects=ids)
    first = next(there.connector().read(query))

    rest = list(there.connector().read(query, first.cursor))

    assert [r.fields["subject"] for r in first.records] == [ids[3]]
    assert [r.fields["subject"] for r in told(rest)] == [ids[55]]


def test_behaviour_costs_a_call_a_row_and_one_listing_for_them_all(there: Account, customers: str) -> None:
    ids = there.fill(customers, 30)
    connector = there.connector()

    for start in range(0, 30, 10):
        list(connector.read(ReadQuery("activity", list_id=customers, subjects=tuple(ids[start : start + 10]))))

    assert connector.usage.by_endpoint == {"POST token": 1, "GET list/{id}": 2, "GET list/{id}/record/{id}/facts": 30}


def test_behaviour_of_a_row_that_is_gone_is_left_out(there: Account, customers: str) -> None:
    one, gone = there.fill(customers, 2)
    connector = there.connector()
    list(connector.read(ReadQuery("activity", list_id=customers, subjects=(one, gone))))
    there.control("DELETE", f"act_on/lists/{customers}/rows/{gone}")
    there.control("POST", "act_on/activities", {"email": "p0@example.test", "verb": "fs"})

    [page] = connector.read(ReadQuery("activity", list_id=customers, subjects=(one, gone)))

    assert [r.fields["subject"] for r in page.records] == [one]


def test_opt_outs_are_paged_until_a_short_page(there: Account) -> None:
    for n in range(7):
        there.control("POST", "act_on/optout", {"email": f"p{n}@example.test"})

    pages = list(there.connector(page_size=3).read(ReadQuery("opt_out")))

    assert [len(page.records) for page in pages] == [3, 2, 2, 0]
    assert {r.email for r in told(pages)} == {f"p{n}@example.test" for n in range(7)}


def test_pages_of_one_row_are_refused_because_pages_share_a_row() -> None:
    with pytest.raises(SettingsError):
        ActOnSettings("u", "p", "i", "s", page_size=1)
