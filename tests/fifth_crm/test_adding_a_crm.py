"""docs/adding-a-crm.md, followed for a CRM that doesn't exist: it works, and takes what the page says."""

from __future__ import annotations

import shutil

import pytest

from tests.fifth_crm.copied import HERE, ROOT, Copy, insertions, new_files, table

PAGE = ROOT / "docs" / "adding-a-crm.md"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the product with the CRM in it."""
    return Copy.into(tmp_path_factory.mktemp("product"))


def test_the_page_says_how_many_files_and_lines_it_took() -> None:
    assert table() in PAGE.read_text(encoding="utf-8"), f"the table in {PAGE.name} should be:\n{table()}"


def test_of_engine_store_and_core_only_the_policies_know_of_it() -> None:
    touched = {*map(str, new_files()), *(one.path for one in insertions())}
    inside = {path for path in touched if path.startswith("include/keepstep/")}
    assert {path for path in inside if "/connectors/brightwell/" not in path} == {"include/keepstep/core/policies.py"}


@pytest.mark.slow
def test_its_connector_keeps_the_contract(product: Copy) -> None:
    assert "passed" in product.pytest("tests/contract/test_brightwell.py")


@pytest.mark.slow
def test_lists_run_between_it_and_every_platform(product: Copy) -> None:
    assert "passed" in product.pytest("tests/pairs/test_lists.py", "-k", "brightwell")


@pytest.mark.slow
def test_a_story_of_prospects_ends_in_it_as_in_memory(product: Copy) -> None:
    assert "1 passed" in product.pytest("tests/pairs/test_stories.py", "-k", "brightwell and 1")


@pytest.mark.slow
def test_airflow_knows_its_connection_and_its_hook(product: Copy) -> None:
    assert "passed" in product.pytest("tests/airflow/test_connections.py", "-k", "hook or form or system")


@pytest.mark.slow
def test_a_sync_file_that_names_it_is_right_and_editors_offer_it(product: Copy) -> None:
    shutil.copy(HERE / "brightwell_contacts.yaml", product.root)
    said = product.run("python", "-m", "keepstep.cli", "check", "brightwell_contacts.yaml")
    assert "ok  brightwell_contacts: Brightwell contacts" in said
    product.run("python", "-m", "tools.schema")
    assert '"brightwell",' in (product.root / "docs" / "sync.schema.json").read_text(encoding="utf-8")


@pytest.mark.slow
def test_its_code_keeps_the_house_s_rules(product: Copy) -> None:
    own = [str(path) for path in new_files()]
    product.run("ruff", "format", "--check", *own)
    product.run("ruff", "check", "--no-cache", *own)
    product.run("lint-imports")
