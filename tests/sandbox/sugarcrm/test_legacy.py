"""The legacy service beyond what was recorded: deletions, conditions, addresses, links, both protocols side by side."""

from typing import Any

import pytest

from tests.sandbox.sugarcrm.client import SugarClient


def test_a_deletion_is_told_with_a_fresh_date_and_cannot_be_taken_back(sugar: SugarClient) -> None:
    lead = sugar.set_entry("Leads", last_name="Ode", email1="ode@x.test")["id"]
    before = sugar.entry("Leads", lead, "date_modified")["date_modified"]
    sugar.later(5)
    assert sugar.set_entry("Leads", id=lead, deleted=1)["id"] == lead
    query = f"leads.date_modified > '{before}'"
    assert sugar.ids("Leads", query) == []
    told = sugar.legacy("get_entry_list", sugar.sid, "Leads", query, "", 0, ["id", "email1", "deleted"], [], 9, 1)
    values = told["entry_list"][0]["name_value_list"]
    assert (values["id"]["value"], values["email1"]["value"], values["deleted"]["value"]) == (lead, "", "1")
    assert sugar.set_entry("Leads", id=lead, deleted=0, last_name="Back")["id"] == lead
    assert sugar.entry("Leads", lead)[1] == {"name": "deleted", "value": "1"}
    assert sugar.legacy("get_entries_count", sugar.sid, "Leads", "", 0) == {"result_count": "0"}
    assert sugar.legacy("get_entries_count", sugar.sid, "Leads", "", 1) == {"result_count": "1"}


@pytest.fixture
def three(sugar: SugarClient) -> SugarClient:
    """Three leads: Ode (New, score 7), Roe (Dead, no score), O'Brien (New, empty title)."""
    sugar.set_entry("Leads", last_name="Ode", act_on_score_c=7, email1="ode@x.test", lead_source="Web")
    sugar.set_entry("Leads", last_name="Roe", status="Dead", title="100%", email1="roe@x.test")
    sugar.set_entry("Leads", last_name="O'Brien", title="", email1="ob@x.test")
    return sugar


BY_EMAIL = (
    "leads.id IN (SELECT bean_id FROM email_addr_bean_rel r INNER JOIN email_addresses e ON r.email_address_id = e.id "
    "WHERE r.bean_module = 'Leads' AND r.deleted = 0 AND {})"
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("leads.last_name = 'ode'", ["Ode"]),
        ("leads.last_name <> 'Ode'", ["O'Brien", "Roe"]),
        ("leads.last_name = 'O''Brien'", ["O'Brien"]),
        (r"leads.last_name = 'O\'Brien'", ["O'Brien"]),
        ('leads.last_name = "O\'Brien"', ["O'Brien"]),
        ("leads.last_name LIKE 'o%'", ["O'Brien", "Ode"]),
        ("leads.last_name NOT LIKE '_de'", ["O'Brien", "Roe"]),
        (r"leads.title LIKE '100\%'", ["Roe"]),
        ("leads.title IS NULL", ["Ode"]),
        ("leads.title IS NOT NULL AND leads.title = ''", ["O'Brien"]),
        ("leads.title <> 'x'", ["O'Brien", "Roe"]),
        ("NOT (leads.title <> 'x')", []),
        ("leads.status IN ('New', 'Dead') AND leads.last_name BETWEEN 'o' AND 'p'", ["O'Brien", "Ode"]),
        ("leads.status NOT IN ('New')", ["Roe"]),
        ("(leads.status = 'Dead' OR leads_cstm.act_on_score_c >= 7)", ["Ode", "Roe"]),
        ("leads_cstm.act_on_score_c = '7'", ["Ode"]),
        ("leads_cstm.id_c IS NOT NULL AND leads.converted = 0", ["O'Brien", "Ode", "Roe"]),
        ("lead_source = 'Web'", ["Ode"]),
        ("LOWER(leads.last_name) = 'roe'", ["Roe"]),
        ("1=1", ["O'Brien", "Ode", "Roe"]),
        ("leads.date_modified >= '2001-01-01'", ["O'Brien", "Ode", "Roe"]),
        ("leads.deleted = 1", []),
        (BY_EMAIL.format("e.email_address IN ('roe@x.test', 'ODE@x.test')"), ["Ode", "Roe"]),
        (BY_EMAIL.format("e.email_address_caps = 'OB@X.TEST'"), ["O'Brien"]),
        (BY_EMAIL.format("e.email_address LIKE '%x.test' AND e.opt_out = 1"), []),
        ("leads.id NOT IN (SELECT bean_id FROM email_addr_bean_rel WHERE deleted = 0)", []),
        (
            "leads.id IN (SELECT l.id FROM leads AS l LEFT JOIN email_addr_bean_rel AS r ON r.bean_id = l.contact_id "
            "WHERE r.id IS NULL)",
            ["O'Brien", "Ode", "Roe"],
        ),
    ],
)
def test_a_condition_finds_what_the_database_would(three: SugarClient, query: str, expected: list[str]) -> None:
    found = [three.entry("Leads", one, "last_name")["last_name"] for one in three.ids("Leads", query)]
    assert sorted(name.replace("&#039;", "'") for name in found) == expected


@pytest.mark.parametrize(
    "query",
    [
        "status = 'New'",
        "leads.nope = 1",
        "contacts.id = 'x'",
        "leads.email1 = 'x'",
        "leads.last_name = ",
        "leads.last_name = 'x' AND",
        "leads.last_name ~ 'x'",
        "(leads.last_name = 'x'",
        "leads.id IN (SELECT nope FROM leads)",
        "leads.id IN (SELECT id FROM nope)",
        "leads.sync_key = 'x'",
        "sleepy(leads.id) = 1",
    ],
)
def test_what_the_database_refuses_is_a_500_without_a_word(sugar: SugarClient, query: str) -> None:
    given = [sugar.sid, "Leads", query, "", 0, ["id"], [], 10, 0]
    reply = sugar.raw("get_entry_list", given)
    assert (reply.status_code, reply.content, reply.headers["content-type"]) == (500, b"", "text/html; charset=UTF-8")


def test_orders_take_bare_columns_only(three: SugarClient) -> None:
    by_name = three.ids("Leads", "", "last_name DESC")
    names = [three.entry("Leads", one, "last_name")["last_name"] for one in by_name]
    assert names == ["Roe", "Ode", "O&#039;Brien"]
    assert three.ids("Leads", "", "leads.last_name DESC") == sorted(by_name)
    assert three.ids("Leads", "", "") == sorted(by_name)


def test_an_own_id_is_taken_once_and_a_crash_leaves_what_came_before(sugar: SugarClient) -> None:
    own = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    first: list[Any] = [{"name": "last_name", "value": "First"}]
    second: list[Any] = [
        {"name": "id", "value": own},
        {"name": "new_with_id", "value": True},
        {"name": "last_name", "value": "Own"},
    ]
    assert sugar.legacy("set_entries", sugar.sid, "Leads", [second]) == {"ids": [own]}
    assert sugar.raw("set_entries", [sugar.sid, "Leads", [first, second, first]]).status_code == 500
    assert sugar.legacy("get_entries_count", sugar.sid, "Leads", "", 0) == {"result_count": "2"}
    sugar.settings(duplicate_id_fails=False)
    assert sugar.legacy("set_entries", sugar.sid, "Leads", [second]) == {"ids": [own]}


def test_an_address_changes_by_its_own_row_or_by_links_and_not_by_the_lead(sugar: SugarClient) -> None:
    lead = sugar.set_entry("Leads", last_name="Ode", email1="old@x.test", email_opt_out=1)["id"]
    sugar.set_entry("Leads", id=lead, email1="new@x.test", email_opt_out=0)
    assert sugar.entry("Leads", lead, "email1", "email_opt_out") == {"email1": "old@x.test", "email_opt_out": "1"}
    (old,) = sugar.ids("EmailAddresses", "email_addresses.email_address = 'old@x.test'")
    new = sugar.set_entry("EmailAddresses", email_address="new@x.test")["id"]
    counts = sugar.legacy("set_relationship", sugar.sid, "Leads", lead, "email_addresses", [new], [], 0)
    assert counts == {"created": 1, "failed": 0, "deleted": 0}
    assert sugar.entry("Leads", lead, "email1") == {"email1": "old@x.test"}
    sugar.legacy("set_relationship", sugar.sid, "Leads", lead, "email_addresses", [old], [], 1)
    assert sugar.entry("Leads", lead, "email1") == {"email1": "new@x.test"}
    sugar.settings(stores_email_changes=True)
    sugar.set_entry("Leads", id=lead, email1="third@x.test")
    assert sugar.entry("Leads", lead, "email1") == {"email1": "third@x.test"}


def test_members_of_a_list_are_read_in_pages_and_removed_ones_do_not_come_back(sugar: SugarClient) -> None:
    made = sugar.set_entry("ProspectLists", name="List", list_type="default")["id"]
    leads = [sugar.set_entry("Leads", last_name=name)["id"] for name in "ABC"]

    def change(ids: list[str], delete: int, link: str = "leads") -> Any:
        return sugar.legacy("set_relationship", sugar.sid, "ProspectLists", made, link, ids, [], delete)

    def members(offset: int, limit: int, query: str = "") -> list[str]:
        given: list[Any] = [sugar.sid, "ProspectLists", made, "leads", query, ["id"], [], 1, "", offset, limit]
        return [one["id"] for one in sugar.legacy("get_relationships", *given)["entry_list"]]

    assert change([*leads, "unknown"], 0) == {"created": 1, "failed": 0, "deleted": 0}
    assert change(leads, 0)["created"] == 1
    assert change(leads, 0, "nope") == {"created": 0, "failed": 1, "deleted": 0}
    assert (members(0, 2), members(2, 2)) == (sorted(leads)[:2], sorted(leads)[2:])
    assert members(0, 9, "leads.last_name = 'B'") == [leads[1]]
    assert change([leads[0]], 1) == {"created": 0, "failed": 0, "deleted": 1}
    assert members(0, 9) == sorted(leads[1:])


def test_both_protocols_show_the_same_records(sugar: SugarClient) -> None:
    lead = sugar.lead("Öde & <Sons>", email1="ode@x.test", sync_key="k", act_on_score_c=3)
    told = sugar.entry("Leads", lead, "last_name", "email1", "act_on_score_c", "sync_key")
    assert told == {"last_name": "Öde & &lt;Sons&gt;", "email1": "ode@x.test", "act_on_score_c": "3"}
    sugar.set_entry("Leads", id=lead, act_on_score_c="12", last_name="Ode")
    assert sugar.good("GET", f"/Leads/{lead}")["act_on_score_c"] == 12
    sugar.set_entry("Leads", id=lead, deleted=1)
    assert sugar.call("GET", f"/Leads/{lead}").status_code == 404


def test_all_fields_of_a_module_are_told_with_their_links(sugar: SugarClient) -> None:
    told = sugar.legacy("get_module_fields", sugar.sid, "Contacts", [])
    assert told["module_fields"]["act_on_score_c"]["type"] == "int"
    assert told["module_fields"]["title"]["len"] == "100"
    assert "sync_key" not in told["module_fields"]
    assert told["link_fields"]["accounts"]["module"] == "Accounts"


def test_a_name_value_list_that_is_none_crashes(sugar: SugarClient) -> None:
    for bad in ({"last_name": "Ode"}, ["x"], "x", None):
        assert sugar.raw("set_entry", [sugar.sid, "Leads", bad]).status_code == 500


def test_what_is_linked_has_one_shape_in_a_list_of_entries_and_another_beside_those_of_ids(sugar: SugarClient) -> None:
    lead = sugar.set_entry("Leads", last_name="Ode", email1="ode@x.test")["id"]
    wanted = [{"name": "email_addresses", "value": ["email_address"]}]
    address = {"email_address": {"name": "email_address", "value": "ode@x.test"}}
    listed = sugar.legacy("get_entry_list", sugar.sid, "Leads", "", "", 0, ["id"], wanted, 9, 0)
    (among,) = listed["relationship_list"]
    assert among == {"link_list": [{"name": "email_addresses", "records": [{"link_value": address}]}]}
    for told in (
        sugar.legacy("get_entry", sugar.sid, "Leads", lead, ["id"], wanted),
        sugar.legacy("get_entries", sugar.sid, "Leads", [lead, "nobody"], ["id"], wanted),
    ):
        assert told["relationship_list"][0] == [{"name": "email_addresses", "records": [address]}]
        assert told["relationship_list"][1:] in ([], [[]])
