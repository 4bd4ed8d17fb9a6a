"""The mail with the private contacts: a page of them in HTML, all of them as CSV.

It holds people's data on purpose, for the recipients that the settings name; it goes nowhere else.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from keepstep.engine.private_contacts.task import PrivateTask
from keepstep.store import private_contacts
from keepstep.store.private_contacts import ShownContact, ShownProposal

SHOWN = 200  # contacts in the mail's body
ATTACHED = 20_000  # contacts in the file: about 5 MB, which mail servers let pass

_COLUMNS = (
    *("id", "name", "email", "company", "owner", "created", "days", "group", "same_by", "url"),
    *("proposed_id", "proposed_name", "score", "state", "reasons"),
)
# A spreadsheet runs a cell that begins with one of these: people can write them into forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Mail:
    """What is sent."""

    subject: str
    html: str
    attached: Path  # the CSV file
    contacts: int  # in the file


def compose(task: PrivateTask, folder: Path) -> Mail:
    """Write the mail; its file goes into the folder, which is the caller's to remove."""
    path = folder / "private_contacts.csv"
    rows = private_contacts.every(task.store, task.run.sync, ATTACHED)
    shown = [_row(task, one) for one in islice(rows, SHOWN)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # with the mark by which Excel knows UTF-8
        table = csv.DictWriter(file, _COLUMNS)
        table.writeheader()
        written = 0
        for row in _chain(shown, (_row(task, one) for one in rows)):
            table.writerow(_cells(row))
            written += 1
    return Mail(task.file.settings.mail.subject, _html(task, shown), path, written)


def _chain(first: list[dict[str, Any]], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield from first
    yield from rest


def _html(task: PrivateTask, shown: list[dict[str, Any]]) -> str:
    settings = task.file.settings
    counts = private_contacts.counts(task.store, task.run.sync)
    pages = Environment(autoescape=True, loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined)
    return pages.get_template("mail.html").render(
        title=settings.title,
        crm=settings.crm_policy.title,
        counts=counts,
        states=sorted((state.value, n) for state, n in counts.proposals.items()),
        rows=shown,
        left_out=max(counts.contacts - len(shown), 0),
        beyond=counts.contacts > ATTACHED,
        most=ATTACHED,
    )


def _row(task: PrivateTask, one: ShownContact) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": " ".join(part for part in (one.first_name, one.last_name) if part),
        "email": one.email or "",
        "company": one.company or "",
        "owner": one.owner_name or one.owner or "",
        "created": _day(one.created_at),
        "days": "" if (days := one.age_days(task.now())) is None else days,
        "group": one.duplicates or "",
        "same_by": one.duplicate_by or "",
        "url": task.crm.url(task.people.object, one.id),
        "proposals": [_proposal(task, proposal) for proposal in one.proposals],
    }


def _proposal(task: PrivateTask, one: ShownProposal) -> dict[str, Any]:
    return {
        "id": one.company,
        "name": one.company_name or "",
        "url": task.crm.url(task.companies.object, one.company),
        "score": f"{one.score:.2f}",
        "state": one.state.value,
        "reasons": "; ".join(one.reasons),
    }


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    """A line of the file: the contact, and the best of its proposals."""
    best: dict[str, Any] = next(iter(row["proposals"]), {})
    proposed = {"proposed_id": best.get("id", ""), "proposed_name": best.get("name", "")}
    proposed |= {name: best.get(name, "") for name in ("score", "state", "reasons")}
    return {name: _safe(value) for name, value in {**row, **proposed}.items() if name in _COLUMNS}


def _safe(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else ""
