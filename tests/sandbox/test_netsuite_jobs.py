"""Asynchronous calls and batches of the NetSuite sandbox."""

import pytest

from tests.sandbox.netsuite_client import BATCH, RECORDS, NetSuiteClient, error_of

ASYNC = {"Prefer": "respond-async"}


def finish(netsuite: NetSuiteClient, location: str) -> list[str]:
    """Poll a job to its end; give what it told on the way."""
    told: list[str] = []
    while not told or told[-1] != "succeeded":
        told.append(netsuite.call("GET", location).json()["progress"])
        assert len(told) < 20
    return told


def test_a_batch_goes_from_pending_to_succeeded_and_its_items_fare_each_on_its_own(netsuite: NetSuiteClient) -> None:
    first, last = netsuite.new_contact("First", externalId="AON-7"), netsuite.new_contact("Last")
    items = [
        {"externalId": "AON-7", "custentity_act_on_score": 80},
        {"id": "999999", "custentity_act_on_score": 5},
        {"id": last, "externalId": "AON-7", "custentity_act_on_score": 6},
    ]
    taken = netsuite.call("PATCH", f"{RECORDS}/contact", {"items": items}, **BATCH)
    assert (taken.status_code, taken.content) == (202, b"")
    assert taken.headers["Preference-Applied"] == "respond-async"
    job = taken.headers["Location"]
    assert job.startswith("/services/rest/async/v1/job/")
    early = netsuite.call("GET", f"{job}/task/1/result")
    assert error_of(early.json())[0] == "INVALID_REQUEST"
    assert finish(netsuite, job) == ["pending", "processing", "succeeded"]
    tasks = netsuite.call("GET", f"{job}/task/").json()["items"]
    assert [task["links"][0]["href"] for task in tasks] == [f"{netsuite.url}{job}/task/{n}" for n in (1, 2, 3)]
    assert netsuite.call("GET", f"{job}/task/2").json()["completed"] is True
    results = [netsuite.call("GET", f"{job}/task/{n}/result") for n in (1, 2, 3)]
    assert [result.status_code for result in results] == [204, 404, 204]
    assert error_of(results[1].json())[0] == "NONEXISTENT_ID"
    scores = {one["id"]: one["custentity_act_on_score"] for one in read(netsuite, first, last)}
    assert scores == {first: 80, last: 6}


def read(netsuite: NetSuiteClient, *ids: str) -> list[dict[str, object]]:
    """Read the scores of contacts as they are."""
    path = f"netsuite/contacts?fields=custentity_act_on_score&ids={','.join(ids)}"
    found: list[dict[str, object]] = netsuite.control("GET", path)["items"]
    return found


def test_a_batch_of_new_records_tells_each_id_in_its_own_result(netsuite: NetSuiteClient) -> None:
    items = [{"companyName": "One"}, {"email": "x@x.test"}, {"companyName": "Two"}]
    job = netsuite.call("POST", f"{RECORDS}/customer", {"items": items}, **BATCH).headers["Location"]
    finish(netsuite, job)
    results = [netsuite.call("GET", f"{job}/task/{n}/result") for n in (1, 2, 3)]
    assert [result.status_code for result in results] == [204, 400, 204]
    assert (
        netsuite.call("GET", results[2].headers["Location"].removeprefix(netsuite.url)).json()["companyName"] == "Two"
    )


def test_a_single_call_can_be_answered_later_too(netsuite: NetSuiteClient) -> None:
    netsuite.control("PUT", "netsuite/settings", {"job_polls": 0})
    job = netsuite.call("POST", f"{RECORDS}/customer", {"companyName": "Later"}, **ASYNC).headers["Location"]
    assert finish(netsuite, job) == ["succeeded"]
    assert netsuite.items("SELECT companyname FROM customer WHERE companyname = 'Later'") == [{"companyname": "Later"}]


def test_several_records_are_deleted_by_their_ids(netsuite: NetSuiteClient) -> None:
    first, second = netsuite.new_contact("First"), netsuite.new_contact("Second", externalId="X")
    job = netsuite.call("DELETE", f"{RECORDS}/contact?ids={first},eid:X", **ASYNC).headers["Location"]
    finish(netsuite, job)
    assert read(netsuite, first, second) == []


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_one_to_a_hundred_records(netsuite: NetSuiteClient, count: int) -> None:
    refused = netsuite.call("POST", f"{RECORDS}/customer", {"items": [{"companyName": "x"}] * count}, **BATCH)
    assert (refused.status_code, error_of(refused.json())[0]) == (400, "INVALID_REQUEST")


def test_a_collection_must_be_answered_later(netsuite: NetSuiteClient) -> None:
    media = {"Content-Type": BATCH["Content-Type"]}
    refused = netsuite.call("POST", f"{RECORDS}/customer", {"items": [{"companyName": "x"}]}, **media)
    assert error_of(refused.json()) == ("INVALID_REQUEST", "Prefer")


def test_an_idempotency_key_is_good_for_one_job_and_ignored_on_the_spot(netsuite: NetSuiteClient) -> None:
    key = {"X-NetSuite-Idempotency-Key": "6f0c0a1e-5a0b-4a53-9d2f-6f2d0a1c9e11"}
    path = f"{RECORDS}/customer"
    assert netsuite.call("POST", path, {"companyName": "x"}, **key).status_code == 204
    assert netsuite.call("POST", path, {"companyName": "x"}, **ASYNC, **key).status_code == 202
    assert netsuite.call("POST", path, {"companyName": "x"}, **ASYNC, **key).status_code == 409
    assert netsuite.call("POST", path, {"companyName": "x"}, **key).status_code == 204


def test_an_unknown_job_or_task_is_not_found(netsuite: NetSuiteClient) -> None:
    assert netsuite.call("GET", "/services/rest/async/v1/job/1").status_code == 404
    job = netsuite.call("POST", f"{RECORDS}/customer", {"companyName": "x"}, **ASYNC).headers["Location"]
    assert netsuite.call("GET", f"{job}/task/2").status_code == 404
