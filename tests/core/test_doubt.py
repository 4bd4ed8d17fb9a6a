"""A write whose answer was lost: did it land? Told from the record as it was read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepstep.core.doubt import landed
from keepstep.core.model import Kind, Status, Value, Values


@pytest.mark.parametrize(
    ("kind", "after", "found", "status", "expected"),
    [
        (Kind.CREATE, {"score": 40}, {"score": 40}, Status.ACTIVE, True),
        (Kind.CREATE, {"score": 40}, {"score": 3}, Status.ACTIVE, True),  # it is there; the next read finds the rest
        (Kind.CREATE, {"score": 40}, None, Status.ACTIVE, False),
        (Kind.UPDATE, {"score": 40}, {"score": 40, "first_name": "Ada"}, Status.ACTIVE, True),
        (Kind.UPDATE, {"score": 40}, {"score": 3}, Status.ACTIVE, False),
        (Kind.UPDATE, {"score": 40, "first_name": "Ada"}, {"score": 40}, Status.ACTIVE, False),  # half of it
        (Kind.UPDATE, {"company": None}, {"score": 40}, Status.ACTIVE, True),  # cleared
        (Kind.UPDATE, {"company": None}, {"company": "Acme"}, Status.ACTIVE, False),
        (Kind.UPDATE, {"score": 0}, {}, Status.ACTIVE, False),  # nothing is not a score of nothing
        (Kind.UPDATE, {"score": 40}, None, Status.ACTIVE, False),
        (Kind.UPDATE, {"score": 40}, {"score": 40}, Status.INACTIVE, True),
        (Kind.REMOVE, {}, None, Status.ACTIVE, True),
        (Kind.REMOVE, {}, {"score": 40}, Status.INACTIVE, True),
        (Kind.REMOVE, {}, {"score": 40}, Status.ACTIVE, False),
        (Kind.REMOVE, {}, {"score": 40}, Status.CONVERTED, False),
    ],
)
def test_what_a_record_says_about_a_write(
    kind: Kind, after: Values, found: Values | None, status: Status, expected: bool
) -> None:
    assert landed(kind, after, found, status) is expected


FIELDS = ("first_name", "company", "score")
values = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["a", "b", 1, 2]))
writes = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["a", "b", 1, 2, None]), min_size=1)


class System:
    """One record of a system that keeps no blanks, and may lose a call before or after it has done it."""

    def __init__(self, record: dict[str, Value] | None) -> None:
        self.record = record
        self.status = Status.ACTIVE

    def take(self, kind: Kind, after: Values, removes_for_good: bool) -> None:
        """Do what was asked."""
        if kind is Kind.REMOVE:
            self.record = None if removes_for_good else self.record
            self.status = Status.INACTIVE
        else:
            fields = {**(self.record or {}), **after}
            self.record = {name: value for name, value in fields.items() if value is not None}


@given(values, writes, st.sampled_from(Kind), st.booleans(), st.booleans())
def test_it_agrees_with_a_system_that_did_it_or_did_not(
    before: dict[str, Value], after: dict[str, Value], kind: Kind, arrived: bool, removes_for_good: bool
) -> None:
    system = System(None if kind is Kind.CREATE else before)
    if arrived:
        system.take(kind, after, removes_for_good)
    found = landed(kind, after, system.record, system.status)
    no_difference = kind is Kind.UPDATE and all(before.get(name) == value for name, value in after.items())
    assert found == (arrived or no_difference)
