"""Rows to records and values back, without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from keepstep.connectors.base import FetchBy, FieldInfo
from keepstep.connectors.sugarcrm import SugarCrmSettings, entries, sql, stamps, wire
from keepstep.connectors.sugarcrm.emails import flat, written
from keepstep.connectors.sugarcrm.fields import Column, columns_of
from keepstep.connectors.sugarcrm.protocol import Ask
from keepstep.core.errors import SettingsError
from keepstep.core.model import FieldType, Status, Value

CATALOG = {
    "title": FieldInfo("title"),
    "email1": FieldInfo("email1", FieldType.EMAIL),
    "act_on_score_c": FieldInfo("act_on_score_c", FieldType.NUMBER),
    "do_not_call": FieldInfo("do_not_call", FieldType.BOOLEAN),
    "seen_c": FieldInfo("seen_c", FieldType.DATETIME),
    "account_id": FieldInfo("account_id", FieldType.REFERENCE),
}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T10:00:04-04:00", datetime(2026, 3, 1, 14, 0, 4, tzinfo=UTC)),
        ("2026-03-01T10:00:04Z", datetime(2026, 3, 1, 10, 0, 4, tzinfo=UTC)),
        ("2026-03-01 10:00:04", datetime(2026, 3, 1, 10, 0, 4, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_moments_whatever_their_offset(text: str | None, moment: datetime | None) -> None:
    assert stamps.moment(text) == moment


def test_two_spellings_of_one_moment_are_one() -> None:
    assert stamps.moment("2026-03-01T10:00:00-04:00") == stamps.moment("2026-03-01 14:00:00")


@pytest.mark.parametrize(
    ("value", "type", "told"),
    [
        ("42", FieldType.NUMBER, 42),
        ("42.00", FieldType.NUMBER, 42),
        (4.5, FieldType.NUMBER, 4.5),
        ("", FieldType.NUMBER, None),
        ("many", FieldType.NUMBER, "many"),
        ("1", FieldType.BOOLEAN, True),
        ("0", FieldType.BOOLEAN, False),
        (False, FieldType.BOOLEAN, False),
        ("", FieldType.BOOLEAN, None),
        ("2026-03-01T10:00:00-04:00", FieldType.DATETIME, "2026-03-01T14:00:00+00:00"),
        ("soon", FieldType.DATETIME, None),
        ("", FieldType.TEXT, None),
        (["a"], FieldType.TEXT, None),
    ],
)
def test_a_value_is_told_in_its_fields_type(value: Any, type: FieldType, told: Value) -> None:
    assert wire.value_of(value, type) == told


@pytest.mark.parametrize(
    ("told", "typed"),
    [
        ("R&D &lt;b&gt;&quot;Chief&quot;&lt;/b&gt; it&#039;s", 'R&D <b>"Chief"</b> it\'s'),
        ("AT&copy;T &amp; sons", "AT&copy;T &amp; sons"),  # nothing else is ever escaped, so this was typed
        ("&amp;lt;", "&amp;lt;"),
    ],
)
def test_only_the_four_characters_are_unescaped_and_once(told: str, typed: str) -> None:
    assert wire.unescaped(told) == typed


@pytest.mark.parametrize(
    ("wanted", "there", "same"),
    [
        ({"title": "CTO"}, {"title": "CTO"}, True),
        ({"title": "CTO"}, {"title": "CT"}, False),
        ({"title": "Zoë 😀"}, {"title": "Zoë ????"}, False),
        ({"title": "a\r\nb "}, {"title": "a\nb"}, True),
        ({"title": "&lt;"}, {"title": "<"}, True),  # text that looks like an entity can't be told from one
        ({"title": None}, {"title": ""}, True),
        ({"title": None}, {"title": "CTO"}, False),
        ({"title": "CTO"}, {}, True),  # the row doesn't say
        ({"email1": "Ann@a.test"}, {"email1": "ann@a.test"}, True),
        ({"act_on_score_c": 42}, {"act_on_score_c": "42"}, True),
        ({"act_on_score_c": 42}, {"act_on_score_c": "41"}, False),
        ({"act_on_score_c": None}, {"act_on_score_c": None}, True),
        ({"do_not_call": False}, {"do_not_call": ""}, True),
        ({"do_not_call": True}, {"do_not_call": "0"}, False),
        ({"seen_c": "2026-03-01T14:00:00+00:00"}, {"seen_c": "2026-03-01 14:00:00"}, True),
    ],
)
def test_what_was_stored_is_compared_by_meaning(wanted: Any, there: Any, same: bool) -> None:
    assert (wire.differing(wanted, there, CATALOG) == ()) is same


def test_an_external_id_makes_the_same_id_for_ever() -> None:
    assert wire.id_of("keepstep-1") == "83400caf-397a-5f17-9431-98316184750a"
    assert wire.id_of("keepstep-2") != wire.id_of("keepstep-1")
    assert wire.is_id(wire.id_of("keepstep-1"))


def test_a_user_who_left_is_inactive_and_owns_nothing() -> None:
    row = {"id": "u1", "status": "Inactive", "email1": "sam@a.test", "name": "Sam Seller"}
    record = wire.record_of("user", row, (Column("name", "name"),))
    assert (record.status, record.email, record.fields) == (Status.INACTIVE, "sam@a.test", {"name": "Sam Seller"})


def test_a_contact_tells_its_accounts_name_under_a_name_with_a_dot() -> None:
    columns = columns_of("contact", ("accounts.name", "account_id"), CATALOG)
    assert [column.source for column in columns] == ["account_name", "account_id"]
    record = wire.record_of("contact", {"id": "c1", "account_name": "Acme", "account_id": "a1"}, columns)
    assert record.fields == {"accounts.name": "Acme", "account_id": "a1"}


@pytest.mark.parametrize("name", ["a b", "leads.id", "x'; --", "", "1st"])
def test_a_name_that_cannot_be_a_fields_never_gets_into_a_question(name: str) -> None:
    with pytest.raises(SettingsError):
        columns_of("lead", (name,), CATALOG)


def test_an_address_array_without_a_primary_begins_with_it() -> None:
    row = flat({"id": "l1", "email": [{"email_address": "a@a.test", "opt_out": "1"}]})
    assert (row["email1"], row["email_opt_out"]) == ("a@a.test", "1")
    assert flat({"id": "l1", "email": []})["email1"] == ""
    assert "email1" not in flat({"id": "l1"})


def test_an_address_that_is_taken_away_leaves_the_others() -> None:
    second: dict[str, Any] = {"email_address": "b@a.test", "primary_address": False, "opt_out": False}
    row: dict[str, Any] = {"email": [{"email_address": "a@a.test", "primary_address": True}, second]}
    assert written({"email1": None, "email_opt_out": False}, row) == {"email": [second]}
    assert written({"title": "CTO"}, None) == {}


def test_a_gone_entry_has_no_row_and_odd_links_are_left_out() -> None:
    gone: Any = {"id": "l1", "name_value_list": [{"name": "warning", "value": "…"}, {"name": "deleted", "value": "1"}]}
    assert entries.row_of_entry(gone) is None
    assert entries.row_of_entry("x") is None
    assert entries.with_addresses([{"id": "l1"}], []) == [{"id": "l1"}]
    odd: list[Any] = [{"link_list": [{"name": "email_addresses", "records": "x"}, "y"]}]
    assert entries.with_addresses([{"id": "l1"}], odd) == [{"id": "l1", "addresses": []}]


@pytest.mark.parametrize("nasty", ["' OR 1=1 --", "\\' OR 1=1 --", "\\", "''"])
def test_nothing_gets_out_of_a_quoted_value(nasty: str) -> None:
    inside = sql.quoted(nasty)[1:-1].replace("\\\\", "").replace("''", "")
    assert "'" not in inside
    assert "\\" not in inside


def test_a_name_that_may_be_stored_with_entities_is_asked_for_by_a_pattern() -> None:
    ask = Ask("account", ("id",), 10, by=FetchBy.NAME, keys=("Ann's",))
    assert sql.condition(ask) == "accounts.name LIKE 'Ann%s'"


def test_a_key_with_a_word_that_is_refused_is_asked_for_by_a_pattern() -> None:
    ask = Ask("account", ("id",), 10, by=FetchBy.NAME, keys=("Acme", "Credit Union 100%"))
    names = "accounts.name IN ('Acme') OR accounts.name LIKE 'Credit U_ion 100_'"
    assert sql.condition(ask) == f"({names})"
    assert "union" not in sql.condition(Ask("lead", ("id",), 1, by=FetchBy.EMAIL, keys=("a@union.test",))).lower()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "acme"},
        {"url": "ftp://acme.test"},
        {"api": "v8"},
        {"api_version": "11.20"},
        {"username": ""},
        {"password": ""},
        {"page_size": 0},
        {"page_size": 1001},
        {"concurrency": 0},
        {"overlap_s": -1},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        SugarCrmSettings(**{"url": "https://acme.test", "username": "bot", "password": "pw", **wrong})


def test_no_secret_is_shown() -> None:
    settings = SugarCrmSettings("https://acme.test/", "bot", "hush", client_secret="hush")
    assert "hush" not in repr(settings)
    assert settings.root == "https://acme.test"
