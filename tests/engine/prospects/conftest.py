"""An office for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from keepstep.store.database import Store
from tests.engine.prospects.sandboxes import sandbox_sync, sandboxed
from tests.engine.prospects.world import AnyOffice, Office, write_prospect_sync
from tests.pairs.crms import CRMS


@pytest.fixture(params=["memory", *CRMS])
def any_office(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[AnyOffice]:
    """Two systems with the users Ann and Bob, nobody else, in memory and as sandboxes behind the real connectors."""
    if request.param == "memory":
        yield Office(store, write_prospect_sync(tmp_path))
        return
    crm = CRMS[request.param]
    with sandboxed(store, sandbox_sync(tmp_path, crm), crm) as office:
        yield office


@pytest.fixture
def one_office(an_office: Callable[..., AnyOffice]) -> AnyOffice:
    """In memory, and with Salesforce: for what a CRM has no part in."""
    return an_office()


@pytest.fixture(params=["memory", "sandbox"])
def an_office(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[Callable[..., AnyOffice]]:
    """An office whose sync file says something else; in memory, and as sandboxes."""
    with ExitStack() as stack:

        def make(**changes: Any) -> AnyOffice:
            if request.param == "memory":
                return Office(store, write_prospect_sync(tmp_path, **changes))
            return stack.enter_context(sandboxed(store, sandbox_sync(tmp_path, **changes)))

        yield make


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    """Two systems with the users Ann and Bob, nobody else, and a prospect sync between them."""
    return Office(store, write_prospect_sync(tmp_path))
