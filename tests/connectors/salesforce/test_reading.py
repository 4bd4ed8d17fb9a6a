"""Reads against a few lines of Salesforce: listings, changes, deletions, merges, read-backs; and their calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.salesforce import SalesforceConnector
from keepstep.core.errors import Bug, SettingsError, Unavailable
from keepstep.core.model import Deletion
from tests.connectors.salesforce.org import NOW, STAMP, Org, calls, connected, lead, lead_id, refused, told
from tests.connectors.stub import Answer, Call

LEADS = ReadQuery("lead", ("Company", "Score__c"))
SMALL: dict[str, Any] = {"page_size": 200, "overlap_s": 300}


def listed(org: Org, **options: Any) -> tuple[list[Page], list[str]]:
    with connected(org, **options) as (connector, server):
        return list(connector.read(LEADS)), calls(server)


def watermark(org: Org) -> Cursor:
    pages, _ = listed(org)
    cursor = pages[-1].cursor
    assert cursor is not None
    return cursor


def ids(pages: list[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def deletions(pages: list[Page]) -> list[Deletion]:
    return [deletion for page in pages for deletion in page.deletions]


def changed(org: Org, cursor: Cursor, **options: Any) -> tuple[list[Page], list[str]]:
    with connected(org, **options) as (connector, server):
        return list(connector.read(LEADS, cursor)), calls(server)


def older(cursor: Cursor, **by: float) -> dict[str, Any]:
    """The same watermark, set that long ago."""
    moment = (NOW - timedelta(**by)).isoformat()
    return {**cursor, "since": moment, "log_through": moment}


# -- full listings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("people", "expected"), [(0, 1), (2000, 1), (2001, 2), (4203, 3)])
def test_a_listing_costs_a_call_for_two_thousand_and_not_one_more(people: int, expected: int) -> None:
    pages, asked = listed(Org([lead(n) for n in range(people)]))
    assert len(ids(pages)) == people
    assert asked == ["GET /query"] * expected
    assert [(page.full, page.last) for page in pages] == [(True, False)] * (expected - 1) + [(True, True)]


def test_a_listing_that_was_killed_goes_on_behind_its_last_page() -> None:
    org = Org([lead(n) for n in range(4203)])
    pages, _ = listed(org)
    rest, asked = changed(org, pages[0].cursor or {})
    assert ids(rest) == [lead_id(n) for n in range(2000, 4203)]
    assert len(asked) == 2
    assert rest[-1].cursor == pages[-1].cursor


def test_a_page_that_repeats_is_not_taken_for_an_endless_list() -> None:
    page = told({"totalSize": 9, "done": False, "records": [lead(1)], "nextRecordsUrl": "/services/x"})
    org = Org(trouble=lambda call: page if "/query" in call.path else None)
    with connected(org) as (connector, _), pytest.raises(Unavailable, match="repeats"):
        list(connector.read(LEADS))


@pytest.mark.parametrize(
    "body",
    [{"records": []}, {"done": False, "records": []}, {"done": True}, {"done": True, "records": [{"Email": "x"}]}],
)
def test_half_an_answer_is_not_taken_for_an_empty_org(body: Any) -> None:
    org = Org([lead(1)], trouble=lambda call: told(body) if "/query" in call.path else None)
    with connected(org) as (connector, _), pytest.raises(Unavailable, match="not a page of rows"):
        list(connector.read(LEADS))


def test_a_query_that_runs_too_long_is_asked_for_in_smaller_pages() -> None:
    def slow(call: Call) -> Answer | None:
        return refused(400, "QUERY_TIMEOUT") if "/query" in call.path and "LIMIT+500" not in call.path else None

    pages, asked = listed(Org([lead(n) for n in range(600)], trouble=slow))
    assert ids(pages) == [lead_id(n) for n in range(600)]
    assert len(asked) == 4  # whole, 1000, 500, and the rest


def test_a_field_that_is_gone_is_the_users_to_mend_and_named() -> None:
    org = Org(trouble=lambda call: refused(400, "INVALID_FIELD", "Score__c") if "/query" in call.path else None)
    with (
        connected(org) as (connector, _),
        pytest.raises(SettingsError, match=r"INVALID_FIELD, field Score__c") as error,
    ):
        list(connector.read(LEADS))
    assert "Ann" not in str(error.value)


def test_an_opt_out_that_cannot_be_seen_stops_the_read() -> None:
    with connected(Org(), opt_out_field="Hidden__c") as (connector, _), pytest.raises(SettingsError, match="Hidden__c"):
        list(connector.read(LEADS))


def test_there_are_no_audiences() -> None:
    with connected(Org()) as (connector, _), pytest.raises(Bug):
        list(connector.read(ReadQuery("lead", audience="anybody")))


# -- Bulk exports ------------------------------------------------------------------------------------------------------

LARGE: dict[str, Any] = {"page_size": 200, "bulk_read_from": 2000, "bulk_page_size": 50_000}


@pytest.mark.parametrize(("people", "results"), [(2001, 1), (4000, 2), (4001, 3)])
def test_a_large_listing_costs_one_query_one_job_one_poll_and_its_results(people: int, results: int) -> None:
    org = Org([lead(n, Score__c=n) for n in range(people)], bulk_page=1000)
    pages, asked = listed(org, **LARGE)
    assert ids(pages) == [lead_id(n) for n in range(people)]
    assert pages[1].records == ()  # the job is remembered before it is waited for
    assert (
        asked == ["GET /query", "POST /jobs/query", "GET /jobs/query/7501"] + ["GET /jobs/query/7501/results"] * results
    )
    assert all(len(page.records) <= 2000 for page in pages)
    assert [page.last for page in pages][-2:] == [False, True]
    assert org.job["asked"]["operation"] == "query"
    assert pages[-1].records[-1].fields["Score__c"] == people - 1


def test_an_export_that_was_killed_goes_on_in_the_middle_of_a_result() -> None:
    org = Org([lead(n) for n in range(3100)], bulk_page=1000)
    pages, _ = listed(org, **LARGE)
    middle = 4
    rest, asked = changed(org, pages[middle].cursor or {}, **LARGE)
    assert ids(rest) == ids(pages[middle + 1 :])
    assert asked == ["GET /jobs/query/7501"] + ["GET /jobs/query/7501/results"] * 2
    assert rest[-1].cursor == pages[-1].cursor


def test_a_job_that_is_not_ready_in_time_is_gone_on_with_by_the_next_run() -> None:
    org = Org([lead(n) for n in range(2100)], bulk_page=1000, job_states=["InProgress"])
    pages: list[Page] = []
    with connected(org, bulk_wait_s=30, **LARGE) as (connector, _), pytest.raises(Unavailable, match="next run"):
        pages += connector.read(LEADS)
    with connected(org, bulk_wait_s=30, **LARGE) as (connector, _):
        reading = connector.read(LEADS)
        cursor = [next(reading) for _ in range(2)][-1].cursor
    org.job_states = ["JobComplete"]
    rest, _ = changed(org, cursor or {}, **LARGE)
    assert len(ids(rest)) == 100


def test_an_old_job_that_is_gone_means_reading_everything_again() -> None:
    org = Org([lead(n) for n in range(2100)], bulk_page=1000)
    pages, _ = listed(org, **LARGE)
    org.trouble = lambda call: refused(404, "NOT_FOUND") if "/jobs/" in call.path else None
    with connected(org, **LARGE) as (connector, _), pytest.raises(CursorExpired):
        list(connector.read(LEADS, pages[1].cursor))


def test_a_result_that_does_not_say_whether_more_follows_is_not_taken_for_the_end() -> None:
    org = Org([lead(n) for n in range(2100)])
    org.trouble = lambda call: Answer(200, b'"Id"\n') if call.path.split("?")[0].endswith("/results") else None
    with connected(org, **LARGE) as (connector, _), pytest.raises(Unavailable, match="whether more follows"):
        list(connector.read(LEADS))


# -- what changed ------------------------------------------------------------------------------------------------------


def test_a_quiet_run_costs_one_call() -> None:
    cursor = watermark(Org())
    pages, asked = changed(Org(), cursor)
    assert asked == ["GET /queryAll"]
    assert [(page.records, page.deletions, page.full, page.last) for page in pages] == [((), (), False, True)]
    assert (pages[0].cursor or {})["log_through"] == cursor["log_through"]


def test_changes_overlap_the_watermark() -> None:
    org = Org()
    changed(org, watermark(org), overlap_s=300)
    assert (
        "SystemModstamp >= 2026-03-01T09:54:5" in org.asked[-1]
        or "SystemModstamp >= 2026-03-01T09:55:00Z" in org.asked[-1]
    )


def test_a_deletion_is_told_with_the_changes() -> None:
    cursor = watermark(Org())
    pages, asked = changed(Org([lead(1), lead(2, IsDeleted=True)]), cursor)
    assert ids(pages) == [lead_id(1)]
    [gone] = deletions(pages)
    assert (gone.id, gone.merged_into) == (lead_id(2), None)
    assert gone.at is not None
    assert asked == ["GET /queryAll"]


def test_a_merge_tells_the_survivor_and_costs_nothing_where_that_changed_too() -> None:
    cursor = watermark(Org())
    pages, asked = changed(Org([lead(1), lead(2, IsDeleted=True, MasterRecordId=lead_id(1))]), cursor)
    assert [(gone.id, gone.merged_into) for gone in deletions(pages)] == [(lead_id(2), lead_id(1))]
    assert asked == ["GET /queryAll"]


def test_a_chain_of_merges_is_followed_to_the_record_that_lives() -> None:
    cursor = watermark(Org())
    one = lead(1, IsDeleted=True, MasterRecordId=lead_id(2))
    two = lead(2, IsDeleted=True, MasterRecordId=lead_id(3))
    pages, asked = changed(Org([one, two, lead(3)]), cursor)
    assert [gone.merged_into for gone in deletions(pages)] == [lead_id(3), lead_id(3)]
    assert len(asked) == 1


@pytest.mark.parametrize("end", [[], [lead(2, IsDeleted=True)], [lead(2, IsDeleted=True, MasterRecordId=lead_id(1))]])
def test_a_merge_into_a_record_that_is_gone_has_no_survivor(end: list[dict[str, Any]]) -> None:
    cursor = watermark(Org())
    org = Org([lead(1, IsDeleted=True, MasterRecordId=lead_id(2)), *end])
    pages, _ = changed(org, cursor)
    assert {gone.merged_into for gone in deletions(pages)} == {None}


# -- the deletion log --------------------------------------------------------------------------------------------------


def test_what_went_past_the_bin_is_told_by_the_log_and_merges_keep_their_survivor() -> None:
    cursor = older(watermark(Org()), minutes=20)
    org = Org(
        [lead(1), lead(2, IsDeleted=True, MasterRecordId=lead_id(1)), lead(3)],
        log=[{"id": lead_id(n), "deletedDate": STAMP} for n in (2, 3, 4)],
    )
    # None of the three changed within the overlap: the log alone tells of them. Lead 3 was undeleted since.
    org.trouble = lambda call: (
        told({"totalSize": 0, "done": True, "records": []}) if "SystemModstamp+%3E" in call.path else None
    )
    pages, asked = changed(org, cursor)
    assert [(gone.id, gone.merged_into) for gone in deletions(pages)] == [(lead_id(2), lead_id(1)), (lead_id(4), None)]
    assert asked == ["GET /queryAll", "GET /sobjects/Lead/deleted", "GET /queryAll", "GET /queryAll"]


def test_the_log_is_read_on_from_where_salesforce_says_it_is_complete() -> None:
    cursor = older(watermark(Org()), minutes=20)
    pages, asked = changed(Org(covered="2026-03-01T09:45:00.000+0000"), cursor)
    assert asked == ["GET /queryAll", "GET /sobjects/Lead/deleted"]
    assert (pages[-1].cursor or {})["log_through"] == "2026-03-01T09:45:00+00:00"
    assert pages[-1].last


@pytest.mark.parametrize(
    "org",
    [
        Org(earliest="2026-03-01T09:50:00.000+0000"),
        Org(trouble=lambda call: refused(400, "INVALID_REPLICATION_DATE") if "/deleted" in call.path else None),
        Org(trouble=lambda call: refused(400, "EXCEEDED_ID_LIMIT") if "/deleted" in call.path else None),
    ],
)
def test_deletions_that_were_forgotten_mean_reading_everything_again(org: Org) -> None:
    cursor = older(watermark(Org()), minutes=20)
    with connected(org) as (connector, _), pytest.raises(CursorExpired):
        list(connector.read(LEADS, cursor))


def test_a_watermark_older_than_the_recycle_bin_means_reading_everything_again() -> None:
    cursor = older(watermark(Org()), days=15, minutes=1)
    with connected(Org()) as (connector, server), pytest.raises(CursorExpired):
        list(connector.read(LEADS, cursor))
    assert "GET /sobjects/Lead/deleted" not in calls(server)


@pytest.mark.parametrize("change", [{"version": 0}, {"object": "contact"}, {"columns": 5}, {"marks": ["Other__c"]}])
def test_a_cursor_that_is_not_ours_means_reading_everything_again(change: Any) -> None:
    cursor = {**watermark(Org()), **change}
    with connected(Org()) as (connector, _), pytest.raises(CursorExpired):
        list(connector.read(LEADS, cursor))


def test_a_field_that_was_not_read_before_means_reading_everything_again() -> None:
    cursor = watermark(Org())
    with connected(Org()) as (connector, _), pytest.raises(CursorExpired):
        list(connector.read(ReadQuery("lead", ("Company", "Seen__c")), cursor))


def test_users_have_no_bin_and_no_log() -> None:
    with connected(Org()) as (connector, server):
        *_, page = connector.read(ReadQuery("user"))
        list(connector.read(ReadQuery("user"), older(page.cursor or {}, days=40)))
    assert calls(server) == ["GET /query", "GET /query"]


# -- read-backs --------------------------------------------------------------------------------------------------------


def fetched(connector: SalesforceConnector, object: str, by: FetchBy, *keys: str) -> list[str]:
    return [record.id for record in connector.fetch(ReadQuery(object, ("LastName",)), by, keys)]


def test_records_are_read_back_by_each_key() -> None:
    org = Org([lead(1, Key__c="k1", Name="Acme"), lead(2, Key__c="k2", Name="Other")])
    with connected(org, external_id_field="Key__c") as (connector, _):
        assert fetched(connector, "lead", FetchBy.ID, lead_id(1)[:15], lead_id(9), "no id'") == [lead_id(1)]
        assert fetched(connector, "contact", FetchBy.EMAIL, " p2@a.test ", "") == [lead_id(2)]
        assert fetched(connector, "lead", FetchBy.EXTERNAL_ID, "k2") == [lead_id(2)]
        assert fetched(connector, "account", FetchBy.NAME, "Acme") == [lead_id(1)]
        assert fetched(connector, "lead", FetchBy.ID) == []


@pytest.mark.parametrize(
    ("object", "by"), [("account", FetchBy.EMAIL), ("lead", FetchBy.NAME), ("lead", FetchBy.EXTERNAL_ID)]
)
def test_a_key_that_an_object_does_not_have_is_our_bug(object: str, by: FetchBy) -> None:
    with connected(Org()) as (connector, _), pytest.raises(Bug):
        fetched(connector, object, by, "x")


def test_an_object_that_is_not_known_is_our_bug() -> None:
    with connected(Org()) as (connector, _), pytest.raises(Bug):
        list(connector.read(ReadQuery("opportunity")))
