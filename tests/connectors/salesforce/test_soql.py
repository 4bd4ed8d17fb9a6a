"""SOQL: what comes from outside can't become part of a query, and no query outgrows a URI."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepstep.connectors.salesforce import soql, stamps
from keepstep.connectors.salesforce.fields import columns_of
from keepstep.core.errors import SettingsError

MEANS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def read_literal(text: str) -> tuple[str, str]:
    """A literal's meaning as SOQL's grammar has it, and what stands after its closing quote."""
    assert text[0] == "'"
    meaning, place = "", 1
    while text[place] != "'":
        if text[place] == "\\":
            place += 1
            meaning += MEANS.get(text[place], text[place])
        else:
            meaning += text[place]
        place += 1
    return meaning, text[place + 1 :]


@given(st.text())
def test_a_quoted_text_is_one_literal_that_means_exactly_that_text(text: str) -> None:
    assert read_literal(soql.quoted(text) + " AND") == (text, " AND")


@pytest.mark.parametrize(
    "hostile",
    [
        "x' OR Name LIKE '%",
        "\\' OR IsDeleted = true OR Email = \\'",
        "') OR (Id != null",
        "x\\",
        "'; DELETE",
        "a\nb",
    ],
)
def test_a_hostile_address_stays_an_address(hostile: str) -> None:
    [query] = soql.lookups("lead", ("Id",), "Email", [hostile])
    before, after = query.text.split(" IN (", 1)
    assert before == "SELECT Id FROM Lead WHERE Email"
    assert read_literal(after) == (hostile, ")")


@pytest.mark.parametrize("name", ["Email, (SELECT Id FROM Tasks)", "Email FROM Lead--", "", "1st", "a.b.", "Émail"])
def test_what_cannot_be_a_field_is_never_asked_for(name: str) -> None:
    with pytest.raises(SettingsError, match="can't be a field's name"):
        columns_of("lead", [name], {})


@given(st.lists(st.text(min_size=1, max_size=80), max_size=600))
def test_lookups_name_every_key_once_and_each_fits_in_a_uri(keys: list[str]) -> None:
    queries = list(soql.lookups("contact", ("Id", "Email"), "Email", keys))
    found: list[str] = []
    for query in queries:
        assert len(quote_plus(query.text)) <= soql.MAX_URI
        rest = query.text.split(" IN (", 1)[1]
        while rest != ")":
            key, rest = read_literal(rest.removeprefix(","))
            found.append(key)
    assert found == keys


def test_four_hundred_ids_go_in_one_call() -> None:
    assert len(list(soql.lookups("lead", ("Id",), "Id", ["00Q000000000001AAA"] * 400))) == 1


def test_a_change_query_goes_by_the_replication_clock_and_by_keyset() -> None:
    since = datetime(2026, 3, 1, 11, 0, 0, 999999, tzinfo=timezone(timedelta(hours=1)))
    query = soql.changes("lead", ("Id",), since, "00Q1", 2000, every=True)
    assert query.every
    assert query.text == (
        "SELECT Id FROM Lead WHERE SystemModstamp >= 2026-03-01T10:00:00Z AND Id > '00Q1' ORDER BY Id LIMIT 2000"
    )


@pytest.mark.parametrize(
    "text", ["2024-05-01T09:08:07.000+0000", "2024-05-01T09:08:07.000Z", "2024-05-01T11:08:07+02:00"]
)
def test_a_stamp_is_understood_in_each_of_its_forms(text: str) -> None:
    assert stamps.moment(text) == datetime(2024, 5, 1, 9, 8, 7, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "2024-05-01T09:08:07", "yesterday"])
def test_what_is_no_moment_is_none(text: str | None) -> None:
    assert stamps.moment(text) is None


def test_the_bounds_of_the_log_name_their_zone() -> None:
    assert stamps.bound(datetime(2026, 3, 1, 10, 5, 7, tzinfo=UTC)) == "2026-03-01T10:05:07+00:00"
