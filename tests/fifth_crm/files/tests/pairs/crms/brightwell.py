"""Brightwell CRM."""

# ruff: noqa: D102 # `SandboxedCrm` says what the deeds are
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.applications import Starlette

from keepstep.connectors.base import Connector
from keepstep.connectors.brightwell import BrightwellConnector, BrightwellSettings
from keepstep.core.model import Status, Value
from keepstep_sandbox import brightwell, credentials
from tests.pairs.crms.base import SandboxedCrm
from tests.pairs.quick import QUICK

SCORE = "x_act_on_score"


class Brightwell(SandboxedCrm):
    """A site."""

    system = "brightwell"
    score = SCORE
    user_email = "email"
    undeletes = False
    words: ClassVar[Mapping[str, str]] = {
        "first_name": "first_name",
        "last_name": "last_name",
        "company": "company",
        "email": "email",
        "owner": "owner_id",
        "act_on_score": SCORE,
        "opted_out": "do_not_email",
    }

    @classmethod
    def app(cls) -> Starlette:
        return brightwell.create_app(brightwell.BrightwellSettings(size=0))

    def connector(self) -> Connector:
        return BrightwellConnector(BrightwellSettings(self.url, credentials.BRIGHTWELL_TOKEN), retries=QUICK)

    def person(self, object: str) -> Mapping[str, Value]:  # noqa: ARG002 # all objects alike
        return {}

    def a_user(self, email: str) -> Mapping[str, Value]:
        return {"email": email, "name": email, "active": True}

    def status(self, object: str, row: Mapping[str, Any]) -> Status:
        return Status.CONVERTED if object == "lead" and row["contact_id"] else Status.ACTIVE
