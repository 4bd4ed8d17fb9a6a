"""The connector against the sandbox: prospects whom people assign, bin and edit, and late reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keepstep.connectors.account_engagement import AccountEngagementConnector
from keepstep.connectors.base import FetchBy, Page, ReadQuery
from keepstep.core.errors import SettingsError
from keepstep.core.model import Applied, InDoubt, Kind, Rejected
from tests.connectors.account_engagement.account import MINUTES, Account, gone, mark, only, records, write

PROSPECTS = ReadQuery("prospect", ("email", "firstName", "score", "salesforceId", "userId"))
SALES = 102  # a user who may own prospects


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
