"""What a right sync file means, and what it means where it says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepstep.core.model import Blanks, FieldType, Rule
from tests.settings.files import RIGHT, SMALLEST, settled, wrong


def test_a_right_file_is_known_by_its_name_and_text(tmp_path: Path) -> None:
    file = settled(tmp_path, RIGHT)
    assert file.name == "customers"
    assert file.text == RIGHT
    assert file.settings.title == "NetSuite customers"
    assert file.hash == settled(tmp_path, RIGHT).hash
    assert file.hash != settled(tmp_path, RIGHT + "\n").hash
    assert len(file.hash) == 64


@pytest.mark.behaviour("AO-6")
def test_a_new_sync_pushes_the_score_only_and_pulls_all_but_the_score(tmp_path: Path) -> None:
    settings = settled(tmp_path, SMALLEST).settings
    assert settings.push_update == {"act_on_score"}
    assert settings.pull_update == {"email", "first_name", "lead_source"}
    assert settings.pull.add is True
    assert (settings.pull.remove, settings.push.add, settings.push.remove) == (False, False, False)


@pytest.mark.behaviour("AO-4")
def test_a_new_sync_has_no_schedule_until_somebody_gives_it_one(tmp_path: Path) -> None:
    settings = settled(tmp_path, SMALLEST).settings
    assert settings.schedule is None
    assert settings.maintenance.schedule is None
    assert settled(tmp_path, SMALLEST + "schedule: '@daily'\n").settings.schedule == "@daily"


@pytest.mark.behaviour("AO-5")
def test_push_and_pull_take_add_update_and_remove_each_for_itself(tmp_path: Path) -> None:
    for_the_list = "pull: {add: false, update: [first_name], remove: true}\n"
    for_the_crm = "push: {add: true, update: [lead_source], remove: true}\n"
    pull = settled(tmp_path, SMALLEST + for_the_list).settings
    assert pull.pull_update == {"first_name"}
    assert (pull.pull.add, pull.pull.remove, pull.push.add, pull.push.remove) == (False, True, False, False)
    push = settled(tmp_path, SMALLEST + for_the_crm).settings
    assert push.push_update == {"lead_source"}
    assert (push.pull.add, push.pull.remove, push.push.add, push.push.remove) == (True, False, True, True)


@pytest.mark.parametrize(
    ("audience", "stage", "right"),
    [
        ("affiliated_with_customers", "customer", True),
        ("affiliated_with_leads", "lead", True),
        ("affiliated_with_customers", "lead", False),
        ("unaffiliated", "lead", False),
    ],
)
def test_whom_a_push_adds_a_pull_must_not_remove_again(tmp_path: Path, audience: str, stage: str, right: bool) -> None:
    crm = f"audience: {audience}, create_at_stage: {stage}"
    text = SMALLEST.replace("audience: unaffiliated", crm) + "pull: {remove: true}\npush: {add: true}\n"
    if right:
        assert settled(tmp_path, text).settings.crm.create_at_stage == stage
    else:
        told = wrong(tmp_path, text)
        assert told.startswith(
            f"customers.yaml, line 2: crm.create_at_stage: people that push.add makes at this stage ({stage})"
        )


def test_no_field_at_all_may_be_chosen(tmp_path: Path) -> None:
    settings = settled(tmp_path, SMALLEST + "pull: {update: []}\npush: {update: []}\n").settings
    assert settings.pull_update == settings.push_update == frozenset()


@pytest.mark.behaviour("AO-3")
def test_email_and_the_score_are_fields_of_their_own_kind(tmp_path: Path) -> None:
    rules = {rule.name: rule for rule in settled(tmp_path, SMALLEST).settings.field_rules()}
    assert list(rules) == ["email", "first_name", "lead_source", "act_on_score"]
    assert rules["email"].type is FieldType.EMAIL
    assert rules["email"].platform == "E-mail Address"
    score = rules["act_on_score"]
    assert (score.crm, score.platform) == ("custentity_act_on_score", "Act-On Score")
    assert (score.type, score.rule) == (FieldType.NUMBER, Rule.PLATFORM_WINS)
    assert rules["first_name"].platform == "First Name"
    assert (rules["first_name"].type, rules["first_name"].rule) == (FieldType.TEXT, Rule.CRM_WINS)


def test_a_field_may_say_more_than_its_name(tmp_path: Path) -> None:
    more = "{crm: custentity_vip, platform: VIP, type: boolean, rule: newest_wins, blanks: overwrite}"
    text = SMALLEST.replace("lead_source: leadSource", f"vip_level: {more}, favourite_tea: custentity_tea")
    rules = {rule.name: rule for rule in settled(tmp_path, text).settings.field_rules()}
    vip = rules["vip_level"]
    assert (vip.crm, vip.platform, vip.type) == ("custentity_vip", "VIP", FieldType.BOOLEAN)
    assert (vip.rule, vip.blanks) == (Rule.NEWEST_WINS, Blanks.OVERWRITE)
    assert rules["favourite_tea"].platform == "Favourite Tea"  # a column of our naming where the platform has none


def test_the_score_may_be_mapped_by_hand_but_stays_the_platform_s(tmp_path: Path) -> None:
    by_hand = "act_on_score: {crm: custentity_points, platform: Points, rule: crm_wins}"
    text = SMALLEST.replace("lead_source: leadSource", by_hand)
    settings = settled(tmp_path, text).settings
    score = settings.field_rules()[-1]
    assert (score.crm, score.platform, score.rule) == ("custentity_points", "Points", Rule.PLATFORM_WINS)
    assert settings.pull_update == {"email", "first_name"}


def test_each_system_s_ways_come_from_its_table(tmp_path: Path) -> None:
    settings = settled(tmp_path, SMALLEST).settings
    assert settings.crm_policy.title == "NetSuite"
    assert settings.platform_policy.title == "Act-On"
    assert settings.score_field == "act_on_score"


def test_the_activities_may_come_from_a_table_of_one_s_own(tmp_path: Path) -> None:
    text = SMALLEST + "activities: {source: sql, connection: warehouse, query: SELECT 1}\n"
    assert settled(tmp_path, text).settings.activities.connection == "warehouse"


def test_text_that_looks_like_a_date_stays_text(tmp_path: Path) -> None:
    for title in ("2026-03-02", "2026-13-45"):
        assert settled(tmp_path, SMALLEST.replace("title: Customers", f"title: {title}")).settings.title == title


def test_a_marketing_list_of_the_crm_narrows_an_audience_where_the_crm_has_such_lists(tmp_path: Path) -> None:
    text = RIGHT.replace("system: netsuite", "system: dynamics").replace(
        "audience: affiliated_with_customers", "audience: contacts\n  marketing_list: Spring event"
    )
    crm = settled(tmp_path, text).settings.crm
    assert (crm.selection, crm.whom) == ("Spring event", "contacts on the marketing list Spring event")


def test_a_marketing_list_of_a_crm_that_has_none_is_refused(tmp_path: Path) -> None:
    text = RIGHT.replace(
        "audience: affiliated_with_customers", "audience: unaffiliated\n  marketing_list: Spring event"
    )
    told = wrong(tmp_path, text)
    assert "crm.marketing_list: marketing lists of the CRM are read from Microsoft Dynamics 365, SugarCRM alone" in told
