"""What changed since: by the delta link, by the stamp; what was deleted and merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from keepstep.connectors.base import CursorExpired, ReadQuery
from keepstep.core.model import Deletion, Status
from tests.connectors.dynamics.organization import (
    Organization,
    calls,
    connected,
    lead,
    refused,
    row_id,
    told,
)
from tests.connectors.dynamics.reads import (
    LEADS,
    changed,
    deleted,
    deletions,
    ids,
    listed,
    merged,
    watermark,
)
from tests.connectors.stub import Answer

# -- change tracking ---------------------------------------------------------------------------------------------------


def test_a_quiet_run_costs_one_call_and_asks_for_no_metadata() -> None:
    org = Organization([lead(1)])
    cursor = watermark(org)
    with connected(org) as (connector, server):
        [page] = connector.read(LEADS, cursor)
        assert [call.path.partition("?")[0] for call in server.calls[1:]] == ["/api/data/v9.2/leads"]
    assert (page.records, page.deletions, page.full, page.last) == ((), (), False, True)
    assert page.cursor == cursor


def test_changes_and_deletions_are_told_by_the_delta_link_page_by_page() -> None:
    org = Organization([lead(1)])
    cursor = watermark(org)
    org.changes = [lead(1, new_score=5), lead(4), deleted(2), deleted(3)]
    pages, asked = changed(org, cursor, page_size=3)
    assert ids(pages) == [row_id(1), row_id(4)]
    assert deletions(pages) == [Deletion("lead", row_id(2)), Deletion("lead", row_id(3))]
    assert len(asked) == 2
    assert [page.last for page in pages] == [False, True]
    rest, _ = changed(org, pages[0].cursor or {}, page_size=3)
    assert deletions(rest) == [Deletion("lead", row_id(3))]


@pytest.mark.parametrize(
    "answer",
    [refused(400, "0x80044352"), refused(400, ""), refused(404, ""), refused(403, "0x80040220"), Answer(410, b"")],
)
def test_a_delta_link_that_is_refused_means_reading_everything_again(answer: Answer) -> None:
    org = Organization([lead(1)])
    cursor = watermark(org)
    org.trouble = lambda call: answer if "deltatoken" in call.path else None
    with pytest.raises(CursorExpired):
        changed(org, cursor)


def test_a_field_that_was_not_read_before_means_reading_everything_again() -> None:
    org = Organization([lead(1)])
    cursor = watermark(org)
    with pytest.raises(CursorExpired):
        changed(org, cursor, ReadQuery("lead", ("companyname", "jobtitle")))
    with pytest.raises(CursorExpired):
        changed(org, cursor, opt_out_field=None)
    assert ids(changed(org, cursor, ReadQuery("lead", ("companyname",)))[0]) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"version": 0},
        {"object": "contact"},
        {"part": "x"},
        {"by": "x"},
        {"columns": "x"},
        {"columns": [["a", "b, c", "text", "plain"]]},
        {"link": "/elsewhere"},
        {"link": "/api/data/v9.1/leads?$deltatoken=1"},
        {"since": "x"},
    ],
)
def test_a_cursor_of_somebody_else_is_not_used(broken: Mapping[str, Any]) -> None:
    cursor = watermark(Organization([lead(1)]))
    with pytest.raises(CursorExpired):
        changed(Organization(), {**cursor, **broken})
    with pytest.raises(CursorExpired):
        changed(Organization(), {})


# -- by stamp ----------------------------------------------------------------------------------------------------------


def test_where_a_table_can_not_be_tracked_changes_are_found_by_their_stamp_and_no_deletion_is_announced() -> None:
    org = Organization([lead(1)], tracked=False)
    with connected(org) as (connector, server):
        assert connector.capabilities.announces_deletions
        [page] = connector.read(LEADS)
        assert not connector.capabilities.announces_deletions
        assert not connector.capabilities.announces_merges
        assert calls(server) == ["GET /leads"] * 2
    assert (ids([page]), page.full, page.last) == ([row_id(1)], True, True)
    with connected(org, overlap_s=300) as (connector, server):
        [page] = connector.read(LEADS, page.cursor)
        assert calls(server) == ["GET /leads"]
        assert not connector.capabilities.announces_deletions
    assert not page.full
    query, prefer = org.asked[-1]
    # By the server's clock, less the time that its answer took, and the overlap.
    assert "&$filter=modifiedon ge 2026-03-01T09:54:5" in query
    assert "track-changes" not in prefer


def test_a_table_that_is_tracked_later_announces_deletions_from_its_next_listing_on() -> None:
    org = Organization([lead(1)], tracked=False)
    with connected(org) as (connector, _):
        list(connector.read(LEADS))
        org.tracked = True
        list(connector.read(LEADS))
        assert connector.capabilities.announces_deletions


def test_a_listing_that_was_given_no_delta_link_goes_on_by_stamp() -> None:
    page = told({"value": [lead(1)]})
    org = Organization(trouble=lambda call: page if "/leads" in call.path else None)
    with connected(org) as (connector, _):
        [read] = connector.read(LEADS)
        assert not connector.capabilities.announces_deletions
    assert read.cursor is not None
    assert read.cursor["by"] == "stamp"
    assert str(read.cursor["since"]).startswith("2026-03-01T09:59:5")


def test_a_connection_may_do_without_tracking() -> None:
    org = Organization([lead(1)])
    _, asked = listed(org, track_changes=False)
    assert asked == ["GET /leads"]
    assert "track-changes" not in org.asked[0][1]


def test_users_are_found_by_stamp_and_that_says_nothing_of_other_tables() -> None:
    user = {"systemuserid": row_id(1), "fullname": "Sam Seller", "isdisabled": True, "internalemailaddress": "s@a.test"}
    org = Organization([user])
    with connected(org) as (connector, _):
        [page] = connector.read(ReadQuery("user"))
        assert connector.capabilities.announces_deletions
    [record] = page.records
    assert (record.email, record.status, record.fields["name"]) == ("s@a.test", Status.INACTIVE, "Sam Seller")
    assert "track-changes" not in org.asked[0][1]


# -- merges ------------------------------------------------------------------------------------------------------------


def test_a_merged_row_is_told_as_a_deletion_with_the_row_that_is_left() -> None:
    org = Organization([lead(2)])
    cursor = watermark(org)
    org.changes = [merged(1, into=2), lead(2)]
    pages, asked = changed(org, cursor)
    assert [(gone.id, gone.merged_into) for gone in deletions(pages)] == [(row_id(1), row_id(2))]
    assert deletions(pages)[0].at is not None
    assert ids(pages) == [row_id(2)]
    assert len(asked) == 1


def test_a_chain_of_merges_names_the_one_that_lives() -> None:
    org = Organization([lead(4), merged(3, into=4)])
    cursor = watermark(org)
    org.changes = [merged(1, into=2), merged(2, into=3)]
    pages, asked = changed(org, cursor)
    assert {gone.id: gone.merged_into for gone in deletions(pages)} == {row_id(1): row_id(4), row_id(2): row_id(4)}
    assert len(asked) == 3  # the changes, row 3, row 4


def test_a_survivor_that_is_gone_is_not_named() -> None:
    org = Organization([])
    cursor = watermark(org)
    org.changes = [merged(1, into=2)]
    assert [gone.merged_into for gone in deletions(changed(org, cursor)[0])] == [None]


def test_merges_that_go_in_a_circle_come_to_an_end() -> None:
    org = Organization([])
    cursor = watermark(org)
    org.changes = [merged(1, into=2), merged(2, into=1)]
    assert len(deletions(changed(org, cursor)[0])) == 2


def test_a_listing_tells_merged_rows_as_gone() -> None:
    pages, asked = listed(Organization([lead(1), merged(2, into=1)]))
    assert ids(pages) == [row_id(1)]
    assert [(gone.id, gone.merged_into) for gone in deletions(pages)] == [(row_id(2), row_id(1))]
    assert len(asked) == 1
