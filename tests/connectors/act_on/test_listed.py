"""What is remembered of a list: all of it, and no more memory for a long list than for a short one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from keepstep.connectors.act_on.listed import Addresses, Told


def address(n: int) -> str:
    return f"{('ann', 'bo', 'cornelia', 'dirk')[n % 4]}.{n * 7919 % 104729}@people{n * 31 % 2311}.example.test"


def peak_mb(program: str) -> float:
    """The most memory that a process of its own ever had."""
    told = "print(*(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    imports = f"from {Told.__module__} import Addresses, Told\nfrom {__name__} import address\n"
    run = [sys.executable, "-c", imports + program + "\n" + told]
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(run, cwd=root, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[1]) / 1024


@pytest.mark.parametrize(
    "program",
    [
        "kept = Told()\nassert sum(kept.add(f'l-1:{n:x}') for n in range({rows})) == {rows}",
        "kept = Addresses((f'l-1:{n:x}', address(n)) for n in range({rows}))\nassert len(kept.of(['l-1:1'])) == 1",
    ],
    ids=["ids", "addresses"],
)
def test_ten_times_as_many_rows_take_no_more_memory(program: str) -> None:
    def at(rows: int) -> float:
        return peak_mb(program.replace("{rows}", str(rows)))

    assert at(200_000) - at(20_000) < 1.0  # kept whole, the longer list's addresses alone would take 8 MB


def test_addresses_are_told_as_they_were() -> None:
    odd = ['"a,b"@example.test', "zoë@example.test", " Ann@Example.test ", "two\nlines@example.test", "n\0l", "", None]
    rows = {f"l-0001:{n:x}": odd[n % len(odd)] for n in range(2_500)}

    listed = Addresses(rows.items())

    assert listed.of(rows) == rows
    assert listed.of(["l-0002:1"]) == {}


def test_an_address_on_two_rows_is_one_whatever_its_case_and_blanks() -> None:
    rows = [("1", "Ann@Example.test "), ("2", "ann@example.test"), ("3", "bo@example.test"), ("4", None), ("5", None)]

    listed = Addresses(rows)

    assert listed.stand_on_several_rows(["ann@example.test", "bo@example.test", "cy@example.test"]) == {
        "ann@example.test"
    }


def test_a_row_that_was_told_twice_has_the_address_that_was_told_last() -> None:
    listed = Addresses([("1", "old@example.test"), ("2", "bo@example.test"), ("1", "bo@example.test")])

    assert listed.of(["1"]) == {"1": "bo@example.test"}
    assert listed.stand_on_several_rows(["old@example.test", "bo@example.test"]) == {"bo@example.test"}


def test_no_rows_are_no_addresses() -> None:
    listed = Addresses([])
    assert (listed.of(["1"]), listed.stand_on_several_rows(["ann@example.test"])) == ({}, set())


def test_an_id_is_new_once_and_counted_once() -> None:
    told = Told()
    ids = [f"l-0001:{n:x}" for n in range(20_000)]

    assert all([told.add(id) for id in ids])
    assert not any([told.add(id) for id in ids])
    assert told.count == 20_000


def test_each_listing_begins_with_nothing() -> None:
    assert Told().add("l-0001:1")
    assert Told().add("l-0001:1")


def test_what_was_kept_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    listed = Addresses((str(n), address(n)) for n in range(50_000))
    assert list(tmp_path.iterdir()) == []  # it was unlinked when it was opened
    assert len(listed.of(["7"])) == 1
