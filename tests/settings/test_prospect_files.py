"""Sync files of an account's prospects: what they may say, and how a wrong one is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from keepstep.config import (
    ProspectFile,
    check_together,
    is_prospect_sync,
    json_schema,
    load_prospect_sync,
    load_sync,
)
from keepstep.core.errors import SettingsError
from tests.settings.files import RIGHT as A_LIST
from tests.settings.files import write

SMALLEST = """\
title: Prospects
kind: prospects
crm: {system: salesforce, connection: salesforce_default}
platform: {system: account_engagement, connection: account_engagement_default}
fields: {email: Email}
"""

RIGHT = """\
title: Prospects
kind: prospects
crm:
  system: salesforce
  connection: salesforce_default
platform:
  system: account_engagement
  connection: account_engagement_default
fields:
  email: Email
  first_name: FirstName
  score: {crm: Score__c, type: number}
create_as: lead
pull:
  update: [first_name]
push:
  update: [first_name, score]
resume_deleted:
  activities: [form_submitted]
  fields: {first_name: Again}
limits:
  prospects: 100
"""

BAD = [
    ("a kind that there isn't", "kind: prospects", "kind: people", "line 2: kind: Input should be 'prospects'"),
    (
        "a key of a list's file",
        "create_as: lead",
        "maintenance: {}",
        "line 13: maintenance: there is no such key; allowed here: create_as, crm, crm_id_field, deleted, "
        "detect_deletes, email_follows_crm, fields, kind, limits, match_by, on_deleted, on_duplicates, "
        "on_email_change, owner, owner_fallback, platform, pull, push, resume_deleted, schedule, tags, timezone, "
        "title, triggers",
    ),
    (
        "a typing error",
        "create_as: lead",
        "creat_as: lead",
        "line 13: creat_as: there is no such key (did you mean create_as?)",
    ),
    (
        "an object that the CRM doesn't make",
        "create_as: lead",
        "create_as: account",
        "line 13: create_as: a new prospect becomes a lead or a contact in Salesforce",
    ),
    (
        "a platform with lists",
        "  system: account_engagement",
        "  system: act_on",
        "line 7: platform.system: Act-On has lists, not prospects: leave kind out",
    ),
    ("no email", "  email: Email\n", "", "line 9: fields: the field email is missing"),
    (
        "a field of ours",
        "  email: Email\n",
        "  email: Email\n  owner: OwnerId\n",
        "line 11: fields.owner: the field owner is there by itself; leave it out",
    ),
    (
        "an unknown field to pull",
        "  update: [first_name]",
        "  update: [shoe_size]",
        "line 15: pull.update.0: names the field shoe_size; the fields are crm_id, email, first_name, opted_out, "
        "owner, score",
    ),
    (
        "an unknown field to push",
        "[first_name, score]",
        "[first_name, shoe_size]",
        "line 17: push.update.1: names the field shoe_size",
    ),
    (
        "an unknown field to resume by",
        "{first_name: Again}",
        "{shoe_size: Again}",
        "line 20: resume_deleted.fields.shoe_size: names the field shoe_size",
    ),
    ("nobody a run", "prospects: 100", "prospects: 0", "line 22: limits.prospects: Input should be greater than or eq"),
    ("a word for a yes", "create_as: lead", "detect_deletes: perhaps", "line 13: detect_deletes: Input should be"),
    (
        "a schedule that isn't one",
        "create_as: lead",
        "schedule: often",
        "line 13: schedule: a schedule is a cron expression",
    ),
]


def load(folder: Path, text: str, name: str = "prospects.yaml") -> ProspectFile:
    return load_prospect_sync(write(folder, text, name))


@pytest.mark.parametrize(("right", "changed", "told"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_wrong_file_is_told_by_file_line_key_and_what_is_allowed(
    tmp_path: Path, right: str, changed: str, told: str
) -> None:
    assert RIGHT.count(right) >= 1
    path = write(tmp_path, RIGHT.replace(right, changed, 1), "prospects.yaml")
    assert is_prospect_sync(path)
    with pytest.raises(SettingsError) as error:
        load_prospect_sync(path)
    assert [line for line in str(error.value).splitlines() if line.startswith(f"prospects.yaml, {told}")], error.value


def test_only_a_file_that_says_a_kind_is_one_of_prospects(tmp_path: Path) -> None:
    assert is_prospect_sync(write(tmp_path, SMALLEST, "prospects.yaml"))
    assert not is_prospect_sync(write(tmp_path, A_LIST))
    assert not is_prospect_sync(write(tmp_path, "- a list\n", "nothing.yaml"))
    assert not is_prospect_sync(write(tmp_path, "title: [never closed\n", "broken.yaml"))
    assert not is_prospect_sync(tmp_path / "missing.yaml")


def test_without_a_schedule_salesforce_is_asked_every_two_minutes(tmp_path: Path) -> None:
    assert load(tmp_path, SMALLEST).settings.every == "*/2 * * * *"
    assert load(tmp_path, SMALLEST + "schedule: '@hourly'\n").settings.every == "@hourly"


def test_two_syncs_of_the_same_account_with_the_same_crm_are_one_too_many(tmp_path: Path) -> None:
    first, second = load(tmp_path, RIGHT, "a.yaml"), load(tmp_path, RIGHT, "b.yaml")
    other_crm = load(tmp_path, RIGHT.replace("salesforce_default", "salesforce_two"), "c.yaml")
    other_account = load(tmp_path, RIGHT.replace("account_engagement_default", "another"), "d.yaml")
    a_list = load_sync(write(tmp_path, A_LIST, "e.yaml"))

    found = check_together([second, other_crm, a_list, other_account, first])

    assert {name: str(error) for name, error in found.items()} == {
        "b": "b.yaml, line 8: platform.connection: the prospects of account_engagement_default are already synced with "
        "salesforce_default by a.yaml; an account's prospects have one sync with a CRM"
    }


# -- in an editor ------------------------------------------------------------------------------------------------------


def marked(text: str) -> list[object]:
    """What an editor marks."""
    return list(Draft202012Validator(json_schema()).iter_errors(yaml.safe_load(text)))


def test_one_schema_lets_right_files_of_both_kinds_pass() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert [marked(text) for text in (SMALLEST, RIGHT, A_LIST)] == [[], [], []]


@pytest.mark.parametrize(
    ("right", "changed"),
    [
        ("kind: prospects", "kind: people"),
        ("kind: prospects\n", ""),
        ("create_as: lead", "creat_as: lead"),
        ("create_as: lead", "maintenance: {}"),
        ("system: account_engagement", "system: account_management"),
        ("prospects: 100", "prospects: 0"),
        ("create_as: lead", "owner_fallback: anybody"),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(tmp_path: Path, right: str, changed: str) -> None:
    text = RIGHT.replace(right, changed, 1)
    assert marked(text)
    path = write(tmp_path, text, "prospects.yaml")
    with pytest.raises(SettingsError):
        (load_prospect_sync if is_prospect_sync(path) else load_sync)(path)


def test_a_list_says_no_kind(tmp_path: Path) -> None:
    assert marked(A_LIST + "kind: prospects\n")
    assert is_prospect_sync(write(tmp_path, A_LIST + "kind: prospects\n"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"create_as: lead": "create_as: contact"}, "create_as: a new prospect becomes a lead in NetSuite"),
        (
            {"create_as: lead": "match_by: crm_id"},
            "match_by: Account Engagement has no field of its own for an id of NetSuite: make a custom text field "
            "there and name it in crm_id_field",
        ),
    ],
)
def test_what_salesforce_can_and_another_crm_cannot_is_told(tmp_path: Path, changes: dict[str, str], told: str) -> None:
    text = RIGHT.replace("  system: salesforce", "  system: netsuite", 1)
    for here, there in changes.items():
        text = text.replace(here, there, 1)
    with pytest.raises(SettingsError, match=re.escape(told)):
        load_prospect_sync(write(tmp_path, text, "prospects.yaml"))
