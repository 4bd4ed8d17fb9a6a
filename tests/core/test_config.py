"""Sync files: what a right one means, and that a wrong one is told by file, line, key and what is allowed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from keepstep.config import SyncFile, check_together, json_schema, load_score_sheet, load_sync
from keepstep.core.errors import SettingsError
from keepstep.core.model import Blanks, FieldType, Rule
from keepstep.core.score import TypeRule

ROOT = Path(__file__).parents[2]

RIGHT = """\
title: NetSuite customers
crm:
  system: netsuite
  connection: netsuite_default
  audience: affiliated_with_customers
platform:
  system: act_on
  connection: act_on_default
  list: NetSuite customers
schedule: "0 0 * * *"
maintenance:
  score_field: act_on_score
fields:
  email: email
  first_name: firstName
  company: company
pull:
  update: [first_name, company]
push:
  update: [act_on_score]
limits:
  max_removed: 5%
"""


def write(folder: Path, text: str, name: str = "customers.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def settled(folder: Path, text: str) -> SyncFile:
    return load_sync(write(folder, text))


def wrong(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as told:
        load_sync(write(folder, text))
    return str(told.value)


# -- bad input ---------------------------------------------------------------------------------------------------------

BAD: list[tuple[str, str, str, str]] = [
    (
        "an unknown key",
        "schedule:",
        "shedule:",
        "customers.yaml, line 10: shedule: there is no such key (did you mean schedule?); allowed here: activities, "
        "crm, fields, limits, maintenance, on_deleted, on_duplicates, owner, platform, pull, push, schedule, tags, "
        "timezone, title",
    ),
    (
        "an unknown key inside",
        "max_removed: 5%",
        "max_remved: 5%",
        "customers.yaml, line 22: limits.max_remved: there is no such key (did you mean max_removed?); allowed here: "
        "activity_calls, api_calls, max_blanked, max_removed, max_updated, min_rows",
    ),
    (
        "an unknown key that is like none",
        "max_removed: 5%",
        "zzz: 5%",
        "customers.yaml, line 22: limits.zzz: there is no such key; allowed here: "
        "activity_calls, api_calls, max_blanked, max_removed, max_updated, min_rows",
    ),
    (
        "an unknown key of a field",
        "company: company",
        "company: {crm: company, rul: hold}",
        "customers.yaml, line 16: fields.company.rul: there is no such key (did you mean rule?); "
        "allowed here: blanks, crm, platform, rule, type",
    ),
    ("a missing key", "title: NetSuite customers\n", "", "customers.yaml, line 1: title: this key is missing"),
    (
        "a missing key inside",
        "  list: NetSuite customers\n",
        "",
        "customers.yaml, line 6: platform.list: this key is missing",
    ),
    (
        "a field's missing name",
        "company: company",
        "company: {platform: Company}",
        "customers.yaml, line 16: fields.company.crm: this key is missing",
    ),
    (
        "an empty title",
        "title: NetSuite customers",
        'title: ""',
        "customers.yaml, line 1: title: this must not be empty",
    ),
    (
        "an empty field name",
        "first_name: firstName",
        'first_name: ""',
        "customers.yaml, line 15: fields.first_name: this must not be empty",
    ),
    (
        "a list where a text belongs",
        "title: NetSuite customers",
        "title: [a]",
        "customers.yaml, line 1: title: Input should be a valid string",
    ),
    (
        "a word where a switch belongs",
        "pull:\n",
        "pull:\n  add: perhaps\n",
        "customers.yaml, line 18: pull.add: Input should be a valid boolean, unable to interpret input",
    ),
    (
        "a number where a field belongs",
        "company: company",
        "company: 5",
        "customers.yaml, line 16: fields.company: a field is its name in the CRM, or "
        "{crm: its name there, platform: its column, rule: …}",
    ),
    (
        "a rule that isn't one",
        "company: company",
        "company: {crm: company, rule: crm_looses}",
        "customers.yaml, line 16: fields.company.rule: Input should be 'crm_wins', 'platform_wins', 'newest_wins', "
        "'hold' or 'opt_out_wins'",
    ),
    (
        "too few calls",
        "max_removed: 5%",
        "api_calls: 9",
        "customers.yaml, line 22: limits.api_calls: Input should be greater than or equal to 10",
    ),
    (
        "a field's name with a blank",
        "first_name: firstName",
        "First Name: firstName",
        "customers.yaml, line 15: fields.First Name: a field's name is lower-case letters, digits and _, and begins "
        "with a letter",
    ),
    (
        "an unknown field in pull",
        "[first_name, company]",
        "[first_name, fax]",
        "customers.yaml, line 18: pull.update.1: names the field fax; the file's fields are act_on_score, company, "
        "email, first_name",
    ),
    (
        "an unknown field in push",
        "[act_on_score]",
        "\n    - act_on_score\n    - fax",
        "customers.yaml, line 22: push.update.1: names the field fax; the file's fields are act_on_score, company, "
        "email, first_name",
    ),
    (
        "the score in pull",
        "[first_name, company]",
        "[first_name, act_on_score]",
        "customers.yaml, line 18: pull.update.1: the score field act_on_score goes from the platform to the CRM, "
        "never back",
    ),
    (
        "the score in the email",
        "score_field: act_on_score",
        "score_field: email",
        "customers.yaml, line 12: maintenance.score_field: the score needs a field of its own, not email",
    ),
    (
        "no email field",
        "  email: email\n",
        "",
        "customers.yaml, line 13: fields: the field email is missing: it keys the behaviour, no list works without it",
    ),
    (
        "one CRM field for two",
        "company: company",
        "company: firstName",
        "customers.yaml, line 16: fields.company: the crm field firstName is the field first_name already; "
        "each has a place of its own",
    ),
    (
        "one column for two",
        "company: company",
        "company: {crm: company, platform: first name}",
        "customers.yaml, line 16: fields.company: the platform field first name is the field first_name already; "
        "each has a place of its own",
    ),
    (
        "a schedule that isn't one",
        '"0 0 * * *"',
        "every night",
        'customers.yaml, line 10: schedule: a schedule is a cron expression such as "0 0 * * *", one of @hourly, '
        "@daily, @weekly, @monthly, or null",
    ),
    (
        "a maintenance's schedule that isn't one",
        "  score_field: act_on_score",
        "  score_field: act_on_score\n  schedule: 5",
        'customers.yaml, line 13: maintenance.schedule: a schedule is a cron expression such as "0 0 * * *", one of '
        "@hourly, @daily, @weekly, @monthly, or null",
    ),
    (
        "a CRM that isn't known",
        "system: netsuite",
        "system: netsweet",
        "customers.yaml, line 3: crm.system: the CRM is one of memory_crm, netsuite",
    ),
    (
        "a platform that isn't known",
        "system: act_on",
        "system: acton",
        "customers.yaml, line 7: platform.system: the platform is one of act_on, memory_platform",
    ),
    (
        "activities from nowhere",
        "limits:",
        "activities: {source: sql, query: SELECT 1}\nlimits:",
        "customers.yaml, line 21: activities: activities from sql need a connection and a query",
    ),
    (
        "a key that is a number",
        "title: NetSuite customers",
        "title: NetSuite customers\n7: x",
        "customers.yaml, line 2: 7: a key is text: put it in quotes",
    ),
    (
        "a doubled key",
        "limits:",
        "title: Again\nlimits:",
        "customers.yaml, line 21: the key title stands here twice",
    ),
    (
        "a doubled key inside",
        "  company: company",
        "  company: company\n  email: other",
        "customers.yaml, line 17: the key email stands here twice",
    ),
    (
        "bad YAML",
        "[first_name, company]",
        "[first_name, company",
        "customers.yaml, line 19: not YAML: expected ',' or ']', but got ':'",
    ),
    (
        "a tab",
        "  system: netsuite",
        "\tsystem: netsuite",
        "customers.yaml, line 3: not YAML: found character '\\t' that cannot start any token",
    ),
    (
        "a tag of somebody else's",
        "title: NetSuite customers",
        "title: !python/name os",
        "customers.yaml, line 1: not YAML: could not determine a constructor for the tag '!python/name'",
    ),
    (
        "a character that no text has",
        "title: NetSuite customers",
        "title: \x00",
        "customers.yaml, line 1: not YAML: special characters are not allowed",
    ),
]


@pytest.mark.parametrize(("right", "changed", "told"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_input_is_told_by_file_line_key_and_what_is_allowed(
    tmp_path: Path, right: str, changed: str, told: str
) -> None:
    assert RIGHT.count(right) >= 1
    assert told in wrong(tmp_path, RIGHT.replace(right, changed, 1)).splitlines()


@pytest.mark.behaviour("AO-3")
def test_a_list_with_no_email_field_is_refused_with_a_clear_message(tmp_path: Path) -> None:
    assert wrong(tmp_path, RIGHT.replace("  email: email\n", "")) == (
        "customers.yaml, line 13: fields: the field email is missing: it keys the behaviour, no list works without it"
    )


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = RIGHT.replace("system: netsuite", "system: x").replace("max_removed: 5%", "max_removed: many")
    assert [line.split(":")[0] for line in wrong(tmp_path, text).splitlines()] == [
        "customers.yaml, line 3",
        "customers.yaml, line 22",
    ]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "- a\n- b\n", "just words"])
def test_a_file_without_keys_is_told_what_it_must_hold(tmp_path: Path, text: str) -> None:
    expected = "customers.yaml, line 1: the file must hold keys and values (title:, crm:, platform: …)"
    assert wrong(tmp_path, text) == expected


def test_an_alias_that_leads_back_to_where_it_stands_ends(tmp_path: Path) -> None:
    assert "customers.yaml, line 1: around: there is no such key" in wrong(tmp_path, "around: &here {again: *here}")


def test_a_file_that_is_no_text_is_told_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "customers.yaml"
    path.write_bytes(b"title: Customers\ncrm: M\xfcller\n")
    with pytest.raises(SettingsError, match=r"customers\.yaml can't be read, line 2: not UTF-8 text"):
        load_sync(path)


def test_a_file_that_isn_t_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"customers\.yaml can't be read: No such file"):
        load_sync(tmp_path / "customers.yaml")


@pytest.mark.parametrize("name", ["my-sync.yaml", "2026.yaml", "a b.yaml"])
def test_a_file_s_name_must_do_for_a_dag(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        SettingsError, match="a sync file's name is letters, digits and _, because it becomes a Dag's id"
    ):
        load_sync(write(tmp_path, RIGHT, name))


@pytest.mark.parametrize("share", ["5", "-1%", "101%", "1.5", ".nan", "true", "a few", "'%'", "[5%]"])
def test_a_share_that_isn_t_one(tmp_path: Path, share: str) -> None:
    told = wrong(tmp_path, RIGHT.replace("5%", share))
    assert told == "customers.yaml, line 22: limits.max_removed: a share is from 0% to 100%, written as 5% or as 0.05"


@pytest.mark.parametrize(
    ("written", "share"), [("5%", 0.05), ("0%", 0), ("100%", 1), ("2.5 %", 0.025), ("0.5", 0.5), ("1", 1)]
)
def test_a_share_is_written_in_percent_or_as_a_number(tmp_path: Path, written: str, share: float) -> None:
    assert settled(tmp_path, RIGHT.replace("5%", written)).settings.limits.max_removed == share


@pytest.mark.parametrize("span", ["60", "1.5h", "h", "''", "1w", "-1h", "\u00b2h", "99999999999999d", "null", "1:30"])
def test_a_span_that_isn_t_one(tmp_path: Path, span: str) -> None:
    told = wrong(tmp_path, RIGHT.replace("score_field: act_on_score", f"wait: {span}"))
    assert told == (
        "customers.yaml, line 12: maintenance.wait: a span of time is a whole number and s, m, h or d: 30m, 2h, 90d"
    )


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2 h", timedelta(hours=2)),
        ("90d", timedelta(days=90)),
        ("0m", timedelta(0)),
    ],
)
def test_a_span_of_time(tmp_path: Path, written: str, span: timedelta) -> None:
    file = settled(tmp_path, RIGHT.replace("score_field: act_on_score", f"wait: {written}"))
    assert file.settings.maintenance.wait == span


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "''", "../etc/passwd"])
def test_a_time_zone_that_isn_t_one(tmp_path: Path, zone: str) -> None:
    told = wrong(tmp_path, RIGHT + f"timezone: {zone}\n")
    assert told == "customers.yaml, line 23: timezone: a time zone is an IANA name such as Europe/Berlin"


def test_two_syncs_may_not_fill_one_list_and_the_first_keeps_it(tmp_path: Path) -> None:
    text = RIGHT.replace("[act_on_score]", "[]")
    a, b, c = (load_sync(write(tmp_path, text, name)) for name in ("a.yaml", "b.yaml", "c.yaml"))
    other_list = load_sync(write(tmp_path, text.replace("list: NetSuite", "list: Other"), "d.yaml"))
    other_account = load_sync(write(tmp_path, text.replace("act_on_default", "act_on_two"), "e.yaml"))

    found = check_together([c, other_account, b, other_list, a])

    assert {name: str(error) for name, error in found.items()} == {
        name: f"{name}.yaml, line 9: platform.list: the list 'NetSuite customers' is already filled by a.yaml; "
        "each list belongs to one sync"
        for name in ("b", "c")
    }


# -- what a right file means -------------------------------------------------------------------------------------------


def test_a_right_file_is_known_by_its_name_and_text(tmp_path: Path) -> None:
    file = settled(tmp_path, RIGHT)
    assert file.name == "customers"
    assert file.text == RIGHT
    assert file.settings.title == "NetSuite customers"
    assert file.hash == settled(tmp_path, RIGHT).hash
    assert file.hash != settled(tmp_path, RIGHT + "\n").hash
    assert len(file.hash) == 64


SMALLEST = """\
title: Customers
crm: {system: netsuite, connection: netsuite_default, audience: unaffiliated}
platform: {system: act_on, connection: act_on_default, list: Customers}
fields: {email: email, first_name: firstName, lead_source: leadSource}
"""


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


# -- score sheets ------------------------------------------------------------------------------------------------------


def sheet(folder: Path, text: str) -> Path:
    return write(folder, text, "web.yaml")


def test_a_score_sheet_is_points_by_type(tmp_path: Path) -> None:
    found = load_score_sheet(
        sheet(tmp_path, "points: {page view: 1, form: {points: 10, cap: 30}, left: -5}\nwindow: 36h\n")
    )
    assert found.name == "web"
    assert found.rules == {"page view": TypeRule(1), "form": TypeRule(10, 30), "left": TypeRule(-5)}
    assert (found.window_days, found.half_life_days) == (1.5, None)
    assert load_score_sheet(sheet(tmp_path, "points: {a: 1}\nhalf_life: 90d\n")).half_life_days == 90


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("points: {}", "web.yaml, line 1: points: Dictionary should have at least 1 item after validation, not 0"),
        ("title: Web", "web.yaml, line 1: points: this key is missing"),
        (
            "points:\n  form: many",
            "web.yaml, line 2: points.form: an activity is worth a number of points, or "
            "{points: a number, cap: the most they add}",
        ),
        (
            "points:\n  form: true",
            "web.yaml, line 2: points.form: an activity is worth a number of points, or "
            "{points: a number, cap: the most they add}",
        ),
        ("points:\n  form: .inf", "web.yaml, line 2: points.form: Input should be a finite number"),
        ("points:\n  form: {points: .nan}", "web.yaml, line 2: points.form.points: Input should be a finite number"),
        (
            "points:\n  form: {points: 1, cap: 0}",
            "web.yaml, line 2: points.form.cap: Input should be greater than 0",
        ),
        (
            "points:\n  form: {points: 1, max: 5}",
            "web.yaml, line 2: points.form.max: there is no such key; allowed here: cap, points",
        ),
        (
            "points: {a: 1}\nwindow: 30d\nhalf_life: 7d",
            "web.yaml, line 3: half_life: a score sheet has a window or a half_life, not both",
        ),
        (
            "points: {a: 1}\nhalf_life: 0d",
            "web.yaml, line 2: half_life: no time at all is no span to age in: leave the key out",
        ),
        (
            "points: {a: 1}\nwindow: 0s",
            "web.yaml, line 2: window: no time at all is no span to age in: leave the key out",
        ),
    ],
)
def test_a_wrong_score_sheet_is_told_in_the_same_way(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_score_sheet(sheet(tmp_path, text))
    assert str(error.value) == told


def test_a_score_sheet_that_isn_t_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no score sheet web; the score sheets in .* are: none"):
        load_score_sheet(tmp_path / "web.yaml")
    write(tmp_path, "points: {a: 1}", "shop.yaml")
    with pytest.raises(SettingsError, match="are: shop"):
        load_score_sheet(tmp_path / "web.yaml")


# -- the schema for editors --------------------------------------------------------------------------------------------


def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(json_schema())
    return Draft202012Validator(json_schema())


@pytest.mark.parametrize("path", sorted((ROOT / "include" / "syncs").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_sync_files_of_the_demo_are_right_and_fit_the_schema(path: Path) -> None:
    assert load_sync(path).name == path.stem
    assert not list(validator().iter_errors(yaml.safe_load(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", sorted((ROOT / "include" / "score_sheets").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_score_sheets_of_the_demo_are_right(path: Path) -> None:
    assert load_score_sheet(path).rules


@pytest.mark.parametrize(
    ("right", "changed"),
    [
        ("schedule:", "shedule:"),
        ("system: netsuite", "system: netsweet"),
        ("max_removed: 5%", "max_removed: 5"),
        ("score_field: act_on_score", "wait: 1w"),
        ("company: company", "company: 5"),
        ("company: company", "company: {crm: company, rule: x}"),
        ("title: NetSuite customers\n", ""),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(tmp_path: Path, right: str, changed: str) -> None:
    assert not list(validator().iter_errors(yaml.safe_load(RIGHT)))
    text = RIGHT.replace(right, changed, 1)
    assert list(validator().iter_errors(yaml.safe_load(text)))
    assert wrong(tmp_path, text)
