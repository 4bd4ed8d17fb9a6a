"""Reading by v11: pages, increments, addresses, read-backs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from keepstep.connectors.base import CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.sugarcrm import SugarCrmConnector
from keepstep.connectors.sugarcrm.wire import id_of
from keepstep.core.errors import Bug, SettingsError, Unavailable
from keepstep.core.model import FieldType, Kind, OperationId, Status, Write
from tests.connectors.stub import Answer, Call
from tests.connectors.sugarcrm.site import (
    Site,
    address,
    calls,
    connected,
    lead,
    lead_id,
    refused,
    told,
)

LEADS = ReadQuery("lead", ("email1", "title"))
EARLIER = "2026-02-01T00:00:00+00:00"


def watermark(connector: SugarCrmConnector, query: ReadQuery = LEADS) -> Any:
    *_, last = connector.read(query)
    return last.cursor


def ids(pages: list[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def test_a_record_is_told_with_its_primary_address_and_its_opt_out() -> None:
    second = address("second@a.test", primary_address="0", opt_out="0")
    site = Site([lead(1, email=[second, address("ann@a.test", opt_out="1")], title="CTO")])
    with connected(site) as (connector, _):
        [page] = connector.read(LEADS)
    [record] = page.records
    assert record.fields == {"email1": "ann@a.test", "title": "CTO"}
    assert (record.email, record.opted_out, record.owner) == ("ann@a.test", True, "u1")
    assert record.modified == datetime(2026, 3, 1, 9, tzinfo=UTC)  # told as 05:00-04:00


def test_a_converted_lead_tells_its_contact() -> None:
    site = Site([lead(1, converted=True, contact_id="c1")])
    with connected(site) as (connector, _):
        [page] = connector.read(LEADS)
    assert page.records[0].status is Status.CONVERTED
    assert page.records[0].converted_to == ("contact", "c1")


def test_a_listing_goes_on_beyond_the_last_id_and_asks_for_no_offset() -> None:
    site = Site([lead(n) for n in range(5)])
    with connected(site, page_size=2) as (connector, server):
        pages = list(connector.read(LEADS))
    assert ids(pages) == [lead_id(n) for n in range(5)]
    asked = [json.loads(call.body) for call in server.calls if call.path.endswith("/filter")]
    assert {(ask["offset"], ask["order_by"]) for ask in asked} == {(0, "id:ASC")}
    assert [ask["filter"] for ask in asked] == [[], [{"id": {"$gt": lead_id(1)}}], [{"id": {"$gt": lead_id(3)}}]]


def test_an_increment_overlaps_and_tells_rows_of_one_second_on_any_page() -> None:
    site = Site([lead(n) for n in range(5)])
    with connected(site, page_size=2) as (connector, server):
        cursor = watermark(connector)
        for row in site.leads:
            row["date_modified"] = "2026-03-01T05:55:00-04:00"  # 09:55 UTC, the very bound
        before = len(server.calls)
        pages = list(connector.read(LEADS, cursor))
    assert ids(pages) == [lead_id(n) for n in range(5)]
    first = json.loads(server.calls[before].body)
    assert first["filter"] == [{"date_modified": {"$gte": "2026-03-01T09:54:59Z"}}]  # 300 s, and what the call took
    assert not any(page.full for page in pages)


def test_no_deletion_is_told_and_a_full_listing_shows_who_is_gone() -> None:
    site = Site([lead(1), lead(2)])
    with connected(site) as (connector, _):
        cursor = watermark(connector)
        site.leads.pop()
        assert [page.deletions for page in connector.read(LEADS, cursor)] == [(), ()]
        assert ids(list(connector.read(LEADS))) == [lead_id(1)]
        assert not connector.capabilities.announces_deletions


def test_an_opt_out_at_the_address_tells_everybody_who_has_it() -> None:
    site = Site([lead(1, date_modified=EARLIER), lead(2, date_modified=EARLIER)])
    with connected(site) as (connector, server):
        cursor = watermark(connector)
        site.leads[1]["email"][0]["opt_out"] = True
        site.addresses = [
            {"id": "a2", "date_modified": "2026-03-01T06:00:00-04:00", "email_address": "p2@a.test", "opt_out": True}
        ]
        before = len(server.calls)
        pages = list(connector.read(LEADS, cursor))
    assert [(r.id, r.opted_out) for page in pages for r in page.records] == [(lead_id(2), True)]
    asked = [call.path.split("/")[-2] for call in server.calls[before:]]
    assert asked == ["Leads", "EmailAddresses", "Leads"]


def test_addresses_are_not_asked_for_where_that_is_switched_off() -> None:
    with connected(Site(), poll_addresses=False) as (connector, server):
        list(connector.read(LEADS, watermark(connector)))
    assert not any("EmailAddresses" in call for call in calls(server))


def test_addresses_that_are_kept_from_us_are_no_silent_loss_of_opt_outs() -> None:
    site = Site(trouble=lambda call: refused(403, "not_authorized") if "EmailAddresses" in call.path else None)
    with connected(site) as (connector, _), pytest.raises(SettingsError, match="EmailAddresses"):
        list(connector.read(LEADS, watermark(connector)))


@pytest.mark.parametrize(
    "change", [{"version": 0}, {"api": "v4_1"}, {"object": "contact"}, {"part": "x"}, {"columns": 1}]
)
def test_a_cursor_of_another_kind_is_expired(change: dict[str, Any]) -> None:
    with connected(Site()) as (connector, _):
        cursor = {**watermark(connector), **change}
        with pytest.raises(CursorExpired):
            list(connector.read(LEADS, cursor))
        with pytest.raises(CursorExpired):
            list(connector.read(replace(LEADS, fields=("first_name",)), watermark(connector)))


def test_a_page_that_repeats_does_not_go_on_for_ever() -> None:
    page = told({"next_offset": 1, "records": [lead(1)]})
    site = Site(trouble=lambda call: page if call.path.endswith("Leads/filter") else None)
    with connected(site) as (connector, _), pytest.raises(Unavailable, match="repeats"):
        list(connector.read(LEADS))


@pytest.mark.parametrize("body", [{}, {"records": None}, {"records": [{"last_name": "Ode"}]}, []])
def test_an_answer_that_is_no_page_is_worth_another_try_later(body: Any) -> None:
    site = Site(trouble=lambda call: told(body) if call.path.endswith("/filter") else None)
    with connected(site) as (connector, _), pytest.raises(Unavailable):
        list(connector.read(LEADS))


def test_the_schema_leaves_out_what_holds_no_single_value() -> None:
    with connected(Site()) as (connector, _):
        schema = connector.schema(["lead", "contact"])
    fields = schema["lead"]
    assert {"email", "accounts"} & set(fields) == set()
    assert (fields["email1"].type, fields["email_opt_out"].type) == (FieldType.EMAIL, FieldType.BOOLEAN)
    assert (fields["title"].label, fields["title"].max_length) == ("Title", 100)
    assert {name for name, info in fields.items() if not info.writable} == {
        "id",
        "converted",
        "date_modified",
        "sum_c",
    }
    assert not schema["contact"]["accounts.name"].writable
    assert not schema["contact"]["account_name"].writable


def test_fetch_answers_by_every_key_in_one_call_for_a_hundred() -> None:
    site = Site([lead(n, id=id_of("k1") if n == 1 else lead_id(n)) for n in range(3)])
    with connected(site) as (connector, server):
        by_key = list(connector.fetch(LEADS, FetchBy.EXTERNAL_ID, ["k1", "k2"]))
        by_id = list(connector.fetch(LEADS, FetchBy.ID, [lead_id(2), "no id; at all"]))
        by_email = list(connector.fetch(LEADS, FetchBy.EMAIL, [" p0@a.test ", ""]))
    assert [(record.id, record.external_id) for record in by_key] == [(id_of("k1"), "k1")]
    assert [record.id for record in by_id] == [lead_id(2)]
    assert [record.id for record in by_email] == [lead_id(0)]
    assert len(calls(server)) == 3


def test_a_record_does_not_answer_to_its_second_address() -> None:
    site = Site([lead(1, email=[address("a@a.test"), address("b@a.test", primary_address=False)])])
    with connected(site) as (connector, _):
        assert list(connector.fetch(LEADS, FetchBy.EMAIL, ["b@a.test"])) == []


def test_a_look_up_that_is_too_large_is_asked_in_halves() -> None:
    def trouble(call: Call) -> Answer | None:
        if not call.path.endswith("/filter"):
            return None
        [clause] = json.loads(call.body)["filter"]
        return refused(413, "request_too_large") if len(clause["id"]["$in"]) > 2 else None

    site = Site([lead(n) for n in range(5)], trouble=trouble)
    with connected(site) as (connector, _):
        found = [r.id for r in connector.fetch(LEADS, FetchBy.ID, [lead_id(n) for n in range(5)])]
    assert sorted(found) == [lead_id(n) for n in range(5)]


def test_what_was_never_planned_is_a_bug() -> None:
    with connected(Site()) as (connector, _):
        with pytest.raises(Bug):
            list(connector.fetch(ReadQuery("account"), FetchBy.EMAIL, ["a@a.test"]))
        with pytest.raises(Bug):
            list(connector.read(ReadQuery("email address")))
        with pytest.raises(Bug):
            connector.apply([Write(OperationId("op"), Kind.UPDATE, "account", {"name": "x"}, "a1")])
