"""Between a system's names and ours, and the fingerprint by which a change is recognised."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keepstep.core.mapping import email_of, fingerprint, snapshot, to_ours, to_theirs
from keepstep.core.model import FieldRule, FieldType, Record, Side, Snapshot, Status, Value
from tests.core.cases import MONDAY

RULES = (
    FieldRule("email", "email", "E-mail Address", FieldType.EMAIL),
    FieldRule("first_name", "firstName", "First Name"),
    FieldRule("act_on_score", "custentity_act_on_score", "Act-On Score", FieldType.NUMBER),
)


def test_a_system_s_fields_come_under_our_names_normalized_and_without_blanks() -> None:
    fields: dict[str, Value] = {
        "email": "ADA@example.com ",
        "firstName": " ",
        "custentity_act_on_score": "40",
        "fax": "1",
    }
    assert to_ours(RULES, Side.CRM, fields) == {"email": "ada@example.com", "act_on_score": 40}


def test_our_values_go_out_under_the_system_s_names_and_a_none_clears() -> None:
    ours: dict[str, Value] = {"first_name": None, "act_on_score": 0, "not_mapped": 1}
    assert to_theirs(RULES, Side.PLATFORM, ours) == {"First Name": None, "Act-On Score": 0}


def test_the_email_is_the_connector_s_word_or_the_mapped_field() -> None:
    told = Record("row", "R1", {"E-mail Address": "field@example.com"}, email="Told@example.com")
    mapped = Record("row", "R1", {"E-mail Address": " Field@example.com"})
    odd = Record("row", "R1", {"E-mail Address": "field@example.com"}, email="odd")
    none = Record("row", "R1", {"E-mail Address": None})
    assert email_of(RULES, Side.PLATFORM, told) == "told@example.com"
    assert email_of(RULES, Side.PLATFORM, mapped) == "field@example.com"
    assert email_of(RULES, Side.PLATFORM, odd) == "field@example.com"
    assert email_of(RULES, Side.PLATFORM, none) is None
    assert email_of(RULES[1:], Side.PLATFORM, mapped) is None


def test_a_record_becomes_one_side_of_a_pair() -> None:
    record = Record(
        "contact",
        "C1",
        {"email": "Ada@example.com", "firstName": "Ada", "phone": "1"},
        status=Status.INACTIVE,
        modified=MONDAY,
        owner="U1",
        opted_out=True,
    )
    assert snapshot(RULES, Side.CRM, record) == Snapshot(
        "contact",
        "C1",
        {"email": "ada@example.com", "first_name": "Ada"},
        "ada@example.com",
        Status.INACTIVE,
        MONDAY,
        "U1",
        opted_out=True,
    )


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    assert fingerprint({"email": "ada@example.com", "score": 40}, "active", False) == 755420006602509662


def test_a_fingerprint_tells_what_a_sync_sees() -> None:
    same: dict[str, Value] = {"first_name": "Ada", "score": 40}
    seen = {
        fingerprint(same, "active", False),
        fingerprint(same, "inactive", False),
        fingerprint(same, "active", True),
        fingerprint({**same, "score": 41}, "active", False),
        fingerprint({**same, "score": "40"}, "active", False),
        fingerprint({"first_name": "Ada"}, "active", False),
        fingerprint({"first_name": "Ada", "company": 40}, "active", False),
    }
    assert len(seen) == 7


def test_half_a_surrogate_pair_ends_no_page() -> None:
    assert fingerprint({"first_name": "\ud800"}, "active", False) != fingerprint({"first_name": "?"}, "active", False)


spellings = st.sampled_from(
    [
        {"email": "ada@example.com", "firstName": "Ada", "custentity_act_on_score": 40},
        {"email": " ADA@EXAMPLE.COM", "firstName": "Ada ", "custentity_act_on_score": "40"},
        {"custentity_act_on_score": 40.0, "firstName": "\tAda", "email": "Ada@example.com", "fax": "not mapped"},
        {"custentity_act_on_score": "40.0", "email": "ada@example.com", "firstName": "Ada"},
    ]
)


@given(spellings, spellings)
def test_values_that_normalize_alike_have_one_fingerprint(one: dict[str, Value], other: dict[str, Value]) -> None:
    marks = {fingerprint(to_ours(RULES, Side.CRM, fields), "active", False) for fields in (one, other)}
    assert len(marks) == 1


values = st.dictionaries(st.sampled_from("abcd"), st.none() | st.booleans() | st.integers() | st.text(max_size=3))


@given(values, st.permutations("abcd"))
def test_the_order_of_the_fields_doesn_t_matter(one: dict[str, Value], order: list[str]) -> None:
    turned = {name: one[name] for name in order if name in one}
    mark = fingerprint(turned, "active", False)
    assert mark == fingerprint(one, "active", False)
    assert -(2**63) <= mark < 2**63


@given(st.dictionaries(st.sampled_from(["email", "first_name", "act_on_score"]), st.integers(0, 9).map(str)))
def test_what_was_written_is_read_back_as_it_was(ours: dict[str, Value]) -> None:
    normal = to_ours(RULES, Side.CRM, to_theirs(RULES, Side.CRM, ours))
    assert to_ours(RULES, Side.CRM, to_theirs(RULES, Side.CRM, normal)) == normal
