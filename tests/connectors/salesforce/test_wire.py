"""Rows to records and back: types, blanks, ids, conversions, and JSON and CSV that mean the same."""

from __future__ import annotations

from typing import Any

import pytest

from keepstep.connectors.base import FieldInfo, Json
from keepstep.connectors.salesforce import ClientCredentials, SalesforceSettings, limits, wire
from keepstep.connectors.salesforce.fields import Column, catalog_of, columns_of
from keepstep.core.errors import SettingsError
from keepstep.core.model import FieldType, Kind, OperationId, Status, Write
from tests.connectors.salesforce.org import cell, describe, lead, lead_id

AUTH = ClientCredentials("id", "secret")
SETTINGS = SalesforceSettings(AUTH, "https://acme.my.salesforce.com", external_id_field="Key__c")
NO_MARKER = SalesforceSettings(AUTH, "https://acme.my.salesforce.com", unknown=None)
COLUMNS = (
    Column("Company", "Company"),
    Column("Score__c", "Score__c", FieldType.NUMBER),
    Column("Seen__c", "Seen__c", FieldType.DATETIME),
    Column("Vip__c", "Vip__c", FieldType.BOOLEAN),
)


def test_json_and_csv_tell_the_same_record() -> None:
    row = lead(1, Company="Acme", Score__c=42.0, Seen__c="2024-05-01T09:08:07.000+0000", Vip__c=True, Key__c="k1")
    row |= {"HasOptedOutOfEmail": True}
    from_json = wire.record_of("lead", row, COLUMNS, SETTINGS)
    assert from_json == wire.record_of("lead", {name: cell(value) for name, value in row.items()}, COLUMNS, SETTINGS)
    assert from_json.fields == {
        "Company": "Acme",
        "Score__c": 42,
        "Seen__c": "2024-05-01T09:08:07+00:00",
        "Vip__c": True,
    }
    assert (from_json.email, from_json.external_id, from_json.opted_out) == ("p1@a.test", "k1", True)
    assert (from_json.owner, from_json.status) == ("005000000000001AAA", Status.ACTIVE)


def test_a_converted_lead_tells_its_contact() -> None:
    row = lead(1, IsConverted=True, ConvertedContactId="003000000000001AAA", ConvertedAccountId="001000000000001AAA")
    record = wire.record_of("lead", row, (), SETTINGS)
    assert record.status is Status.CONVERTED
    assert record.fields["ConvertedContactId"] == "003000000000001AAA"


def test_the_unknown_company_is_a_blank_both_ways() -> None:
    assert wire.record_of("lead", lead(1, Company="[[Unknown]]"), COLUMNS, SETTINGS).fields["Company"] is None
    assert wire.record_of("lead", lead(1, Company="[[Unknown]]"), COLUMNS, NO_MARKER).fields["Company"] == "[[Unknown]]"
    new = Write(OperationId("op"), Kind.CREATE, "lead", {"Email": "a@a.test", "Company": None})
    assert wire.values_of(new, SETTINGS) == {"Company": "[[Unknown]]", "Email": "a@a.test", "LastName": "[[Unknown]]"}
    assert wire.values_of(new, NO_MARKER) == {"Email": "a@a.test"}


def test_only_fields_that_may_not_be_blank_have_a_marker() -> None:
    row = lead(1, Title="[[Unknown]]")
    assert wire.record_of("lead", row, (Column("Title", "Title"),), SETTINGS).fields == {"Title": "[[Unknown]]"}
    change = Write(OperationId("op"), Kind.UPDATE, "contact", {"Title": "", "LastName": None}, lead_id(1))
    assert wire.values_of(change, SETTINGS) == {"LastName": "[[Unknown]]", "Title": None}


def test_a_parents_field_is_found_nested_and_flat() -> None:
    columns = (Column("Owner.Email", "Owner.Email"),)
    for row in (lead(1, Owner={"Email": "o@a.test"}), lead(1, **{"Owner.Email": "o@a.test"})):
        assert wire.record_of("lead", row, columns, SETTINGS).fields == {"Owner.Email": "o@a.test"}
    assert wire.record_of("lead", lead(1, Owner=None), columns, SETTINGS).fields == {"Owner.Email": None}


def test_an_inactive_user_is_inactive() -> None:
    row: dict[str, Any] = {"Id": "005000000000001AAA", "Email": "u@a.test", "IsActive": False}
    assert wire.record_of("user", row, (), SETTINGS).status is Status.INACTIVE
    assert wire.record_of("user", {**row, "IsActive": "true"}, (), SETTINGS).status is Status.ACTIVE


@pytest.mark.parametrize(
    ("given", "long"),
    [
        ("001A0000006Vm9u", "001A0000006Vm9uIAC"),  # an id that Salesforce's own documents use
        ("001A0000006Vm9uIAC", "001A0000006Vm9uIAC"),
        ("00Q000000000001", "00Q000000000001EAA"),
        ("00Q1", None),
        ("00Q00000000000'", None),
        ("", None),
    ],
)
def test_an_id_has_one_form(given: str, long: str | None) -> None:
    assert wire.id_of(given) == long


@pytest.mark.parametrize("name", ["Id", "attributes", "Account.Name", "x'", ""])
def test_a_name_that_is_no_field_is_never_written(name: str) -> None:
    with pytest.raises(wire.UnwritableError, match="NOT_A_FIELD"):
        wire.body_of(Write(OperationId("op"), Kind.UPDATE, "lead", {name: "x"}, lead_id(1)), SETTINGS)


def test_describe_tells_types_lengths_and_what_can_be_written() -> None:
    body: Any = {"fields": [describe("Email", "email"), describe("Id", "id"), describe("Score__c", "double")]}
    body["fields"].append(describe("Address", "address"))
    fields = catalog_of("lead", body)
    assert set(fields) == {"Email", "Id", "Score__c"}
    assert (fields["Email"].type, fields["Email"].writable, fields["Email"].max_length) == (FieldType.EMAIL, True, 80)
    assert (fields["Score__c"].type, fields["Score__c"].max_length) == (FieldType.NUMBER, None)
    assert not fields["Id"].writable


def test_no_field_of_an_account_can_be_written() -> None:
    assert not catalog_of("account", {"fields": [describe("Name", "string")]})["Name"].writable


def test_describe_tells_the_names_of_what_a_person_refers_to_and_they_are_read_only() -> None:
    fields: list[Json] = [
        {"name": "AccountId", "type": "reference", "relationshipName": "Account", "referenceTo": ["Account"]},
        {"name": "Area__c", "type": "reference", "relationshipName": "Area__r", "referenceTo": ["Area__c"]},
        {"name": "CaseId", "type": "reference", "relationshipName": "Case", "referenceTo": ["Case"]},  # has no name
        {"name": "Old__c", "type": "reference", "relationshipName": None, "referenceTo": ["Account"]},
        {"name": "Email", "type": "email", "relationshipName": None, "referenceTo": []},
    ]
    catalog = catalog_of("contact", {"fields": fields})
    assert [name for name in catalog if "." in name] == ["Account.Name", "Area__r.Name"]
    assert catalog["Account.Name"] == FieldInfo("Account.Name", label="Account.Name", writable=False)


def test_a_field_is_asked_for_by_salesforces_own_spelling() -> None:
    catalog = catalog_of("lead", {"fields": [describe("LastName", "string"), describe("Score__c", "double")]})
    assert columns_of("lead", ["lastname"], catalog) == (Column("lastname", "LastName"),)
    assert [column.name for column in columns_of("lead", [], catalog)] == ["LastName", "Score__c"]


@pytest.mark.parametrize(
    ("header", "left"),
    [
        ("api-usage=18/5000", 4982),
        ("api-usage=18/5000; per-app-api-usage=17/250(appName=x)", 4982),
        ("per-app-api-usage=17/250(appName=x); api-usage=18/5000", 4982),
        ("api-usage=5001/5000", 0),
        ("per-app-api-usage=17/250(appName=x)", None),
        ("", None),
    ],
)
def test_the_header_tells_what_is_left_to_the_org(header: str, left: int | None) -> None:
    assert limits.left_in_header(header) == left


@pytest.mark.parametrize(
    "wrong",
    [
        {"login_url": "https://login.salesforce.com"},
        {"login_url": "https://acme.my.salesforce.com", "api_version": "v60"},
        {"login_url": "https://acme.my.salesforce.com", "api_version": "40.0"},
        {"login_url": "acme.my.salesforce.com"},
        {"login_url": "https://acme.my.salesforce.com", "page_size": 2001},
        {"login_url": "https://acme.my.salesforce.com", "external_id_field": "Key__c FROM Lead"},
        {"login_url": "https://acme.my.salesforce.com", "bulk_write_from": 0},
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"^Salesforce: "):
        SalesforceSettings(AUTH, **wrong)


def test_no_secret_shows_in_a_settings_text() -> None:
    assert "secret" not in repr(SETTINGS)
