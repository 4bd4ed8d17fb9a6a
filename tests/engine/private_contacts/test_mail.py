"""The list by mail: in the body, and as a file that a spreadsheet opens and doesn't run."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from keepstep.engine.private_contacts import mail
from tests.engine.private_contacts.office import Office


@pytest.mark.behaviour("SF-4", "SF-7")
def test_the_mail_lists_contacts_with_owner_created_date_company_duplicates_and_proposals(
    office: Office, tmp_path: Path
) -> None:
    office.write_file(mail={"to": ["admin@example.com"], "subject": "Contacts with no account"})
    acme = office.account("Acme <International>")
    ann = office.contact("Lee", "Acme Intl", FirstName="Ann", Email="ann@acme.com")
    twin = office.contact("Lee", "=HYPERLINK(1)", FirstName="Ann", Email="ann@acme.com")
    office.look()
    task = office.task()

    told = mail.compose(task, tmp_path)

    assert (told.subject, told.contacts) == ("Contacts with no account", 2)
    with told.attached.open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["id"], first["name"], first["email"], first["company"]) == (
        ann,
        "Ann Lee",
        "ann@acme.com",
        "Acme Intl",
    )
    assert first["owner"] == office.listed()[ann].owner_name
    assert first["created"] == str(office.listed()[ann].created_at)[:10]
    assert (first["proposed_id"], first["proposed_name"], first["state"]) == (acme, "Acme <International>", "proposed")
    assert float(first["score"]) > 0.9
    assert (second["id"], second["group"], second["same_by"]) == (twin, ann, "email")
    assert second["company"] == "'=HYPERLINK(1)"
    assert "Acme &lt;International&gt;" in told.html
    assert f"/lightning/r/Contact/{ann}/view" in told.html
    assert f"/lightning/r/Account/{acme}/view" in told.html
    assert "2 contacts in Salesforce belong to no company" in told.html
    assert "2 of them are in 1 groups of duplicates" in told.html


def test_a_long_list_is_shown_in_part_and_attached_as_a_whole(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SHOWN", 2)
    monkeypatch.setattr(mail, "ATTACHED", 4)
    for n in range(5):
        office.contact(f"Person {n}")
    office.look()

    told = mail.compose(office.task(), tmp_path)

    assert told.contacts == 4
    assert told.html.count("/lightning/r/Contact/") == 2
    assert "3 more are in the attached file; it holds the first 4." in told.html


def test_a_list_of_nobody_says_so(office: Office, tmp_path: Path) -> None:
    office.look()
    told = mail.compose(office.task(), tmp_path)
    assert told.contacts == 0
    assert "0 contacts in Salesforce belong to no company" in told.html
    assert "<table" not in told.html
