"""Proposing companies for private contacts: those that are new, changed, or met by a company that is (SF-5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from keepstep.core.company_match import Company, Person, Proposal, proposals
from keepstep.core.company_names import CompanyName, read_name
from keepstep.core.email_domains import email_domain, website_domain
from keepstep.engine.private_contacts.task import PrivateTask
from keepstep.store import private_contacts, private_matching
from keepstep.store.private_matching import Candidate, Unmatched
from keepstep.store.private_proposals import State

AT_ONCE = 500  # contacts; each with at most so many companies as `private_matching.COMPARED`


@dataclass(frozen=True, slots=True)
class ProposeReport:
    """What was compared and proposed: counts only."""

    run: int
    compared: int  # contacts that were looked at in this run
    proposed: int  # proposals that are open now
    approved: int  # of a person, and not written yet
    rejected: int
    contacts: int

    def as_dict(self) -> dict[str, Any]:
        """For XCom."""
        return asdict(self)


def propose_companies(task: PrivateTask) -> ProposeReport:
    """Compare, and keep what was found; asks the CRM for nothing."""
    with task.store.begin() as conn:
        private_matching.touch(conn, task.run.sync)
    compared, after = 0, ""
    while True:
        with task.store.begin() as conn:
            contacts = private_matching.unmatched(conn, task.run.sync, after, AT_ONCE)
            made = {contact.id: _proposals(task, contact) for contact in contacts}
            if made:
                private_matching.propose(conn, task.run.sync, made, task.now())
        if not contacts:
            break
        compared, after = compared + len(contacts), contacts[-1].id
        task.progress("compare contacts", compared, None)
    counts = private_contacts.counts(task.store, task.run.sync)
    states = {state: counts.proposals.get(state, 0) for state in State}
    return ProposeReport(
        run=task.run.id,
        compared=compared,
        proposed=states[State.PROPOSED],
        approved=states[State.APPROVED],
        rejected=states[State.REJECTED],
        contacts=counts.contacts,
    )


def _proposals(task: PrivateTask, contact: Unmatched) -> tuple[Proposal, ...]:
    person = Person(read_name(contact.company), email_domain(contact.email))
    companies = (_company(one) for one in contact.candidates)
    return proposals(person, companies, task.file.settings.thresholds.propose_from)


def _company(one: Candidate) -> Company:
    return Company(one.id, _name(one.name), website_domain(one.website), one.colleagues, one.elsewhere)


@lru_cache(maxsize=20_000)  # many contacts are compared with the same companies; names are short
def _name(text: str | None) -> CompanyName | None:
    return read_name(text)
