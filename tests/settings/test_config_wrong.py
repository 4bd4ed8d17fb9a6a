"""A wrong sync file is told by file, line, key and what is allowed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from keepstep.config import check_together, load_sync
from keepstep.core.errors import SettingsError
from tests.settings.files import RIGHT, settled, write, wrong
from tests.settings.wrong_files import BAD


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
