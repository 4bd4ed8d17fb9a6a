"""Individuals among the customers of the NetSuite sandbox, the employees, and what people do with both."""

from collections.abc import Iterator

import pytest
import requests

from keepstep_sandbox.netsuite import NetSuiteSettings, create_app
from keepstep_sandbox.people import population
from keepstep_sandbox.server import SandboxServer
from tests.sandbox.netsuite_client import RECORDS, SUITEQL, TIMEOUT_S, NetSuiteClient, error_of

SAM, SUE = "sam.seller@corp.example.com", "sue.sells@corp.example.com"
ANN: dict[str, object] = {"firstName": "Ann", "lastName": "Ode", "email": "ann@acme.test"}


@pytest.fixture(scope="module")
def mixed() -> Iterator[NetSuiteClient]:
    settings = NetSuiteSettings(size=60, individuals_share=0.5)
    with SandboxServer(create_app(settings)) as server, requests.Session() as session:
        yield NetSuiteClient(server.url, session)


def new_lead(netsuite: NetSuiteClient, **more: object) -> str:
    return str(netsuite.control("POST", "netsuite/leads", {**ANN, **more})["id"])


def test_an_individual_is_a_customer_with_a_name_title_and_sales_rep(netsuite: NetSuiteClient) -> None:
    body: dict[str, object] = {
        **ANN,
        "isPerson": True,
        "title": "Buyer",
        "companyName": "Acme",
        "entityStatus": {"id": "7"},
    }
    made = netsuite.create("customer", {**body, "salesRep": {"id": "3"}})
    rows = netsuite.items(
        "SELECT isperson, firstname, title, companyname, searchstage, salesrep, BUILTIN.DF(salesrep) AS rep"
        f" FROM customer WHERE id = {made}"
    )
    assert rows == [
        {
            "isperson": "T",
            "firstname": "Ann",
            "title": "Buyer",
            "companyname": "Acme",
            "searchstage": "Lead",
            "salesrep": "3",
            "rep": "Sam Seller",
        }
    ]


def test_an_individual_needs_both_names_and_no_company(netsuite: NetSuiteClient) -> None:
    refused = netsuite.call("POST", f"{RECORDS}/customer", {"isPerson": True, "companyName": "Acme"})
    assert "First Name, Last Name" in refused.json()["o:errorDetails"][0]["detail"]
    contact = netsuite.new_contact(company={"id": netsuite.create("customer", {**ANN, "isPerson": True})})
    [row] = netsuite.items(f"SELECT BUILTIN.DF(company) AS company FROM contact WHERE id = {contact}")
    assert row["company"].endswith(" Ann Ode")


def test_people_see_the_individuals_as_leads_whatever_their_stage(netsuite: NetSuiteClient) -> None:
    assert netsuite.control("GET", "netsuite/leads") == {"items": [], "total": 0}
    company = netsuite.new_company("Acme")
    lead = new_lead(netsuite)
    assert netsuite.control("GET", f"netsuite/leads/{lead}")["searchStage"] == "Lead"
    for stage in ("Prospect", "Customer"):
        netsuite.control("POST", f"netsuite/leads/{lead}/stage", {"stage": stage})
        told = netsuite.control("GET", f"netsuite/leads?fields=searchStage,isPerson&ids={company},{lead}")
        assert told == {"items": [{"id": lead, "searchStage": stage, "isPerson": True}], "total": 1}
    assert lead in {item["id"] for item in netsuite.control("GET", "netsuite/customers")["items"]}


def test_people_edit_inactivate_merge_and_delete_leads(netsuite: NetSuiteClient) -> None:
    one, two = new_lead(netsuite, salesRep="3"), new_lead(netsuite, email="two@acme.test")
    netsuite.control("PATCH", f"netsuite/leads/{one}", {"salesRep": "4", "title": "Buyer"})
    netsuite.control("POST", f"netsuite/leads/{one}/inactivate")
    assert netsuite.items(f"SELECT salesrep, title, isinactive FROM customer WHERE id = {one}") == [
        {"salesrep": "4", "title": "Buyer", "isinactive": "T"}
    ]
    netsuite.control("PUT", f"netsuite/leads/{one}/fault", {"detail": "No.", "times": 1})
    refused = netsuite.call("PATCH", f"{RECORDS}/customer/{one}", {"title": "Boss"})
    assert error_of(refused.json())[0] == "USER_ERROR"
    netsuite.control("POST", "netsuite/leads/merge", {"master": one, "others": [two]})
    netsuite.control("DELETE", f"netsuite/leads/{one}")
    assert netsuite.items("SELECT recordid, type FROM deletedrecord ORDER BY recordid") == [
        {"recordid": one, "type": "Customer"},
        {"recordid": two, "type": "Customer"},
    ]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_company_is_no_lead(netsuite: NetSuiteClient, method: str) -> None:
    company = netsuite.new_company("Acme")
    address = f"{netsuite.url}/_control/netsuite/leads/{company}"
    reply = netsuite.session.request(method, address, json={"title": "Buyer"}, timeout=TIMEOUT_S)
    assert reply.status_code == 404
    assert netsuite.call("GET", f"{RECORDS}/customer/{company}").status_code == 200


def test_employees_are_there_in_suiteql_and_in_rest(netsuite: NetSuiteClient) -> None:
    rows = netsuite.items("SELECT id, email, firstname, lastname, isinactive FROM employee WHERE id > 2 ORDER BY id")
    assert [(row["email"], row["isinactive"]) for row in rows] == [
        (SAM, "F"),
        (SUE, "F"),
        ("rob.rep@corp.example.com", "F"),
        ("ines.inactive@corp.example.com", "T"),
    ]
    told = netsuite.call("GET", f"{RECORDS}/employee/{rows[0]['id']}").json()
    assert (told["firstName"], told["lastName"], told["isInactive"]) == ("Sam", "Seller", False)
    assert netsuite.call("GET", f"{RECORDS}/metadata-catalog/employee", Accept="application/schema+json").json()[
        "properties"
    ]["email"]


def test_people_hire_and_let_go(netsuite: NetSuiteClient) -> None:
    zoe = netsuite.control("POST", "netsuite/users", {"firstName": "Zoe", "lastName": "New", "email": "zoe@corp.test"})
    netsuite.control("POST", f"netsuite/users/{zoe['id']}/inactivate")
    [row] = netsuite.items(f"SELECT entityid, isinactive FROM employee WHERE id = {zoe['id']}")
    assert row == {"entityid": "Zoe New", "isinactive": "T"}
    everybody = netsuite.control("GET", "netsuite/users?fields=email")["items"]
    assert {SAM, SUE, "zoe@corp.test"} <= {user["email"] for user in everybody}


def test_a_role_without_the_permission_sees_no_employee(netsuite: NetSuiteClient) -> None:
    netsuite.control("PUT", "netsuite/settings", {"permissions": ["customers", "contacts", "suiteql"]})
    assert netsuite.query("SELECT id FROM employee")["status"] == 400
    assert netsuite.call("GET", f"{RECORDS}/employee/3").status_code == 403
    assert netsuite.call("POST", f"{SUITEQL}", {"q": "SELECT id FROM customer"}, Prefer="transient").status_code == 200


def test_a_share_of_the_persons_may_be_individuals_at_all_stages(mixed: NetSuiteClient) -> None:
    leads = mixed.items("SELECT id, email, searchstage, salesrep FROM customer WHERE isperson = 'T' ORDER BY id")
    contacts = mixed.items("SELECT id, email FROM contact ORDER BY id")
    assert len(leads) + len(contacts) == 60
    assert 15 < len(leads) < 45
    assert {row["searchstage"] for row in leads} == {"Lead", "Prospect", "Customer"}
    assert {row["salesrep"] for row in leads} == {"3", "4", "5"}
    assert mixed.control("GET", "netsuite/leads")["total"] == len(leads)


def test_a_person_has_the_same_id_as_a_contact_or_an_individual(mixed: NetSuiteClient) -> None:
    people = population(1, 60)
    first = 100 + len(people.companies)
    expected = {str(first + person.number): person.email or None for person in people.persons}
    entities = mixed.items(f"SELECT id, email FROM entity WHERE id > {first} ORDER BY id")
    assert {row["id"]: row.get("email") for row in entities} == expected


def test_the_share_of_individuals_is_fixed_at_the_start(mixed: NetSuiteClient) -> None:
    reply = mixed.session.put(
        f"{mixed.url}/_control/netsuite/settings", json={"individuals_share": 1.0}, timeout=TIMEOUT_S
    )
    assert reply.status_code == 400
