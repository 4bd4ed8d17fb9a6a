"""Listings of a few lines of Dataverse, and their calls."""

from __future__ import annotations

from typing import Any

import pytest

from keepstep.connectors.base import CursorExpired, ReadQuery
from keepstep.core.errors import Bug, SettingsError, Unavailable
from tests.connectors.dynamics.organization import (
    FORMATTED,
    Organization,
    lead,
    refused,
    row_id,
    told,
)
from tests.connectors.dynamics.reads import (
    changed,
    ids,
    listed,
    one_time,
)
from tests.connectors.stub import Answer, Call


@pytest.mark.parametrize(("people", "expected"), [(0, 1), (5000, 1), (5001, 2)])
def test_a_listing_costs_a_call_for_five_thousand(people: int, expected: int) -> None:
    pages, asked = listed(Organization([lead(n) for n in range(people)]))
    assert len(ids(pages)) == people
    assert asked == ["GET /leads"] * expected
    assert [(page.full, page.last) for page in pages] == [(True, False)] * (expected - 1) + [(True, True)]


def test_a_listing_asks_for_tracking_and_every_page_has_the_same_preferences() -> None:
    org = Organization([lead(n) for n in range(3)])
    listed(org, page_size=2)
    assert [prefer for _, prefer in org.asked] == ["odata.track-changes,odata.maxpagesize=2"] * 2
    first, second = (query for query, _ in org.asked)
    assert first.startswith("$select=leadid,emailaddress1,modifiedon,statecode,_ownerid_value,merged,_masterid_value,")
    assert second.endswith("$skiptoken=2%20x")  # as it was told: it was encoded twice


def test_annotations_are_asked_for_where_a_label_or_a_name_is_told() -> None:
    org = Organization([lead(1, **{"leadsourcecode": 8, f"leadsourcecode@{FORMATTED}": "Web"})])
    pages, _ = listed(org, ReadQuery("lead", ("leadsourcecode",)))
    assert pages[0].records[0].fields["leadsourcecode"] == "Web"
    assert f'odata.include-annotations="{FORMATTED},' in org.asked[0][1]


def test_a_listing_that_was_killed_goes_on_from_its_last_stored_page() -> None:
    org = Organization([lead(n) for n in range(5)])
    pages, _ = listed(org, page_size=2)
    rest, asked = changed(org, pages[0].cursor or {}, page_size=2)
    assert ids(rest) == [row_id(n) for n in (2, 3, 4)]
    assert len(asked) == 2
    assert rest[-1].cursor == pages[-1].cursor
    assert all(page.full for page in rest)


def test_a_listing_that_can_not_go_on_begins_anew() -> None:
    org = Organization([lead(n) for n in range(5)])
    pages, _ = listed(org, page_size=2)
    org.trouble = lambda call: refused(400, "0x80060888") if "skiptoken" in call.path else None
    with pytest.raises(CursorExpired):
        changed(org, pages[0].cursor or {}, page_size=2)
    with pytest.raises(Unavailable, match="doesn't go on"):
        listed(org, page_size=2)


def test_a_link_that_leads_to_itself_is_not_followed_for_ever() -> None:
    def again(call: Call) -> Answer | None:
        link = f"http://{call.headers['Host']}/api/data/v9.2/leads?$skiptoken=1"
        return told({"value": [lead(1)], "@odata.nextLink": link}) if "/leads" in call.path else None

    with pytest.raises(Unavailable, match="repeats"):
        listed(Organization(trouble=again))


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"value": None},
        {"value": [{"emailaddress1": "x"}]},
        {"value": ["x"]},
        {"value": [], "@odata.nextLink": "https://elsewhere.test/x"},
        {"value": [], "@odata.deltaLink": 5},
    ],
)
def test_half_an_answer_is_not_taken_for_an_empty_table(body: Any) -> None:
    org = Organization(trouble=lambda call: told(body) if "/leads" in call.path else None)
    with pytest.raises(Unavailable, match="not a page of rows"):
        listed(org)


def test_the_token_goes_to_no_other_host_than_the_environments() -> None:
    def elsewhere(call: Call) -> Answer | None:
        link = "https://elsewhere.test/api/data/v9.2/leads?$skiptoken=1"
        first = "/leads" in call.path and "skiptoken" not in call.path
        return told({"value": [lead(1)], "@odata.nextLink": link}) if first else None

    pages, asked = listed(Organization([lead(1), lead(2)], trouble=elsewhere))
    assert asked == ["GET /leads"] * 2
    assert ids(pages) == [row_id(1), row_id(2)]


def test_a_column_that_is_not_there_is_the_users_to_mend_and_named() -> None:
    with pytest.raises(SettingsError, match="new_gone"):
        listed(Organization(), ReadQuery("lead", ("new_gone",)))


def test_an_opt_out_that_can_not_be_seen_stops_the_read() -> None:
    with pytest.raises(SettingsError, match="new_hidden"):
        listed(Organization(), opt_out_field="new_hidden")


def test_a_query_that_is_refused_either_way_is_the_users_to_mend() -> None:
    org = Organization(trouble=lambda call: refused(403, "0x80040220") if "/leads" in call.path else None)
    with pytest.raises(SettingsError, match="0x80040220") as error:
        listed(org)
    assert "Ann" not in str(error.value)


@pytest.mark.parametrize("code", ["0x80044150", "0x80044151"])
def test_a_query_that_meets_a_deadlock_is_sent_again(code: str) -> None:
    org = Organization([lead(1)], trouble=one_time("/leads", refused(500, code), refused(500, code)))
    pages, asked = listed(org)
    assert ids(pages) == [row_id(1)]
    assert len(asked) == 3


@pytest.mark.parametrize("code", ["0x80044150", "0x80040216"])
def test_a_query_that_fails_for_good_is_worth_another_try_later(code: str) -> None:
    org = Organization(trouble=lambda call: refused(500, code) if "/leads" in call.path else None)
    with pytest.raises(Unavailable, match=code):
        listed(org)


def test_a_table_that_is_not_described_is_the_administrators_to_open() -> None:
    org = Organization(trouble=lambda call: refused(403, "0x80040220") if "EntityDefinitions" in call.path else None)
    with pytest.raises(SettingsError, match="doesn't describe"):
        listed(org)


def test_there_are_no_other_objects() -> None:
    with pytest.raises(Bug):
        listed(Organization(), ReadQuery("opportunity"))


def test_without_names_the_usual_columns_are_read_and_every_custom_one() -> None:
    pages, _ = listed(Organization([lead(1)]), ReadQuery("lead"))
    assert set(pages[0].records[0].fields) == {
        *("emailaddress1", "firstname", "lastname", "jobtitle", "leadsourcecode", "companyname"),
        *("donotbulkemail", "ownerid", "new_nickname", "new_score", "new_seen"),
    }
