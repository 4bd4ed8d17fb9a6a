"""The Dag of private contacts: listed, proposed, chosen by a person, written, mailed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowFailException
from fastapi.testclient import TestClient

from keepstep.core.errors import SettingsError
from keepstep.store.database import Store
from keepstep.store.overview import overview
from keepstep.store.private_contacts import counts, every
from keepstep.store.private_proposals import State
from keepstep_airflow.operators.choosing import chosen
from keepstep_airflow.private_contacts import private_file
from keepstep_sandbox.salesforce import SalesforceSettings, create_app
from keepstep_sandbox.server import SandboxServer
from tests.airflow.answering import answering
from tests.airflow.private_office import GIVEN, PrivateOffice, connections, mail_server

pytestmark = pytest.mark.slow
CHAIN = ("list_private_contacts", "propose_accounts", "approve", "apply_accounts", "mail_report")
GREEN = dict.fromkeys(CHAIN, "success")
PEOPLE = ("Quill", "adaline", "bobbie", "cydney", "example.org")


@pytest.fixture
def office(
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
    syncs: Path,
    metadata: None,  # noqa: ARG001 # it has to be there
) -> Iterator[PrivateOffice]:
    """An org with two accounts and three private contacts, and a file for them."""
    folder = syncs.parent / "private_contacts"
    folder.mkdir()
    app = create_app(SalesforceSettings(size=0))
    with SandboxServer(app) as org, mail_server() as (box, smtp), Store(store_url) as store:
        for name, value in connections(org.url, smtp, store_url).items():
            monkeypatch.setenv(name, value)
        made = PrivateOffice(f"org_{uuid.uuid4().hex[:8]}", org.url, store, folder, box)
        made.control("POST", "fields", {"object": "Contact", "name": GIVEN})
        made.write_file()
        yield made


def approve(number: int) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Somebody chooses the first so many proposals, and never wants to see the last one again."""

    def answer(detail: Mapping[str, Any]) -> Mapping[str, Any]:
        offered: list[str] = detail["params"]["write"]["schema"]["examples"]
        return {"chosen_options": ["Approve"], "params_input": {"write": offered[:number], "never": offered[-1:]}}

    return answer


def reject(_detail: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"chosen_options": ["Reject"], "params_input": {}}


def shows_nobody(*texts: object) -> None:
    for text in texts:
        told = json.dumps(text, default=str).lower()
        assert not [name for name in PEOPLE if name.lower() in told]


@pytest.mark.behaviour("SF-4", "SF-5")
def test_a_person_chooses_in_airflow_what_is_written_and_the_list_goes_out_by_mail(
    server: TestClient, office: PrivateOffice
) -> None:
    acme, globex = office.account("Acme Inc"), office.account("Globex")
    ada = office.contact("Adaline", "Acme Incorporated", "adaline@acme.example.org")
    bob = office.contact("Bobbie", "Globex Group", "bobbie@globex.example.org")
    cyd = office.contact("Cydney", "Globexx", "cydney@example.org")
    before = office.control("GET", "accounts")["items"]

    with answering(server, office.dag_id, "approve", approve(1)) as asked:
        ended = office.run()

    assert ended.tasks == GREEN
    assert [office.account_of(one) for one in (ada, bob, cyd)] == [acme, None, None]
    assert office.control("GET", "accounts")["items"] == before
    assert counts(office.store, office.dag_id).proposals == {State.APPLIED: 1, State.PROPOSED: 1, State.REJECTED: 1}
    (detail,) = asked
    assert f"/lightning/r/Contact/{bob}/view" in detail["body"]
    assert f"/lightning/r/Account/{globex}/view" in detail["body"]
    shows_nobody(asked, list(ended.xcoms.values()))
    assert ended.returned["apply_accounts"]["applied"] == 1
    assert ended.returned["mail_report"] == {"recipients": 2, "contacts": 2}
    assert overview(office.store)[office.dag_id].runs[0].state == "finished"
    (decided,) = {
        proposal.decided_by
        for one in every(office.store, office.dag_id)
        for proposal in one.proposals
        if proposal.state is State.REJECTED
    }
    assert decided == "admin"

    ((recipients, mail),) = office.box.mails
    assert recipients == ["admin@example.com", "sales@example.com"]
    assert mail["Subject"] == "Contacts with no account"
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    assert "Bobbie Quill" in parts["text/html"]
    assert "bobbie@globex.example.org" in parts["text/html"]
    attached = next(part for part in mail.walk() if part.get_filename())
    assert attached.get_filename() == "private_contacts.csv"
    lines = attached.get_content().decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["id", bob, cyd]


@pytest.mark.behaviour("SF-5")
def test_a_rejection_fails_the_task_writes_nothing_and_leaves_every_proposal_open(
    server: TestClient, office: PrivateOffice
) -> None:
    office.account("Acme")
    ada = office.contact("Adaline", "Acme", "adaline@acme.example.org")

    with answering(server, office.dag_id, "approve", reject):
        ended = office.run()

    assert ended.state == "failed"
    assert ended.tasks["approve"] == "failed"
    assert {ended.tasks[task] for task in ("apply_accounts", "mail_report")} == {"upstream_failed"}
    assert office.account_of(ada) is None
    assert counts(office.store, office.dag_id).proposals == {State.PROPOSED: 1}
    assert overview(office.store)[office.dag_id].runs[0].state == "failed"
    assert office.box.mails == []


@pytest.mark.behaviour("SF-5")
def test_what_is_clear_enough_needs_nobody_and_nobody_is_asked_where_the_file_says_so(office: PrivateOffice) -> None:
    office.write_file(thresholds={"apply_from": 0.95}, approval={"ask": False}, mail={})
    acme = office.account("Acme")
    ada = office.contact("Adaline", "Acme Inc", "adaline@acme.example.org")
    bob = office.contact("Bobbie", "Acme Group", "bobbie@example.org")

    ended = office.run()

    assert ended.tasks == GREEN
    assert [office.account_of(one) for one in (ada, bob)] == [acme, None]
    assert ended.returned["approve"] == {"asked": 0, "approved": 0, "rejected": 0}
    assert ended.returned["mail_report"] == {"recipients": 0, "contacts": 0}
    assert office.box.mails == []


def test_a_dry_run_asks_writes_and_sends_nothing(office: PrivateOffice) -> None:
    office.write_file(thresholds={"apply_from": 0.9})
    office.account("Acme")
    ada = office.contact("Adaline", "Acme", "adaline@acme.example.org")

    ended = office.run(run_conf={"dry": True})

    assert ended.tasks == GREEN
    assert ended.returned["apply_accounts"]["skipped"] == 1
    assert office.account_of(ada) is None
    assert office.box.mails == []


def test_a_wrong_file_is_told_as_an_import_error_and_the_others_keep_their_dags(
    office: PrivateOffice, load_dags: Callable[[], DagBag]
) -> None:
    (office.folder / "wrong.yaml").write_text("title: x\ncrm: {system: salesforce}\n", encoding="utf-8")
    bag = load_dags()
    assert office.dag_id in bag.dags
    ((path, told),) = bag.import_errors.items()
    assert path.endswith("private_contacts_errors.py")
    assert "wrong.yaml, line 2: crm.connection: this key is missing" in told
    with pytest.raises(SettingsError, match=f"there are no private contacts other; .* are: {office.name}, wrong"):
        private_file("other")


def test_no_answer_in_time_and_numbers_that_are_none_choose_nothing() -> None:
    with pytest.raises(AirflowFailException, match="nobody answered in time; nothing was written, every proposal"):
        chosen({"error": "timeout"})
    with pytest.raises(AirflowFailException, match="ops rejected"):
        chosen({"chosen_options": ["Reject"], "responded_by_user": {"id": "1", "name": "ops"}})
    answer = chosen({"chosen_options": ["Approve"], "responded_by_user": {"id": "ops"}, "params_input": None})
    assert (answer.approved, answer.rejected, answer.by) == ((), (), "ops")
    given = {"write": ["7", 8, "x", None], "never": "9"}
    answer = chosen({"chosen_options": ["Approve"], "responded_by_user": {"id": "ops"}, "params_input": given})
    assert (answer.approved, answer.rejected) == ((7, 8), ())
