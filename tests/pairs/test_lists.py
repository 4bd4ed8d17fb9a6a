"""Each platform with each CRM: the same chain of a list, by configuration alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from keepstep.store.database import Store
from tests.pairs.crms import CRMS
from tests.pairs.lists import ListOffice, list_office
from tests.pairs.platforms import PLATFORMS

ADA, BOB = "ada@acme.example", "bob@acme.example"
PAIRS = list(product(CRMS, PLATFORMS))


@pytest.fixture(params=PAIRS, ids="-".join)
def office(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[ListOffice]:
    """A pair with nobody in it."""
    crm, platform = request.param
    with list_office(store, tmp_path, CRMS[crm], PLATFORMS[platform]) as made:
        yield made


def test_the_crm_s_people_come_to_the_list_their_scores_go_back_and_then_nothing_is_written(office: ListOffice) -> None:
    office.crm.enter(ADA, first_name="Ada")
    office.crm.enter(BOB, first_name="Bob")
    first = office.run()
    assert (first.totals.rejected, first.scores_differing, first.sync_errors) == (0, 0, {})
    assert office.names() == {ADA: "Ada", BOB: "Bob"}
    assert (office.score(ADA), office.score(BOB)) == (0, 0)

    points = office.platform.act(ADA)
    assert office.run().totals.applied >= 1
    assert (office.score(ADA), office.score(BOB)) == (points, 0)

    quiet = office.run()
    assert (quiet.totals.planned, quiet.followed) == (0, 2)


def test_edits_go_both_ways_and_in_a_conflict_the_crm_wins(office: ListOffice) -> None:
    ada = office.crm.enter(ADA, first_name="A.")
    office.run()
    office.crm.edit(ada, first_name="Ada")
    office.run()
    assert office.names() == {ADA: "Ada"}

    office.a_minute_passes()
    office.platform.edit(ADA, first_name="Adela")
    office.run()
    assert office.crm.contact(ADA).fields["first_name"] == "Adela"

    office.a_minute_passes()
    office.crm.edit(ada, first_name="Augusta")
    office.platform.edit(ADA, first_name="Gus")
    assert office.run().totals.conflicts >= 1
    assert (office.names(), office.crm.contact(ADA).fields["first_name"]) == ({ADA: "Augusta"}, "Augusta")


def test_an_opt_out_on_either_side_reaches_the_other_and_stays(office: ListOffice) -> None:
    office.crm.enter(ADA, first_name="Ada")
    bob = office.crm.enter(BOB, first_name="Bob")
    office.run()
    office.platform.opt_out(ADA)
    office.crm.edit(bob, opted_out=True)

    for _ in range(2):
        office.run()
    assert office.crm.contact(ADA).opted_out
    assert office.crm.contact(BOB).opted_out
    assert str(office.platform.rows()[BOB]["opted_out"]).lower() == "true"

    office.a_minute_passes()
    office.platform.edit(BOB, opted_out=False)
    office.run()
    assert str(office.platform.rows()[BOB]["opted_out"]).lower() == "true"
    assert office.crm.contact(BOB).opted_out


def test_a_deleted_contact_is_not_made_again_and_nobody_else_is_touched(office: ListOffice) -> None:
    ada = office.crm.enter(ADA, first_name="Ada")
    office.crm.enter(BOB, first_name="Bob")
    office.run()
    office.crm.delete(ada)
    office.platform.act(ADA)

    for _ in range(2):
        report = office.run()
    assert [one.email for one in office.crm.records("contact")] == [BOB]
    assert report.tombstones == 1
    assert report.totals.planned == report.totals.skipped
