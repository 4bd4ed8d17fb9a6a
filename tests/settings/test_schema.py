"""The schema by which an editor helps: it lets right files pass, and marks what the loader refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from keepstep.config import is_prospect_sync, json_schema, load_prospect_sync, load_score_sheet, load_sync
from tests.settings.files import RIGHT, wrong

ROOT = Path(__file__).parents[2]


def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(json_schema())
    return Draft202012Validator(json_schema())


@pytest.mark.parametrize("path", sorted((ROOT / "include" / "syncs").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_sync_files_of_the_demo_are_right_and_fit_the_schema(path: Path) -> None:
    load = load_prospect_sync if is_prospect_sync(path) else load_sync
    assert load(path).name == path.stem
    assert not list(validator().iter_errors(yaml.safe_load(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", sorted((ROOT / "include" / "score_sheets").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_score_sheets_of_the_demo_are_right(path: Path) -> None:
    assert load_score_sheet(path).rules


@pytest.mark.parametrize(
    ("right", "changed"),
    [
        ("schedule:", "shedule:"),
        ("system: netsuite", "system: netsweet"),
        ("max_removed: 5%", "max_removed: 5"),
        ("score_field: act_on_score", "wait: 1w"),
        ("company: company", "company: 5"),
        ("company: company", "company: {crm: company, rule: x}"),
        ("title: NetSuite customers\n", ""),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(tmp_path: Path, right: str, changed: str) -> None:
    assert not list(validator().iter_errors(yaml.safe_load(RIGHT)))
    text = RIGHT.replace(right, changed, 1)
    assert list(validator().iter_errors(yaml.safe_load(text)))
    assert wrong(tmp_path, text)
