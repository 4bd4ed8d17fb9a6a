"""Writing by v4_1: what was stored is told, not what was echoed."""

from __future__ import annotations

import pytest

from keepstep.connectors.base import ReadQuery
from keepstep.connectors.sugarcrm.wire import id_of
from keepstep.core.model import Applied, Kind, OperationId
from tests.connectors.sugarcrm.legacy import (
    OLD,
    Legacy,
    address,
    asked,
    lead,
    methods,
    people,
)
from tests.connectors.sugarcrm.site import connected, create, lead_id, outcomes, update

LEADS = ReadQuery("lead", ("email1", "title"))


def test_a_hundred_updates_are_one_call_and_one_to_read_them_back() -> None:
    with connected(people(100), **OLD) as (connector, server):
        found = outcomes(connector, *(update(n, act_on_score_c=n) for n in range(100)))
    assert all(isinstance(outcome, Applied) for outcome in found.values())
    assert methods(server) == ["set_entries Leads", "get_entries Leads"]


def test_blanks_are_empty_text_and_flags_are_figures() -> None:
    site = people(1)
    with connected(site, **OLD) as (connector, server):
        found = outcomes(connector, update(0, title=None, do_not_call=True))
    assert isinstance(found["op0"], Applied)
    [pairs] = asked(server.calls[-2])[1][2]
    assert {pair["name"]: pair["value"] for pair in pairs} == {"id": lead_id(0), "title": "", "do_not_call": 1}


def test_text_goes_out_as_it_is_and_is_recognised_when_it_comes_back_escaped() -> None:
    site = people(1)
    with connected(site, **OLD) as (connector, server):
        assert isinstance(outcomes(connector, update(0, title="Ann's <R&D>"))["op0"], Applied)
        [page] = connector.read(LEADS)
    assert page.records[0].fields["title"] == "Ann's <R&D>"
    assert {"name": "title", "value": "Ann's <R&D>"} in asked(server.calls[2])[1][2][0]


def test_a_write_to_a_record_that_is_gone_is_told_although_its_answer_says_all_is_well() -> None:
    site = people(2)
    site.leads[0]["deleted"] = "1"
    with connected(site, **OLD) as (connector, _):
        found = outcomes(connector, update(0, title="CTO"), update(1, title="CTO"), update(7, title="CTO"))
    assert found["op0"].code == found["op7"].code == "RECORD_GONE"
    assert isinstance(found["op1"], Applied)


def test_text_that_was_cut_is_not_called_stored() -> None:
    site = people(1)
    with connected(site, **OLD) as (connector, _):
        outcome = outcomes(connector, update(0, account_name="x" * 101))["op0"]
    assert outcome.code == "NOT_STORED"
    assert outcome.what_to_do.endswith("(field account_name)")


def test_an_opt_out_is_written_at_the_address_and_moves_no_lead_for_it() -> None:
    site = people(1)
    with connected(site, **OLD) as (connector, server):
        assert isinstance(outcomes(connector, update(0, email_opt_out=True))["op0"], Applied)
    assert site.addresses[0]["opt_out"] == "1"
    assert methods(server) == ["get_entries Leads", "set_entries EmailAddresses", "get_entries Leads"]


def test_an_opt_out_without_an_address_is_rejected() -> None:
    with connected(Legacy([lead(0, email="")]), **OLD) as (connector, _):
        assert outcomes(connector, update(0, email_opt_out=True))["op0"].code == "NO_EMAIL"


def test_a_new_email_renames_an_address_that_nobody_else_has() -> None:
    site = people(1)
    with connected(site, **OLD) as (connector, _):
        assert isinstance(outcomes(connector, update(0, email1="new@a.test", title="CTO"))["op0"], Applied)
    assert site.addresses[0]["email_address"] == "new@a.test"
    assert site.addresses[0]["email_address_caps"] == "NEW@A.TEST"


def test_a_release_that_stores_a_new_email_needs_no_repair() -> None:
    site = people(1)
    site.stores_email = True
    with connected(site, **OLD) as (connector, server):
        assert isinstance(outcomes(connector, update(0, email1="new@a.test"))["op0"], Applied)
    assert methods(server) == ["set_entries Leads", "get_entries Leads"]


def test_an_address_that_another_person_has_too_is_not_renamed() -> None:
    site = people(2)
    site.contacts = [lead(9, email="a0")]
    with connected(site, **OLD) as (connector, _):
        outcome = outcomes(connector, update(0, email1="new@a.test"))["op0"]
    assert outcome.code == "EMAIL_SHARED"
    assert site.addresses[0]["email_address"] == "p0@a.test"


def test_an_address_is_not_renamed_to_one_that_is_there_and_may_be_opted_out() -> None:
    site = people(2)
    with connected(site, **OLD) as (connector, _):
        found = outcomes(connector, update(0, email1="P1@a.test"))
    assert found["op0"].code == "EMAIL_SHARED"
    assert site.addresses[0]["email_address"] == "p0@a.test"


def test_two_records_that_want_one_new_address_both_wait_for_a_person() -> None:
    site = people(2)
    with connected(site, **OLD) as (connector, _):
        found = outcomes(connector, *(update(n, email1="new@a.test") for n in (0, 1)))
    assert {outcome.code for outcome in found.values()} == {"EMAIL_SHARED"}


@pytest.mark.parametrize(("site", "email"), [(people(1), None), (Legacy([lead(0, email="")]), "new@a.test")])
def test_an_email_that_cannot_be_stored_is_told_as_such(site: Legacy, email: str | None) -> None:
    with connected(site, **OLD) as (connector, _):
        outcome = outcomes(connector, update(0, email1=email))["op0"]
    assert outcome.code == "EMAIL_NOT_STORED"
    assert outcome.what_to_do.endswith("(field email1)")


def test_a_create_carries_the_id_that_its_key_makes_and_its_opt_out_follows() -> None:
    site = Legacy()
    with connected(site, **OLD) as (connector, server):
        found = outcomes(connector, create(1, "k1", last_name="Ode", email1="ann@a.test", email_opt_out=True))
    assert found["op1"] == Applied(OperationId("op1"), id_of("k1"))
    assert site.addresses[0]["opt_out"] == "1"
    assert {"name": "new_with_id", "value": True} in asked(server.calls[3])[1][2][0]


def test_a_create_that_was_sent_before_is_done_and_one_whose_record_was_deleted_is_not_made_again() -> None:
    site = Legacy([lead(1, id=id_of("k1")), lead(2, id=id_of("k2"), deleted="1")])
    with connected(site, **OLD) as (connector, server):
        found = outcomes(connector, create(1, "k1", last_name="Ode"), create(2, "k2", last_name="Ode"))
    assert found["op1"] == Applied(OperationId("op1"), id_of("k1"))
    assert found["op2"].code == "DELETED_BEFORE"
    assert methods(server) == ["get_entry_list Leads"]


def test_a_create_without_a_key_is_read_back_by_the_id_it_was_given() -> None:
    with connected(Legacy(), **OLD) as (connector, _):
        made = outcomes(connector, create(1, None, last_name="Ode"))["op1"]
    assert made == Applied(OperationId("op1"), "made-by-suite")


def test_a_removal_is_looked_at_afterwards() -> None:
    site = people(1)
    with connected(site, **OLD) as (connector, server):
        assert isinstance(outcomes(connector, update(0, Kind.REMOVE))["op0"], Applied)
    assert site.leads[0]["deleted"] == "1"
    assert methods(server) == ["set_entries Leads", "get_entries Leads"]


def test_a_create_lifts_no_opt_out_of_an_address_that_is_there() -> None:
    site = Legacy([], [address(1, opt_out="1")])
    with connected(site, **OLD) as (connector, _):
        made = outcomes(connector, create(1, "k1", last_name="Ode", email1="p1@a.test", email_opt_out=False))
    assert isinstance(made["op1"], Applied)
    assert site.addresses[0]["opt_out"] == "1"


def test_an_address_that_a_record_has_just_got_stays_opted_out() -> None:
    site = people(2)
    site.stores_email = True
    site.addresses[1]["opt_out"] = "1"
    with connected(site, **OLD) as (connector, _):
        outcome = outcomes(connector, update(0, email1="p1@a.test", email_opt_out=False))["op0"]
    assert outcome.code == "STAYS_OPTED_OUT"
    assert site.addresses[1]["opt_out"] == "1"


def test_of_two_who_share_an_address_the_opt_out_wins() -> None:
    site = Legacy([lead(0), lead(1, email="a0")], [address(0)])
    with connected(site, **OLD) as (connector, _):
        outcomes(connector, update(0, email_opt_out=True), update(1, email_opt_out=False))
    assert site.addresses[0]["opt_out"] == "1"
