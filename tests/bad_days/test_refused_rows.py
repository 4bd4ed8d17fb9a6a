"""Single rows that one side doesn't take: the others go on, the problem is told once, and is gone once corrected."""

from __future__ import annotations

from tests.bad_days.office import LIST, Office


def test_a_row_that_a_script_in_netsuite_refuses(office: Office) -> None:
    ann = office.hire("ann@example.com", "Ann")
    office.act_on.act("ann@example.com")
    office.netsuite.script_refuses(ann)

    first, second = office.run(), office.run()

    for report in (first, second):
        office.balances(report)
        assert report.problems == ("1 rows were rejected: see the sync errors for who must do what",)
        [refused] = office.journal(report, state="rejected")
        assert (refused["record_id"], refused["code"]) == (ann, "USER_ERROR")
        assert "a rule or script in NetSuite refuses this save" in refused["what_to_do"]
    assert first.totals.applied > second.totals.applied == 0
    [error] = office.select("SELECT code, count FROM sync_error WHERE closed_at IS NULL")
    assert error == {"code": "USER_ERROR", "count": 2}

    office.netsuite.script_is_corrected(ann)
    report = office.run()

    assert report.totals.applied == 1
    assert report.sync_errors == {}
    office.is_in_step(report)


def test_a_row_that_act_on_refuses_in_an_upload(office: Office) -> None:
    office.wires.act_on["small_write_limit"] = 3
    office.hire("ann@example.com", "Ann")
    office.act_on.refuse_in_uploads("ann@example.com")

    report = office.run()

    office.balances(report)
    [refused] = office.journal(report, state="rejected")
    assert (refused["kind"], refused["code"]) == ("create", "UPLOAD_REFUSED")
    assert "correct the person's data" in refused["what_to_do"]
    assert "ann@example.com" not in office.act_on.emails(LIST)
    assert report.followed == len(office.act_on.emails(LIST)) > 3

    office.act_on.refuse_nobody()
    report = office.run()

    assert "ann@example.com" in office.act_on.emails(LIST)
    office.is_in_step(report)


def test_an_update_that_act_on_refuses_in_an_upload(office: Office) -> None:
    office.wires.act_on["small_write_limit"] = 2
    office.change_sync(limits={"max_updated": "100%"})
    contacts = [office.hire(f"p{n}@example.com", f"Old{n}") for n in range(12)]
    office.run()
    for n, contact in enumerate(contacts):
        office.netsuite.edit(contact, firstName=f"New{n}")
    office.act_on.refuse_in_uploads("p3@example.com")

    report = office.run()

    office.balances(report)
    assert [row["code"] for row in office.journal(report, state="rejected")] == ["UPLOAD_REFUSED"]
    assert office.act_on.row(LIST, "p3@example.com")["First Name"] == "Old3"
    assert office.act_on.row(LIST, "p4@example.com")["First Name"] == "New4"

    office.act_on.refuse_nobody()
    report = office.run()

    assert office.act_on.row(LIST, "p3@example.com")["First Name"] == "New3"
    office.is_in_step(report)


def test_a_contact_that_is_deleted_while_its_score_is_on_the_way(office: Office) -> None:
    ann = office.hire("ann@example.com", "Ann")
    office.act_on.act("ann@example.com")
    office.pull("today")
    epoch = office.score("today").epoch
    office.netsuite.delete(ann)

    pushed = office.push("today", epoch)
    report = office.reconcile("today")

    assert (pushed.rejected, pushed.applied) == (1, pushed.planned - 1)
    office.balances(report)
    assert report.sync_errors == {"NONEXISTENT_ID": 1}
    report = office.run()
    assert report.sync_errors == {}
    office.is_in_step(report)
