"""SOQL: what it finds, in which order, over relationships; how long results are cut into pages; what it refuses."""

from typing import Any

import pytest

from keepstep_sandbox.people import population
from tests.sandbox.salesforce.client import SalesforceClient, error_of


@pytest.fixture
def three(salesforce: SalesforceClient) -> SalesforceClient:
    """Three leads: Ann has an address, Bob has none, and O'Neil has opted out."""
    salesforce.lead("Ann", Email="ann@x.test", Title="Head of 10% things")
    salesforce.lead("Bob", Phone="1")
    salesforce.lead("O'Neil", Email="ON@x.test", HasOptedOutOfEmail=True, LeadSource="Web")
    return salesforce


def names(client: SalesforceClient, rest: str) -> list[str]:
    """Give the last names that a condition finds."""
    return [row["LastName"] for row in client.rows(f"SELECT LastName FROM Lead {rest}")]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Email = 'ANN@x.test'", ["Ann"]),
        ("Email != 'ann@x.test'", ["Bob", "O'Neil"]),
        ("Email = null", ["Bob"]),
        ("Email <> NULL", ["Ann", "O'Neil"]),
        ("LastName = 'O\\'Neil'", ["O'Neil"]),
        ("LastName LIKE 'a%'", ["Ann"]),
        ("LastName LIKE '_ob'", ["Bob"]),
        ("Title LIKE '%10\\% th%'", ["Ann"]),
        ("LastName IN ('ann', 'bob')", ["Ann", "Bob"]),
        ("LastName NOT IN ('ann', 'bob')", ["O'Neil"]),
        ("HasOptedOutOfEmail = true", ["O'Neil"]),
        ("HasOptedOutOfEmail = FALSE AND Email != null", ["Ann"]),
        ("LastName = 'Ann' OR LastName = 'Bob' OR LastName = 'Cid'", ["Ann", "Bob"]),
        ("(LastName = 'Ann' OR LastName = 'Bob') AND NOT Email = null", ["Ann"]),
        ("NOT (LastName = 'Ann' OR LastName = 'Bob')", ["O'Neil"]),
        ("CreatedDate = TODAY AND LastName > 'b'", ["Bob", "O'Neil"]),
        ("CreatedDate < TODAY", []),
        ("CreatedDate > YESTERDAY AND CreatedDate <= LAST_N_DAYS:3", ["Ann", "Bob", "O'Neil"]),
        ("CreatedDate = THIS_MONTH AND CreatedDate = THIS_YEAR AND CreatedDate > LAST_MONTH", ["Ann", "Bob", "O'Neil"]),
        ("SystemModstamp >= 2020-01-01T00:00:00+01:00 AND SystemModstamp < 2020-01-02T00:00:00Z", []),
        ("Owner.Email = 'ada.admin@corp.example.com' AND Owner.IsActive = true", ["Ann", "Bob", "O'Neil"]),
        ("OwnerId IN (SELECT Id FROM User WHERE Email LIKE 'sam%')", []),
    ],
)  # fmt: skip
def test_a_condition_finds_what_it_says(three: SalesforceClient, where: str, found: list[str]) -> None:
    assert names(three, f"WHERE {where} ORDER BY LastName") == found


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("ORDER BY LastName DESC", ["O'Neil", "Bob", "Ann"]),
        ("ORDER BY Email", ["Bob", "Ann", "O'Neil"]),
        ("ORDER BY Email NULLS LAST", ["Ann", "O'Neil", "Bob"]),
        ("ORDER BY Email DESC NULLS LAST", ["O'Neil", "Ann", "Bob"]),
        ("ORDER BY Email DESC NULLS FIRST", ["Bob", "O'Neil", "Ann"]),
        ("ORDER BY HasOptedOutOfEmail DESC, LastName DESC LIMIT 2", ["O'Neil", "Bob"]),
        ("ORDER BY LastName LIMIT 1 OFFSET 1", ["Bob"]),
        ("l WHERE l.LastName = 'Ann'", ["Ann"]),
    ],
)
def test_order_and_limits(three: SalesforceClient, rest: str, found: list[str]) -> None:
    assert names(three, rest) == found


def test_a_record_has_attributes_nulls_and_its_parents_nested(salesforce: SalesforceClient) -> None:
    account = salesforce.create("Account", Name="Acme")
    made = salesforce.create("Contact", LastName="Roe", AccountId=account)
    private = salesforce.create("Contact", LastName="Solo")
    fields = "id, EMAIL, Account.Name, Account.Owner.Email, HasOptedOutOfEmail"
    first, second = salesforce.ask(f"SELECT {fields} FROM contact ORDER BY Id")["records"]
    root = "/services/data/v60.0/sobjects"
    assert first["attributes"] == {"type": "Contact", "url": f"{root}/Contact/{made}"}
    assert (first["Id"], first["Email"], first["HasOptedOutOfEmail"]) == (made, None, False)
    assert first["Account"]["attributes"] == {"type": "Account", "url": f"{root}/Account/{account}"}
    assert first["Account"]["Name"] == "Acme"
    assert first["Account"]["Owner"]["Email"] == "ada.admin@corp.example.com"
    assert (second["Id"], second["Account"]) == (private, None)


def test_a_lead_may_belong_to_a_queue_which_has_a_name_and_no_address(salesforce: SalesforceClient) -> None:
    (queue,) = salesforce.rows("SELECT Id FROM Group WHERE Type = 'Queue'")
    salesforce.lead(OwnerId=queue["Id"])
    (row,) = salesforce.rows("SELECT Owner.Name, Owner.Email FROM Lead")
    assert row["Owner"]["attributes"]["type"] == "Group"
    assert (row["Owner"]["Name"], row["Owner"]["Email"]) == ("Unassigned Leads", None)


def test_ids_may_have_fifteen_or_eighteen_characters(salesforce: SalesforceClient) -> None:
    made = salesforce.lead()
    assert len(made) == 18
    assert salesforce.rows(f"SELECT Id FROM Lead WHERE Id IN ('{made[:15]}')") == [{"Id": made}]
    assert salesforce.call("GET", f"/sobjects/Lead/{made[:15]}").json()["Id"] == made


@pytest.mark.parametrize(
    ("soql", "code", "part"),
    [
        ("SELECT Nope FROM Lead", "INVALID_FIELD", "No such column 'Nope' on sobject of type Lead"),
        ("SELECT Nope.Name FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Nope'"),
        ("SELECT Id FROM Nope", "INVALID_TYPE", "ERROR at Row:1:Column:16\nsObject type 'Nope' is not supported"),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Lead WHERE Id = 'x' AND Id = 'y' OR Id = 'z'", "MALFORMED_QUERY", "unexpected token: 'OR'"),
        ("SELECT * FROM Lead", "MALFORMED_QUERY", "unexpected token: '*'"),
        ("SELECT Id FROM Lead GROUP BY Id", "MALFORMED_QUERY", "unexpected token: 'GROUP'"),
        ("SELECT Id FROM Lead WHERE Id = 'short'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: short"),
        ("SELECT Id FROM Lead WHERE CreatedDate > '2024-01-01'", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Lead WHERE CreatedDate > 2024-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Lead WHERE IsConverted = 'true'", "INVALID_FIELD", "must be of type boolean"),
        ("SELECT Id FROM Lead WHERE Description LIKE 'a%'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id, Id FROM Lead", "INVALID_FIELD", "duplicate field selected"),
        ("SELECT Id FROM Lead LIMIT 1 OFFSET 2001", "MALFORMED_QUERY", "Maximum SOQL offset"),
    ],
)
def test_what_it_refuses(salesforce: SalesforceClient, soql: str, code: str, part: str) -> None:
    (error,) = salesforce.ask(soql)
    assert error["errorCode"] == code
    assert part in error["message"]


def test_too_long_a_query_is_414_and_a_page_for_people(salesforce: SalesforceClient) -> None:
    reply = salesforce.call("GET", f"/query?q=SELECT+Id+FROM+Lead+WHERE+LastName+=+'{'x' * 17_000}'")
    assert (reply.status_code, reply.headers["Content-Type"]) == (414, "text/html; charset=utf-8")


def pages(client: SalesforceClient, answer: Any) -> list[Any]:
    """Follow nextRecordsUrl to the end."""
    found = [answer]
    while not found[-1]["done"]:
        found.append(client.session.get(client.url + found[-1]["nextRecordsUrl"], timeout=20).json())
    return found


def test_long_results_come_in_pages_of_at_least_200_with_a_path_to_the_next(salesforce: SalesforceClient) -> None:
    salesforce.control("POST", "reset", {"size": 900})
    first, *rest = pages(salesforce, salesforce.ask("SELECT Id FROM Lead", Sforce_Query_Options="batchSize=1"))
    total = salesforce.ask("SELECT COUNT() FROM Lead")
    assert total == {"totalSize": first["totalSize"], "done": True, "records": []}
    assert len(first["records"]) == 200
    assert first["nextRecordsUrl"].startswith("/services/data/v60.0/query/01g")
    assert first["nextRecordsUrl"].endswith("-200")
    assert "nextRecordsUrl" not in rest[-1]
    ids = [row["Id"] for page in [first, *rest] for row in page["records"]]
    assert len(ids) == len(set(ids)) == first["totalSize"] > 200


def test_the_eleventh_cursor_ends_the_first_and_an_idle_one_expires(salesforce: SalesforceClient) -> None:
    salesforce.control("POST", "reset", {"size": 900})
    ask = "SELECT Id FROM Lead"
    urls = [salesforce.ask(ask, Sforce_Query_Options="batchSize=200")["nextRecordsUrl"] for _ in range(11)]
    replies = [salesforce.session.get(salesforce.url + url, timeout=20) for url in urls[:2]]
    assert error_of(replies[0]) == (400, "INVALID_QUERY_LOCATOR")
    assert replies[1].status_code == 200
    salesforce.later(3 * 86_400)
    salesforce.sign_in()
    assert error_of(salesforce.session.get(salesforce.url + urls[2], timeout=20)) == (400, "INVALID_QUERY_LOCATOR")


def test_the_seeded_people_are_leads_contacts_of_accounts_and_private_contacts(peopled: SalesforceClient) -> None:
    def count(kind: str, where: str) -> int:
        return int(peopled.ask(f"SELECT COUNT() FROM {kind} WHERE {where}")["totalSize"])

    leads, contacts = count("Lead", "LastName != null"), count("Contact", "LastName != null")
    assert leads + contacts == 60
    names = {row["Name"] for kind in ("Lead", "Contact") for row in peopled.rows(f"SELECT Name FROM {kind}")}
    assert names == {f"{one.first_name} {one.last_name}" for one in population(1, 60).persons}
    assert count("Lead", "Company = '[[Unknown]]'") > 0
    assert 0 < count("Contact", "AccountId = null") < contacts
    assert count("Contact", "Owner.Email LIKE 's%@corp.example.com'") > 0


def test_a_private_contact_of_somebody_else_is_not_there_for_a_narrow_user(peopled: SalesforceClient) -> None:
    (private, *_) = peopled.rows("SELECT Id FROM Contact WHERE AccountId = null")
    peopled.people("PUT", "settings", {"sees_private": False})
    assert peopled.rows("SELECT Id FROM Contact WHERE AccountId = null") == []
    assert peopled.call("GET", f"/sobjects/Contact/{private['Id']}").status_code == 404


def test_reads_may_be_stale_while_writes_have_landed(salesforce: SalesforceClient) -> None:
    old = salesforce.lead("Old", Email="old@x.test")
    salesforce.later(100)
    salesforce.people("PUT", "settings", {"stale_reads_s": 60})
    salesforce.call("PATCH", f"/sobjects/Lead/{old}", {"Email": "new@x.test"})
    new = salesforce.lead("New")
    assert names(salesforce, "ORDER BY LastName") == ["Old"]
    assert names(salesforce, "WHERE Email = 'old@x.test'") == ["Old"]
    assert names(salesforce, "WHERE Email = 'new@x.test'") == []
    assert salesforce.call("GET", f"/sobjects/Lead/{new}").status_code == 404
    salesforce.later(200)
    assert names(salesforce, "ORDER BY LastName") == ["New", "Old"]
    assert names(salesforce, "WHERE Email = 'new@x.test'") == ["Old"]


def test_cursors_that_were_ended_under_way_are_invalid_locators(salesforce: SalesforceClient) -> None:
    salesforce.people("PUT", "settings", {"min_page": 1, "max_page": 1})
    for name in ("Ode", "Hymn"):
        salesforce.lead(name)
    following = salesforce.ask("SELECT Id FROM Lead")["nextRecordsUrl"]
    salesforce.people("DELETE", "cursors")
    reply = salesforce.session.get(f"{salesforce.url}{following}", timeout=20)
    assert error_of(reply) == (400, "INVALID_QUERY_LOCATOR")
