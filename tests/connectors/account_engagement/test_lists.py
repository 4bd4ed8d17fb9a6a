"""The connector against the sandbox: who is on a list, comes and goes."""

from __future__ import annotations

from typing import Any

import pytest

from keepstep.connectors.account_engagement import AccountEngagementConnector
from keepstep.connectors.base import Cursor, FetchBy, ReadQuery
from keepstep.core.model import Applied, Kind, Rejected
from tests.connectors.account_engagement.account import Account, gone, mark, only, records, write


def listed(there: Account, made: str, **options: Any) -> tuple[AccountEngagementConnector, ReadQuery]:
    return there.connector(**options), ReadQuery("row", ("email", "firstName"), list_id=made)


def test_an_edit_of_a_member_is_told_and_of_nobody_else(there: Account) -> None:
    made = there.list("Customers")
    ana, other = there.prospect(), there.prospect("bo@roe.example")
    row = there.join(ana, made)
    there.pass_time()
    pardot, query = listed(there, made)
    cursor = mark(pardot.read(query))
    for who in (ana, other):
        there.people("PATCH", f"prospects/{who}", {"firstName": "Changed"})

    pages = list(pardot.read(query, cursor))

    assert {id: record.fields["firstName"] for id, record in records(pages).items()} == {row: "Changed"}
    assert gone(pages) == []


@pytest.mark.parametrize("revives", [True, False])
def test_who_leaves_is_told_and_who_comes_back_too(there: Account, revives: bool) -> None:
    there.set(revives_memberships=revives)
    try:
        made = there.list("Customers")
        row = there.join(there.prospect(), made)
        there.pass_time()
        pardot, query = listed(there, made)
        cursor = mark(pardot.read(query))
        there.leave(row)
        left = list(pardot.read(query, cursor))
        assert (gone(left), records(left)) == ([row], {})

        there.join(row.split(":")[1], made)
        back = list(pardot.read(query, mark(left)))
    finally:
        there.set(revives_memberships=True)
    assert (gone(back), set(records(back))) == ([], {row})


def test_a_member_in_the_bin_is_gone_from_its_list(there: Account) -> None:
    made = there.list("Customers")
    ana = there.prospect()
    row = there.join(ana, made)
    pardot, query = listed(there, made)
    cursor = mark(pardot.read(query))
    there.people("DELETE", f"prospects/{ana}")
    assert row in gone(list(pardot.read(query, cursor)))
    assert records(pardot.read(query)) == {}
    assert list(pardot.fetch(query, FetchBy.ID, [row])) == []


def test_who_left_one_list_only_is_opted_out_of_that(there: Account) -> None:
    made, other = there.list("Customers"), there.list("Others")
    ana = there.prospect()
    rows = [there.join(ana, one) for one in (made, other)]
    membership = next(one["id"] for one in there.all("memberships") if str(one["listId"]) == made)
    there.people("PATCH", f"memberships/{membership}", {"optedOut": True})
    told = [records(there.connector().read(ReadQuery("row", (), list_id=one))) for one in (made, other)]
    assert [told[n][row].opted_out for n, row in enumerate(rows)] == [True, False]


def test_a_change_that_was_cut_off_goes_on_through_both_of_its_parts(there: Account) -> None:
    made = there.list("Customers")
    rows = [there.join(there.prospect(f"p{n}@roe.example"), made) for n in range(7)]
    there.pass_time()
    pardot, query = listed(there, made, page_size=2)
    cursor = mark(pardot.read(query))
    there.pass_time()
    for row in rows:
        there.people("PATCH", f"prospects/{row.split(':')[1]}", {"firstName": "Changed"})
    new = there.join(there.prospect("new@roe.example"), made)

    told: set[str] = set()
    kept: Cursor | None = cursor
    for _ in range(20):
        page = next(there.connector(page_size=2).read(query, kept))  # killed after each page
        told |= {record.id for record in page.records}
        kept = page.cursor
        if page.last:
            break

    assert told == {*rows, new}
    assert page.last


def test_members_of_a_dynamic_list_are_read_and_edited_and_neither_added_nor_removed(there: Account) -> None:
    made = there.list("Warm ones", dynamic=True)
    row = there.join(there.prospect(), made)
    pardot, query = listed(there, made)
    assert pardot.find_list("Warm ones") is not None
    assert set(records(pardot.read(query))) == {row}
    writes = [
        write(Kind.CREATE, list_id=made, email="bo@roe.example"),
        write(Kind.REMOVE, row, made),
        write(Kind.UPDATE, row, made, firstName="Ana"),
    ]
    before = pardot.usage.calls

    outcomes = {outcome.operation_id: outcome for outcome in pardot.apply(writes)}

    for refused in (outcomes[one.operation_id] for one in writes[:2]):
        assert isinstance(refused, Rejected)
        assert "static list" in refused.what_to_do
    assert isinstance(outcomes[writes[2].operation_id], Applied)
    assert len(there.prospects()) == 1  # nobody was made for a list that takes nobody
    assert pardot.usage.calls - before == 1
    assert isinstance(only(there.connector(), writes[1]), Rejected)  # one that didn't look for the list, too


def test_joining_twice_is_joining_once(there: Account) -> None:
    made = there.list("Customers")
    row = there.join(there.prospect(), made)
    outcome = only(there.connector(), write(Kind.CREATE, list_id=made, email="ana@roe.example", firstName="Ana"))
    assert isinstance(outcome, Applied)
    assert outcome.record_id == row
