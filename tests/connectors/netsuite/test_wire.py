"""Rows to records and writes to bodies, in literal cases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepstep.connectors.base import FieldInfo
from keepstep.connectors.netsuite import wire
from keepstep.connectors.netsuite.fields import Column, catalog_of, columns_of
from keepstep.connectors.netsuite.values import Row
from keepstep.connectors.netsuite.zone import AccountZone
from keepstep.core.errors import SettingsError
from keepstep.core.model import Deletion, FieldType, Kind, OperationId, Record, Status, Value, Write

UTC_ZONE = AccountZone()
CATALOG_BODY: Any = {
    "type": "object",
    "properties": {
        "id": {"title": "Internal ID", "type": "string", "readOnly": True},
        "links": {"type": "array", "items": {}},
        "email": {"title": "Email", "type": "string", "format": "email", "maxLength": 254},
        "firstName": {"title": "First Name", "type": "string", "maxLength": 32},
        "isInactive": {"type": "boolean"},
        "dateCreated": {"type": "string", "format": "date-time", "readOnly": True},
        "custentity_born": {"type": "string", "format": "date"},
        "custentity_act_on_score": {"title": "Act-On score", "type": "integer"},
        "company": {"$ref": "/services/rest/record/v1/metadata-catalog/customer"},
        "contactSource": {"type": "object", "properties": {"id": {}, "refName": {}, "links": {}}},
        "addressBook": {"type": "object", "properties": {"items": {"type": "array"}, "links": {}}},
    },
}
CONTACT = catalog_of("contact", CATALOG_BODY)


def columns(*names: str) -> tuple[Column, ...]:
    return columns_of("contact", names, CONTACT)


def record(row: dict[str, Any], *names: str, opt_out: str | None = None) -> Record:
    told = {"id": "5", "isinactive": "F", "modified": "2026-03-01 10:00:00", **row}
    return wire.record_of("contact", told, columns(*names), UTC_ZONE, opt_out)


# -- rows --------------------------------------------------------------------------------------------------------------


def test_a_row_becomes_a_record_in_the_words_of_rest() -> None:
    row: Row = {
        "links": [],
        "id": "5",
        "externalid": "AON-7",
        "email": "Ann@A.test",
        "isinactive": "F",
        "customerid": "647",
        "stage": "Customer",
        "modified": "2026-03-01 10:00:00",
        "f0": "Ann@A.test",
        "f1": "Ann",
        "f2": "42",
        "f3": "Acme GmbH",
        "f3_shown": "647 Acme GmbH",
        "f4": "Trade show",
    }
    names = ("email", "firstName", "custentity_act_on_score", "company", "leadSource")

    assert wire.record_of("contact", row, columns(*names), UTC_ZONE, None) == Record(
        object="contact",
        id="5",
        fields={
            "email": "Ann@A.test",
            "firstName": "Ann",
            "custentity_act_on_score": 42,
            "company": "Acme GmbH",
            "leadSource": "Trade show",
        },
        email="Ann@A.test",
        status=Status.ACTIVE,
        modified=datetime(2026, 3, 1, 10, tzinfo=UTC),
        audiences=frozenset({"affiliated_with_customers"}),
        external_id="AON-7",
    )


def test_a_column_left_out_of_the_row_is_a_blank() -> None:
    assert record({}, "email", "firstName").fields == {"email": None, "firstName": None}
    assert record({}).email is None


@pytest.mark.behaviour("AO-1")
@pytest.mark.parametrize(
    ("row", "audience"),
    [
        ({"customerid": "1", "stage": "Customer"}, "affiliated_with_customers"),
        ({"customerid": "1", "stage": "Prospect"}, "affiliated_with_prospects"),
        ({"customerid": 1, "stage": "lead"}, "affiliated_with_leads"),
        ({}, "unaffiliated"),
        ({"customerid": None}, "unaffiliated"),
        ({"customerid": "1", "stage": "Something new"}, None),
    ],
)
def test_the_stage_of_the_company_says_in_which_list_a_contact_is(row: dict[str, Any], audience: str | None) -> None:
    assert record(row).audiences == ({audience} if audience else set())


@pytest.mark.behaviour("NS-1")
@pytest.mark.parametrize("inactive", ["T", True, "true"])
def test_an_inactive_contact_says_so_and_is_in_no_audience(inactive: Any) -> None:
    told = record({"isinactive": inactive, "customerid": "1", "stage": "Customer"})
    assert (told.status, told.audiences) == (Status.INACTIVE, frozenset())


def test_a_company_that_is_no_customer_is_told_as_netsuite_shows_it() -> None:
    assert record({"f0_shown": "Paper Vendor Ltd"}, "company").fields == {"company": "Paper Vendor Ltd"}


@pytest.mark.parametrize(
    ("told", "value"),
    [("42", 42), (42, 42), ("4.5", 4.5), ("-3", -3), ("n/a", "n/a"), (None, None), ("", None), ("1e3", 1000.0)],
)
def test_numbers_come_as_text_or_numbers(told: Any, value: Value) -> None:
    assert record({"f0": told}, "custentity_act_on_score").fields == {"custentity_act_on_score": value}


@pytest.mark.parametrize(("told", "value"), [("T", True), ("F", False), (True, True), (None, None)])
def test_check_boxes_come_as_t_and_f(told: Any, value: Value) -> None:
    assert record({"f0": told}, "isInactive").fields == {"isInactive": value}


def test_stamps_are_told_in_utc() -> None:
    row = {"id": "5", "f0": "2026-07-01 02:00:00", "modified": "2026-07-01 02:00:00"}
    told = wire.record_of("contact", row, columns("dateCreated"), AccountZone(name="America/Los_Angeles"), None)
    assert told.fields == {"dateCreated": "2026-07-01T09:00:00+00:00"}
    assert told.modified == datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "opted_out"),
    [("T", True), ("F", False), (None, False), ("Confirmed Opt-Out", True), ("Soft Opt-In", False)],
)
def test_the_field_that_means_do_not_contact_is_told_apart(value: Any, opted_out: bool) -> None:
    assert record({"f1": value}, "email", "custentity_no_mail", opt_out="custentity_no_mail").opted_out is opted_out


def test_a_deleted_record_is_told_with_its_time() -> None:
    row = {"recordid": "12", "deleted": "2026-03-01 10:00:00"}
    assert wire.deletion_of("contact", row, UTC_ZONE) == Deletion("contact", "12", datetime(2026, 3, 1, 10, tzinfo=UTC))


@pytest.mark.parametrize("body", [None, [], {}, {"items": {}}, {"items": [1], "hasMore": False}, {"items": []}])
def test_what_is_not_a_page_is_not_taken_for_an_empty_one(body: Any) -> None:
    assert wire.rows_of(body) is None


def test_a_page_that_tells_rows_again_tells_them_once() -> None:
    rows: list[Row] = [{"id": "3"}, {"id": "5"}, {"id": 4}, {"id": "5"}, {"id": "10"}, {"links": []}]
    assert [row["id"] for row in wire.after(rows, 3)] == [4, "5", "10"]


@given(st.lists(st.integers(0, 50)), st.integers(0, 50))
def test_a_keyset_page_only_ever_moves_on(ids: list[int], last: int) -> None:
    told = [int(str(row["id"])) for row in wire.after([{"id": str(n)} for n in ids], last)]
    assert told == sorted({n for n in ids if n > last})


@pytest.mark.parametrize(
    ("rows", "stage", "found"),
    [
        ([{"id": "13", "name": "CUSTOMER-Closed Won"}, {"id": "6", "name": "LEAD-Unqualified"}], "lead", "6"),
        ([{"key": "7", "name": "Qualified", "entitytype": "LEAD"}], "lead", "7"),
        ([{"id": "9", "stage": "Lead"}, {"id": "8", "stage": "Lead"}], "lead", "8"),
        ([{"id": "6", "name": "LEAD-Old", "inactive": "T"}, {"id": "7", "name": "LEAD-New"}], "lead", "7"),
        ([{"id": "13", "name": "CUSTOMER-Closed Won"}], "prospect", None),
    ],
)
def test_the_first_active_status_of_a_stage_stands_for_it(rows: list[Row], stage: str, found: str | None) -> None:
    assert wire.status_of_stage(rows, stage) == found


# -- the catalog -------------------------------------------------------------------------------------------------------


def test_the_catalog_tells_types_lengths_and_what_can_be_written() -> None:
    assert CONTACT["email"] == FieldInfo("email", FieldType.EMAIL, "Email", writable=True, max_length=254)
    assert CONTACT["custentity_act_on_score"].type is FieldType.NUMBER
    assert {name: CONTACT[name].type for name in ("isInactive", "dateCreated", "custentity_born", "company")} == {
        "isInactive": FieldType.BOOLEAN,
        "dateCreated": FieldType.DATETIME,
        "custentity_born": FieldType.DATE,
        "company": FieldType.REFERENCE,
    }
    assert not CONTACT["dateCreated"].writable
    assert not CONTACT["id"].writable
    assert not {"links", "addressBook"} & set(CONTACT)


@pytest.mark.behaviour("AO-12")
def test_the_lead_source_of_a_contact_is_found_under_its_own_name_there() -> None:
    assert CONTACT["leadSource"].type is FieldType.REFERENCE
    assert columns("leadSource") == (Column("leadSource", "contactSource", FieldType.REFERENCE),)


def test_a_customer_has_a_stage_whatever_the_catalog_says() -> None:
    assert catalog_of("customer", {"properties": {}})["stage"].writable


def test_no_field_asked_for_means_the_usual_ones_and_every_custom_one() -> None:
    names = [column.name for column in columns()]
    assert names == ["email", "firstName", "company", "leadSource", "custentity_act_on_score", "custentity_born"]


@given(st.text().filter(lambda t: not t.isascii() or not t.replace("_", "").isalnum()))
def test_a_name_that_cannot_be_a_fields_is_refused(name: str) -> None:
    with pytest.raises(SettingsError):
        columns(name)


# -- writes ------------------------------------------------------------------------------------------------------------


def write(fields: dict[str, Value], object: str = "contact", kind: Kind = Kind.UPDATE) -> Write:
    return Write(OperationId("op"), kind, object, fields, record_id="5")


def test_an_update_holds_the_given_fields_and_none_clears() -> None:
    body = wire.body_of(write({"firstName": "Ann", "title": None, "custentity_act_on_score": 7}), {}, {})
    assert body == {"firstName": "Ann", "title": None, "custentity_act_on_score": 7}


def test_a_company_is_written_by_its_id() -> None:
    assert wire.body_of(write({"company": "647"}), {}, {}) == {"company": {"id": "647"}}
    assert wire.body_of(write({"company": None}), {}, {}) == {"company": None}
    with pytest.raises(wire.UnwritableError) as error:
        wire.body_of(write({"company": "Acme GmbH"}), {}, {})
    assert str(error.value) == "NOT_AN_ID: company"


def test_a_reference_is_written_by_id_under_netsuites_own_name() -> None:
    assert wire.body_of(write({"leadSource": "-4"}), CONTACT, {}) == {"contactSource": {"id": "-4"}}


def test_a_new_company_gets_the_status_of_its_stage_and_the_subsidiary() -> None:
    new = write({"companyName": "Acme", "stage": "lead", "phone": None}, "customer", Kind.CREATE)
    assert wire.new_body(new, {}, {"lead": "6"}, "1") == {
        "companyName": "Acme",
        "entityStatus": {"id": "6"},
        "isPerson": False,
        "subsidiary": {"id": "1"},
    }
    assert "subsidiary" not in wire.new_body(new, {}, {"lead": "6"}, None)


@pytest.mark.parametrize(("stage", "code"), [("gold", "NOT_A_STAGE"), ("prospect", "NO_STATUS_FOR_STAGE")])
def test_a_stage_without_a_status_is_not_guessed(stage: str, code: str) -> None:
    with pytest.raises(wire.UnwritableError, match=code):
        wire.body_of(write({"stage": stage}, "customer"), {}, {"lead": "6"})


@pytest.mark.parametrize(
    ("fields", "asks"),
    [
        ({"custentity_act_on_score": 7}, False),
        ({"email": "a@a.test", "company": "6", "firstName": "Ann"}, False),
        ({"leadSource": "4"}, True),
        ({"custentity_tier": "gold"}, True),
        ({"custentity_tier": None}, False),
    ],
)
def test_the_catalog_is_asked_for_only_where_a_text_may_be_a_reference(fields: dict[str, Value], asks: bool) -> None:
    assert wire.needs_catalog(write(fields)) is asks


@pytest.mark.parametrize("id", ["5/../6", "5?x", "", "abc", "5;", "\uff15"])
def test_an_id_that_is_none_gets_into_no_path(id: str) -> None:
    with pytest.raises(wire.UnwritableError):
        wire.record_path("contact", id)


@given(st.text(min_size=1))
def test_an_external_id_stays_one_part_of_the_path(external_id: str) -> None:
    path = wire.external_path("contact", external_id.encode("utf-8", "ignore").decode() or "x")
    assert path.startswith("/services/rest/record/v1/contact/eid:")
    assert path.count("/") == 6
    assert not set("?#& \n\r") & set(path)


@pytest.mark.parametrize(
    ("location", "id"),
    [
        ("https://1.suitetalk.api.netsuite.com/services/rest/record/v1/customer/647", "647"),
        ("/services/rest/record/v1/customer/647/", "647"),
        ("", None),
        ("/services/rest/record/v1/customer/eid:AON-7", None),
    ],
)
def test_the_new_id_stands_in_the_location(location: str, id: str | None) -> None:
    assert wire.id_in_location(location) == id


# -- leads and users ---------------------------------------------------------------------------------------------------

LEAD = catalog_of("customer", {"properties": {"salesRep": {"type": "object"}, "firstName": {"type": "string"}}})


def new(fields: dict[str, Value], object: str = "lead", unknown: str | None = "[[Unknown]]") -> dict[str, Any]:
    made = Write(OperationId("op"), Kind.CREATE, object, fields)
    return wire.new_body(made, LEAD, {"lead": "6", "customer": "13"}, None, unknown)


def test_a_new_lead_is_a_person_with_a_status_and_names() -> None:
    assert new({"email": "a@a.test", "firstName": "Ann", "salesRep": "3"}) == {
        "email": "a@a.test",
        "firstName": "Ann",
        "lastName": "[[Unknown]]",
        "salesRep": {"id": "3"},
        "isPerson": True,
        "entityStatus": {"id": "6"},
    }
    assert new({"stage": "customer"}, unknown=None) == {"entityStatus": {"id": "13"}, "isPerson": True}


@pytest.mark.parametrize(
    ("fields", "goes_by"),
    [
        ({"email": "a@a.test"}, "a@a.test"),
        ({"email": "a@a.test", "firstName": "", "lastName": None}, "a@a.test"),
        ({"email": f"{'x' * 90}@a.test"}, "x" * 83),
        ({"email": "a@a.test", "lastName": "Ode"}, None),
        ({"email": "a@a.test", "entityId": "Ann"}, "Ann"),
        ({"title": "Buyer"}, None),
    ],
)
def test_a_contact_without_a_name_goes_by_its_email(fields: dict[str, Value], goes_by: str | None) -> None:
    assert new(fields, "contact").get("entityId") == goes_by


def test_an_opt_out_is_a_status_that_a_user_may_set_and_a_status_may_be_named_too() -> None:
    def body(value: Value) -> Any:
        return wire.body_of(Write(OperationId("op"), Kind.UPDATE, "lead", {"globalSubscriptionStatus": value}), {}, {})

    catalog_body: Any = {"properties": {"globalSubscriptionStatus": {"type": "object"}}}
    named = Write(OperationId("op"), Kind.UPDATE, "contact", {"globalSubscriptionStatus": "4"})
    assert body(True) == {"globalSubscriptionStatus": {"id": "2"}}
    assert body(False) == {"globalSubscriptionStatus": {"id": "1"}}
    assert body(None) == {"globalSubscriptionStatus": None}
    assert wire.body_of(named, catalog_of("contact", catalog_body), {}) == {"globalSubscriptionStatus": {"id": "4"}}


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"firstname": "Sam", "lastname": "Seller", "entityid": "EMP7"}, "Sam Seller"),
        ({"lastname": "Seller"}, "Seller"),
        ({"entityid": "Sam Seller"}, "Sam Seller"),
        ({}, None),
    ],
)
def test_a_user_is_told_by_name(row: dict[str, Any], name: str | None) -> None:
    user = wire.record_of("user", {"id": "3", **row}, columns_of("user", (), {}), UTC_ZONE, None)
    assert user == Record("user", "3", {"email": None, "name": name})
