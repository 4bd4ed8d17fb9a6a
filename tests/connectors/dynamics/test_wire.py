"""Rows to records, metadata to fields, queries to URLs, batches to bodies and back: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepstep.connectors.calls import Reply
from keepstep.connectors.dynamics import multipart, odata, stamps, wire
from keepstep.connectors.dynamics.fields import Column, Told, columns_of
from keepstep.connectors.dynamics.metadata import catalog_of, choices_of, with_lengths
from keepstep.connectors.dynamics.multipart import Part
from keepstep.core.model import FieldType, Status
from tests.connectors.dynamics.organization import FORMATTED, lead, metadata, row_id

LOGICAL = "Microsoft.Dynamics.CRM.lookuplogicalname"
COMPANY = Column("parentcustomerid", "_parentcustomerid_value", FieldType.REFERENCE, Told.LOOKUP)
COMPANY_NAME = Column("parentcustomerid.name", "_parentcustomerid_value", FieldType.TEXT, Told.NAME)
SOURCE = Column("leadsourcecode", "leadsourcecode", FieldType.TEXT, Told.CHOICE)


def lead_record(*columns: Column, **row: Any) -> Any:
    return wire.record_of("lead", lead(1, **row), columns, "donotbulkemail")


def contact_record(*columns: Column, **row: Any) -> Any:
    return wire.record_of("contact", {"contactid": row_id(1), **row}, columns, "donotbulkemail")


# -- records -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("object", "state", "status"),
    [
        ("lead", 0, Status.ACTIVE),
        ("lead", 1, Status.CONVERTED),
        ("lead", 2, Status.DISQUALIFIED),
        ("contact", 0, Status.ACTIVE),
        ("contact", 1, Status.INACTIVE),
        ("account", 1, Status.INACTIVE),
        ("lead", None, Status.ACTIVE),
    ],
)
def test_a_state_is_told_as_a_status(object: str, state: int | None, status: Status) -> None:
    row = {"leadid": row_id(1), "contactid": row_id(1), "accountid": row_id(1), "statecode": state}
    assert wire.record_of(object, row, (), None).status is status


def test_a_converted_lead_tells_its_contact_and_its_account() -> None:
    record = lead_record(statecode=1, _parentcontactid_value=row_id(7), _parentaccountid_value=row_id(8))
    assert record.converted_to == ("contact", row_id(7))
    assert record.fields == {"parentcontactid": row_id(7), "parentaccountid": row_id(8)}


def test_a_lead_that_was_qualified_by_hand_has_no_contact() -> None:
    record = lead_record(statecode=1)
    assert (record.status, record.converted_to) == (Status.CONVERTED, None)


def test_an_open_lead_of_a_known_contact_is_not_converted() -> None:
    record = lead_record(_parentcontactid_value=row_id(7))
    assert (record.status, record.converted_to) == (Status.ACTIVE, None)


@pytest.mark.parametrize(("value", "told"), [(True, True), (False, False), (None, False)])
def test_an_opt_out_is_told_of_people(value: bool | None, told: bool) -> None:
    assert lead_record(donotbulkemail=value).opted_out is told
    assert wire.record_of("lead", lead(1, donotbulkemail=value), (), None).opted_out is False


def test_owner_stamp_and_address_are_told_beside_the_fields() -> None:
    record = lead_record()
    assert (record.owner, record.email) == (row_id(900), "p1@a.test")
    assert record.modified == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_a_choice_is_told_by_its_label_and_never_by_its_number() -> None:
    assert lead_record(SOURCE, leadsourcecode=8, **{f"leadsourcecode@{FORMATTED}": "Web"}).fields == {
        "leadsourcecode": "Web"
    }
    assert lead_record(SOURCE, leadsourcecode=8).fields == {"leadsourcecode": None}
    assert lead_record(SOURCE, leadsourcecode=None).fields == {"leadsourcecode": None}


def test_a_company_is_told_by_its_id_and_its_name() -> None:
    row = {"_parentcustomerid_value": row_id(5), f"_parentcustomerid_value@{FORMATTED}": "Acme"}
    expected = {"parentcustomerid": row_id(5), "parentcustomerid.name": "Acme"}
    assert contact_record(COMPANY, COMPANY_NAME, **row).fields == expected
    named = {**row, f"_parentcustomerid_value@{LOGICAL}": "account"}
    assert contact_record(COMPANY, COMPANY_NAME, **named).fields == expected


def test_a_contact_that_belongs_to_a_contact_has_no_company() -> None:
    row = {"_parentcustomerid_value": row_id(5), f"_parentcustomerid_value@{FORMATTED}": "Ann Ode"}
    fields = contact_record(COMPANY, COMPANY_NAME, **row, **{f"_parentcustomerid_value@{LOGICAL}": "contact"}).fields
    assert fields == {"parentcustomerid": None, "parentcustomerid.name": None}


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (FieldType.NUMBER, 42.0, 42),
        (FieldType.NUMBER, 4.5, 4.5),
        (FieldType.BOOLEAN, False, False),
        (FieldType.TEXT, "", None),
        (FieldType.TEXT, {"a": 1}, None),
        (FieldType.DATETIME, "2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        (FieldType.DATETIME, "2026-03-01", "2026-03-01"),
    ],
)
def test_values_are_told_in_their_type(kind: FieldType, value: Any, told: Any) -> None:
    assert lead_record(Column("x", "x", kind), x=value).fields == {"x": told}


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (row_id(1), row_id(1)),
        ("{00000000-0000-4000-8000-00000000000A}", "00000000-0000-4000-8000-00000000000a"),
        ("00000000000040008000000000000001", row_id(1)),
        ("1", None),
        ("", None),
        ("Ann", None),
        (f"urn:uuid:{row_id(1)}", None),
    ],
)
def test_an_id_is_a_guid_in_small_letters(text: str, id: str | None) -> None:
    assert wire.id_of(text) == id


# -- metadata ----------------------------------------------------------------------------------------------------------


def test_the_metadata_says_what_a_column_holds_and_whether_it_is_written() -> None:
    catalog = with_lengths(catalog_of("lead", {"value": metadata("")}), {"value": metadata("StringAttributeMetadata")})
    fields = {name: one.field for name, one in catalog.items()}
    assert (fields["emailaddress1"].type, fields["emailaddress1"].max_length) == (FieldType.EMAIL, 50)
    assert (fields["new_score"].type, fields["new_score"].max_length) == (FieldType.NUMBER, None)
    assert fields["donotbulkemail"].type is FieldType.BOOLEAN
    assert (fields["leadsourcecode"].type, fields["leadsourcecode"].writable) == (FieldType.TEXT, True)
    assert fields["jobtitle"].label == "Jobtitle"
    assert [name for name in ("statecode", "masterid", "leadid", "ownerid.name") if fields[name].writable] == []
    assert fields["ownerid"].writable
    assert "leadsourcecodename" not in fields


def test_accounts_and_users_are_not_written() -> None:
    for object in ("account", "user"):
        assert not any(one.field.writable for one in catalog_of(object, {"value": metadata("")}).values())


@pytest.mark.parametrize("body", [None, {}, {"value": None}, {"value": ["x", {"LogicalName": "bad name"}]}])
def test_odd_metadata_describes_nothing(body: Any) -> None:
    assert catalog_of("lead", body) == {}
    assert with_lengths({}, body) == {}
    assert {name for name, labels in choices_of(body).items() if labels} == set()


def test_the_users_own_label_wins_where_two_languages_share_a_word() -> None:
    def option(value: int, own: str, other: str) -> Any:
        labels = [{"Label": own}, {"Label": other}]
        return {"Value": value, "Label": {"UserLocalizedLabel": labels[0], "LocalizedLabels": labels}}

    for options in ([option(1, "Gift", "x"), option(2, "y", "Gift")], [option(2, "y", "Gift"), option(1, "Gift", "x")]):
        told: Any = {"OptionSet": None, "GlobalOptionSet": {"Options": options}}
        assert choices_of({"value": [{"LogicalName": "c", **told}]}) == {"c": {"gift": 1, "x": 1, "y": 2}}


def test_a_lookup_is_read_by_its_own_property_and_its_name_by_the_same() -> None:
    catalog = catalog_of("contact", {"value": metadata("")})
    assert columns_of("contact", ["parentcustomerid", "parentcustomerid.name"], catalog) == (COMPANY, COMPANY_NAME)


# -- queries -----------------------------------------------------------------------------------------------------------


def test_a_literal_has_its_quotes_doubled() -> None:
    assert odata.quoted("O'Brien") == "'O''Brien'"


@given(st.lists(st.text(min_size=1, max_size=60), max_size=30))
def test_nothing_that_is_asked_for_gets_out_of_its_literal(texts: list[str]) -> None:
    for path in odata.lookups("/d", "leads", ("leadid",), "x", [odata.quoted(text) for text in texts]):
        assert not set(path) & set('#+"<>\\ \n')
        assert path.count("&") == 1
        assert path.isascii()


def test_a_stamp_is_rounded_down_and_told_in_utc() -> None:
    stamp = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert stamps.literal(stamp) == "2026-03-01T10:00:00Z"
    assert stamps.moment("Ann") is None


@pytest.mark.parametrize(
    ("link", "path"),
    [
        (
            "https://o.test/api/data/v9.2/leads?$deltatoken=1009%2101%2f02",
            "/api/data/v9.2/leads?$deltatoken=1009%2101%2f02",
        ),
        (
            "https://o.test/api/data/v9.2/leads?$skiptoken=%3Ccookie%20p=%2522",
            "/api/data/v9.2/leads?$skiptoken=%3Ccookie%20p=%2522",
        ),
        ("https://o.test/api/data/v9.1/leads", None),
        ("https://o.test/", None),
        (None, None),
        (5, None),
    ],
)
def test_a_link_is_kept_as_it_is_without_its_host(link: Any, path: str | None) -> None:
    assert odata.path_of(link, "/api/data/v9.2") == path


# -- batches -----------------------------------------------------------------------------------------------------------


def batch(body: bytes, kind: str = "multipart/mixed; boundary=b_9") -> list[tuple[int, Any]]:
    reply = Reply(200, {"Content-Type": kind}, body, None)
    return [(one.status, one.json) for one in multipart.replies_of(reply)]


PART = b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
NO_CONTENT = PART + b"HTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\n\r\n\r\n"
ERROR = PART + b'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n{"error":{"code":"0x80040217"}}\r\n'


def test_a_batch_has_the_lines_that_the_documents_show() -> None:
    kind, body = multipart.body_of([Part("PATCH", "/api/data/v9.2/leads(1)", {"a": 1}, {"If-Match": "*"})])
    boundary = kind.partition("boundary=")[2]
    assert body.decode() == (
        f"--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        "PATCH /api/data/v9.2/leads(1) HTTP/1.1\r\nContent-Type: application/json; type=entry\r\n"
        f'Accept: application/json\r\nIf-Match: *\r\n\r\n{{"a":1}}\r\n--{boundary}--\r\n'
    )


def test_parts_are_told_in_their_order() -> None:
    body = b"--b_9\r\n" + NO_CONTENT + b"--b_9\r\n" + ERROR + b"--b_9\r\n" + NO_CONTENT + b"--b_9--\r\n"
    expected = [(204, None), (404, {"error": {"code": "0x80040217"}}), (204, None)]
    assert batch(body) == expected
    assert batch(body, 'multipart/mixed; charset=x; Boundary="b_9"') == expected
    assert batch(body.replace(b"\r\n", b"\n")) == expected
    assert batch(b"preamble\r\n" + body + b"epilogue") == expected


@pytest.mark.parametrize("broken", [b"--b_9\r\nnothing", b"--b_9\r\n" + PART, b"--b_9\r\n" + PART + b"Ann"])
def test_after_a_part_that_can_not_be_read_none_is_taken_for_another(broken: bytes) -> None:
    good = b"--b_9\r\n" + NO_CONTENT
    assert batch(good + broken + b"\r\n" + good + b"--b_9--") == [(204, None)]


def test_an_answer_without_a_boundary_has_no_parts() -> None:
    assert batch(NO_CONTENT, "application/json") == []


@given(st.text(max_size=200))
def test_no_value_can_end_its_part(value: str) -> None:
    value = value.encode("utf-8", "replace").decode()
    kind, body = multipart.body_of([Part("PATCH", "/x", {"v": value}), Part("DELETE", "/y")])
    assert body.count(kind.partition("boundary=")[2].encode()) == 3
