"""Addresses as people really enter them: each has a fate, nobody is on the list twice."""

from __future__ import annotations

import pytest

from tests.bad_days.office import LIST, Office

LONGEST = f"{'l' * 64}@{'.'.join(['d' * 60] * 4)}.example.com"  # 64 before the @, 255 after it: 320 characters
LONG = f"{'l' * 64}@{'.'.join(['d' * 59] * 2)}.{'d' * 57}.example.com"  # 254: NetSuite's own limit
ODD = {  # as NetSuite lets them in
    "none": None,
    "two ats": "ann@home@example.com",
    "dots": "..ann@example.com",
    "a comma": "ann@example.com,bo@example.com",
    "a tab": "ann\tbo@example.com",
    "doubled": "doubled@example.com",
    "doubled again": "doubled@example.com",
    "doubled in capitals": "DOUBLED@Example.COM",
    "capitals": "Capitals@EXAMPLE.com",
    "plus": "ann+news@example.com",
    "not ASCII": "zoë@bücher.example.com",
    "an apostrophe": "o'brien@example.com",
    "long": LONG,
}
ON_THE_LIST = {  # as people put them into a list by hand
    "none": "",
    "no address": "not an address",
    "blanks around": "  blanks@example.com ",
    "too long": f"l{LONGEST}",
    "longest": LONGEST,
    "doubled": "twice@example.com",
    "doubled in capitals": "TWICE@example.com",
}
USABLE = {"capitals", "plus", "not ASCII", "an apostrophe", "long"}


@pytest.fixture(params=[20, 3], ids=["one by one", "by upload"])
def hired(request: pytest.FixtureRequest, office: Office) -> dict[str, str]:
    """A contact for each of these addresses, by what is odd about it."""
    office.wires.act_on["small_write_limit"] = request.param
    return {what: office.hire(email, f"P{n}") for n, (what, email) in enumerate(ODD.items())}


def test_every_odd_address_has_a_fate_and_nobody_is_on_the_list_twice(office: Office, hired: dict[str, str]) -> None:
    assert len(LONG) == 254
    report = office.run()

    by_contact = {row["crm_key"]: row for row in office.journal(report, phase="pull")}
    fates = {what: by_contact[f"contact:{id}"] for what, id in hired.items()}
    doubled = [fates[what] for what in ODD if what.startswith("doubled")]
    assert sorted(row["code"] or row["state"] for row in doubled) == ["applied", "duplicate", "duplicate"]
    assert {what: row["state"] for what, row in fates.items() if what in USABLE} == dict.fromkeys(USABLE, "applied")
    others = set(ODD) - USABLE - {what for what in ODD if what.startswith("doubled")}
    assert {what: fates[what]["code"] for what in others} == dict.fromkeys(others, "no_email")
    on_list = office.act_on.emails(LIST)
    assert on_list.count("doubled@example.com") == on_list.count("capitals@example.com") == 1
    assert on_list.count(LONG) == 1
    office.is_in_step(report)


def test_an_address_that_is_corrected_comes_to_the_list(office: Office, hired: dict[str, str]) -> None:
    office.run()
    office.netsuite.edit(hired["two ats"], email="corrected@example.com")
    office.netsuite.edit(hired["doubled again"], email="herself@example.com")

    report = office.run()

    assert {"corrected@example.com", "herself@example.com"} <= set(office.act_on.emails(LIST))
    assert office.act_on.emails(LIST).count("doubled@example.com") == 1
    office.is_in_step(report)


def test_an_address_that_becomes_unusable_stays_on_the_list_as_it_was(office: Office) -> None:
    ann = office.hire("ann@example.com", "Ann")
    office.run()
    office.netsuite.edit(ann, email="ann@at@example.com")

    report = office.run()

    office.balances(report)
    assert "ann@example.com" in office.act_on.emails(LIST)
    assert report.sync_errors == {"bad_email": 1}
    office.netsuite.edit(ann, email="ann@new.example.com")
    office.is_in_step(office.run())
    assert "ann@new.example.com" in office.act_on.emails(LIST)


def test_an_address_that_another_row_has_already_waits_for_a_person(office: Office) -> None:
    ann, _ = office.hire("ann@example.com", "Ann"), office.hire("bo@example.com", "Bo")
    office.run()
    office.netsuite.edit(ann, email="Bo@example.com")

    report = office.run()

    office.balances(report)
    assert report.sync_errors == {"email_taken": 1}
    assert office.act_on.emails(LIST).count("bo@example.com") == 1
    office.netsuite.edit(ann, email="ann@example.com")
    office.is_in_step(office.run())


def test_every_odd_address_on_the_list_has_a_fate_and_nobody_is_made_twice(office: Office) -> None:
    assert len(LONGEST) == 320
    office.change_sync(push={"add": True}, crm={"create_at_stage": "customer"})
    office.run()
    for what, email in ON_THE_LIST.items():
        office.act_on.add(LIST, email=email, first=what, last="Quillfeather", company="Newco")

    report = office.run()

    office.balances(report)
    rows = {row["First Name"]: id for id, row in office.act_on.rows(LIST).items()}
    by_row = {
        row["prospect_id"]: row["code"] or row["state"] for row in office.journal(report) if row["phase"] != "maintain"
    }
    fates = {what: by_row[rows[what]] for what in ON_THE_LIST}
    doubled = {fates.pop("doubled"), fates.pop("doubled in capitals")}
    assert doubled == {"applied", "duplicate"}
    assert fates == {
        "none": "no_email",
        "no address": "no_email",
        "blanks around": "applied",
        "too long": "no_email",
        "longest": "too_long",
    }
    assert len(office.netsuite.with_email("twice@example.com")) == 1
    assert len(office.netsuite.with_email("blanks@example.com")) == 1
    assert len(office.netsuite.companies("Newco")) == 1
