"""Files that come in: new lists, the five merge modes, jobs, refused rows."""

import json
from collections.abc import Sequence

import pytest

from keepstep_sandbox.act_on import Matches
from tests.sandbox.act_on.conftest import Start
from tests.sandbox.act_on.driver import COLUMNS, HEADINGS, Driver, csv_of, error, merge_specs, upload_specs

ANN, BO = ["Ann", "ann@example.test", "Web", "35"], ["Bo", "bo@example.test", "Web", ""]
ANNA, CY = ["Anna", "ANN@example.test", "", "40"], ["Cy", "cy@example.test", "", ""]
NO_COUNTS = {"appendCount": 0, "updateCount": 0, "failedCount": 0, "rejectedCount": 0}


def create(caller: Driver, rows: Sequence[Sequence[str]] | None = None, **fields: str) -> dict[str, str]:
    """Create a list, with a file if there are rows."""
    data = {
        "listname": "New",
        "uploadspecs": upload_specs(),
        "headings": "Y",
        "quotecharacter": "DOUBLE_QUOTE",
        **fields,
    }
    files = {"file": ("rows.csv", csv_of(rows), "text/csv")} if rows is not None else {"none": ("", "")}
    reply = caller.call("POST", "/list", data=data, files=files)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_a_list_without_a_file_is_there_at_once_and_empty(shared: Driver) -> None:
    made = create(shared, foldername="Ours")
    got = shared.get(f"/list/{made['listId']}")
    assert (got["headers"], got["totalCount"]) == (["_contact_id_", *HEADINGS], 0)
    listed = next(each for each in shared.get("/list")["result"] if each["id"] == made["listId"])
    assert (listed["name"], listed["folderName"]) == ("New", "Ours")


def test_a_list_with_a_file_comes_by_a_job_that_is_pending_then_running_then_done(shared: Driver) -> None:
    job = create(shared, [ANN, BO])["jobId"]
    polls = [shared.get(f"/list/{job}/status") for _ in range(3)]
    assert [poll["status"] for poll in polls] == ["The job is pending", "The job is running", "success"]
    assert "details" not in polls[1]
    details = polls[2]["details"]
    assert details == {**NO_COUNTS, "status": "ok", "listId": details["listId"], "appendCount": 2}
    assert json.loads(polls[2]["jobDetails"]) == details
    assert shared.rows(details["listId"]) == [ANN, BO]


@pytest.mark.parametrize("polls", [0, 5])
def test_the_number_of_polls_a_job_takes_is_a_setting(start: Start, polls: int) -> None:
    caller = start(job_polls=polls)
    job = create(caller, [ANN])["jobId"]
    unfinished = 0
    while caller.get(f"/list/{job}/status")["status"] != "success":
        unfinished += 1
    assert unfinished == polls


def test_a_job_that_nobody_polls_lands_all_the_same(start: Start) -> None:
    caller = start(job_seconds=0.0)
    list_id = caller.make_list([ANN])
    caller.merge(list_id, "UPSERT", [BO])
    assert caller.get(f"/list/{list_id}")["totalCount"] == 2


def test_an_unknown_and_an_aged_job_are_10017(start: Start) -> None:
    caller = start(job_polls=0, job_life_s=0.0)
    assert error(caller.call("GET", "/list/4711/status")) == (400, 10017)
    assert error(caller.call("GET", f"/list/{create(caller, [ANN])['jobId']}/status")) == (400, 10017)


@pytest.mark.parametrize(
    ("mode", "uploaded", "after", "counts"),
    [
        ("APPEND", [ANNA, CY], [ANN, BO, ANNA, CY], (2, 0)),
        ("APPEND_NO_DUPLICATES", [ANNA, CY, CY], [ANN, BO, CY], (1, 0)),
        ("UPSERT", [ANNA, CY], [["Anna", "ANN@example.test", "Web", "40"], BO, CY], (1, 1)),
        ("UPDATE_ONLY", [ANNA, CY], [["Anna", "ANN@example.test", "Web", "40"], BO], (0, 1)),
        ("REPLACE", [ANNA, CY], [ANNA, CY], (1, 1)),
    ],
)
def test_each_merge_mode_does_what_it_says(
    shared: Driver, mode: str, uploaded: list[list[str]], after: list[list[str]], counts: tuple[int, int]
) -> None:
    list_id = shared.make_list([ANN, BO])
    details = shared.done(shared.merge(list_id, mode, uploaded))
    assert shared.rows(list_id) == after
    assert (details["appendCount"], details["updateCount"]) == counts


def test_replace_keeps_the_ids_of_the_rows_that_stay(shared: Driver) -> None:
    list_id = shared.make_list([ANN, BO])
    shared.done(shared.merge(list_id, "REPLACE", [BO, CY]))
    assert [row[0] for row in shared.get(f"/list/{list_id}")["data"]] == [f"{list_id}:1", f"{list_id}:2"]


def test_blanks_overwrite_only_where_putEmptyValues_is_Y(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    blank = ["Ann", "ann@example.test", "", ""]
    shared.done(shared.merge(list_id, "UPSERT", [blank]))
    assert shared.rows(list_id) == [ANN]
    shared.done(shared.merge(list_id, "UPSERT", [blank], putEmptyValues="Y"))
    assert shared.rows(list_id) == [blank]


def test_an_upload_may_merge_by_another_column_than_the_email(shared: Driver) -> None:
    list_id = shared.make_list([ANN, BO])
    moved = ["Bo", "new@example.test", "", ""]
    specs = merge_specs(list_id, "UPSERT", mergeKeyHeading="First Name")
    shared.done(shared.merge(list_id, "UPSERT", [moved], mergespecs=specs))
    assert shared.rows(list_id) == [ANN, ["Bo", "new@example.test", "Web", ""]]


def test_which_of_several_rows_with_the_key_an_upload_updates_is_a_setting(start: Start) -> None:
    for matches, sources in ((Matches.FIRST, ["Fair", "Web"]), (Matches.ALL, ["Fair", "Fair"])):
        caller = start(merge_matches=matches)
        list_id = caller.make_list([ANN, ANN])
        details = caller.done(caller.merge(list_id, "UPSERT", [["Ann", "ann@example.test", "Fair", ""]]))
        assert [row[2] for row in caller.rows(list_id)] == sources
        assert details["updateCount"] == 1


def test_the_columns_must_be_the_lists_own_in_its_order(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    fewer, more = COLUMNS[:3], [*COLUMNS, ("Nose", None)]
    turned = [COLUMNS[1], COLUMNS[0], *COLUMNS[2:]]
    renamed = [("First name", "FIRSTNAME"), *COLUMNS[1:]]
    assert error(shared.merge(list_id, "UPSERT", [ANN], uploadspecs=upload_specs(fewer))) == (400, 10088)
    assert error(shared.merge(list_id, "UPSERT", [ANN], uploadspecs=upload_specs(more))) == (400, "10010")
    assert error(shared.merge(list_id, "UPSERT", [ANN], uploadspecs=upload_specs(renamed))) == (400, 10088)
    assert shared.merge(list_id, "UPSERT", [ANN], uploadspecs=upload_specs(turned)).status_code == 400


def test_ignored_columns_of_a_file_are_left_out(shared: Driver) -> None:
    list_id = shared.make_list()
    specs = json.loads(upload_specs([*COLUMNS, ("Nose", None)]))
    specs[-1]["ignoreColumn"] = "Y"
    rows = csv_of([[*ANN, "long"]], [*HEADINGS, "Nose"])
    data = {"uploadspecs": json.dumps(specs), "mergespecs": merge_specs(list_id, "APPEND")}
    shared.done(shared.call("PUT", f"/list/{list_id}", data=data, files={"file": ("rows.csv", rows)}))
    assert shared.rows(list_id) == [ANN]


def test_a_merge_names_what_is_missing(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    data = {"uploadspecs": upload_specs(), "mergespecs": merge_specs(list_id, "UPSERT")}
    assert error(shared.call("PUT", f"/list/{list_id}", data=data)) == (400, 10003)
    assert error(shared.merge("l-ffff", "UPSERT", [ANN])) == (400, 10004)
    assert error(shared.merge(list_id, "UPSERT", [ANN], mergespecs=merge_specs("l-ffff", "UPSERT"))) == (400, 10025)
    assert error(shared.merge(list_id, "UPSERT", [ANN], mergespecs="")) == (422, 10121)
    nose = merge_specs(list_id, "UPSERT", mergeKeyHeading="Nose")
    assert error(shared.merge(list_id, "UPSERT", [ANN], mergespecs=nose)) == (400, 10088)
    assert shared.merge(list_id, "MAYBE", [ANN]).status_code == 400
    mapped = json.dumps([{"dstListId": list_id, "mergeMode": "UPSERT"}])
    assert shared.merge(list_id, "UPSERT", [ANN], mergespecs=mapped).status_code == 400


def test_upload_specs_need_the_email_column_and_right_types(shared: Driver) -> None:
    wrong: list[list[tuple[str, str | None]]] = [
        [("First Name", "FIRSTNAME")],
        [("Mail", "EMAIL"), ("Name", "FRISTNAME")],
    ]
    for columns in wrong:
        reply = shared.call("POST", "/list", data={"listname": "New", "uploadspecs": upload_specs(columns)})
        assert reply.status_code == 400
    assert reply.json()["message"] == "Upload specs contain an invalid column type value."
    assert error(shared.call("POST", "/list", data={"uploadspecs": upload_specs()})) == (422, 10121)


def test_a_file_that_is_no_text_by_its_name_is_refused_with_10085(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    data = {"uploadspecs": upload_specs(), "mergespecs": merge_specs(list_id, "UPSERT")}
    reply = shared.call("PUT", f"/list/{list_id}", data=data, files={"file": ("rows.xlsx", b"PK")})
    assert error(reply) == (403, 10085)


def test_a_file_over_the_limit_is_413(start: Start) -> None:
    caller = start(max_upload_bytes=10)
    assert caller.merge(caller.make_list(), "APPEND", [ANN]).status_code == 413


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Ann;ann@example.test;Web;35\n", {"headings": "N", "fieldseparator": "SEMI"}),
        ("Ann\tann@example.test\tWeb\t35\n", {"headings": "N"}),
        ("'Ann','ann@example.test','Web','35'\r\n", {"headings": "N", "quotecharacter": "SINGLE_QUOTE"}),
    ],
)
def test_separators_quotes_and_headings_are_read_as_told(shared: Driver, text: str, fields: dict[str, str]) -> None:
    list_id = shared.make_list()
    data = {"uploadspecs": upload_specs(), "mergespecs": merge_specs(list_id, "APPEND"), **fields}
    shared.done(shared.call("PUT", f"/list/{list_id}", data=data, files={"file": ("rows.txt", text)}))
    assert shared.rows(list_id) == [ANN]


def test_refused_rows_are_counted_and_their_file_says_why(start: Start) -> None:
    caller = start()
    list_id = caller.make_list([ANN])
    caller.people("POST", "/refusals", {"email": "bo@example.test", "reason": "Blocked domain"})
    rows = [ANNA, BO, ["Di", "", "", ""], ["Ed", "no address", "", ""]]
    details = caller.done(caller.merge(list_id, "UPSERT", rows))
    assert (details["updateCount"], details["appendCount"], details["rejectedCount"]) == (1, 0, 3)
    params = {"filename": details["rejectedFileName"]}
    refused = caller.call("GET", "/list/rejectedUploadRecords", params=params).text.splitlines()
    assert refused == [
        ",".join([*HEADINGS, "Reason"]),
        "Bo,bo@example.test,Web,,Blocked domain",
        "Di,,,,Missing email address",
        "Ed,no address,,,Invalid email address",
    ]
    assert error(caller.call("GET", "/list/rejectedUploadRecords", params={"filename": "x.csv"})) == (400, 10054)


def test_a_job_whose_list_was_deleted_meanwhile_ends_in_an_error(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    job = shared.merge(list_id, "UPSERT", [BO])
    shared.call("DELETE", f"/list/{list_id}")
    assert shared.done(job)["status"] == "error"


def test_an_update_that_changes_nothing_moves_the_stamp_only_where_the_setting_says_so(start: Start) -> None:
    for touches in (True, False):
        caller = start(touch_unchanged=touches)
        list_id = caller.make_list([ANN])
        before = int(caller.get(f"/list/{list_id}", datequalifiers="true")["data"][0][-1])
        caller.done(caller.merge(list_id, "UPSERT", [ANN]))
        assert caller.get(f"/list/{list_id}", modafter=before)["totalCount"] == int(touches)
