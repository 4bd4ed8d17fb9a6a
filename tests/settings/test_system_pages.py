"""docs/systems: a page for each system, whose tables are those of the code, and whose sync files are whole ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from keepstep.config import is_prospect_sync, load_prospect_sync, load_sync
from keepstep.connectors.calls import Action
from keepstep.core.policies import CRMS, PLATFORMS
from tools import system_pages as pages

NAMES = sorted(pages.SYSTEMS)
FILE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return pages.page_of(name).read_text(encoding="utf-8")


def test_every_system_but_those_in_memory_has_a_page() -> None:
    assert {name for name in {*CRMS, *PLATFORMS} if not name.startswith("memory_")} == set(NAMES)
    assert {path.stem for path in pages.FOLDER.glob("*.md")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_are_those_of_the_code(name: str) -> None:
    assert pages.with_tables(name, text_of(name)) == text_of(name), "run make schema"


@pytest.mark.parametrize("name", NAMES)
def test_a_stale_table_is_noticed_and_the_words_around_it_stay(name: str) -> None:
    stale = re.sub(r"^\| calls at once.*\n", "", text_of(name), flags=re.MULTILINE)
    assert stale != text_of(name)
    assert pages.with_tables(name, stale) == text_of(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_the_api_cannot_do_and_what_is_only_believed(name: str) -> None:
    titles = re.findall(r"^## (.*)$", text_of(name), re.MULTILINE)
    assert {"What its API can't do, and what we do about it", "What is believed and not confirmed"} <= set(titles)


@pytest.mark.parametrize("name", NAMES)
def test_every_error_code_stands_once_in_its_table_and_says_who_must_act(name: str) -> None:
    table = pages.codes(name)
    for rules in pages.SYSTEMS[name].codes.values():
        for code, rule in rules.items():
            [line] = [line for line in table.splitlines() if re.match(rf"\|[^|]*`{re.escape(code)}`", line)]
            _, _, who, done, says, _ = line.split("|")
            assert who.strip()
            assert done.strip()
            assert says.strip() or rule.action is not Action.ROW


def test_codes_that_mean_the_same_share_a_line() -> None:
    assert "| `9`, `54`, `99` | you | the row is rejected |" in pages.codes("account_engagement")


def test_the_two_apis_of_one_system_stand_side_by_side() -> None:
    assert "|  | v11 | v4_1 |" in pages.abilities("sugarcrm")
    assert "| deletions are announced | no | yes |" in pages.abilities("sugarcrm")


def test_what_a_list_may_hold_is_told_whether_the_policy_or_the_connector_knows_it() -> None:
    assert "`unaffiliated`" in pages.names("netsuite")
    assert "(`crm.audience`) | `leads`, `contacts` |" in pages.names("salesforce")


@pytest.mark.parametrize("name", sorted(set(NAMES) & set(CRMS)))
def test_a_crm_s_page_has_a_whole_sync_file_of_each_kind(name: str, tmp_path: Path) -> None:
    kinds = set()
    for number, text in enumerate(FILE.findall(text_of(name))):
        path = tmp_path / f"example_{number}.yaml"
        path.write_text(text, encoding="utf-8")
        load = load_prospect_sync if is_prospect_sync(path) else load_sync
        assert load(path).settings.crm.system == name
        kinds.add(is_prospect_sync(path))
    assert kinds == {True, False}
