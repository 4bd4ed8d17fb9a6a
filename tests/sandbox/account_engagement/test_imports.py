"""The Import API: states, limits, files, and what it does to prospects and lists."""

import csv
import io
from typing import Any

import pytest

from tests.sandbox.account_engagement.client import TIMEOUT_S, PardotClient, error_of

NEWSLETTER, SPRING, DYNAMIC = 401, 402, 403
DAY = 86_400
IMPORT = {"operation": "Upsert", "object": "Prospect"}
COUNTS = "status,createdCount,updatedCount,errorCount,errorRef"


def start(client: PardotClient, **body: object) -> dict[str, Any]:
    reply = client.call("POST", "/imports", {**IMPORT, **body})
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found


def upload(client: PardotClient, made: dict[str, Any], text: str, part: str = "file") -> Any:
    files = {part: ("batch.csv", text.encode(), "text/csv")}
    return client.session.post(made["batchesRef"], files=files, timeout=TIMEOUT_S)


def finish(client: PardotClient, made: dict[str, Any]) -> dict[str, Any]:
    reply = client.call("PATCH", f"/imports/{made['id']}", {"status": "Ready"})
    assert (reply.status_code, reply.json()["status"]) == (200, "Waiting")
    found = client.call("GET", f"/imports/{made['id']}?fields={COUNTS}").json()
    assert (found["status"], found["createdCount"], found["errorRef"]) == ("Processing", None, None)
    told: dict[str, Any] = client.call("GET", f"/imports/{made['id']}?fields={COUNTS}").json()
    assert told["status"] == "Complete"
    return told


def run(client: PardotClient, text: str, **body: object) -> tuple[int, int, int]:
    """Import a CSV; give how many were created, updated, refused."""
    made = start(client, **body)
    assert upload(client, made, text).status_code == 204
    told = finish(client, made)
    return told["createdCount"], told["updatedCount"], told["errorCount"]


def test_an_import_goes_from_open_to_complete(pardot: PardotClient) -> None:
    ana = pardot.prospect(firstName="Ana")
    made = start(pardot)
    expected = {"id": 1, "status": "Open", "isExpired": False, "batchesRef": f"{pardot.url}/api/v5/imports/1/batches"}
    assert made == expected
    assert (
        upload(pardot, made, "matchEmail,firstName\nana@roe.example,Anna\nbo@roe.example,Bo\nnone,x\n").status_code
        == 204
    )
    told = finish(pardot, made)
    assert (told["createdCount"], told["updatedCount"], told["errorCount"]) == (1, 1, 1)
    assert pardot.read(f"prospects/{ana}", "firstName") == {"firstName": "Anna"}
    failed = pardot.session.get(told["errorRef"], timeout=TIMEOUT_S)
    assert list(csv.reader(io.StringIO(failed.text))) == [
        ["matchEmail", "firstName", "errorCode", "errorMessage"],
        ["none", "x", "4", "Invalid prospect email address"],
    ]


def test_blank_cells_overwrite_unless_told_not_to(pardot: PardotClient) -> None:
    ana = pardot.prospect(firstName="Ana", city="Oslo")
    rows = "matchEmail,firstName,city\nana@roe.example,Anna,\n"
    keeping = [{"field": "matchEmail"}, {"field": "firstName"}, {"field": "city", "nullOverwrite": False}]
    assert run(pardot, rows, fields=keeping) == (0, 1, 0)
    assert pardot.read(f"prospects/{ana}", "firstName,city") == {"firstName": "Anna", "city": "Oslo"}
    assert run(pardot, rows) == (0, 1, 0)
    assert pardot.read(f"prospects/{ana}", "city") == {"city": None}


def test_a_column_that_does_not_overwrite_fills_only_new_ones(pardot: PardotClient) -> None:
    ana = pardot.prospect(city="Oslo")
    columns = [{"field": "matchEmail"}, {"field": "city", "overwrite": False}]
    assert run(pardot, "matchEmail,city\nana@roe.example,Rome\nbo@roe.example,Rome\n", fields=columns) == (1, 1, 0)
    assert pardot.values("prospects", "id,city")[0] == {"id": ana, "city": "Oslo"}
    assert pardot.values("prospects", "city")[1] == {"city": "Rome"}


def test_rows_match_by_id_crm_id_or_address_and_an_empty_match_creates(pardot: PardotClient) -> None:
    lead = "00QKs0000000001AAA"
    ana, bo = pardot.prospect(), pardot.prospect("bo@roe.example", salesforceId=lead)
    assert run(pardot, f"matchId,city\n{ana},Oslo\n") == (0, 1, 0)
    assert run(pardot, f"matchSalesforceId,city\n{lead},Rome\n") == (0, 1, 0)
    assert pardot.values("prospects", "id,city") == [{"id": ana, "city": "Oslo"}, {"id": bo, "city": "Rome"}]
    assert run(pardot, "matchId,email\n,cy@roe.example\n") == (1, 0, 0)
    assert run(pardot, "matchId,email\n7,dee@roe.example\n") == (0, 0, 1)
    assert run(pardot, "matchEmail,city\neve@roe.example,Oslo\n", createOnNoMatch=False) == (0, 0, 1)
    assert [one["email"][:3] for one in pardot.values("prospects", "email")] == ["ana", "bo@", "cy@"]


def test_a_binned_match_is_an_error_unless_it_is_to_be_restored(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    pardot.call("DELETE", f"/objects/prospects/{ana}")
    assert run(pardot, "matchEmail,city\nana@roe.example,Oslo\n") == (0, 0, 1)
    assert run(pardot, "matchEmail,city\nana@roe.example,Oslo\n", restoreDeleted=True) == (0, 1, 0)
    assert pardot.values("prospects", "id,city") == [{"id": ana, "city": "Oslo"}]


def test_rows_put_people_on_lists_and_take_them_off(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    rows = "matchEmail,addToList,removeFromList\nana@roe.example,{},{}\n"
    assert run(pardot, rows.format(f"{NEWSLETTER};{SPRING}", "")) == (0, 1, 0)
    assert [one["listId"] for one in pardot.values("list-memberships", "listId")] == [NEWSLETTER, SPRING]
    assert run(pardot, rows.format(NEWSLETTER, SPRING)) == (0, 1, 0)
    assert [one["listId"] for one in pardot.values("list-memberships", "listId", prospectId=ana)] == [NEWSLETTER]
    assert run(pardot, rows.format(DYNAMIC, "")) == (0, 0, 1)
    assert run(pardot, rows.format(999, "")) == (0, 0, 1)
    assert run(pardot, rows.format(";".join(["401"] * 21), "")) == (0, 0, 1)


def test_owners_are_assigned_but_nobody_is_unassigned(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    assert run(pardot, "matchEmail,userId\nana@roe.example,102\n") == (0, 1, 0)
    assert run(pardot, "matchEmail,userId\nana@roe.example,\n") == (0, 1, 0)
    assert pardot.read(f"prospects/{ana}", "userId") == {"userId": 102}


def test_an_import_can_delete(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    assert run(pardot, f"matchId\n{ana}\n7\n", operation="Delete") == (0, 1, 1)
    assert pardot.ids("prospects", deleted="true") == [ana]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("matchEmail,city\n", 159),
        ("matchEmail,city\na@b.example\n", 159),
        ("", 204),
        ("matchEmail,nonsense\na@b.example,x\n", 180),
        ("email,city\na@b.example,x\n", 197),
        ("matchEmail,matchId\na@b.example,1\n", 197),
    ],
)
def test_wrong_files_are_refused_as_a_whole(pardot: PardotClient, text: str, code: int) -> None:
    assert error_of(upload(pardot, start(pardot), text)) == (400, code)


def test_a_header_must_fit_the_fields_of_the_import_and_the_batches_before(pardot: PardotClient) -> None:
    made = start(pardot, fields=[{"field": "matchEmail"}, {"field": "city"}])
    assert error_of(upload(pardot, made, "matchEmail,phone\na@b.example,1\n")) == (400, 227)
    other = start(pardot)
    assert upload(pardot, other, "matchEmail,city\na@b.example,1\n").status_code == 204
    assert error_of(upload(pardot, other, "matchEmail,phone\na@b.example,1\n")) == (400, 227)


def test_a_batch_is_one_file_in_the_part_with_the_right_name(pardot: PardotClient) -> None:
    made = start(pardot)
    assert error_of(upload(pardot, made, "matchEmail\na@b.example\n", part="importFile")) == (400, 158)
    assert error_of(pardot.call("POST", "/imports/1/batches", {})) == (400, 151)
    pardot.set(import_part="importFile", import_batches_path="batch")
    told = pardot.call("GET", "/imports/1?fields=batchesRef").json()
    assert told["batchesRef"].endswith("/imports/1/batch")
    assert upload(pardot, told, "matchEmail\na@b.example\n", part="importFile").status_code == 204
    assert error_of(upload(pardot, made, "matchEmail\na@b.example\n", part="importFile")) == (404, 198)


def test_an_import_takes_ten_batches_of_ten_megabytes_and_works_them_all(pardot: PardotClient) -> None:
    made = start(pardot)
    for number in range(10):
        assert upload(pardot, made, f"matchEmail\n{number}@roe.example\n").status_code == 204
    assert error_of(upload(pardot, made, "matchEmail\nx@roe.example\n")) == (400, 160)
    assert finish(pardot, made)["createdCount"] == 10
    large = "matchEmail,city\na@b.example," + "x" * 10_000_000
    assert error_of(upload(pardot, start(pardot), large)) == (400, 204)


def test_an_import_that_is_not_open_takes_nothing_more(pardot: PardotClient) -> None:
    made = start(pardot)
    assert error_of(pardot.call("PATCH", "/imports/1", {"status": "Ready"})) == (400, 156)
    assert error_of(pardot.call("PATCH", "/imports/1", {"status": "Complete"})) == (400, 154)
    assert error_of(pardot.call("GET", "/imports/1/errors")) == (400, 161)
    pardot.call("PATCH", "/imports/1", {"status": "Canceled"})
    assert error_of(upload(pardot, made, "matchEmail\na@b.example\n")) == (400, 161)
    assert error_of(pardot.call("PATCH", "/imports/1", {"status": "Ready"})) == (400, 155)
    assert error_of(pardot.call("GET", "/imports/7?fields=id")) == (404, 109)


def test_open_imports_die_after_a_day_and_results_after_a_week(pardot: PardotClient) -> None:
    made, other = start(pardot), start(pardot)
    upload(pardot, made, "matchEmail\nno address\n")
    told = finish(pardot, made)
    pardot.later(1.1 * DAY)
    pardot.sign_in()
    assert pardot.call("GET", "/imports/2?fields=isExpired,batchesRef").json() == {
        "isExpired": True,
        "batchesRef": None,
    }
    assert error_of(upload(pardot, other, "matchEmail\na@b.example\n")) == (400, 161)
    assert pardot.session.get(told["errorRef"], timeout=TIMEOUT_S).status_code == 200
    pardot.later(7.1 * DAY)
    pardot.sign_in()
    assert pardot.call("GET", "/imports/1?fields=isExpired,errorRef").json() == {"isExpired": True, "errorRef": None}
    assert error_of(pardot.session.get(told["errorRef"], timeout=TIMEOUT_S)) == (400, 161)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "Upsert"}, 153),
        ({"operation": "Merge", "object": "Prospect"}, 154),
        ({"operation": "Upsert", "object": "List"}, 154),
        ({**IMPORT, "createOnNoMatch": "yes"}, 154),
        ({**IMPORT, "more": 1}, 154),
        ({**IMPORT, "fields": "matchEmail"}, 165),
        ({**IMPORT, "fields": [{"name": "matchEmail"}]}, 165),
        ({**IMPORT, "fields": [{"field": "matchEmail", "overwrite": "yes"}]}, 165),
    ],
)
def test_wrong_imports_are_refused(pardot: PardotClient, body: object, code: int) -> None:
    assert error_of(pardot.call("POST", "/imports", body)) == (400, code)
