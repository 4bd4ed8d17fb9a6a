"""What people do on the Act-On list between two runs, and opt-outs, which no run ever takes off."""

from __future__ import annotations

import pytest

from keepstep.connectors.base import ReadQuery
from tests.bad_days.office import LIST, Office

ANN = "ann@example.com"


def opted_out(office: Office) -> set[str]:
    """Act-On's own list of those who opted out."""
    platform = office.platform()
    try:
        return {str(record.email) for page in platform.read(ReadQuery("opt_out")) for record in page.records}
    finally:
        platform.close()


def test_a_row_that_is_deleted_stays_off_the_list(office: Office) -> None:
    ann = office.hire(ANN, "Ann")
    office.run()
    office.act_on.delete(LIST, ANN)
    office.netsuite.edit(ann, firstName="Anne")

    report = office.run()

    assert ANN not in office.act_on.emails(LIST)
    assert [row["code"] for row in office.journal(report, state="skipped")] == ["removed_by_hand"]
    office.is_in_step(report)
    assert ANN not in office.act_on.emails(LIST)


def test_a_row_that_is_edited_keeps_the_edit_until_netsuite_changes_the_field(office: Office) -> None:
    ann = office.hire(ANN, "Ann")
    office.run()
    office.act_on.edit(LIST, ANN, first="Annie")

    report = office.run()

    assert office.act_on.row(LIST, ANN)["First Name"] == "Annie"
    assert (office.netsuite.contact(ann)["firstName"], report.differing) == ("Ann", {"first_name": 1})
    office.is_in_step(report)
    office.netsuite.edit(ann, firstName="Anna")
    office.is_in_step(office.run())
    assert office.act_on.row(LIST, ANN)["First Name"] == "Anna"


def test_a_row_that_is_edited_is_brought_to_netsuite_where_the_sync_says_so(office: Office) -> None:
    office.change_sync(push={"update": ["act_on_score", "first_name"]})
    ann = office.hire(ANN, "Ann")
    office.run()
    office.act_on.edit(LIST, ANN, first="Annie")

    report = office.run()

    assert office.netsuite.contact(ann)["firstName"] == "Annie"
    office.is_in_step(report)


def test_a_score_that_somebody_edits_on_either_side_is_put_right(office: Office) -> None:
    ann = office.hire(ANN, "Ann")
    office.act_on.act(ANN)
    office.run()
    score = office.netsuite.score(ann)
    office.netsuite.edit(ann, custentity_act_on_score=999)
    row = office.act_on.row(LIST, ANN)["_contact_id_"]
    values = {"values": {"Act-On Score": "777"}}
    office.act_on.ask("PATCH", f"lists/{office.act_on.list_id(LIST)}/rows/{row}", values)

    report = office.run()

    assert office.netsuite.score(ann) == score
    assert office.act_on.row(LIST, ANN)["Act-On Score"] == str(score)
    office.is_in_step(report)


@pytest.mark.parametrize("email", [ANN, "ANN@Example.com"])
def test_a_row_that_is_doubled_by_hand_is_left_alone_and_pushes_nothing_of_its_own(office: Office, email: str) -> None:
    ann = office.hire(ANN, "Ann")
    office.run()
    office.act_on.add(LIST, email=email, first="Ann", last="Quillfeather")
    office.act_on.act(ANN)

    report = office.run()

    assert office.act_on.emails(LIST).count(ANN) == 2
    assert [row["code"] for row in office.journal(report, state="skipped", phase="pull")] == ["duplicate"]
    assert office.netsuite.score(ann) == office.sealed_and_held()[ann][0] > 0
    office.is_in_step(report, doubled=(ANN,))


def test_the_followed_one_of_two_rows_is_deleted_and_the_other_takes_its_place(office: Office) -> None:
    ann = office.hire(ANN, "Ann")
    office.run()
    first = office.act_on.row(LIST, ANN)["_contact_id_"]
    office.act_on.add(LIST, email=ANN, first="Ann", last="Quillfeather")
    office.run()
    office.act_on.ask("DELETE", f"lists/{office.act_on.list_id(LIST)}/rows/{first}")
    office.act_on.act(ANN)

    report = office.run()

    assert office.act_on.emails(LIST).count(ANN) == 1
    assert office.netsuite.score(ann) == office.sealed_and_held()[ann][0] > 0
    office.is_in_step(report)


def test_a_row_whose_address_is_changed_stays_the_same_person(office: Office) -> None:
    ann = office.hire(ANN, "Ann")
    office.run()
    office.act_on.edit(LIST, ANN, email="ann@home.example.com")
    office.act_on.act("ann@home.example.com")

    report = office.run()

    assert "ann@home.example.com" in office.act_on.emails(LIST)
    assert ANN not in office.act_on.emails(LIST)
    assert office.netsuite.score(ann) == office.sealed_and_held()[ann][0] > 0
    office.is_in_step(report)


def test_a_row_that_is_deleted_and_put_back_is_followed_again(office: Office) -> None:
    ann = office.hire(ANN, "Ann")
    office.run()
    office.act_on.delete(LIST, ANN)
    office.run()
    office.act_on.add(LIST, email=ANN, first="Ann", last="Quillfeather")
    office.act_on.act(ANN)

    report = office.run()

    assert office.netsuite.score(ann) == office.sealed_and_held()[ann][0] > 0
    office.is_in_step(report)


def test_one_row_deleted_and_another_added_between_two_runs_are_both_noticed(office: Office) -> None:
    ann, bo = office.hire(ANN, "Ann"), office.hire("bo@example.com", "Bo")
    office.run()
    office.act_on.delete(LIST, ANN)
    office.act_on.add(LIST, email="cy@example.com", first="Cy")  # as many rows as before
    office.act_on.act("bo@example.com")

    report = office.run()

    assert ann not in office.sealed_and_held()
    assert office.netsuite.score(bo) == office.sealed_and_held()[bo][0]
    office.is_in_step(report)


def test_an_opt_out_is_never_taken_off_by_any_run(office: Office) -> None:
    office.change_sync(push={"add": True, "remove": True}, pull={"remove": True}, crm={"create_at_stage": "customer"})
    people = {name: office.hire(f"{name}@example.com", name.title()) for name in ("ann", "bo", "cy", "di")}
    office.run()
    for name in ("ann", "bo", "cy", "di", "nobody"):
        office.act_on.opt_out(f"{name}@example.com")
    before = opted_out(office)
    assert len(before) == 5
    office.netsuite.edit(people["ann"], firstName="Anne")
    office.netsuite.delete(people["bo"])
    office.netsuite.edit(people["cy"], company=None)
    office.act_on.delete(LIST, "di@example.com")
    office.act_on.add(LIST, email="nobody@example.com", first="No", last="Quillfeather", company="Newco")
    office.run()
    office.hire("bo@example.com", "Bo")
    office.netsuite.edit(people["cy"], company=office.customer)
    report = office.run()

    assert opted_out(office) == before
    assert not [route for route in office.act_on.requests() if "optin" in route]
    assert office.netsuite.with_email("nobody@example.com") == []  # NetSuite would not know of the opt-out
    office.is_in_step(report)
    assert opted_out(office) == before
