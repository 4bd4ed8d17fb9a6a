"""The prospect sync in memory: who is made, what flows where, and what stays as it is."""

from __future__ import annotations

import pytest

from tests.engine.prospects.world import ANN, Office


@pytest.mark.behaviour("SY-1")
def test_assigning_a_prospect_makes_the_crm_record_in_the_name_of_the_matching_user(office: Office) -> None:
    ada = office.prospect("ada@acme.example", first_name="Ada", score=12)
    office.run()
    assert office.people() == []

    office.platform.assign(ada, office.ann["platform"])
    report = office.run()

    [lead] = office.people()
    assert (lead.email, lead.owner, lead.fields["act_on_score"]) == ("ada@acme.example", office.ann["crm"], 12)
    assert report.totals.balances
    office.run()
    assert office.prospects()[ada].fields["crm_id"] == lead.id


@pytest.mark.behaviour("SY-1")
def test_where_a_record_exists_the_two_are_merged_instead(office: Office) -> None:
    lead = office.lead("ada@acme.example", owner=office.bob, last_name="Lovelace")
    ada = office.prospect("Ada@acme.example", owner=office.ann, first_name="Ada")
    office.settle()
    [record] = office.people()
    assert record.id == lead
    assert (record.fields["first_name"], record.fields["last_name"]) == ("Ada", "Lovelace")
    assert (record.owner, office.prospects()[ada].owner) == (office.bob["crm"], office.bob["platform"])


@pytest.mark.behaviour("SY-9")
def test_an_unassigned_prospect_syncs_with_the_record_of_its_email_and_makes_none(office: Office) -> None:
    office.lead("ada@acme.example", first_name="Ada")
    ada = office.prospect("ada@acme.example", last_name="Lovelace")
    office.prospect("nobody@acme.example")
    office.settle()
    assert [(r.email, r.fields["last_name"]) for r in office.people()] == [("ada@acme.example", "Lovelace")]
    assert office.prospects()[ada].fields["first_name"] == "Ada"


def test_a_run_without_changes_plans_nothing_and_costs_a_call_a_source(office: Office) -> None:
    office.prospect("ada@acme.example", owner=office.ann)
    office.settle(3)
    report = office.run()
    assert report.totals.planned == 0
    assert report.waiting == 0
    assert office.calls == (2, 2)  # leads and contacts; prospects and activities


@pytest.mark.behaviour("SY-2")
@pytest.mark.behaviour("SY-8")
def test_each_side_s_edits_reach_the_other_and_in_a_conflict_the_crm_wins(office: Office) -> None:
    ada = office.prospect(
        "ada@acme.example", owner=office.ann, first_name="A.", last_name="L.", company="Acme", score=5
    )
    office.settle()
    [lead] = office.people()

    office.crm.edit(lead.id, first_name="Ada", company="Acme Ltd", act_on_score=99)
    office.platform.edit_prospect(ada, last_name="Lovelace", company="ACME")
    report = office.run()

    [lead] = office.people()
    prospect = office.prospects()[ada].fields
    for name, value in {"first_name": "Ada", "last_name": "Lovelace", "company": "Acme Ltd"}.items():
        assert (lead.fields[name], prospect[name]) == (value, value)
    assert (lead.fields["act_on_score"], prospect["score"]) == (5, 5)  # the platform's own
    assert report.totals.conflicts >= 1
    assert office.run().totals.planned == 0


@pytest.mark.behaviour("SY-3")
def test_the_owner_is_the_crm_s_in_a_conflict_and_flows_both_ways_otherwise(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    [lead] = office.people()
    cy = office.user("cy@sales.example")
    office.run()

    office.crm.edit(lead.id, owner=office.bob["crm"])
    office.run()
    assert office.prospects()[ada].owner == office.bob["platform"]

    office.platform.assign(ada, cy["platform"])
    office.clock.pass_(hours=2)
    office.run()
    assert office.people()[0].owner == cy["crm"]

    office.crm.edit(lead.id, owner=office.ann["crm"])
    office.platform.assign(ada, office.bob["platform"])
    office.run()
    assert office.people()[0].owner == office.ann["crm"]
    assert office.prospects()[ada].owner == office.ann["platform"]


@pytest.mark.behaviour("SY-11")
def test_of_a_lead_and_a_contact_with_one_email_the_contact_is_used(office: Office) -> None:
    office.lead("ada@acme.example")
    contact = office.contact("ada@acme.example")
    ada = office.prospect("ada@acme.example", owner=office.ann, first_name="Ada")
    office.settle()
    assert office.prospects()[ada].fields["crm_id"] == contact
    assert [r.fields.get("first_name") for r in office.people("lead")] == [None]


@pytest.mark.behaviour("SY-14")
@pytest.mark.behaviour("EX-11")
def test_a_deleted_record_is_not_made_again_and_its_prospect_is_marked(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    [lead] = office.people()
    office.crm.delete(lead.id)
    office.settle()
    office.platform.edit_prospect(ada, first_name="Ada")
    office.settle()
    assert office.people() == []
    assert office.prospects()[ada].fields["crm_id"] == "[[crm_deleted]]"


@pytest.mark.behaviour("SY-15")
def test_it_resumes_when_the_record_is_undeleted_or_a_new_one_has_that_email(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    [lead] = office.people()
    office.crm.delete(lead.id)
    office.settle()
    office.crm.undelete(lead.id)
    office.platform.edit_prospect(ada, first_name="Ada")
    office.settle()
    assert [(r.id, r.fields["first_name"]) for r in office.people()] == [(lead.id, "Ada")]
    assert office.prospects()[ada].fields["crm_id"] == lead.id

    office.crm.delete(lead.id)
    office.settle()
    another = office.lead("ada@acme.example")
    office.settle()
    assert [(r.id, r.fields["first_name"]) for r in office.people()] == [(another, "Ada")]
    assert office.prospects()[ada].fields["crm_id"] == another


@pytest.mark.behaviour("SF-2")
def test_a_converted_lead_s_link_carries_over_to_its_contact(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann, first_name="Ada")
    office.settle()
    [lead] = office.people()
    contact = office.crm.convert(lead.id)
    office.settle()
    office.platform.edit_prospect(ada, last_name="Lovelace")
    office.settle()
    assert office.prospects()[ada].fields["crm_id"] == contact
    assert [r.fields["last_name"] for r in office.people("contact")] == ["Lovelace"]


@pytest.mark.behaviour("SY-18")
def test_a_merge_takes_the_link_to_the_surviving_record_whose_email_flows_back(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    [loser] = office.people()
    survivor = office.lead("lovelace@acme.example")
    office.crm.merge(loser.id, survivor)
    office.settle()
    prospect = office.prospects()[ada]
    assert (prospect.fields["crm_id"], prospect.email) == (survivor, "lovelace@acme.example")
    assert len(office.prospects()) == 1


@pytest.mark.behaviour("EX-10")
def test_a_record_made_without_an_email_becomes_a_prospect_once_it_gets_one(office: Office) -> None:
    office.run()
    lead = office.lead(None, first_name="Ada")
    office.settle()
    assert office.prospects() == {}
    office.crm.edit(lead, email="ada@acme.example")
    office.settle()
    [prospect] = office.prospects().values()
    assert (prospect.email, prospect.owner, prospect.fields["crm_id"]) == (
        "ada@acme.example",
        office.ann["platform"],
        lead,
    )


def test_who_was_in_the_crm_before_the_sync_began_becomes_no_prospect_by_itself(office: Office) -> None:
    old = office.lead("old@acme.example")
    office.run()
    office.lead("new@acme.example")
    office.crm.edit(old, first_name="Old")
    office.settle()
    assert [p.email for p in office.prospects().values()] == ["new@acme.example"]


@pytest.mark.behaviour("EX-6")
@pytest.mark.behaviour("EX-7")
def test_a_changed_email_moves_the_person_on_both_sides_and_makes_no_second_one(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    [lead] = office.people()
    office.crm.edit(lead.id, email="ada@new.example")
    office.settle()
    assert office.prospects()[ada].email == "ada@new.example"
    office.platform.edit_prospect(ada, email="ada@newer.example")
    office.settle()
    assert [(r.id, r.email) for r in office.people()] == [(lead.id, "ada@newer.example")]
    assert len(office.prospects()) == 1


@pytest.mark.behaviour("EX-8")
def test_an_email_that_another_prospect_has_is_held_and_merges_nobody(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.prospect("bea@acme.example")
    office.settle()
    [lead] = office.people()
    office.crm.edit(lead.id, email="bea@acme.example")
    report = office.run()
    assert report.sync_errors == {"email_taken": 1}
    assert office.prospects()[ada].email == "ada@acme.example"
    assert len(office.prospects()) == 2


def test_an_opt_out_on_either_side_survives_every_path(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    [lead] = office.people()
    office.platform.opt_out_prospect(ada)
    office.settle()
    assert office.people()[0].opted_out
    office.crm.delete(lead.id)
    office.settle()
    again = office.lead("ada@acme.example")
    office.settle()
    assert {r.id: r.opted_out for r in office.people()} == {again: True}
    assert office.prospects()[ada].opted_out


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
    office: Office,
) -> None:
    cy = office.platform.add_user("cy@sales.example")
    office.platform.add_prospect("ada@acme.example", owner=cy)
    report = office.run()
    assert (office.people(), report.sync_errors) == ([], {"owner_unknown": 1})
    office.crm.add_user("cy@sales.example")
    office.clock.pass_(hours=2)
    assert office.run().sync_errors == {}
    assert len(office.people()) == 1


@pytest.mark.behaviour("EX-4")
def test_blanks_are_filled_from_the_side_that_has_a_value(office: Office) -> None:
    office.lead("ada@acme.example", first_name="Ada")
    ada = office.prospect("ada@acme.example", last_name="Lovelace")
    office.settle()
    [lead] = office.people()
    assert (lead.fields["first_name"], lead.fields["last_name"]) == ("Ada", "Lovelace")
    assert office.prospects()[ada].fields["first_name"] == "Ada"


def test_ann_is_known_by_her_address_in_both_systems(office: Office) -> None:
    office.run()
    rows = office.select("SELECT connection, id FROM record_owner WHERE email = :email ORDER BY 1", email=ANN)
    assert [(row["connection"], row["id"]) for row in rows] == [
        ("crm", office.ann["crm"]),
        ("platform", office.ann["platform"]),
    ]
