"""The file of a CRM's private contacts: what it may say, and how a wrong one is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from keepstep.config import PrivateContactsSettings, load_private_contacts
from keepstep.core.errors import Bug, SettingsError
from tests.settings.files import write

SMALLEST = """\
title: Private contacts
crm: {system: salesforce, connection: salesforce_default}
"""
RIGHT = """\
title: Private contacts
crm:
  system: salesforce
  connection: salesforce_default
schedule: "0 6 * * 1"
timezone: Europe/Berlin
company_field: Company__c
thresholds:
  propose_from: 0.8
  apply_from: 0.97
approval:
  wait: 1d
mail:
  to: [admin@example.com]
  subject: Contacts with no account
"""


def settled(folder: Path, text: str) -> PrivateContactsSettings:
    return load_private_contacts(write(folder, text, "salesforce.yaml")).settings


def wrong(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as told:
        settled(folder, text)
    return str(told.value)


def test_two_keys_are_enough_and_then_nothing_is_written_by_itself_and_no_mail_is_sent(tmp_path: Path) -> None:
    settings = settled(tmp_path, SMALLEST)
    assert (settings.thresholds.propose_from, settings.thresholds.apply_from) == (0.8, 1.01)
    assert settings.approval.ask
    assert settings.mail.to == ()
    assert settings.reference.field == "AccountId"


def test_all_keys_are_read(tmp_path: Path) -> None:
    settings = settled(tmp_path, RIGHT)
    assert settings.thresholds.apply_from == 0.97
    assert settings.approval.wait == timedelta(days=1)
    assert settings.mail.to == ("admin@example.com",)
    assert settings.crm_policy.title == "Salesforce"


@pytest.mark.parametrize(
    ("right", "changed", "told"),
    [
        ("schedule", "shedule", "line 5: shedule: there is no such key (did you mean schedule?)"),
        ("propose_from", "propose", "line 9: thresholds.propose: there is no such key (did you mean propose_from?)"),
        ("subject", "subjet", "line 15: mail.subjet: there is no such key (did you mean subject?); allowed here: "),
        ("0.97", "0.7", "line 10: thresholds.apply_from: apply_from is not below propose_from"),
        ("0.8", "0.2", "line 9: thresholds.propose_from: Input should be greater than or equal to 0.5"),
        ("salesforce\n", "netsuite\n", "line 3: crm.system: private contacts are known of salesforce only"),
        ("admin@example.com", "admin", "line 14: mail.to.0: a recipient is an email address such as"),
        ("Contacts with no account", '"a\\nb"', "line 15: mail.subject: a subject is one line"),
        ("Europe/Berlin", "Berlin", "line 6: timezone: a time zone is an IANA name"),
    ],
)
def test_a_wrong_file_is_told_by_file_line_key_and_what_is_allowed(
    tmp_path: Path, right: str, changed: str, told: str
) -> None:
    assert wrong(tmp_path, RIGHT.replace(right, changed, 1)).startswith(f"salesforce.yaml, {told}")


def test_a_crm_without_private_contacts_has_no_reference(tmp_path: Path) -> None:
    settings = settled(tmp_path, SMALLEST)
    elsewhere = settings.model_copy(update={"crm": settings.crm.model_copy(update={"system": "netsuite"})})
    with pytest.raises(Bug):
        _ = elsewhere.reference
