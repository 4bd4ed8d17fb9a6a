"""The quick look-ups of a list give what a plain search would."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from keepstep_sandbox.act_on.columns import Column
from keepstep_sandbox.act_on.marketing_list import MarketingList, Row, Window
from keepstep_sandbox.act_on.settings import PagingOrder
from keepstep_sandbox.act_on.time_index import FOREVER_MS, Span

EMAILS = ("a@example.test", "A@example.test ", "b@example.test", "")


@dataclass(frozen=True)
class Step:
    """What somebody does at a moment: insert, update, delete; `which` chooses the row, `email` is written."""

    kind: str
    which: int
    email: str
    now_ms: int


steps = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(["insert", "insert", "update", "delete", "delete two", "in bulk"]),
        which=st.integers(0, 20),
        email=st.sampled_from(EMAILS),
        now_ms=st.integers(0, 50),  # clocks go backwards too
    ),
    max_size=25,
)
spans = st.builds(lambda low, length: Span(low, low + length), st.integers(0, 50), st.integers(0, 50)) | st.just(Span())


def do(target: MarketingList, step: Step) -> None:
    rows = list(target)
    if step.kind == "insert" or not rows:
        target.insert([step.email], step.now_ms)
    elif step.kind == "update":
        target.update(rows[step.which % len(rows)], {0: step.email}, step.now_ms)
    elif step.kind == "delete":
        target.delete([rows[step.which % len(rows)]], step.now_ms)
    elif step.kind == "delete two":
        target.delete(rows[:2], step.now_ms)
    else:
        with target.bulk():
            target.insert([step.email], step.now_ms)
            target.update(rows[0], {0: step.email}, step.now_ms)
            target.delete(rows[-1:], step.now_ms)


def plain_search(target: MarketingList, window: Window) -> list[Row]:
    return [row for row in target if row.created_ms in window.created and row.modified_ms in window.modified]


@given(steps, spans, spans, st.integers(0, 5), st.integers(0, 5))
def test_whatever_was_done_pages_windows_and_addresses_agree_with_a_plain_search(
    done: list[Step], created: Span, modified: Span, offset: int, count: int
) -> None:
    target = MarketingList("l-0001", "Customers", [Column("E-mail Address", "EMAIL")], 0)
    for step in done:
        do(target, step)
    window = Window(created, modified)
    expected = plain_search(target, window)
    total, page = target.page(window, PagingOrder.INSERTION, offset, count)
    assert (total, page) == (len(expected), expected[offset : offset + count])
    total, everything = target.page(Window(), PagingOrder.LAST_MODIFIED, 0, 1000)
    assert total == len(target)
    assert everything == sorted(target, key=lambda row: (row.modified_ms, row.number))
    for email in ("a@example.test", "b@example.test"):
        wanted = [row for row in target if row.values[0].strip().lower() == email]
        assert target.with_email(email) == wanted
    assert all(target.find(target.row_id(row)) is row for row in target)


def test_an_open_span_holds_every_moment() -> None:
    assert Span().open
    assert 0 in Span()
    assert FOREVER_MS not in Span(0, 10)
    assert not Span(0, 10).open
