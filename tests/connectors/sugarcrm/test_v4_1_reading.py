"""Signing in and reading by v4_1: sessions, pages, deletions, opt-outs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from keepstep.connectors.base import FetchBy, ReadQuery
from keepstep.connectors.sugarcrm.wire import id_of
from keepstep.core.errors import AuthError, SettingsError, Unavailable
from keepstep.core.model import Deletion, FieldType
from tests.connectors.stub import Answer
from tests.connectors.sugarcrm.legacy import (
    BROKEN_OFF,
    OLD,
    Legacy,
    address,
    asked,
    failed,
    lead,
    methods,
    people,
    said,
)
from tests.connectors.sugarcrm.site import connected, lead_id

LEADS = ReadQuery("lead", ("email1", "title"))


def test_it_signs_in_with_the_md5_of_the_password_by_place_and_carries_the_session_in_the_body() -> None:
    with connected(Legacy(), **OLD) as (connector, server):
        connector.check()
    hashed = hashlib.md5(b"pw", usedforsecurity=False).hexdigest()
    user = {"user_name": "sync.bot", "password": hashed, "version": "1"}
    assert asked(server.calls[0]) == ("login", [user, "keepstep", []])
    assert asked(server.calls[1]) == ("get_user_id", ["S1"])


def test_a_session_that_ended_is_made_anew_and_the_call_replayed() -> None:
    site = Legacy()
    with connected(site, **OLD) as (connector, server):
        connector.check()
        site.signed_in = 7
        connector.check()
    assert [asked(call)[0] for call in server.calls] == ["login", "get_user_id", "get_user_id", "login", "get_user_id"]


@pytest.mark.parametrize("number", [10, 1009])
def test_a_refused_sign_in_is_the_users_to_mend(number: int) -> None:
    site = Legacy(trouble=lambda _: failed(number, "Invalid Login"))
    with connected(site, **OLD) as (connector, server), pytest.raises(AuthError, match=str(number)) as error:
        connector.check()
    assert "Ann" not in str(error.value)
    assert len(server.calls) == 1


@pytest.mark.parametrize("body", [None, {}, {"id": "not a session"}, [], "S1"])
def test_a_sign_in_without_a_session_is_worth_another_try_later(body: Any) -> None:
    with connected(Legacy(trouble=lambda _: said(body)), **OLD) as (connector, _), pytest.raises(Unavailable):
        connector.check()


def test_a_record_is_told_with_its_text_as_a_person_typed_it() -> None:
    title = 'R&D <b>"Chief"</b> — Zoë\'s'
    site = Legacy([lead(1, title=title)], [address(1, opt_out="1")])
    with connected(site, **OLD) as (connector, _):
        [page] = connector.read(LEADS)
    [record] = page.records
    assert record.fields == {"email1": "p1@a.test", "title": title}
    assert (record.email, record.opted_out, record.owner) == ("p1@a.test", True, "u1")
    assert record.modified == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_a_listing_stops_by_its_count_since_no_answer_says_that_it_is_the_last() -> None:
    with connected(people(5), **OLD, page_size=2) as (connector, server):
        pages = list(connector.read(LEADS))
    assert [record.id for page in pages for record in page.records] == [lead_id(n) for n in range(5)]
    assert methods(server) == ["get_entry_list Leads"] * 3
    assert asked(server.calls[-1])[1][2] == f"leads.id > '{lead_id(3)}'"


def test_a_deletion_is_told_by_the_next_read() -> None:
    site = people(2)
    with connected(site, **OLD) as (connector, server):
        *_, last = connector.read(LEADS)
        site.leads[0] |= {"deleted": "1", "date_modified": "2026-03-01 10:05:00"}
        pages = list(connector.read(LEADS, last.cursor))
        assert connector.capabilities.announces_deletions
    at = datetime(2026, 3, 1, 10, 5, tzinfo=UTC)
    assert [d for page in pages for d in page.deletions] == [Deletion("lead", lead_id(0), at)]
    asked_for = asked(server.calls[-2])[1]
    assert (asked_for[2], asked_for[-1]) == ("leads.date_modified >= '2026-03-01 09:54:59'", 1)


def test_an_opt_out_that_moves_no_lead_is_found_at_its_address() -> None:
    site = people(2)
    with connected(site, **OLD) as (connector, server):
        *_, last = connector.read(LEADS)
        site.addresses[1] |= {"opt_out": "1", "date_modified": "2026-03-01 10:05:00"}
        pages = list(connector.read(LEADS, last.cursor))
    assert [(r.id, r.opted_out) for page in pages for r in page.records] == [(lead_id(1), True)]
    assert methods(server)[-3:] == ["get_entry_list Leads", "get_entry_list EmailAddresses", "get_entry_list Leads"]


def test_a_read_of_addresses_that_was_cut_off_goes_on_there() -> None:
    site = people(5)
    with connected(site, **OLD, page_size=2) as (connector, _):
        *_, last = connector.read(LEADS)
        for one in site.addresses:
            one |= {"opt_out": "1", "date_modified": "2026-03-01 10:05:00"}
        pages = list(connector.read(LEADS, last.cursor))
        cut = pages[1]
        assert [r.id for r in cut.records] == [lead_id(0), lead_id(1)]
        rest = list(connector.read(LEADS, cut.cursor))
    assert [r.id for page in rest for r in page.records] == [lead_id(2), lead_id(3), lead_id(4)]
    assert [page.last for page in rest] == [False, True]
    assert rest[-1].cursor == pages[-1].cursor


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (BROKEN_OFF, Unavailable),
        (said(None), Unavailable),
        (failed(20, "Module Does Not Exist"), SettingsError),
        (failed(40, "Access Denied"), SettingsError),
        (failed("-1", "An Undefined Error"), SettingsError),
        (said({"entry_list": None}), Unavailable),
    ],
)
def test_a_question_that_is_refused_says_who_must_act(answer: Answer, error: type[Exception]) -> None:
    site = Legacy(trouble=lambda call: answer if b"get_entry_list" in call.body else None)
    with connected(site, **OLD) as (connector, server), pytest.raises(error):
        list(connector.read(LEADS))
    assert methods(server) == ["get_entry_list Leads"]


def test_a_module_without_fields_is_the_settings_to_correct() -> None:
    site = Legacy(trouble=lambda call: said({"module_fields": []}) if b"get_module_fields" in call.body else None)
    with connected(site, **OLD) as (connector, _), pytest.raises(SettingsError):
        connector.schema(["lead"])


def test_the_schema_tells_what_the_address_holds_besides() -> None:
    with connected(Legacy(), **OLD) as (connector, _):
        fields = connector.schema(["lead"])["lead"]
    assert (fields["email1"].type, fields["email_opt_out"].type) == (FieldType.EMAIL, FieldType.BOOLEAN)
    assert fields["act_on_score_c"].type is FieldType.NUMBER
    assert fields["title"].label == "title"


def test_fetch_asks_by_quoted_keys() -> None:
    site = people(3)
    site.leads[1]["id"] = id_of("k1")
    with connected(site, **OLD) as (connector, server):
        by_key = list(connector.fetch(LEADS, FetchBy.EXTERNAL_ID, ["k1"]))
        by_email = list(connector.fetch(LEADS, FetchBy.EMAIL, ["P2@a.test"]))
        list(connector.fetch(LEADS, FetchBy.ID, ["O.Brien"]))
        list(connector.fetch(LEADS, FetchBy.EMAIL, ["o'brien\\@a.test"]))
    assert [(record.id, record.external_id) for record in by_key] == [(id_of("k1"), "k1")]
    assert [record.email for record in by_email] == ["p2@a.test"]
    assert asked(server.calls[-2])[1][2] == "leads.id IN ('O.Brien')"
    assert "ea.email_address_caps LIKE 'O%BRIEN%@A.TEST'" in asked(server.calls[-1])[1][2]
