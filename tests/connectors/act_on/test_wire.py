"""Act-On's replies as values: positional rows, refusals in five shapes, jobs, files."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from keepstep.connectors.act_on import uploads, wire
from keepstep.connectors.act_on.refusals import refusal, sign_in_refusal, what_to_do
from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, Reply

HEADERS = ["_contact_id_", "First Name", "E-mail Address", "Behavior Score"]


def reply(status: int, body: Json) -> Reply:
    return Reply(status, {}, b"" if body is None else orjson.dumps(body), body)


def test_a_page_is_read_by_its_own_headers_and_blanks_are_left_out() -> None:
    page = wire.grid(
        {
            "listId": "l-0001",
            "totalCount": 57,
            "emailColumn": 2,
            "headers": [*HEADERS, "created_date", "modified_date"],
            "data": [["l-0001:0", "Ann", "ann@example.test", "", "1772323200000", "1772323260000"]],
        }
    )

    [row] = page.rows
    assert page.head == wire.Head(("First Name", "E-mail Address", "Behavior Score"), "E-mail Address", 57)
    assert (row.id, row.email) == ("l-0001:0", "ann@example.test")
    assert row.fields == {"First Name": "Ann", "E-mail Address": "ann@example.test"}
    assert row.modified == datetime(2026, 3, 1, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"headers": HEADERS, "emailColumn": 2, "totalCount": "many", "data": []},
        {"headers": HEADERS, "emailColumn": 9, "totalCount": 1, "data": []},
        {"headers": ["E-mail Address"], "emailColumn": 0, "totalCount": 1, "data": []},
        {"headers": HEADERS, "emailColumn": 2, "totalCount": 1, "data": [["l-0001:0", "Ann"]]},
    ],
)
def test_a_page_of_another_shape_is_no_page(body: Json) -> None:
    with pytest.raises(wire.UnexpectedShape):
        wire.grid(body)


@pytest.mark.parametrize("values", [["l-1:0", "Ann", "a@b.test", "5"], ["Ann", "a@b.test", "5"]])
def test_a_single_row_comes_without_headings_with_or_without_its_id(values: list[Json]) -> None:
    row = wire.single(values, "l-1:0", HEADERS, "E-mail Address")

    assert (row.id, row.fields["First Name"], row.fields["Behavior Score"]) == ("l-1:0", "Ann", "5")


def test_a_row_that_was_looked_up_leaves_out_what_is_no_column() -> None:
    body: Json = {"contactID": "l-1:2", "First Name": "Jo", "E-mail Address": "jo@b.test", ".tz": "x", "Company": ""}

    row = wire.looked_up(body, "E-mail Address")

    assert row is not None
    assert (row.id, row.email, set(row.fields)) == ("l-1:2", "jo@b.test", {"First Name", "E-mail Address"})
    assert wire.looked_up({}, "E-mail Address") is None
    assert wire.looked_up(None, "E-mail Address") is None


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        (1772323200000, datetime(2026, 3, 1, tzinfo=UTC)),
        ("1772323200", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01 00:00:00 UTC", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T01:00:00+01:00", datetime(2026, 3, 1, tzinfo=UTC)),
        ("", None),
        (None, None),
        ("yesterday", None),
    ],
)
def test_stamps_are_read_in_every_form_that_was_seen(stamp: Json, moment: datetime | None) -> None:
    assert wire.moment(stamp) == moment


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "true"), (False, "false"), (35.0, "35"), (3.5, "3.5"), (7, "7"), ("x", "x")]
)
def test_values_are_written_as_text(value: str | float | None, text: str) -> None:
    assert wire.cell(value) == text


def test_every_documented_verb_is_an_activity_type_and_an_unknown_one_keeps_its_name() -> None:
    documented = [
        "s",
        "os",
        "E",
        "r",
        "d",
        "fv",
        "fs",
        "fu",
        "l",
        "sv",
        "b",
        "wr",
        "wa",
        "custom",
        "oi",
        "oo",
        "hb",
        "sb",
        "sp",
        "sto",
        "stp",
    ]
    told_by_act_on: list[Json] = [
        {"Verb": verb, "What": "x", "WhenMillis": n, "id": "q-1"} for n, verb in enumerate([*documented, "zz"])
    ]

    told = wire.activities({"activitylist": told_by_act_on}, "l-1:0", "ann@example.test", None)

    assert set(wire.ACTIVITY_TYPES) == set(documented)
    assert [r.fields["type"] for r in told] == [*(wire.ACTIVITY_TYPES[v] for v in documented), "zz"]
    assert len({r.id for r in told}) == len(told)


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "10003"),
        (400, "10004"),
        (400, "10008"),
        (400, "10010"),
        (400, "10012"),
        (400, "10013"),
        (400, "10017"),
        (400, "10025"),
        (400, "10030"),
        (404, "10030"),
        (400, "10054"),
        (403, "10085"),
        (400, "10088"),
        (400, "10089"),
        (422, "10121"),
        (400, "10160"),
    ],
)
@pytest.mark.parametrize("kind", [int, str])
def test_each_documented_error_code_refuses_one_call_and_says_what_to_do(
    status: int, code: str, kind: type[int] | type[str]
) -> None:
    verdict = refusal(reply(status, {"errorCode": kind(code), "message": "ann@example.test is wrong"}))

    assert verdict is not None
    assert (verdict.action, verdict.code) == (Action.ROW, code)
    assert what_to_do(code) != what_to_do("99999")


@pytest.mark.parametrize(
    ("status", "body", "action", "code"),
    [
        (401, {"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": ""}, Action.RENEW, "401"),
        (404, {"httpCode": "404", "httpMessage": "Not Found", "moreInformation": ""}, Action.USER, "404"),
        (403, {"errorCode": "PUBLIC_API_FEATURE_NOT_ENABLED"}, Action.USER, "PUBLIC_API_FEATURE_NOT_ENABLED"),
        (400, {"errors": ["CSV Column(s) was not found: x"]}, Action.ROW, "ERRORS"),
        (409, None, Action.ROW, "HTTP_409"),
        (400, {"errorName": "BAD_ADDRESS", "message": "x"}, Action.ROW, "BAD_ADDRESS"),
        (400, {"errorId": "e-1", "errorMessage": "x", "errorList": [], "status": 400}, Action.ROW, "e-1"),
        (400, {"errorCode": 19999, "message": "x"}, Action.ROW, "19999"),
        (429, None, Action.WAIT, "HTTP_429"),
        (503, None, Action.WAIT, "HTTP_503"),
        (500, {"errorCode": 10008}, Action.WAIT, "10008"),
    ],
)
def test_the_other_shapes_of_refusal_say_who_must_act(status: int, body: Json, action: Action, code: str) -> None:
    verdict = refusal(reply(status, body))

    assert verdict is not None
    assert (verdict.action, verdict.code) == (action, code)


def test_too_many_requests_mean_fewer_at_once() -> None:
    verdict = refusal(reply(429, None))

    assert verdict is not None
    assert verdict.crowded


def test_a_server_error_may_have_come_after_the_write() -> None:
    verdict = refusal(reply(500, None))

    assert verdict is not None
    assert verdict.may_have_landed


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": "access_denied", "error_description": "Unauthorized"}),
        (403, {"error": "invalid_grant", "error_description": "ann@example.test"}),
    ],
)
def test_a_refused_sign_in_is_never_tried_again(status: int, body: dict[str, Json]) -> None:
    verdict = sign_in_refusal(reply(status, body))

    assert verdict is not None
    assert (verdict.action, verdict.code) == (Action.ROW, body["error"])


def test_a_success_is_no_refusal() -> None:
    assert refusal(reply(200, {"status": "success"})) is None
    assert sign_in_refusal(reply(200, {"access_token": "x"})) is None


# -- uploads -----------------------------------------------------------------------------------------------------------


def test_a_file_has_the_lists_columns_in_their_order_and_blanks_where_a_row_is_silent() -> None:
    head = wire.Head(("First Name", "E-mail Address", "Score"), "E-mail Address", 2)

    _, content, _ = uploads.file_of(head, [{"E-mail Address": "a@b.test", "Score": 7.0}, {"First Name": 'A, "B"'}])

    assert content.decode() == 'First Name,E-mail Address,Score\r\n,a@b.test,7\r\n"A, ""B""",,\r\n'


def test_an_upload_merges_by_address_and_leaves_alone_what_is_blank() -> None:
    head = wire.Head(("First Name", "E-mail Address", "Score"), "E-mail Address", 2)

    form = uploads.merge_form("l-1", head, uploads.Mode.UPDATE_ONLY)

    assert form["putEmptyValues"] == "N"
    assert orjson.loads(form["mergespecs"]) == [
        {"dstListId": "l-1", "mergeMode": "UPDATE_ONLY", "columnMap": [], "mergeKeyHeading": "E-mail Address"}
    ]
    assert [spec.get("columnType") for spec in orjson.loads(form["uploadspecs"])] == ["FIRSTNAME", "EMAIL", None]


@pytest.mark.parametrize("sentence", ["The job is pending", "The job is running"])
def test_a_job_is_unfinished_as_long_as_it_tells_no_details(sentence: str) -> None:
    assert uploads.job({"status": sentence}) == uploads.Job(done=False)


@pytest.mark.parametrize("inside_a_string", [True, False])
def test_a_finished_jobs_details_are_read_from_the_object_or_from_the_string(inside_a_string: bool) -> None:
    details: dict[str, Json] = {
        "status": "ok",
        "listId": "l-1",
        "appendCount": 10,
        "updateCount": 2,
        "failedCount": 1,
        "rejectedCount": 2,
        "rejectedFileName": "r-7.csv",
    }
    body: Json = {"status": "success", "jobDetails": orjson.dumps(details).decode()}
    if not inside_a_string:
        body = {"status": "success", "details": details}

    assert uploads.job(body) == uploads.Job(True, 3, "r-7.csv", "l-1")


def test_refused_addresses_are_found_in_whatever_column_they_stand() -> None:
    content = b'reason,E-mail Address\r\n"no, thanks",Ann@B.test\r\nbad,bo@b.test\r\n'

    assert uploads.refused_addresses(content, frozenset({"ann@b.test", "cy@b.test"})) == {"ann@b.test"}
