"""A marketing list of the CRM as the audience: who is on it is on the platform's list, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keepstep.store.database import Store
from tests.pairs.crms import CRMS
from tests.pairs.crms.dynamics import Dynamics
from tests.pairs.crms.sugarcrm import SugarCrm
from tests.pairs.lists import ListOffice, list_office
from tests.pairs.platforms import PLATFORMS

ADA, BOB, CLEO = (f"{name}@acme.example" for name in ("ada", "bob", "cleo"))


@pytest.fixture(params=["dynamics", "sugarcrm", "sugarcrm_v4_1"])
def office(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[ListOffice]:
    """A CRM with marketing lists, beside Act-On, and nobody in either."""
    with list_office(store, tmp_path, CRMS[request.param], PLATFORMS["act_on"], "Spring event") as made:
        yield made


def test_who_joins_and_leaves_the_crm_s_list_does_so_on_the_platform_s(office: ListOffice) -> None:
    crm = office.crm
    assert isinstance(crm, Dynamics | SugarCrm)
    spring = crm.marketing_list("Spring event")
    ada, bob, cleo = (crm.enter(email, first_name=email.partition("@")[0]) for email in (ADA, BOB, CLEO))
    for one in (ada, bob):
        crm.put_on(spring, one)
    office.run()
    assert set(office.platform.rows()) == {ADA, BOB}

    points = office.platform.act(ADA)
    crm.edit(bob, first_name="Robert")
    office.run()
    assert (office.score(ADA), office.names()[BOB]) == (points, "Robert")
    assert office.run().totals.planned == 0

    crm.put_on(spring, cleo)
    crm.take_off(spring, ada)
    for _ in range(2):
        report = office.run()
    assert set(office.platform.rows()) == {BOB, CLEO}
    assert report.totals.planned == 0
    assert {one.email for one in crm.records("contact")} == {ADA, BOB, CLEO}
