"""The table of mutants: each still fits the core as it is, so that `make mutants` breaks what it says it breaks."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.mutants.table import MUTANTS, Mutant

CORE = Path(__file__).resolve().parents[2] / "include/keepstep/core"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: f"{one.file} {one.broken}")
def test_what_it_replaces_stands_exactly_once_and_what_it_puts_there_is_python(mutant: Mutant) -> None:
    source = (CORE / mutant.file).read_text(encoding="utf-8")
    assert source.count(mutant.old) == 1
    broken = source.replace(mutant.old, mutant.new)
    assert broken != source
    ast.parse(broken)
