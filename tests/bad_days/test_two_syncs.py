"""Two syncs over the same connections: at once, and with a person who moves from one to the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from keepstep.config import SyncFile
from tests.bad_days.office import LIST, PATIENCE, Office

PROSPECTS = "Prospects"
ANN = "ann@example.com"


@pytest.fixture
def prospects(office: Office) -> SyncFile:
    """A second sync, of the prospects; both take people off who left."""
    office.change_sync(pull={"remove": True})
    return office.another_sync(
        "prospects",
        title=PROSPECTS,
        crm={"audience": "affiliated_with_prospects"},
        platform={"list": PROSPECTS},
        pull={"remove": True},
    )


def test_both_run_at_once(office: Office, prospects: SyncFile) -> None:
    office.wires.retries = replace(PATIENCE, attempts=12)  # together they want more calls at once than NetSuite allows
    bolt = office.netsuite.company("Bolt", "Prospect")
    for n in range(6):
        office.hire(f"c{n}@example.com", f"C{n}")
        office.netsuite.hire(bolt, f"p{n}@example.com", f"P{n}", "Quillfeather")

    for day in range(2):
        with ThreadPoolExecutor(2) as pool:
            customers = pool.submit(office.run, f"day-{day}")
            others = pool.submit(office.run, f"day-{day}", sync=prospects)
            reports = [customers.result(timeout=120), others.result(timeout=120)]
        for n in range(6):
            office.act_on.act(f"c{n}@example.com")
            office.act_on.act(f"p{n}@example.com")

    for report in reports:
        office.balances(report)
        assert report.problems == ()
    office.is_in_step(office.run())
    office.is_in_step(office.run(sync=prospects), sync=prospects)
    assert not set(office.act_on.emails(LIST)) & set(office.act_on.emails(PROSPECTS))


@pytest.mark.parametrize("customers_first", [True, False])
def test_a_contact_that_moves_leaves_one_list_and_joins_the_other_and_its_score_follows(
    office: Office, prospects: SyncFile, customers_first: bool
) -> None:
    bolt = office.netsuite.company("Bolt", "Prospect")
    ann = office.hire(ANN, "Ann")
    office.act_on.act(ANN)
    office.run()
    office.run(sync=prospects)
    before = office.netsuite.score(ann)
    assert before is not None
    office.netsuite.edit(ann, company=bolt)
    office.act_on.act(ANN)

    syncs = [office.sync, prospects] if customers_first else [prospects, office.sync]
    reports = {file.name: office.run(sync=file) for file in syncs}

    assert ANN not in office.act_on.emails(LIST)
    assert office.act_on.emails(PROSPECTS).count(ANN) == 1
    assert office.netsuite.score(ann) == office.sealed_and_held(prospects)[ann][0] > before
    office.is_in_step(reports["customers"])
    office.is_in_step(reports["prospects"], sync=prospects)

    office.netsuite.edit(ann, company=office.customer)
    reports = {file.name: office.run(sync=file) for file in syncs}

    assert office.act_on.emails(LIST).count(ANN) == 1
    assert ANN not in office.act_on.emails(PROSPECTS)
    office.is_in_step(reports["customers"])
    office.is_in_step(reports["prospects"], sync=prospects)


def test_two_syncs_of_one_audience_with_lists_of_their_own_do_not_fight(office: Office) -> None:
    twin = office.another_sync("twin", title="Twin", platform={"list": "Twin"})
    ann = office.hire(ANN, "Ann")
    office.run()
    office.run(sync=twin)
    office.act_on.act(ANN)
    office.netsuite.edit(ann, firstName="Anne")

    office.run()
    office.run(sync=twin)

    assert {office.act_on.row(name, ANN)["First Name"] for name in (LIST, "Twin")} == {"Anne"}
    office.is_in_step(office.run())
    office.is_in_step(office.run(sync=twin), sync=twin)
