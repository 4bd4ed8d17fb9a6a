"""Whole lists: the listing, the download with each of its parameters, deletion, the look-up."""

import csv
import io
import time
from typing import Any

import pytest

from keepstep_sandbox.act_on import DateStyle, PagingOrder, TimeUnit
from tests.sandbox.act_on.conftest import Start
from tests.sandbox.act_on.driver import HEADINGS, Driver, error, upload_specs

ANN = ["Ann", "ann@example.test", "Web", "35"]
BO, CY = ["Bo", "bo@example.test", "", ""], ["Cy", "cy@example.test", "", ""]


def move_clock(caller: Driver, seconds: float) -> None:
    caller.session.post(
        f"{caller.url}/_control/weather", json={"kind": "clock_skew", "seconds": seconds}, timeout=5
    ).raise_for_status()


def stamps(caller: Driver, list_id: str) -> list[tuple[str, int, int]]:
    """Tell each row's first name, and when it was created and modified."""
    got = caller.get(f"/list/{list_id}", datequalifiers="true")
    return [(row[1], int(row[-2]), int(row[-1])) for row in got["data"]]


def names(download: Any) -> list[str]:
    return [row[1] for row in download["data"]]


def test_the_listing_pages_and_tells_the_crm_a_list_was_imported_from(start: Start) -> None:
    caller = start()
    caller.make_list([ANN], name="Customers", source="Nsuite")
    caller.make_list(name="Prospects")
    got = caller.get("/list", listingtype="contact_list", count=1, offset=0)
    assert (got["offset"], got["count"], got["totalCount"]) == (0, 1, 2)
    first = got["result"][0]
    assert (first["id"], first["name"], first["folderName"], first["sourceSize"]) == (
        "l-0001",
        "Customers",
        "Default Folder",
        "1",
    )
    assert first["tsLastModified"] > 1_600_000_000_000
    assert (first["bIsNsuite"], first["bIsNsuiteAvailable"], first["bIsSugar"]) == (True, True, False)
    assert [each["name"] for each in caller.get("/list", count=1, offset=1)["result"]] == ["Prospects"]


def test_the_listing_of_sent_messages_carries_the_month_in_each_id(start: Start) -> None:
    caller = start(history_months=3)
    found = caller.get("/list", listingtype="sent_message")["result"]
    assert len(found) == 3
    assert all(each["id"].startswith("s-") and each["id"][-4:].isdecimal() for each in found)


def test_a_download_is_positional_with_the_id_first_and_names_the_email_column(shared: Driver) -> None:
    list_id = shared.make_list([ANN, BO])
    got = shared.get(f"/list/{list_id}")
    assert got == {
        "listId": list_id,
        "offset": 0,
        "count": 2,
        "totalCount": 2,
        "emailColumn": 2,
        "headers": ["_contact_id_", *HEADINGS],
        "data": [[f"{list_id}:0", *ANN], [f"{list_id}:1", *BO]],
    }


def test_pages_cover_a_list_once_and_count_is_at_most_1000(start: Start) -> None:
    caller = start(size=2500, odd_emails=False)
    list_id = caller.make_list(people=2500)
    pages = [caller.get(f"/list/{list_id}", count=5000, offset=offset) for offset in (0, 1000, 2000)]
    assert [page["count"] for page in pages] == [1000, 1000, 500]
    assert {page["totalCount"] for page in pages} == {2500}
    assert len({row[0] for page in pages for row in page["data"]}) == 2500


def test_row_ids_are_hexadecimal(start: Start) -> None:
    caller = start(size=12)
    list_id = caller.make_list(people=12)
    assert [row[0] for row in caller.get(f"/list/{list_id}")["data"]][9:] == [
        f"{list_id}:9",
        f"{list_id}:a",
        f"{list_id}:b",
    ]


def test_modafter_and_modbefore_in_ms_choose_the_rows_changed_between_them(start: Start) -> None:
    caller = start()
    list_id = caller.make_list([ANN, BO])
    move_clock(caller, 3600)
    caller.sign_in()
    caller.call("PUT", f"/list/{list_id}/record/{list_id}:1", json={"Lead Source": "Web"})
    noted = {name: modified for name, _, modified in stamps(caller, list_id)}
    assert names(caller.get(f"/list/{list_id}", modafter=noted["Ann"])) == ["Bo"]
    assert names(caller.get(f"/list/{list_id}", modbefore=noted["Bo"])) == ["Ann"]
    assert names(caller.get(f"/list/{list_id}", modafter=noted["Bo"])) == []
    assert caller.get(f"/list/{list_id}", modafter=noted["Ann"])["totalCount"] == 1


def test_createdafter_and_createdbefore_choose_by_the_day_of_entry(start: Start) -> None:
    caller = start()
    list_id = caller.make_list([ANN])
    move_clock(caller, 3600)
    caller.people("POST", f"/lists/{list_id}/rows", {"values": {"First Name": "Bo", "EMAIL": "bo@example.test"}})
    caller.sign_in()
    created = {name: moment for name, moment, _ in stamps(caller, list_id)}
    assert names(caller.get(f"/list/{list_id}", createdafter=created["Ann"])) == ["Bo"]
    assert names(caller.get(f"/list/{list_id}", createdbefore=created["Bo"])) == ["Ann"]
    both = {"createdafter": created["Ann"], "modbefore": created["Ann"]}
    assert names(caller.get(f"/list/{list_id}", **both)) == []


def test_bounds_can_be_inclusive_and_in_seconds(start: Start) -> None:
    caller = start(bounds_inclusive=True, time_unit=TimeUnit.SECONDS)
    list_id = caller.make_list([ANN])
    [(_, _, modified_ms)] = stamps(caller, list_id)
    assert names(caller.get(f"/list/{list_id}", modafter=modified_ms // 1000)) == ["Ann"]
    assert names(caller.get(f"/list/{list_id}", modafter=modified_ms)) == []  # ms taken for seconds: far in the future


def test_fields_choose_columns_in_the_order_asked_for(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    got = shared.get(f"/list/{list_id}", fields="E-mail Address;First Name")
    assert got["headers"] == ["_contact_id_", "E-mail Address", "First Name"]
    assert got["emailColumn"] == 1
    assert got["data"] == [[f"{list_id}:0", "ann@example.test", "Ann"]]
    assert shared.get(f"/list/{list_id}", fields="First Name")["emailColumn"] == -1


def test_an_unknown_field_is_10010_as_text(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    assert error(shared.call("GET", f"/list/{list_id}", params={"fields": "Nose"})) == (400, "10010")


def test_fields_and_datequalifiers_exclude_each_other(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    reply = shared.call("GET", f"/list/{list_id}", params={"fields": "First Name", "datequalifiers": "true"})
    assert reply.status_code == 400


@pytest.mark.parametrize(
    ("prefix", "headings"), [("__", ["__created_date", "__modified_date"]), ("", ["created_date", "modified_date"])]
)
def test_the_date_columns_bear_either_of_their_two_documented_names(
    start: Start, prefix: str, headings: list[str]
) -> None:
    caller = start(date_column_prefix=prefix)
    list_id = caller.make_list([ANN])
    assert caller.get(f"/list/{list_id}", datequalifiers="true")["headers"][-2:] == headings


def test_dates_can_be_written_for_people(start: Start) -> None:
    caller = start(date_style=DateStyle.TEXT)
    list_id = caller.make_list([ANN])
    assert caller.get(f"/list/{list_id}", datequalifiers="true")["data"][0][-1].endswith(" UTC")


def test_csv_gives_the_whole_list_whatever_its_length(start: Start) -> None:
    caller = start(size=1500, odd_emails=False)
    list_id = caller.make_list(people=1500)
    reply = caller.call("GET", f"/list/{list_id}", params={"responseformat": "CSV"})
    assert reply.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(reply.text)))
    assert rows[0] == ["_contact_id_", *HEADINGS]
    assert len(rows) == 1501


def test_json_shows_255_columns_at_most_and_csv_all(shared: Driver) -> None:
    columns = [("E-mail Address", "EMAIL"), *((f"Field {number}", None) for number in range(300))]
    made = shared.call("POST", "/list", data={"listname": "Wide", "uploadspecs": upload_specs(columns)}).json()
    assert len(shared.get(f"/list/{made['listId']}")["headers"]) == 255
    reply = shared.call("GET", f"/list/{made['listId']}", params={"responseformat": "CSV"})
    assert len(reply.text.splitlines()[0].split(",")) == 302


def test_paging_by_last_change_loses_a_row_that_is_edited_between_two_pages(start: Start) -> None:
    caller = start(paging_order=PagingOrder.LAST_MODIFIED)
    list_id = caller.make_list([ANN, BO, CY])
    assert names(caller.get(f"/list/{list_id}", count=1, offset=0)) == ["Ann"]
    move_clock(caller, 60)
    caller.people("PATCH", f"/lists/{list_id}/rows/{list_id}:0", {"values": {"Lead Source": "Web"}})
    assert names(caller.get(f"/list/{list_id}", count=2, offset=1)) == ["Cy", "Ann"]  # Bo was never seen


def test_a_missing_list_is_400_with_10004(shared: Driver) -> None:
    assert error(shared.call("GET", "/list/l-ffff")) == (400, 10004)
    assert error(shared.call("DELETE", "/list/l-ffff")) == (400, 10004)


def test_a_count_that_is_no_number_is_refused(shared: Driver) -> None:
    list_id = shared.make_list()
    assert shared.call("GET", f"/list/{list_id}", params={"count": "many"}).status_code == 400


def test_a_deleted_list_is_gone_and_its_id_does_not_come_back(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    assert shared.call("DELETE", f"/list/{list_id}").status_code == 200
    assert error(shared.call("GET", f"/list/{list_id}")) == (400, 10004)
    assert shared.make_list() != list_id


def test_the_lookup_finds_a_record_by_email_whatever_its_case_or_by_cookie(shared: Driver) -> None:
    list_id = shared.make_list([BO, ANN])
    found = shared.get(f"/list/lookup/{list_id}", email="ANN@example.test")
    assert (found["contactID"], found["First Name"]) == (f"{list_id}:1", "Ann")
    shared.people("POST", "/cookies", {"cookie": "c-1", "email": "bo@example.test"})
    assert shared.get(f"/list/lookup/{list_id}", cookieid="c-1")["First Name"] == "Bo"
    assert error(shared.call("GET", f"/list/lookup/{list_id}", params={"email": "no@example.test"})) == (400, 10008)
    assert error(shared.call("GET", f"/list/lookup/{list_id}")) == (422, 10121)


def test_a_list_of_100_000_pages_and_answers_an_idle_modafter_quickly(start: Start) -> None:
    caller = start(size=100_000, odd_emails=False)
    list_id = caller.make_list(people=100_000)
    started = time.monotonic()
    last = caller.get(f"/list/{list_id}", count=1000, offset=99_000)
    idle = [caller.get(f"/list/{list_id}", modafter=int(time.time() * 1000) + 60_000) for _ in range(10)]
    assert time.monotonic() - started < 5  # 0.1 s on an idle machine; far more if a page cost the list
    assert last["count"] == 1000
    assert [page["totalCount"] for page in idle] == [0] * 10
