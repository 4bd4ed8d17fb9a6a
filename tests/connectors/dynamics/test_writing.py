"""Writes against a few lines of Dataverse: calls at the API's minimum, and a fate for every row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keepstep.connectors.dynamics.wire import new_id
from keepstep.core.errors import Bug
from keepstep.core.model import Applied, InDoubt, Kind, OperationId, Rejected
from tests.connectors.dynamics.organization import (
    Organization,
    calls,
    connected,
    create,
    lead,
    refused,
    row_id,
    update,
)
from tests.connectors.dynamics.writes import BATCH, TOGETHER, applied, failing, none_if

# -- calls -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "expected"), [(2, 1), (1000, 1), (2000, 2), (10_000, 10)])
def test_ten_thousand_changes_cost_ten_calls(rows: int, expected: int) -> None:
    org = Organization()
    outcomes, asked = applied(org, *(update(n, new_score=n) for n in range(rows)))
    assert asked == [TOGETHER] * expected
    assert outcomes["op0"] == Applied(update(0).operation_id, row_id(0))
    assert len(outcomes) == rows
    assert org.targets[0][0].keys() == {"@odata.type", "leadid", "new_score"}
    assert org.targets[0][0]["@odata.type"] == "Microsoft.Dynamics.CRM.lead"


def test_one_change_costs_one_call_and_never_makes_a_row() -> None:
    org = Organization()
    _, asked = applied(org, update(1, new_score=5))
    assert asked == [BATCH]
    [[(method, path, headers, body)]] = org.parts
    assert (method, path, body) == ("PATCH", f"/leads({row_id(1)})", {"new_score": 5})
    assert headers["If-Match"] == "*"


def test_creates_removals_and_single_updates_of_all_tables_share_a_call() -> None:
    org = Organization()
    writes = [
        create(1, external_id="k1", lastname="Ode"),
        create(2, "contact", external_id="k1", lastname="Ode"),
        update(3, Kind.REMOVE),
        update(4, object="contact", jobtitle="x"),
        update(5, jobtitle="x"),
        update(6, jobtitle="x"),
    ]
    outcomes, asked = applied(org, *writes, concurrency=1)
    assert asked == [TOGETHER, BATCH]
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert [(method, path.partition("(")[0]) for method, path, _, _ in org.parts[0]] == [
        ("PATCH", "/leads"),
        ("PATCH", "/contacts"),
        ("DELETE", "/leads"),
        ("PATCH", "/contacts"),
    ]


def test_a_batch_goes_on_after_an_error() -> None:
    with connected(Organization()) as (connector, server):
        list(connector.apply([update(1, jobtitle="x")]))
    assert server.calls[-1].headers["Prefer"] == "odata.continue-on-error"


def test_applying_nothing_makes_no_call() -> None:
    assert applied(Organization()) == ({}, [])


@pytest.mark.parametrize("object", ["account", "user", "opportunity"])
def test_nothing_but_people_is_ever_written(object: str) -> None:
    with connected(Organization()) as (connector, server), pytest.raises(Bug):
        connector.apply([update(2, jobtitle="x"), update(1, object=object, name="x")])
    assert server.calls == []


def test_two_writes_to_one_row_never_meet_in_a_call_and_keep_their_order() -> None:
    org = Organization()
    second = replace(update(1, jobtitle="second"), operation_id=OperationId("op1b"), record_id=row_id(1).upper())
    outcomes, _ = applied(org, update(1, jobtitle="first"), second)
    assert [[body["jobtitle"] for _, _, _, body in parts] for parts in org.parts] == [["first"], ["second"]]
    assert len(outcomes) == 2


# -- one bad row -------------------------------------------------------------------------------------------------------


def test_one_bad_row_in_a_thousand_costs_one_more_call_and_keeps_nobody_else_out() -> None:
    org = Organization(part=failing(400, "0x80040265", 500))
    none_if(org, {500})
    outcomes, asked = applied(org, *(update(n, new_score=n) for n in range(1000)))
    assert asked == [TOGETHER, BATCH]
    bad = outcomes.pop("op500")
    assert isinstance(bad, Rejected)
    assert (bad.code, bad.retry) == ("0x80040265", False)
    assert "Ann" not in bad.what_to_do
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())


@pytest.mark.parametrize(
    ("status", "code", "told_as", "retry"),
    [
        (404, "0x80040217", "0x80040217", False),
        (400, "0x80044331", "0x80044331", False),
        (400, "0x8004431A", "0x8004431a", False),
        (403, "0x80040220", "0x80040220", False),
        (412, "", "HTTP_412", True),
        (500, "0x80040216", "0x80040216", True),
        (405, "", "HTTP_405", False),
    ],
)
def test_one_refused_row_leaves_the_others_alone(status: int, code: str, told_as: str, retry: bool) -> None:
    org = Organization(part=failing(status, code, 2))
    none_if(org, {2}, status, code or "0x80040265")
    outcomes, _ = applied(org, *(update(n, lastname="x") for n in (1, 2, 3)))
    assert isinstance(outcomes["op1"], Applied)
    assert isinstance(outcomes["op3"], Applied)
    bad = outcomes["op2"]
    assert isinstance(bad, Rejected)
    assert (bad.code, bad.retry) == (told_as, retry)


def test_a_table_that_takes_no_update_multiple_is_asked_once() -> None:
    org = Organization()
    org.together = lambda _: refused(404, "0x8006088a")
    with connected(org) as (connector, server):
        for _ in range(2):
            list(connector.apply([update(n, new_score=n) for n in range(3)]))
    assert calls(server) == [TOGETHER, BATCH, BATCH]


def test_a_row_that_is_gone_does_not_keep_its_table_from_update_multiple() -> None:
    org = Organization(part=failing(404, "0x80040217", 2))
    none_if(org, {2}, 404, "0x80040217")
    with connected(org) as (connector, server):
        list(connector.apply([update(n, new_score=n) for n in (1, 2)]))
        list(connector.apply([update(n, new_score=n) for n in (3, 4)]))
    assert calls(server) == [TOGETHER, BATCH, TOGETHER]


def test_a_removal_of_what_is_gone_is_done() -> None:
    outcomes, asked = applied(Organization(part=failing(404, "0x80040217", 1)), update(1, Kind.REMOVE))
    assert outcomes["op1"] == Applied(update(1).operation_id, row_id(1))
    assert asked == [BATCH]


# -- creates -----------------------------------------------------------------------------------------------------------


def test_a_create_has_an_id_made_of_its_external_id_and_never_changes_a_row() -> None:
    org = Organization()
    outcomes, _ = applied(org, create(1, external_id="k1", lastname="Ode", jobtitle=None, firstname=""))
    [[(method, path, headers, body)]] = org.parts
    assert (method, path) == ("PATCH", f"/leads({new_id('lead', 'k1')})")
    assert headers["If-None-Match"] == "*"
    assert "If-Match" not in headers
    assert body == {"lastname": "Ode"}
    assert outcomes["op1"] == Applied(create(1).operation_id, new_id("lead", "k1"))


def test_a_create_without_an_external_id_is_known_by_its_operation() -> None:
    outcomes, _ = applied(Organization(), create(1, lastname="Ode"))
    assert outcomes["op1"] == Applied(create(1).operation_id, new_id("lead", "op1"))


@pytest.mark.parametrize("code", ["", "0x80060882", "0x80040237"])
def test_a_create_that_is_there_already_is_read_back_and_done(code: str) -> None:
    id = new_id("lead", "k1")
    org = Organization([{**lead(1), "leadid": id}], part=lambda _: (412, code))
    outcomes, asked = applied(org, create(1, external_id="k1", lastname="Ode"))
    assert outcomes["op1"] == Applied(create(1).operation_id, id)
    assert asked == [BATCH, "GET /leads"]


def test_a_create_that_another_row_stands_in_the_way_of_is_rejected() -> None:
    outcomes, _ = applied(Organization(part=lambda _: (412, "0x80040333")), create(1, external_id="k1", lastname="x"))
    bad = outcomes["op1"]
    assert isinstance(bad, Rejected)
    assert bad.code == "0x80040333"


def test_a_create_whose_row_was_merged_away_says_so() -> None:
    there = {**lead(1), "leadid": new_id("lead", "k1"), "merged": True, "_masterid_value": row_id(2)}
    outcomes, _ = applied(Organization([there], part=lambda _: (412, "")), create(1, external_id="k1", lastname="x"))
    bad = outcomes["op1"]
    assert isinstance(bad, Rejected)
    assert bad.code == "MERGED"


def test_a_create_that_can_not_be_read_back_is_in_doubt() -> None:
    org = Organization(
        part=lambda _: (412, ""),
        trouble=lambda call: refused(403, "0x80040220") if "/leads?" in call.path else None,
    )
    outcomes, _ = applied(org, create(1, external_id="k1", lastname="x"))
    assert isinstance(outcomes["op1"], InDoubt)
