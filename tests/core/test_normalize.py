"""One spelling for each value: what counts as the same, and what is no value of its kind."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keepstep.core.model import FieldType, Value
from keepstep.core.normalize import normalize_company, normalize_email, normalize_value

LONGEST = "a" * 64 + "@" + "b" * 63 + ("." + "c" * 63) * 3  # 64 + 1 + 255 octets: 320


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada@EXAMPLE.com\t", "ada@example.com"),
        ("\u00a0ada@example.com\u2003", "ada@example.com"),  # blanks that Office programs leave behind
        ("ada+news@example.com", "ada+news@example.com"),  # the plus part may be another person
        ("o'neill@example.com", "o'neill@example.com"),
        ("a@b", "a@b"),
        ("JOS\u00c9@example.com", "jos\u00e9@example.com"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),  # an accent of its own, and the accented letter
        ("J\u030c@example.com", "\u01f0@example.com"),  # composed only once it is lower case
        ("info@b\u00dccher.example", "info@b\u00fccher.example"),
        (LONGEST, LONGEST),
    ],
)
def test_an_address_has_one_spelling(spelled: str, expected: str) -> None:
    assert normalize_email(spelled) == expected


@pytest.mark.parametrize(
    "odd",
    [
        None,
        17,
        "",
        "   ",
        "ada",
        "ada@",
        "@example.com",
        "@",
        "ada@example.com, bob@example.com",
        "ada@example.com;bob@example.com",
        "Ada Lovelace <ada@example.com>",
        "ada@exam ple.com",
        "ada@@example.com",
        "ada@home@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "ada@.example.com",
        "ada@example.com.",
        "ada..l@example.com",
        "ada@example..com",
        "ada(work)@example.com",
        "mailto:ada@example.com",
        "ada\\@example.com",
        "ada\x00@example.com",
        "ada\x7f@example.com",
        "ada\n@example.com",
        "\ud800@example.com",  # half of a surrogate pair
        "a" * 65 + "@example.com",
        "\u00e9" * 33 + "@example.com",  # 66 octets
        "a@" + "b" * 256,
        "a" + LONGEST,
        LONGEST + "c",
    ],
)
def test_what_can_t_be_an_address_is_none(odd: object) -> None:
    assert normalize_email(odd) is None


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("Acme Inc.", "acme inc."),
        ("  ACME \t inc.\u00a0", "acme inc."),
        ("Stra\u00dfe GmbH", "strasse gmbh"),
        ("STRASSE GMBH", "strasse gmbh"),
        ("Cafe\u0301", "caf\u00e9"),
        ("", None),
        (" \t ", None),
        (None, None),
        (42, None),
    ],
)
def test_a_company_is_looked_up_without_regard_to_case_and_blanks(spelled: object, expected: str | None) -> None:
    assert normalize_company(spelled) == expected


BLANKS = [(kind, blank) for kind in FieldType for blank in (None, "", " ", "\t\u00a0")]


@pytest.mark.parametrize(("kind", "blank"), BLANKS)
def test_there_is_one_blank(kind: FieldType, blank: Value) -> None:
    assert normalize_value(blank, kind) is None


@pytest.mark.parametrize(
    ("kind", "spelled", "expected"),
    [
        (FieldType.TEXT, " Ada ", "Ada"),
        (FieldType.TEXT, "e\u0301", "\u00e9"),
        (FieldType.TEXT, True, "true"),
        (FieldType.TEXT, False, "false"),
        (FieldType.TEXT, 5, "5"),
        (FieldType.TEXT, 5.0, "5"),
        (FieldType.TEXT, 5.25, "5.25"),
        (FieldType.TEXT, 2**60 + 1, str(2**60 + 1)),
        (FieldType.TEXT, "007", "007"),
        (FieldType.REFERENCE, 12, "12"),
        (FieldType.EMAIL, " ADA@example.com", "ada@example.com"),
        (FieldType.EMAIL, "Not an Address", "Not an Address"),
        (FieldType.EMAIL, 5, "5"),
        (FieldType.NUMBER, "5", 5),
        (FieldType.NUMBER, "5.0", 5),
        (FieldType.NUMBER, 5.0, 5),
        (FieldType.NUMBER, "5.25", 5.25),
        (FieldType.NUMBER, "1e3", 1000),
        (FieldType.NUMBER, "-0.0", 0),
        (FieldType.NUMBER, True, 1),
        (FieldType.NUMBER, False, 0),
        (FieldType.NUMBER, "five", "five"),
        (FieldType.NUMBER, "1,000", "1,000"),
        (FieldType.NUMBER, "nan", "nan"),
        (FieldType.NUMBER, float("inf"), "inf"),
        (FieldType.NUMBER, float("-inf"), "-inf"),
        (FieldType.NUMBER, 2**53 - 1, 2**53 - 1),
        (FieldType.NUMBER, 2**53, str(2**53)),
        (FieldType.NUMBER, 10**400, "1" + "0" * 400),
        (FieldType.NUMBER, "9007199254740993", "9007199254740993"),
        (FieldType.BOOLEAN, "T", True),
        (FieldType.BOOLEAN, "yes", True),
        (FieldType.BOOLEAN, "Y", True),
        (FieldType.BOOLEAN, 1, True),
        (FieldType.BOOLEAN, 1.0, True),
        (FieldType.BOOLEAN, "F", False),
        (FieldType.BOOLEAN, "No", False),
        (FieldType.BOOLEAN, 0, False),
        (FieldType.BOOLEAN, False, False),
        (FieldType.BOOLEAN, "Perhaps", "Perhaps"),
        (FieldType.BOOLEAN, 2, "2"),
        (FieldType.DATE, "2026-03-02", "2026-03-02"),
        (FieldType.DATE, "2026-03-02T23:59:59Z", "2026-03-02"),
        (FieldType.DATE, "2026-02-30", "2026-02-30"),
        (FieldType.DATE, "2/3/2026", "2/3/2026"),
        (FieldType.DATETIME, "2026-03-02T09:00:00Z", "2026-03-02T09:00:00+00:00"),
        (FieldType.DATETIME, "2026-03-02T10:00:00.250+01:00", "2026-03-02T09:00:00+00:00"),
        (FieldType.DATETIME, "2026-03-02 09:00", "2026-03-02T09:00:00+00:00"),
        (FieldType.DATETIME, "2026-03-02", "2026-03-02T00:00:00+00:00"),
        (FieldType.DATETIME, "yesterday", "yesterday"),
        (FieldType.DATETIME, "0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00+05:00"),  # before the first year in UTC
    ],
)
def test_a_value_is_compared_in_one_spelling(kind: FieldType, spelled: Value, expected: Value) -> None:
    found = normalize_value(spelled, kind)
    assert found == expected
    assert type(found) is type(expected)


anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.dates().map(str)
    | st.datetimes().map(str)
)


@given(anything, st.sampled_from(FieldType))
@example("J\u030c@x", FieldType.EMAIL)
@example(float("nan"), FieldType.TEXT)
def test_normalizing_twice_is_normalizing_once(value: Value, kind: FieldType) -> None:
    once = normalize_value(value, kind)
    assert normalize_value(once, kind) == once


@given(st.text(st.characters(exclude_categories=()), max_size=20), st.emails())
def test_an_address_is_the_same_after_it_was_normalized(noise: str, email: str) -> None:
    for one in (normalize_email(noise), normalize_email(email), normalize_email(f"{noise}@example.com")):
        assert one is None or (normalize_email(one) == one and len(one.encode()) <= 320)


@given(st.emails(), st.sampled_from(["", " ", "\t", "\n "]))
def test_case_and_outer_blanks_don_t_make_another_person(email: str, blank: str) -> None:
    assert normalize_email(f"{blank}{email.upper()}{blank}") == normalize_email(email.upper().lower())


@given(st.text(max_size=20))
def test_a_company_is_the_same_after_it_was_normalized(name: str) -> None:
    once = normalize_company(name)
    assert once is None or normalize_company(once) == once


def test_what_postgresql_cannot_keep_is_taken_out_of_a_text() -> None:
    assert normalize_value("An\x00n \ud800", FieldType.TEXT) == "Ann ?"
