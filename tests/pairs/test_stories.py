"""The same stories end alike in every CRM; where one doesn't, its policy or its API says why."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from keepstep.store.database import Store
from tests.engine.prospects.sandboxes import sandbox_sync, sandboxed
from tests.engine.prospects.world import Office, write_prospect_sync
from tests.pairs.crms import CRMS, SandboxedCrm
from tests.pairs.stories import Agreed, Story

SEEDS = (1, 2, 3)


def in_memory(store: Store, folder: Path, seed: int, crm: type[SandboxedCrm]) -> Agreed:
    """How the story ends in memory: what the others are held against, without what this CRM can't do.

    Those are all the differences there are: NetSuite's converted lead stays the same record, and by v4_1 SugarCRM
    changes no address that another record has too.
    """
    office = Office(store, write_prospect_sync(folder))
    story = Story(office, random.Random(seed), converts=crm.converts, moves_shared=crm.moves_shared)
    story.tell()
    return story.agreed()


@pytest.mark.slow
@pytest.mark.parametrize("crm", CRMS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_story_ends_in_every_crm_as_in_memory(
    store: Store, another_store: Store, tmp_path: Path, crm: str, seed: int
) -> None:
    kind = CRMS[crm]
    reference = in_memory(another_store, tmp_path, seed, kind)
    with sandboxed(store, sandbox_sync(tmp_path, kind), kind) as office:
        story = Story(office, random.Random(seed), moves_shared=kind.moves_shared)
        story.tell()
        assert story.agreed() == reference
