"""Single records: every call of the table, and every refusal."""

from tests.sandbox.act_on.conftest import Start
from tests.sandbox.act_on.driver import HEADINGS, Driver, error

ANN, BO = ["Ann", "ann@example.test", "Web", "35"], ["Bo", "bo@example.test", "", ""]


def test_a_record_is_added_by_headings_or_system_names(shared: Driver) -> None:
    list_id = shared.make_list()
    by_heading = shared.call("POST", f"/list/{list_id}/record", json=dict(zip(HEADINGS, ANN, strict=True)))
    by_type = shared.call("POST", f"/list/{list_id}/record", json={"EMAIL": "bo@example.test", "FIRSTNAME": "Bo"})
    assert by_heading.json() == {
        "status": "success",
        "message": "Record inserted",
        "id": f"{list_id}:0",
        "contact_id": f"{list_id}:0",
    }
    assert by_type.json()["id"] == f"{list_id}:1"
    assert shared.rows(list_id) == [ANN, BO]


def test_the_same_address_may_stand_in_a_list_twice(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    shared.call("POST", f"/list/{list_id}/record", json={"EMAIL": "ann@example.test"})
    assert [row[1] for row in shared.rows(list_id)] == ["ann@example.test"] * 2


def test_an_upsert_updates_the_first_match_only_and_leaves_the_others_stale(shared: Driver) -> None:
    list_id = shared.make_list([ANN, BO, ANN])
    reply = shared.call("PUT", f"/list/{list_id}/record?email=ANN@example.test", json={"Behavior Score": "40"}).json()
    assert (reply["message"], reply["id"]) == ("Record updated", f"{list_id}:0")
    assert [row[3] for row in shared.rows(list_id)] == ["40", "", "35"]


def test_an_upsert_of_an_unknown_address_inserts_it(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    reply = shared.call("PUT", f"/list/{list_id}/record?email=bo@example.test", json={"First Name": "Bo"}).json()
    assert (reply["message"], reply["contact_id"]) == ("Record inserted", f"{list_id}:1")
    assert shared.rows(list_id) == [ANN, BO]


def test_an_asynchronous_upsert_tells_no_id(shared: Driver) -> None:
    list_id = shared.make_list()
    reply = shared.call("PUT", f"/list/{list_id}/record?email=bo@example.test&async=Y", json={"First Name": "Bo"})
    assert reply.json()["status"] == "success"
    assert "id" not in reply.json()
    assert shared.rows(list_id) == [BO]


def test_an_update_by_id_gives_the_record_back_on_request(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    path = f"/list/{list_id}/record/{list_id}:0"
    assert shared.call("PUT", path, json={"Lead Source": "Fair"}).json() == {
        "status": "success",
        "message": "Record updated",
    }
    reply = shared.call("PUT", f"{path}?returncontact=Y", json={"EMAIL": "a@example.test", "Behavior Score": 7}).json()
    assert reply["contact"] == {
        "_contact_id_": f"{list_id}:0",
        "First Name": "Ann",
        "E-mail Address": "a@example.test",
        "Lead Source": "Fair",
        "Behavior Score": "7",
    }
    assert shared.get(f"/list/lookup/{list_id}", email="a@example.test")["contactID"] == f"{list_id}:0"


def test_a_record_is_read_as_a_bare_array_without_headings(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    assert shared.get(f"/list/{list_id}/record/{list_id}:0") == [f"{list_id}:0", *ANN]


def test_a_deleted_record_simply_vanishes(shared: Driver) -> None:
    list_id = shared.make_list([ANN, BO])
    path = f"/list/{list_id}/record/{list_id}:0"
    assert shared.call("DELETE", path).json() == {"status": "success", "message": "Record deleted"}
    assert shared.rows(list_id) == [BO]
    assert error(shared.call("GET", path)) == (400, 10008)
    assert error(shared.call("DELETE", path)) == (400, 10008)


def test_a_batch_deletes_what_is_there_and_names_the_rest_with_status_200(shared: Driver) -> None:
    list_id = shared.make_list([ANN, BO])
    path = f"/list/{list_id}/record"
    ids = f"{list_id}:0,{list_id}:1,{list_id}:a"
    reply = shared.call("DELETE", path, params={"contactids": ids})
    assert reply.status_code == 200
    assert reply.headers["Content-Type"].startswith("text/plain")
    assert reply.json() == {
        "success_count": 2,
        "fail_count": 1,
        "failedList": [{"id": f"{list_id}:a", "reason": "Invalid contact id"}],
    }
    assert shared.rows(list_id) == []


def test_a_batch_takes_100_ids_and_not_101(start: Start) -> None:
    caller = start(size=101)
    list_id = caller.make_list(people=101)
    ids = [f"{list_id}:{number:x}" for number in range(101)]
    path = f"/list/{list_id}/record"
    assert caller.call("DELETE", path, params={"contactids": ",".join(ids)}).status_code == 400
    assert caller.call("DELETE", path, params={"contactids": ",".join(ids[:100])}).json()["success_count"] == 100
    assert len(caller.rows(list_id)) == 1


def test_an_unknown_heading_refuses_every_write_with_10010_as_text(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    path, body = f"/list/{list_id}/record", {"EMAIL": "ann@example.test", "Nose": "long"}
    assert error(shared.call("POST", path, json=body)) == (400, "10010")
    assert error(shared.call("PUT", f"{path}?email=ann@example.test", json=body)) == (400, "10010")
    assert error(shared.call("PUT", f"{path}/{list_id}:0", json=body)) == (400, "10010")
    assert shared.rows(list_id) == [ANN]


def test_missing_lists_and_records_are_400(shared: Driver) -> None:
    list_id, other = shared.make_list([ANN]), shared.make_list([ANN])
    assert error(shared.call("POST", "/list/l-ffff/record", json={"EMAIL": "a@example.test"})) == (400, 10004)
    for record_id in ("l-0:0", f"{other}:0", f"{list_id}:ff", f"{list_id}:zz", "0"):
        assert error(shared.call("GET", f"/list/{list_id}/record/{record_id}")) == (400, 10008)


def test_a_record_needs_an_address_and_a_body_that_is_an_object(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    path = f"/list/{list_id}/record"
    assert error(shared.call("POST", path, json={"First Name": "Di"})) == (422, 10121)
    assert error(shared.call("PUT", path, json={"First Name": "Di"})) == (422, 10121)
    assert error(shared.call("PUT", f"{path}/{list_id}:0", json={"EMAIL": ""})) == (422, 10121)
    assert shared.call("POST", path, data="First Name=Di").status_code == 400
    assert shared.call("POST", path, json=["Di"]).status_code == 400
    assert shared.call("POST", path, json={"EMAIL": {"of": "Di"}}).status_code == 400


def test_where_the_setting_allows_it_a_record_may_lack_an_address(start: Start) -> None:
    caller = start(email_required=False)
    list_id = caller.make_list()
    assert caller.call("POST", f"/list/{list_id}/record", json={"First Name": "Di"}).status_code == 200
