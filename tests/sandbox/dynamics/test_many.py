"""Many rows at once: `$batch` with its change sets, and the Multiple actions."""

import re
from typing import Any

import orjson
import pytest
import requests

from tests.sandbox.dynamics.client import MISSING, ROOT, TIMEOUT_S, TYPE, DynamicsClient, error_of

CRLF = "\r\n"


def part(method: str, path: str, body: object = None, content_id: str = "", **headers: str) -> str:
    """Write a request as a part."""
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {content_id}"] if content_id else []
    lines += ["", f"{method} {path if path.startswith('$') else f'{ROOT}/{path}'} HTTP/1.1"]
    lines += ["Content-Type: application/json; type=entry"] if body is not None else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return CRLF.join([*lines, "", orjson.dumps(body).decode() if body is not None else ""])


def multipart(boundary: str, parts: list[str]) -> str:
    """Put parts between boundaries."""
    return "".join(f"--{boundary}{CRLF}{one}{CRLF}" for one in parts) + f"--{boundary}--{CRLF}"


def change_set(*parts: str) -> str:
    """Write a change set as a part."""
    return f"Content-Type: multipart/mixed; boundary=set_1{CRLF}{CRLF}{multipart('set_1', list(parts))}"


def send(dynamics: DynamicsClient, *parts: str, **headers: str) -> requests.Response:
    """Send a batch."""
    sent = {"Content-Type": 'multipart/mixed; boundary="batch_1"', **headers}
    url = f"{dynamics.url}{ROOT}/$batch"
    return dynamics.session.post(url, data=multipart("batch_1", list(parts)), headers=sent, timeout=TIMEOUT_S)


def statuses(reply: requests.Response) -> list[int]:
    """Give the statuses of a batch's answers."""
    assert reply.headers["Content-Type"].startswith("multipart/mixed; boundary=batchresponse_")
    return [int(one) for one in re.findall(r"HTTP/1\.1 (\d+) ", reply.text)]


def test_a_batch_runs_its_requests_in_order_and_counts_as_one(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    dynamics.control("DELETE", "requests")
    update = part("PATCH", f"leads({lead})", {"new_act_on_score": 42}, If_Match="*")
    reply = send(dynamics, update, part("GET", f"leads({lead})?$select=new_act_on_score"))
    assert (reply.status_code, statuses(reply)) == (200, [204, 200])
    assert '"new_act_on_score":42' in reply.text
    assert f"OData-EntityId: {dynamics.url}{ROOT}/leads({lead})" in reply.text
    assert dynamics.control("GET", "requests")["counts"] == {f"POST {ROOT}/$batch": 1}


def test_the_first_error_ends_a_batch_and_is_its_status_unless_it_is_to_go_on(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    good = part("PATCH", f"leads({lead})", {"jobtitle": "x"}, If_Match="*")
    gone = part("PATCH", f"leads({MISSING})", {"jobtitle": "x"}, If_Match="*")
    stopped = send(dynamics, good, gone, good)
    assert (stopped.status_code, statuses(stopped)) == (404, [204, 404])
    went_on = send(dynamics, good, gone, good, Prefer="odata.continue-on-error")
    assert (went_on.status_code, statuses(went_on)) == (200, [204, 404, 204])
    assert "0x80040217" in went_on.text


def test_a_change_set_is_all_or_nothing_and_hands_on_what_it_made(dynamics: DynamicsClient) -> None:
    account = part("POST", "accounts", {"name": "Acme"}, "1")
    body = {"lastname": "Roe", "parentcustomerid_account@odata.bind": "$1"}
    contact = part("POST", "contacts", body, "2")
    renamed = part("PATCH", "$1", {"name": "Acme Ltd"}, "3", If_Match="*")
    reply = send(dynamics, change_set(account, contact, renamed))
    assert (reply.status_code, statuses(reply)) == (200, [204, 204, 204])
    assert "Content-ID: 2" in reply.text
    (row,) = dynamics.people("GET", "contacts")["items"]
    assert dynamics.told("accounts", row["parentcustomerid"])["name"] == "Acme Ltd"
    bad = part("POST", "contacts", {"lastname": "x" * 99}, "2")
    failed = send(dynamics, change_set(account, bad))
    assert (failed.status_code, statuses(failed)) == (400, [400])
    assert dynamics.people("GET", "accounts")["total"] == 1


def test_a_change_set_that_is_taken_back_leaves_no_trace_in_change_tracking(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    link = dynamics.get("leads?$select=lastname", Prefer="odata.track-changes")["@odata.deltaLink"]
    gone = part("DELETE", f"leads({lead})", None, "1")
    bad = part("PATCH", f"leads({MISSING})", {"jobtitle": "x"}, "2", If_Match="*")
    assert statuses(send(dynamics, change_set(gone, bad))) == [404]
    assert dynamics.get(link)["value"] == []
    assert dynamics.call("GET", f"leads({lead})").status_code == 200


def test_a_batch_holds_no_more_than_1000_no_batch_and_a_change_set_no_get(dynamics: DynamicsClient) -> None:
    one = part("GET", "WhoAmI")
    assert send(dynamics, *[one] * 1000).status_code == 200
    assert send(dynamics, *[one] * 1001).status_code == 400
    assert send(dynamics, part("POST", "$batch", {})).status_code == 400
    assert send(dynamics, change_set(one)).status_code == 400
    assert dynamics.call("POST", "$batch", {"requests": []}).status_code == 400


def test_metadata_may_be_asked_for_in_a_batch(dynamics: DynamicsClient) -> None:
    path = f"EntityDefinitions(LogicalName='lead')/Attributes/{TYPE}DateTimeAttributeMetadata"
    reply = send(dynamics, part("GET", f"{path}?$select=LogicalName,DateTimeBehavior"), part("GET", "nothing"))
    assert statuses(reply) == [200, 404]
    assert '"DateTimeBehavior":{"Value":"UserLocal"}' in reply.text


def targets(kind: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """Write the body of a Multiple action."""
    return {"Targets": [{"@odata.type": f"{TYPE}{kind}", **row} for row in rows]}


def test_create_and_update_multiple_write_all_rows_in_one_call(dynamics: DynamicsClient) -> None:
    made = dynamics.call("POST", f"leads/{TYPE}CreateMultiple", targets("lead", {"lastname": "A"}, {"lastname": "B"}))
    assert made.status_code == 200
    ids = made.json()["Ids"]
    body = targets("lead", *({"leadid": one, "new_act_on_score": n} for n, one in enumerate(ids)))
    assert dynamics.call("POST", f"leads/{TYPE}UpdateMultiple", body).status_code == 204
    assert [dynamics.told("leads", one)["new_act_on_score"] for one in ids] == [0, 1]


def test_one_bad_row_takes_all_of_an_update_multiple_back(dynamics: DynamicsClient) -> None:
    one, two = dynamics.lead("A"), dynamics.lead("B")
    body = targets("lead", {"leadid": one, "new_act_on_score": 1}, {"leadid": two, "lastname": "x" * 51})
    assert error_of(dynamics.call("POST", f"leads/{TYPE}UpdateMultiple", body)) == (400, "0x80044331")
    assert dynamics.told("leads", one)["new_act_on_score"] is None
    body = targets("lead", {"leadid": one, "new_act_on_score": 1}, {"leadid": MISSING, "new_act_on_score": 1})
    reply = dynamics.call("POST", f"leads/{TYPE}UpdateMultiple", body)
    assert error_of(reply) == (404, "0x80040217")
    assert reply.json()["error"]["message"] == f"Lead With Ids = {MISSING} Do Not Exist"
    assert dynamics.told("leads", one)["new_act_on_score"] is None


def test_upsert_multiple_goes_by_id_or_by_alternate_key(dynamics: DynamicsClient) -> None:
    dynamics.people("POST", "fields", {"object": "lead", "name": "new_key", "type": "string"})
    dynamics.people("PUT", "keys/lead/k", {"columns": ["new_key"]})
    rows = ({"@odata.id": "leads(new_key='X')", "lastname": "A"}, {"leadid": MISSING, "lastname": "B"})
    for _ in range(2):
        assert dynamics.call("POST", f"leads/{TYPE}UpsertMultiple", targets("lead", *rows)).status_code == 204
    found = dynamics.rows("leads?$select=lastname,new_key&$orderby=lastname")
    assert [(row["lastname"], row["new_key"]) for row in found] == [("A", "X"), ("B", None)]


@pytest.mark.parametrize("body", [{}, {"Targets": []}, {"Targets": [{"lastname": "A"}]}])
def test_targets_need_their_type(dynamics: DynamicsClient, body: dict[str, Any]) -> None:
    assert dynamics.call("POST", f"leads/{TYPE}CreateMultiple", body).status_code == 400


def test_a_table_that_knows_no_multiple_actions_is_404(dynamics: DynamicsClient) -> None:
    dynamics.settings(multiple_tables=["contact"])
    body = targets("lead", {"lastname": "A"})
    assert dynamics.call("POST", f"leads/{TYPE}CreateMultiple", body).status_code == 404
