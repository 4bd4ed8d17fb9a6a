"""The same office over the sandboxes of a CRM and Account Engagement, through their real connectors."""

# the methods of people say what they do
from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from keepstep.config import ProspectFile
from keepstep.connectors.base import Connector
from keepstep.core.policies import ACCOUNT_ENGAGEMENT
from keepstep.store.database import Store
from keepstep_sandbox.server import SandboxServer
from tests.engine.prospects.world import AnyOffice, write_prospect_sync
from tests.pairs.crms import CRMS, SandboxedCrm
from tests.pairs.platforms.account_engagement import CRM_ID, Unit

ANN, BOB = "sam.seller@corp.example.com", "sue.sells@corp.example.com"  # of those whom all sandboxes have


@dataclass(slots=True)
class SandboxedOffice(AnyOffice):
    """Both systems as sandboxes on this machine."""

    crm: SandboxedCrm = field(kw_only=True)
    engagement_url: str = field(kw_only=True)
    platform: Unit = field(init=False)

    def __post_init__(self) -> None:
        """Two sellers are users of both; the platform has a field for the CRM's id."""
        self.platform = Unit(self.engagement_url, str(self.file.settings.id_field))
        self.ann = self.user(ANN)
        self.bob = self.user(BOB)

    def user(self, email: str) -> Mapping[str, str]:
        """The ids of whoever has this address, who is made where there is nobody."""
        marketing = self.platform.users()
        return {
            "crm": self.crm.users().get(email) or self.crm.add_user(email),
            "platform": marketing.get(email) or self.platform.add_user(email),
        }

    def a_minute_passes(self) -> None:
        """Both systems' too: they keep whole seconds."""
        AnyOffice.a_minute_passes(self)
        for desk in (self.crm.desk, self.platform.desk):
            desk.a_minute_passes()

    def connectors(self) -> tuple[Connector, Connector]:
        """Over HTTP."""
        return self.crm.connector(), self.platform.connector()


def where(can: str) -> pytest.MarkDecorator:
    """The test's `any_office` in memory, and with the sandboxes of those CRMs that can do this (`SandboxedCrm`)."""
    able = [name for name, crm in CRMS.items() if getattr(crm, can)]
    return pytest.mark.parametrize("any_office", ["memory", *able], indirect=True)


def sandbox_sync(folder: Path, crm: type[SandboxedCrm] = CRMS["salesforce"], /, **changes: Any) -> ProspectFile:
    """The sync file between a CRM's sandbox and that of Account Engagement."""
    sync = {**crm.sync(), "platform": {"system": "account_engagement", "connection": "platform"}}
    if crm.system not in ACCOUNT_ENGAGEMENT.crm_id_fields:
        sync["crm_id_field"] = CRM_ID
    return write_prospect_sync(folder, replace=sync, **changes)


@contextmanager
def sandboxed(
    store: Store, file: ProspectFile, crm: type[SandboxedCrm] = CRMS["salesforce"]
) -> Iterator[SandboxedOffice]:
    """Two empty sandboxes, and a sync between them."""
    with SandboxServer(crm.app()) as one, SandboxServer(Unit.app()) as two:
        yield SandboxedOffice(store, file, crm=crm(one.url), engagement_url=two.url)
