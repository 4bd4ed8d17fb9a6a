"""What is remembered of a list: little for each row, and nothing of it wrong."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

from keepstep.connectors.act_on.listed import Addresses, Told

ROWS = 100_000
MB = 1024 * 1024


def row_id(n: int) -> str:
    return f"l-0001:{n:x}"


def address(n: int) -> str:
    return f"{('ann', 'bo', 'cornelia', 'dirk')[n % 4]}.{n * 7919 % 104729}@people{n * 31 % 2311}.example.test"


def told(rows: int) -> Told:
    found = Told()
    for n in range(rows):
        found.add(row_id(n))
    return found


def kept_mb(make: Callable[[], object]) -> tuple[float, float]:
    """What is left of it in memory, and the most that it took while it was made."""
    tracemalloc.start()
    try:
        made = make()
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del made
    return left / MB, peak / MB


def test_a_hundred_thousand_addresses_take_less_than_two_megabytes() -> None:
    left, peak = kept_mb(lambda: Addresses.of((row_id(n), address(n)) for n in range(ROWS)))

    assert left < 2.0
    assert peak < 2.8


def test_the_ids_of_a_listing_of_a_hundred_thousand_rows_take_less_than_a_megabyte() -> None:
    left, peak = kept_mb(lambda: told(ROWS))

    assert left < 1.0
    assert peak < 1.0


def test_reading_addresses_takes_no_more_memory_for_ten_times_as_many() -> None:
    def reading(rows: int) -> float:
        listed = Addresses.of((row_id(n), address(n)) for n in range(rows))
        return kept_mb(lambda: sum(1 for _ in listed))[1]

    assert reading(ROWS) < 1.1 * reading(ROWS // 10)


def test_addresses_are_told_as_they_were_and_in_their_order() -> None:
    odd = ['"a,b"@example.test', "zoë@example.test", " Ann@Example.test ", "two\nlines@example.test", "", None]
    rows = [(row_id(n), odd[n % len(odd)]) for n in range(2_500)]

    listed = Addresses.of(rows)

    assert list(listed) == rows
    assert list(listed) == rows  # and as often as they are asked for


def test_no_rows_are_no_addresses() -> None:
    assert list(Addresses.of([])) == []


def test_an_id_is_new_once_and_counted_once() -> None:
    found = told(20_000)

    assert found.count == 20_000
    assert not any(found.add(row_id(n)) for n in range(20_000))
    assert found.count == 20_000


def test_another_attempt_knows_nothing_of_the_one_before() -> None:
    assert Told(0).add("l-0001:1")
    assert Told(1).add("l-0001:1")
