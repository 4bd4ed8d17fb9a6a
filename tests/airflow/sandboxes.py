"""Salesforce beside a platform, both as sandboxes, and a sync over them that goes through Airflow.

The connectors are imported here, before a task does: what waits in them would keep `impatient`'s sleep for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import text

from keepstep.connectors import act_on, salesforce
from keepstep.store.database import Store
from keepstep_sandbox import credentials
from tests.airflow.stage import Outcome, impatient, impatient_dag, outcome
from tests.bad_days.systems import System

SYNCS = Path(__file__).parent / "syncs"
GREEN = {"pull_list": "success", "compute_behavior_score": "success", "push_score": "success", "reconcile": "success"}
IMPORTED = (act_on, salesforce)
APP = {"consumer_key": credentials.SALESFORCE_CLIENT_ID, "consumer_secret": credentials.SALESFORCE_CLIENT_SECRET}


@dataclass(frozen=True, slots=True)
class SalesforcePeople(System):
    """What people do in a Salesforce org; `kind` is leads or contacts, `score` the field that holds the score."""

    kind: str = "leads"
    score: str = "Act_On_Score__c"

    def make_score_fields(self) -> None:
        """An administrator makes the score field on both objects."""
        for kind in ("Lead", "Contact"):
            self.ask("POST", "fields", {"object": kind, "name": self.score, "type": "double"})

    def enter(self, email: str, **fields: Any) -> str:
        """Somebody enters a person. Returns its id."""
        usual = {"leads": {"LastName": "Quill", "Company": "Acme"}, "contacts": {"LastName": "Quill"}}[self.kind]
        return str(self.ask("POST", self.kind, {**usual, "Email": email, **fields})["id"])

    def edit(self, record_id: str, **fields: Any) -> None:
        """Somebody edits a person."""
        self.ask("PATCH", f"{self.kind}/{record_id}", fields)

    def delete(self, record_id: str) -> None:
        """Somebody deletes a person: it is in the recycle bin."""
        self.ask("DELETE", f"{self.kind}/{record_id}")

    def refuse(self, when: str) -> None:
        """An administrator makes a validation rule; its sentence names a person, as such sentences do."""
        rule = {"object": {"leads": "Lead", "contacts": "Contact"}[self.kind], "when": when, "message": "Ask Ann Quill"}
        self.ask("PUT", "validation-rules/of_the_test", rule)

    def refuse_nothing(self) -> None:
        """The rule goes."""
        self.ask("DELETE", "validation-rules/of_the_test")

    def people(self) -> Mapping[str, Mapping[str, Any]]:
        """Everybody who isn't in the recycle bin, by id."""
        told = self.ask("GET", f"{self.kind}?limit=1000")["items"]
        return {one["Id"]: one for one in told if not one["IsDeleted"]}

    def person(self, record_id: str) -> Mapping[str, Any]:
        """One of them."""
        return self.people()[record_id]

    def scores(self) -> Mapping[str, int | None]:
        """Everybody's score, by email."""
        return {one["Email"]: one[self.score] for one in self.people().values()}

    def writes(self) -> int:
        """Calls that change something, since the counts were started over; a sign-in changes nothing."""
        counts = self.requests().items()
        return sum(n for route, n in counts if not route.startswith("GET") and "oauth2" not in route)


@dataclass(frozen=True, slots=True)
class Office:
    """One sync over sandboxes."""

    name: str
    salesforce: SalesforcePeople
    store: Store
    folder: Path  # of the sync files that Airflow sees

    def run(self, **given: Any) -> Outcome:
        """Run the whole Dag once."""
        with impatient():
            return outcome(impatient_dag(self.name).test(**given))

    def change(self, **keys: Any) -> None:
        """Somebody edits the sync file."""
        path = self.folder / f"{self.name}.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text(encoding="utf-8")), **keys}), encoding="utf-8")

    def errors(self) -> list[tuple[str, int]]:
        """The open sync errors: their code, and how often each was met."""
        with self.store.begin() as conn:
            found = conn.execute(text("select code, count from sync_error where closed_at is null"))
            return [(code, count) for code, count in found]

    def tombstones(self) -> int:
        """How many deleted records are remembered."""
        with self.store.begin() as conn:
            return int(conn.execute(text("select count(*) from tombstone")).scalar_one())


def copy_sync(example: str, name: str, folder: Path) -> None:
    """One of the example syncs under a name of the test's own."""
    (folder / f"{name}.yaml").write_text((SYNCS / f"{example}.yaml").read_text(encoding="utf-8"), encoding="utf-8")


def salesforce_connection(url: str) -> dict[str, Any]:
    """As the provider's form and our own extras have it."""
    return {"conn_type": "salesforce", "extra": {**APP, "keepstep_login_url": url}}


def totals(ended: Outcome) -> Mapping[str, int]:
    """The counts of the whole run, which must balance."""
    found: Mapping[str, int] = ended.xcom("reconcile", "return_value")["totals"]
    assert found["planned"] == sum(found[fate] for fate in ("applied", "rejected", "held", "skipped"))
    return found
