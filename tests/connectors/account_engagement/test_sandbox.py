"""The connector against the sandbox: people who assign, merge, unsubscribe and come back, sign-ins, and late reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from keepstep.connectors.account_engagement import AccountEngagementConnector, AccountEngagementSettings
from keepstep.connectors.base import Cursor, FetchBy, Page, ReadQuery
from keepstep.connectors.salesforce import ClientCredentials, JwtBearer, UserPassword
from keepstep.core.errors import AuthError, BudgetSpent, SettingsError
from keepstep.core.model import Applied, InDoubt, Kind, Outcome, Record, Rejected, Status, Write
from keepstep_sandbox import credentials
from tests.connectors.account_engagement.account import MINUTES, QUICK, Account, account, write

PROSPECTS = ReadQuery("prospect", ("email", "firstName", "score", "salesforceId", "userId"))
ACTIVITIES = ReadQuery("activity")
SALES = 102  # a user who may own prospects


@pytest.fixture(scope="module")
def unit() -> Iterator[Account]:
    with account() as there:
        yield there


@pytest.fixture
def there(unit: Account) -> Iterator[Account]:
    """An empty unit."""
    unit.fair_weather()
    unit.control("POST", "reset", {"seed": 1, "size": 0})
    yield unit
    unit.close()


@pytest.fixture
def pardot(there: Account) -> AccountEngagementConnector:
    """A connector to it."""
    return there.connector()


def records(pages: Iterator[Page] | list[Page]) -> dict[str, Record]:
    return {record.id: record for page in pages for record in page.records}


def gone(pages: list[Page]) -> list[str]:
    return [deletion.id for page in pages for deletion in page.deletions]


def mark(pages: Iterator[Page] | list[Page]) -> Cursor:
    *_, last = pages
    assert last.cursor is not None
    return last.cursor


def only(connector: AccountEngagementConnector, one: Write) -> Outcome:
    [outcome] = connector.apply([one])
    return outcome


# -- prospects ---------------------------------------------------------------------------------------------------------


def test_the_bin_is_announced_and_gives_back(there: Account, pardot: AccountEngagementConnector) -> None:
    ana = there.prospect()
    cursor = mark(pardot.read(PROSPECTS))
    there.people("DELETE", f"prospects/{ana}")
    pages = list(pardot.read(PROSPECTS, cursor))
    assert (gone(pages), records(pages)) == ([ana], {})
    assert isinstance(only(pardot, write(Kind.UPDATE, ana, firstName="Ana")), Rejected)

    there.people("POST", f"prospects/{ana}/undelete")

    again = list(pardot.read(PROSPECTS, mark(pages)))
    assert (gone(again), set(records(again))) == ([], {ana})


def test_somebody_is_assigned_and_unassigned(there: Account, pardot: AccountEngagementConnector) -> None:
    ana = there.prospect()
    assert isinstance(only(pardot, write(Kind.UPDATE, ana, userId=str(SALES))), Applied)
    told = records(pardot.read(PROSPECTS))[ana]
    assert (told.owner, told.fields["userId"]) == (str(SALES), SALES)

    assert isinstance(only(pardot, write(Kind.UPDATE, ana, userId=None)), Applied)

    told = records(pardot.read(PROSPECTS))[ana]
    assert (told.owner, told.fields["userId"]) == (None, None)
    assert isinstance(only(pardot, write(Kind.UPDATE, ana, userId="4711")), Rejected)


def test_an_outcome_tells_the_stamp_that_a_read_tells(there: Account, pardot: AccountEngagementConnector) -> None:
    made = only(pardot, write(Kind.CREATE, email="bo@roe.example", firstName="Bo"))
    assert isinstance(made, Applied)
    assert made.modified == records(pardot.read(PROSPECTS))[made.record_id].modified is not None
    changed = only(pardot, write(Kind.UPDATE, made.record_id, firstName="Bob"))
    assert isinstance(changed, Applied)
    assert changed.modified == records(pardot.read(PROSPECTS))[made.record_id].modified
    del there


def test_a_marker_reads_and_writes_like_any_value(there: Account, pardot: AccountEngagementConnector) -> None:
    ana = there.prospect(salesforceId="00QKs0000000001AAA")
    assert isinstance(only(pardot, write(Kind.UPDATE, ana, salesforceId="[[crm_deleted]]")), Applied)
    assert records(pardot.read(PROSPECTS))[ana].fields["salesforceId"] == "[[crm_deleted]]"
    there.set(markers_shown=False)
    try:
        assert records(pardot.read(PROSPECTS))[ana].fields["salesforceId"] is None
    finally:
        there.set(markers_shown=True)


def test_several_may_have_one_address_and_a_create_takes_the_latest(
    there: Account, pardot: AccountEngagementConnector
) -> None:
    first, second = there.prospect(), there.prospect()
    there.act(first, 4, "formId")
    assert set(records([Page(tuple(pardot.fetch(PROSPECTS, FetchBy.EMAIL, ["ANA@roe.example"])))])) == {first, second}

    outcome = only(pardot, write(Kind.CREATE, email="ana@roe.example", firstName="Ana"))

    assert isinstance(outcome, Applied)
    assert outcome.record_id == first


@pytest.mark.parametrize(
    "spelled", ["ana.roe@roe.example", "ANA.ROE@ROE.EXAMPLE", "Ana.Roe@roe.example", "aNa.roe@Roe.example"]
)
def test_an_address_is_found_in_its_usual_spellings_and_as_given(
    there: Account, pardot: AccountEngagementConnector, spelled: str
) -> None:
    ana = there.prospect(spelled)
    assert [record.id for record in pardot.fetch(PROSPECTS, FetchBy.EMAIL, [spelled])] == [ana]
    usual = spelled != "aNa.roe@Roe.example"  # nothing but reading everybody finds that one
    assert [r.id for r in pardot.fetch(PROSPECTS, FetchBy.EMAIL, ["ana.roe@roe.example"])] == [ana] * usual


def test_where_an_address_is_one_prospects_only_other_spellings_are_written_to(there: Account) -> None:
    there.set(ampsea=False)
    try:
        ana = there.prospect("Ana@roe.example")
        outcome = only(there.connector(), write(Kind.CREATE, email="ana@roe.example", firstName="Ana"))
    finally:
        there.set(ampsea=True)
    assert isinstance(outcome, Applied)
    assert set(there.prospects()) == {outcome.record_id, ana}


def test_custom_fields_are_told_with_their_ending_and_their_kind(
    there: Account, pardot: AccountEngagementConnector
) -> None:
    there.people("POST", "fields", {"name": "Seats", "fieldId": "seats", "type": "number"})
    ana = there.prospect()
    assert pardot.schema(["prospect", "user", "activity"])["prospect"]["seats__c"].type == "number"
    assert isinstance(only(pardot, write(Kind.UPDATE, ana, seats__c=4)), Applied)
    [record] = pardot.fetch(replace(PROSPECTS, fields=("seats__c",)), FetchBy.ID, [ana])
    assert str(record.fields["seats__c"]) in ("4", "4.0")


def test_a_create_that_cannot_be_read_back_is_in_doubt_and_made_once(there: Account) -> None:
    there.people("PUT", "unreadable", {"times": 1})
    pardot = there.connector()
    bo = write(Kind.CREATE, email="bo@roe.example")

    assert only(pardot, bo) == InDoubt(bo.operation_id, "NOT_READABLE")

    assert [r.id for r in pardot.fetch(PROSPECTS, FetchBy.EMAIL, ["bo@roe.example"])] == list(there.prospects())


def test_fields_that_the_role_may_not_see_end_the_read(there: Account, pardot: AccountEngagementConnector) -> None:
    there.prospect()
    there.set(hidden_fields=["optedOut"])
    try:
        with pytest.raises(SettingsError, match="optedOut"):
            list(pardot.read(PROSPECTS))
    finally:
        there.set(hidden_fields=[])


def test_what_a_late_read_did_not_know_is_told_by_the_next(there: Account) -> None:
    there.set(stale_reads_s=60.0)
    try:
        pardot = there.connector()
        ana = there.prospect(firstName="Ana")
        there.pass_time(15 * MINUTES)
        cursor = mark(pardot.read(PROSPECTS))
        there.people("PATCH", f"prospects/{ana}", {"firstName": "Anna"})
        late = list(pardot.read(PROSPECTS, cursor))
        assert records(late) == {}

        there.pass_time(2 * MINUTES)

        assert records(pardot.read(PROSPECTS, mark(late)))[ana].fields["firstName"] == "Anna"
    finally:
        there.set(stale_reads_s=0.0)


def test_a_quiet_unit_costs_one_call_and_no_record(there: Account) -> None:
    for n in range(12):
        there.prospect(f"p{n}@roe.example")
    there.pass_time()
    pardot = there.connector(page_size=5)
    cursor = mark(pardot.read(PROSPECTS))
    before = pardot.usage.calls
    [page] = pardot.read(PROSPECTS, cursor)
    assert (page.records, pardot.usage.calls - before) == ((), 1)


# -- users and behaviour -----------------------------------------------------------------------------------------------


def test_users_are_told_with_their_ids_in_salesforce(there: Account, pardot: AccountEngagementConnector) -> None:
    users = records(pardot.read(ReadQuery("user")))
    known = {str(row["id"]): row for row in there.all("users")}
    assert set(users) == set(known)
    assert {id for id, one in users.items() if one.status is Status.INACTIVE} == {
        id for id, row in known.items() if row["isDeleted"]
    }
    seller = users[str(SALES)]
    assert seller.fields["salesforceId"] == known[str(SALES)]["salesforceId"]
    assert seller.email == known[str(SALES)]["email"]
    assert seller.fields["name"]


@pytest.mark.parametrize("relations", [True, False])
def test_behaviour_streams_in_full_and_then_as_it_comes(there: Account, relations: bool) -> None:
    there.set(activity_relations=relations)
    try:
        pardot = there.connector(page_size=2)
        ana, bo = there.prospect(), there.prospect("bo@roe.example")
        for who in (ana, bo, ana):
            there.act(who, 2, "visitorPageViewId")
        there.people("POST", "visitors/act", {"type": 2})
        there.pass_time()
        pages = list(pardot.read(ACTIVITIES))
        there.act(bo, 1, "customRedirectId")
        later = list(pardot.read(ACTIVITIES, mark(pages)))
    finally:
        there.set(activity_relations=True)
    assert [one.fields["subject"] for one in records(pages).values()] == [ana, bo, ana]
    assert [(one.fields["subject"], one.fields["type"]) for one in records(later).values()] == [
        (bo, "custom_redirect_clicked")
    ]
    assert {one.email for one in records(later).values()} == {"bo@roe.example" if relations else None}


def test_a_read_of_behaviour_that_was_cut_off_goes_on(there: Account) -> None:
    ana = there.prospect()
    for _ in range(5):
        there.act(ana, 2, "visitorPageViewId")
    first = next(there.connector(page_size=2).read(ACTIVITIES))
    rest = list(there.connector(page_size=2).read(ACTIVITIES, first.cursor))
    assert len(records([first, *rest])) == 5
    assert len(records(rest)) == 3


# -- lists -------------------------------------------------------------------------------------------------------------


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


# -- sign-ins and limits -----------------------------------------------------------------------------------------------


def sign_ins(there: Account) -> list[Any]:
    key = there.people("GET", "key")
    app = (credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID, credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET)
    password = (credentials.ACCOUNT_ENGAGEMENT_PASSWORD, credentials.ACCOUNT_ENGAGEMENT_SECURITY_TOKEN)
    return [
        ClientCredentials(*app),
        JwtBearer(key["client_id"], key["username"], key["private_key"]),
        UserPassword(key["username"], *password, *app),
    ]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_it_signs_in_in_each_of_three_ways(there: Account, which: int) -> None:
    settings = AccountEngagementSettings(
        sign_ins(there)[which], credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT, there.url, there.url
    )
    pardot = AccountEngagementConnector(settings, retries=QUICK)
    try:
        pardot.check()
    finally:
        pardot.close()


def test_a_token_that_ended_is_renewed_in_between(there: Account, pardot: AccountEngagementConnector) -> None:
    ana = there.prospect()
    pardot.check()
    there.pass_time(3 * 3600)
    assert set(records(pardot.read(PROSPECTS))) == {ana}
    assert pardot.usage.by_endpoint["POST oauth2/token"] == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"unit_active": False}, "201"), ({"granted_scope": "api"}, "184"), ({"read_only_user": True}, "49")],
)
def test_what_the_administrator_must_mend_says_so(there: Account, settings: dict[str, Any], words: str) -> None:
    usual = {"unit_active": True, "granted_scope": "api pardot_api", "read_only_user": False}
    there.set(**settings)
    try:
        with pytest.raises(AuthError, match=words):
            list(there.connector().apply([write(Kind.CREATE, email="bo@roe.example")]))
    finally:
        there.set(**usual)


def test_the_end_of_the_days_calls_ends_the_run_and_loses_no_outcome(there: Account) -> None:
    ids = [there.prospect(f"p{n}@roe.example") for n in range(10)]
    pardot = there.connector(account_zone="America/New_York", concurrency=1)
    pardot.check()
    there.people("PUT", "usage", {"calls": 24_994})
    outcomes: list[Outcome] = []
    with pytest.raises(BudgetSpent) as spent:  # what was told before that counts
        outcomes.extend(pardot.apply([write(Kind.UPDATE, id, firstName="New") for id in ids]))
    done = [id for id, row in there.prospects().items() if row.get("firstName") == "New"]
    assert sorted(outcome.operation_id for outcome in outcomes) == sorted(f"update-{id}" for id in done)
    assert 0 < len(done) < 10
    assert pardot.usage.left == 0
    assert spent.value.retry_after_s is None or 0 < spent.value.retry_after_s <= 25 * 3600
