"""SugarCRM by v11 as a prospect sync's CRM: it announces no deletions, so that the number of records has to tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keepstep.store.database import Store
from tests.engine.prospects.sandboxes import SandboxedOffice, sandbox_sync, sandboxed
from tests.pairs.crms.sugarcrm import SugarCrm

ADA, BOB = "ada@acme.example", "bob@acme.example"


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Iterator[SandboxedOffice]:
    """A site and a business unit with nobody in them."""
    with sandboxed(store, sandbox_sync(tmp_path, SugarCrm), SugarCrm) as made:
        yield made


def test_a_converted_lead_doesnt_make_every_run_list_all_leads_anew_nor_hide_a_deletion(
    office: SandboxedOffice,
) -> None:
    office.prospect(ADA, owner=office.ann)
    office.prospect(BOB, owner=office.ann)
    office.settle(3)
    office.run()
    quiet = office.calls[0]
    leads = {str(one.email): one.id for one in office.people("lead")}

    office.crm.convert(leads[ADA])
    office.settle(3)
    assert office.run().totals.planned == 0
    assert office.calls[0] == quiet

    office.crm.delete(leads[BOB])
    assert office.run().tombstones == 1
    assert office.calls[0] > quiet
    office.settle()
    assert office.run().totals.applied == 0
    assert office.calls[0] == quiet
