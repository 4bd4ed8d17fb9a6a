"""Answers that are rare: read-backs over several pages, results without headings or with too few rows, late kills."""

from __future__ import annotations

import io
from typing import Any

import pytest

from keepstep.connectors.base import FetchBy, ReadQuery
from keepstep.connectors.calls import Reply
from keepstep.connectors.salesforce import jobs
from keepstep.core.errors import SettingsError, Unavailable
from tests.connectors.salesforce.org import Org, calls, connected, lead, lead_id, refused, told
from tests.connectors.stub import Answer, Call

LEADS = ReadQuery("lead", ("Company",))


def reply(text: str) -> Reply:
    return Reply(200, {}, b"", None, file=io.BytesIO(text.encode()))


def test_a_read_back_follows_its_pages_to_the_end() -> None:
    first = {
        "totalSize": 3,
        "done": False,
        "records": [lead(1), lead(2)],
        "nextRecordsUrl": "/services/data/v60.0/query/01gX-2",
    }
    second = {"totalSize": 3, "done": True, "records": [lead(3)]}

    def trouble(call: Call) -> Answer | None:
        if "/query/01gX" in call.path:
            return told(second)
        return told(first) if "/query" in call.path else None

    with connected(Org(trouble=trouble)) as (connector, server):
        found = [record.id for record in connector.fetch(LEADS, FetchBy.EMAIL, ["one@a.test"])]
    assert found == [lead_id(1), lead_id(2), lead_id(3)]
    assert calls(server) == ["GET /query", "GET /query/01gX-2"]


def test_a_read_back_whose_cursor_expired_can_be_tried_again() -> None:
    page = {"totalSize": 3, "done": False, "records": [], "nextRecordsUrl": "/services/data/v60.0/query/01gX-2"}

    def trouble(call: Call) -> Answer | None:
        if "/query/01gX" in call.path:
            return refused(400, "INVALID_QUERY_LOCATOR")
        return told(page) if "/query" in call.path else None

    with connected(Org(trouble=trouble)) as (connector, _), pytest.raises(Unavailable, match="INVALID_QUERY_LOCATOR"):
        list(connector.fetch(LEADS, FetchBy.EMAIL, ["one@a.test"]))


def test_more_fields_than_a_uri_holds_are_the_users_to_cut() -> None:
    many = ReadQuery("lead", tuple(f"Field_number_{n:04d}__c" for n in range(800)))
    with connected(Org()) as (connector, server), pytest.raises(SettingsError, match="too many fields"):
        list(connector.read(many))
    assert calls(server) == []


def test_an_object_that_is_hidden_is_the_users_to_show() -> None:
    org = Org(trouble=lambda call: refused(404, "NOT_FOUND") if "/describe" in call.path else None)
    with connected(org) as (connector, _), pytest.raises(SettingsError, match="read access"):
        connector.schema(["lead"])


def test_a_query_that_never_ends_in_time_is_given_up() -> None:
    org = Org(trouble=lambda call: refused(400, "QUERY_TIMEOUT") if "/query" in call.path else None)
    with connected(org) as (connector, server), pytest.raises(Unavailable, match="too long"):
        list(connector.read(LEADS))
    assert len(calls(server)) == 4  # 2000, 1000, 500, 250


def test_a_run_that_was_killed_before_the_log_goes_on_with_the_log_alone() -> None:
    org = Org([lead(1)])
    with connected(org, log_every_s=0) as (connector, _):
        *_, listed = connector.read(LEADS)
    with connected(org, log_every_s=0) as (connector, _):
        earlier = {**(listed.cursor or {}), "log_through": "2026-03-01T09:30:00+00:00"}
        first = next(connector.read(LEADS, earlier))
    assert not first.last
    with connected(org, log_every_s=0) as (connector, server):
        [page] = connector.read(LEADS, first.cursor)
    assert page.last
    assert calls(server) == ["GET /sobjects/Lead/deleted"]


@pytest.mark.parametrize("heading", ['"Id","Email"\n', ""])
def test_a_result_is_read_with_and_without_headings(heading: str) -> None:
    rows = list(jobs.csv_rows(reply(heading + '"1","a@a.test"\n"2",""\n'), ["Id", "Email"]))
    assert rows == [{"Id": "1", "Email": "a@a.test"}, {"Id": "2", "Email": ""}]


def test_a_result_that_breaks_off_in_a_row_is_not_believed() -> None:
    with pytest.raises(Unavailable, match="headings"):
        list(jobs.csv_rows(reply('"Id","Email"\n"1"'), ["Id", "Email"]))


def test_an_empty_result_has_no_rows() -> None:
    assert list(jobs.csv_rows(reply(""), ["Id"])) == []


def test_a_result_with_fewer_rows_than_it_says_is_not_believed() -> None:
    large: dict[str, Any] = {"page_size": 200, "bulk_read_from": 2000}
    headers = {"Sforce-Locator": "null", "Sforce-NumberOfRecords": "7"}
    org = Org([lead(n) for n in range(2100)])
    org.trouble = lambda call: Answer(200, b'"Id"\n', headers) if call.path.split("?")[0].endswith("/results") else None
    with connected(org, **large) as (connector, _), pytest.raises(Unavailable, match="another number of rows"):
        list(connector.read(LEADS))


def test_a_new_job_that_fails_is_not_made_again_and_again() -> None:
    org = Org([lead(n) for n in range(2100)], job_states=["Failed"])
    with connected(org, page_size=200, bulk_read_from=2000) as (connector, server):
        with pytest.raises(Unavailable, match="ended as Failed"):
            list(connector.read(LEADS))
        assert calls(server).count("POST /jobs/query") == 1


def test_a_job_that_salesforce_refuses_is_the_users_to_mend() -> None:
    org = Org([lead(n) for n in range(2100)])
    org.trouble = lambda call: refused(400, "INVALIDENTITY") if call.path.endswith("/jobs/query") else None
    large: dict[str, Any] = {"page_size": 200, "bulk_read_from": 2000}
    with connected(org, **large) as (connector, _), pytest.raises(SettingsError, match="INVALIDENTITY"):
        list(connector.read(LEADS))
