"""sugarcrm against the sandbox of SugarCRM, by the older service, v4_1."""

from collections.abc import Iterator

import pytest

from keepstep_sandbox import credentials
from tests.clients.conftest import puppet
from tests.clients.puppet import Puppet
from tests.sandbox.sugarcrm.client import SugarClient

USER, PASSWORD = credentials.SUGARCRM_USER, credentials.SUGARCRM_PASSWORD
OWN_ID = "6f0c0a1e-5a0b-4a53-9d2f-6f2d0a1c9e11"


@pytest.fixture(scope="module")
def process() -> Iterator[Puppet]:
    with puppet("sugarcrm") as client:
        yield client


@pytest.fixture
def client(process: Puppet, site: SugarClient) -> Puppet:
    """The client, signed in."""
    process("sign_in", site.url, USER, PASSWORD)
    return process


def test_a_session_opens_with_the_password_s_md5_and_ends(process: Puppet, site: SugarClient) -> None:
    refused = process.refusal("sign_in", site.url, USER, "x")
    assert (refused.kind, refused.text) == ("KeyError", "'id'")  # it looks for a session in whatever comes
    process("sign_in", site.url, USER, PASSWORD)
    assert {"Leads", "Contacts", "Accounts", "ProspectLists"} <= set(process("get_available_modules"))
    site.control("POST", "weather", {"kind": "expire_tokens"})
    assert process.refusal("get_entry", "Leads", "x").text == "'entry_list'"


def test_one_record_is_made_read_changed_and_deleted(client: Puppet, site: SugarClient) -> None:
    lead = client("set_entry", "Lead", last_name="O'Hara", email1="ann@acme.example", account_name="A & B")
    told = site.people("GET", f"leads/{lead}")
    assert (told["last_name"], told["email1"], told["account_name"]) == ("O'Hara", "ann@acme.example", "A & B")
    found = client("get_entry", "Leads", lead)
    assert (found["last_name"], found["email1"], found["deleted"]) == ("O'Hara", "ann@acme.example", "0")
    assert client("set_entry", "Lead", id=lead, title="Poet") == lead
    assert site.people("GET", f"leads/{lead}")["title"] == "Poet"
    assert client("set_entry", "Lead", id=lead, deleted="1") == lead
    assert site.people("GET", f"leads/{lead}")["deleted"] is True
    assert client("get_entry", "Leads", lead) is None


def test_a_changed_address_is_answered_and_not_stored(client: Puppet, site: SugarClient) -> None:
    lead = client("set_entry", "Lead", last_name="Ode", email1="ode@acme.example")
    assert client("set_entry", "Lead", id=lead, email1="new@acme.example") == lead
    assert site.people("GET", f"leads/{lead}")["email1"] == "ode@acme.example"


def test_an_id_of_the_client_s_own_makes_a_record_once(client: Puppet, site: SugarClient) -> None:
    assert client("set_entry", "Lead", id=OWN_ID, new_with_id="1", last_name="Ode") == OWN_ID
    again = client.refusal("set_entry", "Lead", id=OWN_ID, new_with_id="1", last_name="Hymn")
    assert (again.kind, "status code 500" in again.text) == ("SugarError", True)
    assert site.people("GET", "leads")["total"] == 1
    assert site.people("GET", f"leads/{OWN_ID}")["last_name"] == "Ode"


def test_an_unknown_id_without_that_word_is_answered_and_stores_nothing(client: Puppet, site: SugarClient) -> None:
    assert client("set_entry", "Lead", id=OWN_ID, last_name="Ode") == OWN_ID
    assert site.people("GET", "leads")["total"] == 0


def test_records_are_found_page_by_page_and_counted(client: Puppet) -> None:
    for n in range(5):
        client("set_entry", "Lead", last_name=f"Ode {n}", status="New")
    client("set_entry", "Lead", last_name="Hymn")
    like = {"last_name": "Ode%", "status": "New"}
    how = {"fields": ["id", "last_name"], "order_by": "last_name", "max_results": 2}
    pages = [client("get_entry_list", "Lead", like, offset=offset, **how) for offset in (0, 2, 4, 5)]
    assert [[one["last_name"] for one in page] for page in pages] == [
        ["Ode 0", "Ode 1"],
        ["Ode 2", "Ode 3"],
        ["Ode 4"],
        [],
    ]
    assert client("get_entries_count", "Lead", like) == 5
    ids = [one["id"] for page in pages for one in page]
    assert [one["id"] for one in client("get_entries", "Leads", ids)] == ids


def test_the_deleted_come_with_the_others_where_they_are_asked_for(client: Puppet) -> None:
    kept = client("set_entry", "Lead", last_name="Ode")
    gone = client("set_entry", "Lead", last_name="Hymn", email1="hymn@acme.example")
    client("set_entry", "Lead", id=gone, deleted="1")
    fields = ["id", "deleted", "email1"]
    assert [one["id"] for one in client("get_entry_list", "Lead", {}, fields=fields)] == [kept]
    every = {one["id"]: one for one in client("get_entry_list", "Lead", {}, fields=fields, deleted=True)}
    assert {one: told["deleted"] for one, told in every.items()} == {kept: "0", gone: "1"}
    assert every[gone]["email1"] == ""
    assert [client("get_entries_count", "Lead", {}, deleted=deleted) for deleted in (False, True)] == [1, 2]


def test_a_target_list_s_members_are_linked_read_and_parted(client: Puppet, site: SugarClient) -> None:
    lead = client("set_entry", "Lead", last_name="Ode")
    buyers = client("set_entry", "ProspectList", name="Buyers", list_type="default")
    pair = (["ProspectList", buyers], ["Lead", lead])
    assert client("set_relationship", *pair) == {"created": 1, "failed": 0, "deleted": 0}
    assert site.people("GET", f"lists/{buyers}/members")["leads"] == [lead]
    found = client("get_entry", "ProspectLists", buyers, leads=["id", "last_name"])
    assert found["leads"] == [{"id": lead, "last_name": "Ode"}]
    assert client("set_relationship", *pair, delete=True) == {"created": 0, "failed": 0, "deleted": 1}
    assert site.people("GET", f"lists/{buyers}/members")["leads"] == []


def test_a_lead_s_addresses_come_beside_it_one_by_one_and_in_a_list(client: Puppet) -> None:
    lead = client("set_entry", "Lead", last_name="Ode", email1="ode@acme.example")
    wanted = ["email_address", "opt_out"]
    told = [{"email_address": "ode@acme.example", "opt_out": "0"}]
    assert client("get_entry", "Leads", lead, email_addresses=wanted)["email_addresses"] == told
    links = {"email_addresses": wanted}
    (found,) = client("get_entry_list", "Lead", {"last_name": "Ode"}, fields=["id"], links=links)
    assert found == {"id": lead, "email_addresses": told}
