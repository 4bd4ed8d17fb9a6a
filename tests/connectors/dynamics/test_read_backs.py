"""Read-backs by id, address, external id and name; and their calls."""

from __future__ import annotations

import pytest

from keepstep.connectors.base import FetchBy, ReadQuery
from keepstep.connectors.dynamics.wire import new_id
from keepstep.core.errors import Bug, SettingsError
from tests.connectors.dynamics.organization import (
    STAMP,
    Organization,
    connected,
    lead,
    refused,
    row_id,
)
from tests.connectors.dynamics.reads import (
    LEADS,
    fetched,
    listed,
    merged,
)


@pytest.mark.parametrize(("keys", "expected"), [(1, 1), (400, 1), (401, 2), (1000, 3)])
def test_a_read_back_costs_a_call_for_four_hundred(keys: int, expected: int) -> None:
    org = Organization([lead(n) for n in range(keys)])
    found, asked = fetched(org, LEADS, FetchBy.ID, *(row_id(n).upper() for n in range(keys)))
    assert len(found) == keys
    assert len(asked) == expected


def test_long_addresses_make_more_calls_not_a_url_that_is_too_long() -> None:
    org = Organization()
    with connected(org) as (connector, server):
        list(connector.fetch(LEADS, FetchBy.EMAIL, [f"{'x' * 90}{n}@example.test" for n in range(400)]))
        assert max(len(call.path) for call in server.calls) < 32_000
    assert len(org.asked) == 2


def test_an_address_is_asked_for_once_in_any_case_and_its_quotes_are_doubled() -> None:
    org = Organization([lead(1, emailaddress1="O'Brien+x@a.test")])
    found, _ = fetched(org, LEADS, FetchBy.EMAIL, "o'brien+x@a.test", " O'BRIEN+X@a.test", "", " ")
    assert found == [row_id(1)]
    [(query, _)] = org.asked
    assert query.endswith("&$filter=emailaddress1 eq 'O''BRIEN+X@a.test'")


def test_a_row_is_found_by_the_external_id_it_was_made_with() -> None:
    org = Organization([{**lead(1), "leadid": new_id("lead", "k1")}])
    assert fetched(org, LEADS, FetchBy.EXTERNAL_ID, "k1", "")[0] == [new_id("lead", "k1")]
    assert new_id("lead", "k1") != new_id("contact", "k1")


def test_a_company_is_found_by_name_with_and_without_odd_blanks() -> None:
    org = Organization([{"accountid": row_id(1), "name": "Acme Inc"}])
    found, _ = fetched(org, ReadQuery("account", ("name",)), FetchBy.NAME, " acme  inc ")
    assert found == [row_id(1)]


def test_what_was_merged_away_is_not_there_and_what_is_no_id_is_not_asked_for() -> None:
    org = Organization([lead(1), merged(2, into=1)])
    assert fetched(org, LEADS, FetchBy.ID, row_id(1), row_id(2), "no id", "1")[0] == [row_id(1)]
    assert fetched(org, LEADS, FetchBy.ID, "no id") == ([], [])


@pytest.mark.parametrize(
    ("object", "by"), [("lead", FetchBy.NAME), ("account", FetchBy.EMAIL), ("account", FetchBy.EXTERNAL_ID)]
)
def test_a_key_that_an_object_has_not_is_a_bug(object: str, by: FetchBy) -> None:
    with pytest.raises(Bug):
        fetched(Organization(), ReadQuery(object), by, "x")


def test_a_read_back_that_is_refused_is_the_users_to_mend() -> None:
    org = Organization(trouble=lambda call: refused(400, "0x80048d19") if "/leads" in call.path else None)
    with pytest.raises(SettingsError):
        fetched(org, LEADS, FetchBy.ID, row_id(1))


def test_more_rows_than_a_page_are_all_read_back() -> None:
    org = Organization([lead(n, emailaddress1="same@a.test") for n in range(5)])
    with connected(org, page_size=2) as (connector, _):
        assert len(list(connector.fetch(LEADS, FetchBy.EMAIL, ["same@a.test"]))) == 5


def test_a_row_is_told_with_its_stamp() -> None:
    pages, _ = listed(Organization([lead(1)]))
    [record] = pages[0].records
    assert record.modified is not None
    assert record.modified.isoformat() == STAMP.replace("Z", "+00:00")
