"""A target list as the audience of a read, by both protocols: who joins, who leaves, and lists that can't be read."""

from __future__ import annotations

from typing import Any

import pytest

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.sugarcrm import SugarCrmConnector
from keepstep.core.errors import Bug, SettingsError, Unavailable
from keepstep.core.model import Status, Value
from tests.connectors.stub import Answer, Call
from tests.connectors.sugarcrm.people import Sugar, changed, marked, records
from tests.connectors.sugarcrm.site import Site, connected, lead_id, told

NEWS = "Credit Union's <news>"
LEADS = ReadQuery("lead", ("email1", "title"), audience=NEWS)
CONTACTS = ReadQuery("contact", ("email1",), audience=NEWS)
ON, OFF = frozenset({NEWS}), frozenset[str]()


def target_list(sugar: Sugar, name: str = NEWS, **fields: Value) -> str:
    """Somebody makes a list."""
    return str(sugar.control("POST", "sugarcrm/lists", {"name": name, "list_type": "default", **fields})["id"])


def join(sugar: Sugar, news: str, *ids: str, records: str = "leads") -> None:
    """Somebody puts them on the list."""
    for id in ids:
        sugar.control("PUT", f"sugarcrm/lists/{news}/members/{records}/{id}")


def leave(sugar: Sugar, news: str, id: str) -> None:
    """Somebody takes a lead off the list."""
    sugar.control("DELETE", f"sugarcrm/lists/{news}/members/leads/{id}")


def listed(sugar: Sugar, query: ReadQuery = LEADS, **options: Any) -> list[Page]:
    """A whole read."""
    return list(sugar.connector(**options).read(query))


def questions(connector: SugarCrmConnector) -> dict[str, int]:
    """Calls without the sign-in and the description of fields."""
    counted = connector.usage.by_endpoint
    beside = ("POST oauth2/token", "POST login", "GET /metadata", "POST get_module_fields")
    return {name: n for name, n in counted.items() if name not in beside}


def test_a_listing_names_the_members_only(sugar: Sugar) -> None:
    news, ann, _ = target_list(sugar), sugar.person(email1="ann@a.test", title="Chief"), sugar.person()
    join(sugar, news, ann)
    connector = sugar.connector()
    [page] = connector.read(LEADS)
    [record] = page.records
    assert (record.id, record.fields["title"], record.audiences) == (ann, "Chief", ON)
    assert (page.full, page.last) == (True, True)
    assert sum(questions(connector).values()) == 3


def test_a_listing_costs_a_call_a_page_of_members(sugar: Sugar) -> None:
    news = target_list(sugar)
    there = [sugar.person(email1=f"p{n}@a.test") for n in range(7)]
    join(sugar, news, *there)
    connector = sugar.connector(page_size=3)
    pages = list(connector.read(LEADS))
    assert [record.id for page in pages for record in page.records] == sorted(there)
    assert [page.last for page in pages] == [False, False, True]
    assert sum(questions(connector).values()) == 2 + 3


def test_a_listing_that_was_cut_off_goes_on_there_unless_others_are_on_the_list_by_then(sugar: Sugar) -> None:
    news = target_list(sugar)
    there = [sugar.person(email1=f"p{n}@a.test") for n in range(5)]
    join(sugar, news, *there)
    first, *others = listed(sugar, page_size=2)
    rest = list(sugar.connector(page_size=2).read(LEADS, first.cursor))
    assert [page.records for page in rest] == [page.records for page in others]
    assert rest[-1].last
    leave(sugar, news, there[0])
    with pytest.raises(CursorExpired):
        changed(sugar, first.cursor or {}, LEADS)


def test_an_empty_list_is_a_page_of_nobody_whose_watermark_holds(sugar: Sugar) -> None:
    target_list(sugar)
    sugar.person()
    assert [(page.records, page.last) for page in listed(sugar)] == [((), True)]
    assert records(changed(sugar, marked(sugar, LEADS), LEADS)) == {}


def test_leads_and_contacts_of_one_list_are_told_apart(sugar: Sugar) -> None:
    news, lead, contact = target_list(sugar), sugar.person(), sugar.person("contacts")
    join(sugar, news, lead)
    join(sugar, news, contact, records="contacts")
    assert set(records(listed(sugar))) == {lead}
    assert set(records(listed(sugar, CONTACTS))) == {contact}


def test_nothing_changed_costs_four_calls_and_tells_nobody(sugar: Sugar) -> None:
    join(sugar, target_list(sugar), sugar.person(email1="ann@a.test"))
    cursor = marked(sugar, LEADS)
    connector = sugar.connector()
    assert records(list(connector.read(LEADS, cursor))) == {}
    # The list, its members, the leads, and the addresses that were opted out.
    by_v11 = {
        "POST /ProspectLists/filter": 1,
        "GET /ProspectLists/{id}/link/leads": 1,
        "POST /Leads/filter": 1,
        "POST /EmailAddresses/filter": 1,
    }
    by_v4_1 = {"POST get_entry_list": 3, "POST get_relationships": 1}
    assert questions(connector) == (by_v11 if sugar.api == "v11" else by_v4_1)
    assert connector.usage.calls == 4 + 1  # and the sign-in


def test_an_edit_or_an_opt_out_is_told_with_whether_the_person_is_on_the_list(sugar: Sugar) -> None:
    ann, bob, cid = (sugar.person(email1=f"{name}@a.test") for name in ("ann", "bob", "cid"))
    join(sugar, target_list(sugar), ann, cid)
    cursor = marked(sugar, LEADS)
    for id in (ann, bob):
        sugar.control("PATCH", f"sugarcrm/leads/{id}", {"title": "Chief"})
    sugar.control("PATCH", f"sugarcrm/leads/{cid}", {"email_opt_out": True})
    pages = changed(sugar, cursor, LEADS)
    assert {id: record.audiences for id, record in records(pages).items()} == {ann: ON, bob: OFF, cid: ON}
    assert records(pages)[cid].opted_out
    assert not any(page.full for page in pages)


def test_somebody_who_joins_or_leaves_moves_no_date_and_has_everything_read_again(sugar: Sugar) -> None:
    news, ann, bob = target_list(sugar), sugar.person(), sugar.person()
    join(sugar, news, ann)
    cursor = marked(sugar, LEADS)
    join(sugar, news, bob)
    with pytest.raises(CursorExpired):
        changed(sugar, cursor, LEADS)
    assert set(records(listed(sugar))) == {ann, bob}

    cursor = marked(sugar, LEADS)
    leave(sugar, news, ann)
    with pytest.raises(CursorExpired):
        changed(sugar, cursor, LEADS)
    assert set(records(listed(sugar))) == {bob}


def test_a_member_who_is_deleted_is_missed_by_the_next_listing(sugar: Sugar) -> None:
    ann, bob = sugar.person(email1="ann@a.test"), sugar.person(email1="bob@a.test")
    join(sugar, target_list(sugar), ann, bob)
    cursor = marked(sugar, LEADS)
    sugar.control("DELETE", f"sugarcrm/leads/{ann}")
    with pytest.raises(CursorExpired):
        changed(sugar, cursor, LEADS)
    assert set(records(listed(sugar))) == {bob}
    assert [record.id for record in sugar.connector().fetch(LEADS, FetchBy.ID, [ann, bob])] == [bob]


def test_a_merged_member_is_missed_too(sugar: Sugar) -> None:
    news, loser, survivor = target_list(sugar), sugar.person(email1="a@a.test"), sugar.person(email1="b@a.test")
    join(sugar, news, loser)
    cursor = marked(sugar, LEADS)
    sugar.control("POST", "sugarcrm/leads/merge", {"master": survivor, "others": [loser]})
    with pytest.raises(CursorExpired):
        changed(sugar, cursor, LEADS)
    assert loser not in records(listed(sugar))


def test_a_converted_member_is_told_as_converted(sugar: Sugar) -> None:
    ann = sugar.person(email1="ann@a.test")
    join(sugar, target_list(sugar), ann)
    cursor = marked(sugar, LEADS)
    sugar.control("POST", f"sugarcrm/leads/{ann}/convert", {})
    assert records(changed(sugar, cursor, LEADS))[ann].status is Status.CONVERTED


def test_by_id_others_are_answered_too_by_email_members_only(sugar: Sugar) -> None:
    ann, bob = sugar.person(email1="ann@a.test"), sugar.person(email1="bob@a.test")
    join(sugar, target_list(sugar), ann)
    connector = sugar.connector()
    by_id = {record.id: record.audiences for record in connector.fetch(LEADS, FetchBy.ID, [ann, bob])}
    by_email = [record.id for record in connector.fetch(LEADS, FetchBy.EMAIL, ["ann@a.test", "bob@a.test"])]
    assert (by_id, by_email) == ({ann: ON, bob: OFF}, [ann])
    assert sum(questions(connector).values()) == 3 + 3
    assert list(connector.fetch(LEADS, FetchBy.ID, [])) == []
    assert sum(questions(connector).values()) == 6


def test_a_list_that_was_renamed_or_is_gone_stops_the_read(sugar: Sugar) -> None:
    news = target_list(sugar)
    join(sugar, news, sugar.person())
    cursor = marked(sugar, LEADS)
    sugar.control("PATCH", f"sugarcrm/lists/{news}", {"name": "Old news"})
    with pytest.raises(SettingsError, match="no target list"):
        changed(sugar, cursor, LEADS)
    sugar.control("DELETE", f"sugarcrm/lists/{news}")
    with pytest.raises(SettingsError, match="correct its name in the sync's file"):
        listed(sugar)


def test_another_list_of_the_same_name_is_read_from_its_start(sugar: Sugar) -> None:
    news, ann = target_list(sugar), sugar.person()
    join(sugar, news, ann)
    cursor = marked(sugar, LEADS)
    sugar.control("DELETE", f"sugarcrm/lists/{news}")
    join(sugar, target_list(sugar), ann)
    with pytest.raises(CursorExpired):
        changed(sugar, cursor, LEADS)


def test_two_lists_of_one_name_are_the_users_to_tell_apart(sugar: Sugar) -> None:
    target_list(sugar)
    target_list(sugar, NEWS.upper())
    with pytest.raises(SettingsError, match="rename all but one"):
        listed(sugar)


def test_a_suppression_list_is_nobodys_audience(sugar: Sugar) -> None:
    target_list(sugar, list_type="exempt")
    with pytest.raises(SettingsError, match="not to be mailed"):
        listed(sugar)


def test_companies_are_on_no_list(sugar: Sugar) -> None:
    with pytest.raises(Bug):
        listed(sugar, ReadQuery("account", audience=NEWS))


def test_the_cursor_of_another_list_or_of_everybody_is_not_gone_on_from(sugar: Sugar) -> None:
    join(sugar, target_list(sugar), sugar.person())
    target_list(sugar, "Other")
    everybody = ReadQuery("lead", LEADS.fields)
    plain: Cursor = listed(sugar, everybody)[-1].cursor or {}
    cursor = marked(sugar, LEADS)
    for query, mark in (
        (LEADS, plain),
        (everybody, cursor),
        (ReadQuery("lead", LEADS.fields, audience="Other"), cursor),
        (LEADS, {**cursor, "read": None}),
    ):
        with pytest.raises(CursorExpired):
            changed(sugar, mark, query)


def test_v11_tells_members_by_pages_as_large_as_it_likes_and_v4_1_all_at_once(sugar: Sugar) -> None:
    news = target_list(sugar)
    there = [sugar.person(email1=f"p{n}@a.test") for n in range(5)]
    join(sugar, news, *there)
    sugar.change(max_page=2)
    connector = sugar.connector()
    [page] = connector.read(LEADS)
    assert [record.id for record in page.records] == sorted(there)
    members = "GET /ProspectLists/{id}/link/leads" if sugar.api == "v11" else "POST get_relationships"
    assert connector.usage.by_endpoint[members] == (3 if sugar.api == "v11" else 1)


def test_a_page_of_members_that_is_told_again_and_again_is_no_end() -> None:
    def repeating(call: Call) -> Answer | None:
        if "/ProspectLists/filter" in call.path:
            return told({"next_offset": -1, "records": [{"id": "l1", "name": NEWS, "list_type": "default"}]})
        return told({"next_offset": 1, "records": [{"id": lead_id(1)}]}) if "/link/" in call.path else None

    with connected(Site(trouble=repeating)) as (connector, _), pytest.raises(Unavailable, match="repeats"):
        list(connector.read(LEADS))


def test_members_that_are_not_told_are_no_empty_list(sugar: Sugar) -> None:
    join(sugar, target_list(sugar), sugar.person())
    cursor = marked(sugar, LEADS)
    for status in (500, 503):
        path = "/link/" if sugar.api == "v11" else "/service/"
        sugar.control("POST", "weather", {"kind": "status", "path": path, "status": status, "times": None})
        with pytest.raises(Unavailable):
            changed(sugar, cursor, LEADS)
