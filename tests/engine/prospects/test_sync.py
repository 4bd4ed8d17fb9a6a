"""The prospect sync, in memory and with every CRM: who is made, what flows where, and what stays as it is."""

from __future__ import annotations

import pytest

from tests.engine.prospects.sandboxes import where
from tests.engine.prospects.world import ANN, AnyOffice, Office


@pytest.mark.behaviour("SY-1")
def test_assigning_a_prospect_makes_the_crm_record_in_the_name_of_the_matching_user(any_office: AnyOffice) -> None:
    ada = any_office.prospect("ada@acme.example", first_name="Ada", score=12)
    any_office.run()
    assert any_office.people() == []

    any_office.platform.assign(ada, any_office.ann["platform"])
    report = any_office.run()

    [lead] = any_office.people()
    assert (lead.email, lead.owner, lead.fields["act_on_score"]) == ("ada@acme.example", any_office.ann["crm"], 12)
    assert report.totals.balances
    any_office.run()
    assert any_office.prospects()[ada].fields["crm_id"] == lead.id


@pytest.mark.behaviour("SY-1")
def test_where_a_record_exists_the_two_are_merged_instead(any_office: AnyOffice) -> None:
    lead = any_office.lead("ada@acme.example", owner=any_office.bob, last_name="Lovelace")
    ada = any_office.prospect("Ada@acme.example", owner=any_office.ann, first_name="Ada")
    any_office.settle()
    [record] = any_office.people()
    assert record.id == lead
    assert (record.fields["first_name"], record.fields["last_name"]) == ("Ada", "Lovelace")
    assert (record.owner, any_office.prospects()[ada].owner) == (any_office.bob["crm"], any_office.bob["platform"])


@pytest.mark.behaviour("SY-9")
def test_an_unassigned_prospect_syncs_with_the_record_of_its_email_and_makes_none(any_office: AnyOffice) -> None:
    any_office.lead("ada@acme.example", first_name="Ada")
    ada = any_office.prospect("ada@acme.example", last_name="Lovelace")
    any_office.prospect("nobody@acme.example")
    any_office.settle()
    assert [(r.email, r.fields["last_name"]) for r in any_office.people()] == [("ada@acme.example", "Lovelace")]
    assert any_office.prospects()[ada].fields["first_name"] == "Ada"


def test_a_run_without_changes_plans_nothing_and_costs_a_call_a_source(office: Office) -> None:
    office.prospect("ada@acme.example", owner=office.ann)
    office.settle(3)
    report = office.run()
    assert report.totals.planned == 0
    assert report.waiting == 0
    assert office.calls == (2, 2)  # leads and contacts; prospects and activities


@pytest.mark.behaviour("SY-2")
@pytest.mark.behaviour("SY-8")
def test_each_side_s_edits_reach_the_other_and_in_a_conflict_the_crm_wins(any_office: AnyOffice) -> None:
    ada = any_office.prospect(
        "ada@acme.example", owner=any_office.ann, first_name="A.", last_name="L.", company="Acme", score=5
    )
    any_office.settle()
    [lead] = any_office.people()

    any_office.crm.edit(lead.id, first_name="Ada", company="Acme Ltd", act_on_score=99)
    any_office.platform.edit_prospect(ada, last_name="Lovelace", company="ACME")
    report = any_office.run()

    [lead] = any_office.people()
    prospect = any_office.prospects()[ada].fields
    for name, value in {"first_name": "Ada", "last_name": "Lovelace", "company": "Acme Ltd"}.items():
        assert (lead.fields[name], prospect[name]) == (value, value)
    assert (lead.fields["act_on_score"], prospect["score"]) == (5, 5)  # the platform's own
    assert report.totals.conflicts >= 1
    assert any_office.run().totals.planned == 0


@pytest.mark.behaviour("SY-3")
def test_the_owner_is_the_crm_s_in_a_conflict_and_flows_both_ways_otherwise(any_office: AnyOffice) -> None:
    ada = any_office.prospect("ada@acme.example", owner=any_office.ann)
    any_office.settle()
    [lead] = any_office.people()
    cy = any_office.user("cy@sales.example")
    any_office.run()

    any_office.crm.edit(lead.id, owner=any_office.bob["crm"])
    any_office.run()
    assert any_office.prospects()[ada].owner == any_office.bob["platform"]

    any_office.platform.assign(ada, cy["platform"])
    any_office.clock.pass_(hours=2)
    any_office.run()
    assert any_office.people()[0].owner == cy["crm"]

    any_office.crm.edit(lead.id, owner=any_office.ann["crm"])
    any_office.platform.assign(ada, any_office.bob["platform"])
    any_office.run()
    assert any_office.people()[0].owner == any_office.ann["crm"]
    assert any_office.prospects()[ada].owner == any_office.ann["platform"]


@where("contacts_first")
@pytest.mark.behaviour("SY-11")
@pytest.mark.behaviour("DY-6")
def test_of_a_lead_and_a_contact_with_one_email_the_contact_is_used(any_office: AnyOffice) -> None:
    any_office.lead("ada@acme.example")
    contact = any_office.contact("ada@acme.example")
    ada = any_office.prospect("ada@acme.example", owner=any_office.ann, first_name="Ada")
    any_office.settle()
    assert any_office.prospects()[ada].fields["crm_id"] == contact
    assert [r.fields.get("first_name") for r in any_office.people("lead")] == [None]


@pytest.mark.behaviour("SY-14")
@pytest.mark.behaviour("EX-11")
def test_a_deleted_record_is_not_made_again_and_its_prospect_is_marked(any_office: AnyOffice) -> None:
    ada = any_office.prospect("ada@acme.example", owner=any_office.ann)
    any_office.settle()
    [lead] = any_office.people()
    any_office.crm.delete(lead.id)
    any_office.settle()
    any_office.platform.edit_prospect(ada, first_name="Ada")
    any_office.settle()
    assert any_office.people() == []
    assert any_office.prospects()[ada].fields["crm_id"] == "[[crm_deleted]]"


@where("undeletes")
@pytest.mark.behaviour("SY-15")
def test_it_resumes_when_the_record_is_undeleted_or_a_new_one_has_that_email(any_office: AnyOffice) -> None:
    ada = any_office.prospect("ada@acme.example", owner=any_office.ann)
    any_office.settle()
    [lead] = any_office.people()
    any_office.crm.delete(lead.id)
    any_office.settle()
    any_office.crm.undelete(lead.id)
    any_office.platform.edit_prospect(ada, first_name="Ada")
    any_office.settle()
    assert [(r.id, r.fields["first_name"]) for r in any_office.people()] == [(lead.id, "Ada")]
    assert any_office.prospects()[ada].fields["crm_id"] == lead.id

    any_office.crm.delete(lead.id)
    any_office.settle()
    another = any_office.lead("ada@acme.example")
    any_office.settle()
    assert [(r.id, r.fields["first_name"]) for r in any_office.people()] == [(another, "Ada")]
    assert any_office.prospects()[ada].fields["crm_id"] == another


@where("converts")
@pytest.mark.behaviour("SF-2")
def test_a_converted_lead_s_link_carries_over_to_its_contact(any_office: AnyOffice) -> None:
    ada = any_office.prospect("ada@acme.example", owner=any_office.ann, first_name="Ada")
    any_office.settle()
    [lead] = any_office.people()
    contact = any_office.crm.convert(lead.id)
    any_office.settle()
    any_office.platform.edit_prospect(ada, last_name="Lovelace")
    any_office.settle()
    assert any_office.prospects()[ada].fields["crm_id"] == contact
    assert [r.fields["last_name"] for r in any_office.people("contact")] == ["Lovelace"]


@where("tells_merges")
@pytest.mark.behaviour("SY-18")
def test_a_merge_takes_the_link_to_the_surviving_record_whose_email_flows_back(any_office: AnyOffice) -> None:
    ada = any_office.prospect("ada@acme.example", owner=any_office.ann)
    any_office.settle()
    [loser] = any_office.people()
    survivor = any_office.lead("lovelace@acme.example")
    any_office.crm.merge(loser.id, survivor)
    any_office.settle()
    prospect = any_office.prospects()[ada]
    assert (prospect.fields["crm_id"], prospect.email) == (survivor, "lovelace@acme.example")
    assert len(any_office.prospects()) == 1


@pytest.mark.behaviour("EX-10")
def test_a_record_made_without_an_email_becomes_a_prospect_once_it_gets_one(any_office: AnyOffice) -> None:
    any_office.run()
    lead = any_office.lead(None, first_name="Ada")
    any_office.settle()
    assert any_office.prospects() == {}
    any_office.crm.edit(lead, email="ada@acme.example")
    any_office.settle()
    [prospect] = any_office.prospects().values()
    assert (prospect.email, prospect.owner, prospect.fields["crm_id"]) == (
        "ada@acme.example",
        any_office.ann["platform"],
        lead,
    )


def test_who_was_in_the_crm_before_the_sync_began_becomes_no_prospect_by_itself(any_office: AnyOffice) -> None:
    old = any_office.lead("old@acme.example")
    any_office.run()
    any_office.lead("new@acme.example")
    any_office.crm.edit(old, first_name="Old")
    any_office.settle()
    assert [p.email for p in any_office.prospects().values()] == ["new@acme.example"]


@pytest.mark.behaviour("EX-6")
@pytest.mark.behaviour("EX-7")
def test_a_changed_email_moves_the_person_on_both_sides_and_makes_no_second_one(any_office: AnyOffice) -> None:
    ada = any_office.prospect("ada@acme.example", owner=any_office.ann)
    any_office.settle()
    [lead] = any_office.people()
    any_office.crm.edit(lead.id, email="ada@new.example")
    any_office.settle()
    assert any_office.prospects()[ada].email == "ada@new.example"
    any_office.platform.edit_prospect(ada, email="ada@newer.example")
    any_office.settle()
    assert [(r.id, r.email) for r in any_office.people()] == [(lead.id, "ada@newer.example")]
    assert len(any_office.prospects()) == 1


@pytest.mark.behaviour("EX-8")
def test_an_email_that_another_prospect_has_is_held_and_merges_nobody(any_office: AnyOffice) -> None:
    ada = any_office.prospect("ada@acme.example", owner=any_office.ann)
    any_office.prospect("bea@acme.example")
    any_office.settle()
    [lead] = any_office.people()
    any_office.crm.edit(lead.id, email="bea@acme.example")
    report = any_office.run()
    assert report.sync_errors == {"email_taken": 1}
    assert any_office.prospects()[ada].email == "ada@acme.example"
    assert len(any_office.prospects()) == 2


def test_an_opt_out_on_either_side_survives_every_path(any_office: AnyOffice) -> None:
    ada = any_office.prospect("ada@acme.example", owner=any_office.ann)
    any_office.settle()
    [lead] = any_office.people()
    any_office.platform.opt_out_prospect(ada)
    any_office.settle()
    assert any_office.people()[0].opted_out
    any_office.crm.delete(lead.id)
    any_office.settle()
    again = any_office.lead("ada@acme.example")
    any_office.settle()
    assert {r.id: r.opted_out for r in any_office.people()} == {again: True}
    assert any_office.prospects()[ada].opted_out


def test_a_stale_read_takes_nothing_back(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann, first_name="A.")
    office.settle(3)
    [lead] = office.people()
    office.crm.edit(lead.id, first_name="Ada")
    office.platform.answer_stale(reads=4)
    office.settle(6)
    assert office.people()[0].fields["first_name"] == "Ada"
    assert office.prospects()[ada].fields["first_name"] == "Ada"


@pytest.mark.behaviour("EX-3")
def test_an_assigned_user_whom_the_crm_does_not_know_is_a_sync_error_until_somebody_makes_the_user(
    any_office: AnyOffice,
) -> None:
    cy = any_office.platform.add_user("cy@sales.example")
    any_office.platform.add_prospect("ada@acme.example", owner=cy)
    report = any_office.run()
    assert (any_office.people(), report.sync_errors) == ([], {"owner_unknown": 1})
    any_office.crm.add_user("cy@sales.example")
    any_office.clock.pass_(hours=2)
    assert any_office.run().sync_errors == {}
    assert len(any_office.people()) == 1


@pytest.mark.behaviour("EX-4")
def test_blanks_are_filled_from_the_side_that_has_a_value(any_office: AnyOffice) -> None:
    any_office.lead("ada@acme.example", first_name="Ada")
    ada = any_office.prospect("ada@acme.example", last_name="Lovelace")
    any_office.settle()
    [lead] = any_office.people()
    assert (lead.fields["first_name"], lead.fields["last_name"]) == ("Ada", "Lovelace")
    assert any_office.prospects()[ada].fields["first_name"] == "Ada"


def test_ann_is_known_by_her_address_in_both_systems(office: Office) -> None:
    office.run()
    rows = office.select("SELECT connection, id FROM record_owner WHERE email = :email ORDER BY 1", email=ANN)
    assert [(row["connection"], row["id"]) for row in rows] == [
        ("crm", office.ann["crm"]),
        ("platform", office.ann["platform"]),
    ]
