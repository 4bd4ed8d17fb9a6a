"""How a write's values are spelled: labels, references, text; and what can't be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from keepstep.core.errors import SettingsError
from keepstep.core.model import Applied, Kind, Rejected
from tests.connectors.dynamics.organization import (
    Organization,
    connected,
    refused,
    row_id,
    update,
)
from tests.connectors.dynamics.writes import applied


def test_a_label_is_written_as_its_number_in_any_case_and_language() -> None:
    org = Organization()
    writes = [update(n, leadsourcecode=label) for n, label in enumerate(["Web", " web ", "NETZ", None])]
    outcomes, _ = applied(org, *writes)
    assert [row["leadsourcecode"] for row in org.targets[0]] == [8, 8, 8, None]
    assert len(outcomes) == 4


@pytest.mark.parametrize("value", ["Carrier pigeon", 8, "8"])
def test_a_label_that_is_not_there_is_rejected_alone(value: Any) -> None:
    org = Organization()
    outcomes, _ = applied(org, update(1, leadsourcecode=value), update(2, leadsourcecode="Web"))
    bad = outcomes["op1"]
    assert isinstance(bad, Rejected)
    assert bad.code == "UNKNOWN_LABEL"
    assert bad.what_to_do.endswith("(field leadsourcecode)")
    assert str(value) not in bad.what_to_do
    assert isinstance(outcomes["op2"], Applied)


def test_metadata_is_asked_for_once_and_only_where_a_text_may_be_a_label() -> None:
    with connected(Organization()) as (connector, server):
        list(connector.apply([update(1, new_score=5, emailaddress1="a@a.test", ownerid=row_id(3))]))
        assert not [call for call in server.calls if "EntityDefinitions" in call.path]
        for _ in range(2):
            list(connector.apply([update(1, leadsourcecode="Web", new_nickname="x")]))
        assert len([call for call in server.calls if "EntityDefinitions" in call.path]) == 2


def test_metadata_that_is_refused_stops_the_writes_before_anything_is_sent() -> None:
    org = Organization(trouble=lambda call: refused(403, "0x80040220") if "EntityDefinitions" in call.path else None)
    with pytest.raises(SettingsError):
        applied(org, update(1, leadsourcecode="Web"))
    assert org.parts == []


def test_owner_and_company_are_bound_and_unbound() -> None:
    org = Organization()
    applied(
        org,
        update(1, object="contact", ownerid=row_id(3).upper(), parentcustomerid=row_id(4)),
        update(2, parentaccountid=None),
        concurrency=1,
    )
    assert [body for parts in org.parts for _, _, _, body in parts] == [
        {
            "ownerid@odata.bind": f"/systemusers({row_id(3)})",
            "parentcustomerid_account@odata.bind": f"/accounts({row_id(4)})",
        },
        {"parentaccountid@odata.bind": None},
    ]


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (replace(update(1), fields={"parentcustomerid.name": "Acme"}), "NOT_A_FIELD"),
        (update(1, statecode=1), "NOT_A_FIELD"),
        (update(1, statuscode=3), "NOT_A_FIELD"),
        (update(1, leadid=row_id(2)), "NOT_A_FIELD"),
        (update(1, masterid=row_id(2)), "NOT_A_FIELD"),
        (replace(update(1), fields={"bad name": "Ann"}), "NOT_A_FIELD"),
        (update(1, ownerid="Ann"), "NOT_A_REFERENCE"),
        (replace(update(1, jobtitle="x"), record_id="Ann"), "NOT_AN_ID"),
        (replace(update(1, jobtitle="x"), record_id=None), "NO_RECORD"),
        (replace(update(1, Kind.REMOVE), record_id=None), "NO_RECORD"),
    ],
)
def test_a_write_that_cannot_be_spelled_is_rejected_and_the_rest_goes_out(write: Any, code: str) -> None:
    outcomes, _ = applied(Organization(), write, update(2, jobtitle="x"))
    bad = outcomes["op1"]
    assert isinstance(bad, Rejected)
    assert bad.code == code
    assert "Ann" not in bad.what_to_do
    assert isinstance(outcomes["op2"], Applied)


def test_a_number_in_a_text_column_is_written_as_text() -> None:
    org = Organization()
    applied(org, update(1, jobtitle=42, new_score=42, donotbulkemail=True, companyname=""))
    [[(_, _, _, body)]] = org.parts
    assert body == {"jobtitle": "42", "new_score": 42, "donotbulkemail": True, "companyname": None}
