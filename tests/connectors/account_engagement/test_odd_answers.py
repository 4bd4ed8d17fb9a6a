"""Answers that no sandbox gives, and calls as they are sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from keepstep.connectors.base import CursorExpired, FetchBy, ReadQuery
from keepstep.connectors.budget import Budget
from keepstep.core.errors import BudgetSpent, Bug, SettingsError, Unavailable
from tests.connectors.account_engagement.unit import (
    BUSINESS_UNIT,
    NOW,
    STAMP,
    Unit,
    asked,
    calls,
    connected,
    page,
    person,
    refused,
)
from tests.connectors.account_engagement.unit import told as answered
from tests.connectors.stub import Answer, Call

PROSPECTS = ReadQuery("prospect", ("firstName",))
ROWS = ReadQuery("row", ("firstName",), list_id="33")
ACTIVITIES = ReadQuery("activity")


def told(pages: Any) -> list[str]:
    return [record.id for page in pages for record in page.records]


def test_every_call_names_the_unit_and_asks_for_the_usage() -> None:
    def trouble(call: Call) -> Answer | None:
        return (
            answered({"nextPageToken": None, "values": []}, x_api_usage="1234/25000")
            if "/objects" in call.path
            else None
        )

    with connected(trouble) as (connector, server):
        connector.check()
        assert connector.usage.left == 23766
        assert connector.usage.by_endpoint == {"POST oauth2/token": 1, "GET /objects/lists": 1}
    token, call = server.calls
    assert (call.headers["Authorization"], call.headers["Pardot-Business-Unit-Id"]) == ("Bearer T1", BUSINESS_UNIT)
    assert call.headers["X-Return-Api-Usage"] == "1"
    assert "Pardot-Business-Unit-Id" not in token.headers
    assert asked(call)["fields"] == "id"


@pytest.mark.parametrize("text", ["", "many", "1/2/3", "-1/5"])
def test_a_usage_that_is_not_told_is_not_known(text: str) -> None:
    with connected(
        lambda call: (
            answered({"nextPageToken": None, "values": []}, x_api_usage=text) if "/objects" in call.path else None
        )
    ) as (connector, _):
        connector.check()
        assert connector.usage.left is None


def test_the_units_other_users_keep_their_calls() -> None:
    def trouble(call: Call) -> Answer | None:
        return (
            answered({"nextPageToken": None, "values": []}, x_api_usage="24500/25000")
            if "/objects" in call.path
            else None
        )

    with connected(trouble, budget=Budget(reserve=500)) as (connector, server):
        connector.check()
        with pytest.raises(BudgetSpent):
            connector.check()
    assert len(calls(server)) == 1


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"values": {}}', b'{"values": [{"id": "7"}], "nextPageToken": null}', b'{"values": []}']
)
def test_what_is_no_page_is_not_taken_for_an_empty_unit(body: bytes) -> None:
    unit = Unit(lambda call: Answer(200, body) if "/objects" in call.path else None)
    with connected(unit) as (connector, _), pytest.raises(Unavailable, match="not a page"):
        list(connector.read(PROSPECTS))


@pytest.mark.parametrize("body", [b"", b"<html>Maintenance</html>"])
def test_a_broken_answer_is_asked_for_again(body: bytes) -> None:
    left = [Answer(200, body)]
    with connected(lambda call: left.pop() if "/objects" in call.path and left else None) as (connector, server):
        assert told(connector.read(PROSPECTS)) == []
    assert len(calls(server)) == 2


def test_pages_go_on_by_the_last_id_and_never_by_the_vendors_token() -> None:
    def trouble(call: Call) -> Answer | None:
        if "/objects" not in call.path:
            return None
        after = int(asked(call).get("idGreaterThan", "0"))
        return page(person(after + 1), person(after + 2), more=after < 4)

    with connected(trouble, page_size=2) as (connector, server):
        assert told(connector.read(PROSPECTS)) == ["1", "2", "3", "4", "5", "6"]
    sent = [asked(call) for call in server.calls if "/objects" in call.path]
    assert [one.get("idGreaterThan") for one in sent] == [None, "2", "4"]
    assert {(one["orderBy"], one["limit"], one["deleted"]) for one in sent} == {("id", "2", "false")}
    assert not any("nextPageToken" in one for one in sent)


def test_a_chain_that_the_vendor_would_cut_goes_on() -> None:
    """After 100,000 records a token chain ends with a warning and no token; each of our pages is a first one."""
    calls_made = []

    def trouble(call: Call) -> Answer | None:
        if "/objects" not in call.path:
            return None
        calls_made.append(call)
        after = int(asked(call).get("idGreaterThan", "0"))
        return page(*(person(after + n) for n in range(1, 1001)), more=after < 101_000)

    with connected(trouble) as (connector, _):
        assert len(told(connector.read(PROSPECTS))) == 102_000
    assert len(calls_made) == 102


def test_a_page_that_comes_again_is_not_read_for_ever() -> None:
    unit = Unit(lambda call: page(person(7), more=True) if "/objects" in call.path else None)
    with connected(unit) as (connector, _), pytest.raises(Unavailable, match="repeats"):
        list(connector.read(PROSPECTS))


def test_an_incremental_read_begins_before_its_watermark_by_the_servers_clock() -> None:
    with connected() as (connector, server):
        [listed] = connector.read(PROSPECTS)
        [changed] = connector.read(PROSPECTS, listed.cursor)
        assert (changed.full, changed.last) == (False, True)
    assert asked(server.calls[-1])["updatedAtAfterOrEqualTo"].startswith("2026-03-01T09:5")
    assert asked(server.calls[-1])["deleted"] == "all"
    assert "+00:00" in asked(server.calls[-1])["updatedAtAfterOrEqualTo"]  # and the plus sign was encoded
    assert "%2B00%3A00" in server.calls[-1].path


def test_where_no_answer_tells_the_time_ours_counts() -> None:
    def trouble(call: Call) -> Answer | None:
        return Answer(200, page(person(7)).body, {}) if "/objects" in call.path else None

    with connected(trouble) as (connector, _):
        [listed] = connector.read(PROSPECTS)
    assert listed.cursor is not None
    assert listed.cursor["since"] == "2026-03-01T10:00:00+00:00"


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"object": "row"},
        {"list": "34"},
        {"fields": []},
        {"part": "nowhere"},
        {"since": "yesterday"},
        {"after": "x"},
    ],
)
def test_a_cursor_of_something_else_has_expired(change: dict[str, Any]) -> None:
    with connected() as (connector, _):
        *_, listed = connector.read(PROSPECTS)
        assert listed.cursor is not None
        with pytest.raises(CursorExpired):
            connector.read(PROSPECTS, {**listed.cursor, **change})
        with pytest.raises(CursorExpired):
            connector.read(PROSPECTS, {})


def test_a_field_that_the_role_may_not_see_is_not_taken_for_a_blank() -> None:
    def trouble(call: Call) -> Answer | None:
        if "/objects" not in call.path:
            return None
        body = {"nextPageToken": None, "values": [person(7)]}
        return answered(body, Pardot_Warning="202;Fields were redacted")

    with connected(trouble) as (connector, _):
        with pytest.raises(SettingsError, match="firstName"):
            list(connector.read(PROSPECTS))
        assert told(connector.read(ReadQuery("prospect"))) == ["7"]  # what is hidden isn't asked for here


def test_an_activity_is_told_without_its_address_where_that_is_refused() -> None:
    def trouble(call: Call) -> Answer | None:
        if "visitor-activities" not in call.path:
            return None
        if "prospect.email" in asked(call)["fields"]:
            return refused(180)
        return page({"id": 5, "prospectId": 7, "type": 20, "createdAt": STAMP})

    with connected(trouble) as (connector, server):
        [first] = connector.read(ACTIVITIES)
        [again] = connector.read(ACTIVITIES, first.cursor)
    assert [(record.fields["subject"], record.email) for record in (*first.records, *again.records)] == [
        ("7", None)
    ] * 2
    assert len(calls(server)) == 3  # it is asked for once


def test_activities_that_may_not_be_read_at_all_are_the_users_to_correct() -> None:
    unit = Unit(lambda call: refused(192, 404) if "visitor" in call.path else None)
    with connected(unit) as (connector, _), pytest.raises(SettingsError, match="visitor-activities"):
        list(connector.read(ACTIVITIES))


def test_a_first_read_of_behaviour_goes_back_as_far_as_it_is_asked_to() -> None:
    with connected() as (connector, server):
        list(connector.read(ReadQuery("activity", since=NOW - timedelta(hours=1))))
    assert asked(server.calls[-1])["createdAtAfterOrEqualTo"] == "2026-03-01T08:57:00+00:00"


def test_who_came_back_by_a_new_membership_is_there_in_spite_of_the_old_one() -> None:
    old = {"id": 1, "prospectId": 7, "optedOut": False, "isDeleted": True, "updatedAt": STAMP, "prospect": person(7)}
    new = {**old, "id": 9, "isDeleted": False}

    def trouble(call: Call) -> Answer | None:
        if "list-memberships" not in call.path:
            return None
        if "prospectIdList" in asked(call):
            return page(new)
        return page(old) if "updatedAtAfterOrEqualTo" in asked(call) else page()

    with connected(trouble) as (connector, _):
        [listed] = connector.read(ROWS)
        pages = list(connector.read(ROWS, listed.cursor))
    assert told(pages) == ["33:7"]
    assert not [deletion for page in pages for deletion in page.deletions]


def test_a_read_back_asks_for_as_many_as_an_address_holds() -> None:
    with connected() as (connector, server):
        list(connector.fetch(PROSPECTS, FetchBy.ID, [str(10_000_000 + n) for n in range(1000)]))
        list(connector.fetch(PROSPECTS, FetchBy.EMAIL, [f"{'x' * 60}{n}@{'y' * 60}.test" for n in range(100)]))
    assert all(len(call.path) < 7000 for call in server.calls)
    assert len(server.calls) < 20


def test_a_question_for_what_is_not_there_is_a_bug() -> None:
    with connected() as (connector, server):
        for query, by in (
            (PROSPECTS, FetchBy.EXTERNAL_ID),
            (ReadQuery("user"), FetchBy.ID),
            (ReadQuery("activity"), FetchBy.ID),
        ):
            with pytest.raises(Bug):
                list(connector.fetch(query, by, ["7"]))
        with pytest.raises(Bug, match="opt_out"):
            connector.read(ReadQuery("opt_out"))
    assert calls(server) == []
