"""Bulk ingest jobs: calls counted, every row's fate, and jobs that fail, hang or lose their answers."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from keepstep.connectors.salesforce import ClientCredentials, SalesforceSettings, ingest
from keepstep.connectors.salesforce.rows import Row, row_of
from keepstep.core.errors import Unavailable
from keepstep.core.model import Applied, InDoubt, Kind, Outcome, Rejected, Write
from tests.connectors.salesforce.org import Org, calls, connected, create, lead_id, refused, update
from tests.connectors.stub import HANG_UP, Answer

BULK: dict[str, Any] = {"bulk_write_from": 3, "external_id_field": "Key__c", "bulk_wait_s": 10}
JOB = "/jobs/ingest/7501"
BEGUN = ["POST /jobs/ingest", f"PUT {JOB}/batches", f"PATCH {JOB}", f"GET {JOB}"]
SETTINGS = SalesforceSettings(
    ClientCredentials("id", "s"), "https://acme.my.salesforce.com", external_id_field="Key__c"
)


def sent(org: Org, writes: list[Write], **options: Any) -> tuple[dict[str, Outcome], list[str]]:
    with connected(org, **BULK, **options) as (connector, server):
        outcomes = list(connector.apply(writes))
        found = {str(outcome.operation_id): outcome for outcome in outcomes}
        assert len(found) == len(outcomes) == len(writes)
        return found, calls(server)


def updates(count: int) -> list[Write]:
    return [update(n, Title=f"t{n}") for n in range(count)]


def test_ten_thousand_updates_without_trouble_cost_four_calls() -> None:
    outcomes, asked = sent(Org(), updates(10_000))
    assert asked == BEGUN
    assert outcomes["op9999"] == Applied(update(9999).operation_id, lead_id(9999))


def test_ten_thousand_upserts_with_failures_cost_six_calls() -> None:
    org = Org(failed={"k7": "STRING_TOO_LONG:too long, Ann:LastName --"})
    outcomes, asked = sent(org, [create(n, external_id=f"k{n}", LastName="x") for n in range(10_000)])
    assert asked == [*BEGUN, f"GET {JOB}/failedResults", f"GET {JOB}/successfulResults"]
    bad = outcomes.pop("op7")
    assert isinstance(bad, Rejected)
    assert (bad.code, bad.retry) == ("STRING_TOO_LONG", False)
    assert outcomes["op8"] == Applied(create(8).operation_id, lead_id(808))  # results come in another order
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert org.job["asked"] == {
        "object": "Lead",
        "operation": "upsert",
        "externalIdFieldName": "Key__c",
        "contentType": "CSV",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }


def test_rows_that_the_job_did_not_come_to_are_left_for_the_next_run() -> None:
    org = Org(
        failed={lead_id(0): "UNABLE_TO_LOCK_ROW:x:--"}, unprocessed=frozenset({lead_id(1)}), job_states=["Aborted"]
    )
    outcomes, asked = sent(org, updates(4))
    assert asked[4:7] == [f"GET {JOB}/{name}" for name in ("failedResults", "successfulResults", "unprocessedrecords")]
    unprocessed = outcomes["op1"]
    assert isinstance(unprocessed, Rejected)
    assert (unprocessed.code, unprocessed.retry) == ("UNPROCESSED", True)
    assert isinstance(outcomes["op3"], Applied)


def test_a_job_that_fails_as_a_whole_says_so_for_every_row() -> None:
    org = Org(job_states=["Failed"], unprocessed=frozenset(lead_id(n) for n in range(4)))
    outcomes, _ = sent(org, updates(4))
    codes = {(outcome.code, outcome.retry) for outcome in outcomes.values() if isinstance(outcome, Rejected)}
    assert codes == {("JOB_FAILED", False)}
    assert len(outcomes) == 4


def test_a_job_that_never_ends_is_stopped_and_its_rows_are_in_doubt() -> None:
    org = Org(job_states=["InProgress"])
    outcomes, _ = sent(org, updates(4))
    assert {type(outcome) for outcome in outcomes.values()} == {InDoubt}
    assert org.job["ordered"] == "Aborted"


def test_a_job_that_is_refused_saves_nothing_and_says_why() -> None:
    org = Org(trouble=lambda call: refused(400, "INVALID_TYPE") if call.path.endswith("/jobs/ingest") else None)
    outcomes, asked = sent(org, updates(4))
    assert {outcome.code for outcome in outcomes.values() if isinstance(outcome, Rejected)} == {"INVALID_TYPE"}
    assert asked == ["POST /jobs/ingest"]


@pytest.mark.parametrize("answer", [Answer(HANG_UP), refused(400, "INVALIDJOBSTATE")])
def test_an_upload_that_was_not_taken_is_never_begun(answer: Answer) -> None:
    org = Org(trouble=lambda call: answer if call.method == "PUT" else None)
    with connected(org, **BULK) as (connector, server), pytest.raises(Unavailable, match="nothing of it was saved"):
        list(connector.apply(updates(4)))
    assert org.job["ordered"] == "Aborted"
    assert calls(server).count(f"PUT {JOB}/batches") == 1


def test_a_close_whose_answer_was_lost_is_settled_by_the_jobs_own_state() -> None:
    left = [refused(400, "INVALIDJOBSTATE")]
    org = Org(trouble=lambda call: left.pop() if left and call.method == "PATCH" else None)
    outcomes, _ = sent(org, updates(4))
    assert {type(outcome) for outcome in outcomes.values()} == {Applied}


def test_a_job_whose_results_cannot_be_read_leaves_its_rows_in_doubt() -> None:
    org = Org(failed={lead_id(0): "X:y:--"})
    org.trouble = lambda call: Answer(500, b"") if call.path.endswith("/failedResults") else None
    outcomes, _ = sent(org, updates(4))
    assert {type(outcome) for outcome in outcomes.values()} == {InDoubt}


def test_removals_in_large_numbers_recycle_too() -> None:
    org = Org(failed={lead_id(2): "ENTITY_IS_DELETED:entity is deleted:--"})
    outcomes, _ = sent(org, [update(n, Kind.REMOVE) for n in range(4)])
    assert org.job["asked"]["operation"] == "delete"
    assert {type(outcome) for outcome in outcomes.values()} == {Applied}


def test_creates_without_a_key_and_texts_that_would_clear_a_field_never_go_by_a_job() -> None:
    odd = [update(n, Title="#N/A") for n in range(2)]
    org = Org()
    _, asked = sent(org, [*updates(4)[2:], *odd, *[create(n, LastName="x") for n in (5, 6, 7)]])
    assert asked == ["POST /composite/sobjects", "PATCH /composite/sobjects"] or sorted(asked) == [
        "PATCH /composite/sobjects",
        "POST /composite/sobjects",
    ]


def rows_of(*writes: Write) -> list[Row]:
    return [row_of(write, SETTINGS) for write in writes]


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_csv_tells_what_to_clear_and_what_to_leave_alone() -> None:
    hostile = 'a "quoted",\nsecond line; =1+1'
    [(content, _)] = ingest.csv_parts(rows_of(update(1, Title=None, Vip__c=True), update(2, Phone=hostile)))
    assert read(content) == [
        {"Phone": "", "Title": "#N/A", "Vip__c": "true", "Id": lead_id(1)},
        {"Phone": hostile, "Title": "", "Vip__c": "", "Id": lead_id(2)},
    ]


def test_a_csv_that_would_be_too_large_becomes_several() -> None:
    rows = rows_of(*[update(n, Title="x" * 50) for n in range(10)])
    parts = list(ingest.csv_parts(rows, limit=300))
    assert all(len(content) <= 300 for content, _ in parts)
    assert [row["Id"] for content, _ in parts for row in read(content)] == [lead_id(n) for n in range(10)]
    assert [row for _, part in parts for row in part] == rows
