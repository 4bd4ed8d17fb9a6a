"""Documents can't rot: their blocks are parsed or run, their links lead somewhere, their tables are fresh."""

import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from keepstep.config import json_schema, load_private_contacts, load_prospect_sync, load_score_sheet, load_sync
from tools import schema
from tools.behaviours import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def blocks(language: str) -> list[tuple[str, str]]:
    """Every block of a language: where it stands, and its text."""
    return [
        (f"{page.relative_to(ROOT)}#{i}", text)
        for page in PAGES
        for i, (kind, text) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
        if kind == language
    ]


def test_the_readme_has_all_kinds_of_blocks() -> None:
    for language in ("sh", "yaml", "python"):
        assert any(where.startswith("README.md") for where, _ in blocks(language))


@pytest.mark.parametrize(("where", "text"), blocks("yaml"), ids=[where for where, _ in blocks("yaml")])
def test_a_yaml_block_is_a_sync_file_a_score_sheet_or_a_part_of_one(where: str, text: str, tmp_path: Path) -> None:
    given = yaml.safe_load(text)
    path = tmp_path / "example.yaml"
    if given is None:
        assert "yaml-language-server" in text
    elif "points" in given:
        path.write_text(text, encoding="utf-8")
        load_score_sheet(path)
    elif "thresholds" in given:
        path.write_text(text, encoding="utf-8")
        load_private_contacts(path)
    elif given.get("kind") == "prospects":
        path.write_text(text, encoding="utf-8")
        load_prospect_sync(path)
    else:
        # A part of a sync file is read with the demo's file around it.
        whole = yaml.safe_load((ROOT / "include" / "syncs" / "netsuite_customers.yaml").read_text(encoding="utf-8"))
        if "fields" in given and "title" not in given:
            whole |= {"pull": {}, "push": {}}
        path.write_text(yaml.safe_dump(whole | given), encoding="utf-8")
        load_sync(path)
    assert where


@pytest.mark.parametrize(("where", "text"), blocks("python"), ids=[where for where, _ in blocks("python")])
def test_a_python_block_runs(where: str, text: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"{where}:\n{done.stderr[-2000:]}"


def test_every_make_target_that_a_document_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"`make ([a-z-]+)[^`]*`", text))
        for _, block in (found for found in BLOCK.findall(text) if found[0] == "sh"):
            named |= set(re.findall(r"^make ([a-z-]+)", block, re.MULTILINE))
        assert named <= targets, page


@pytest.mark.parametrize("name", NAMES)
def test_every_link_between_documents_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.endswith(".png"):
            assert (page.parent / target).exists(), target


def test_the_schema_and_the_tables_of_keys_are_fresh() -> None:
    page = schema.PAGE.read_text(encoding="utf-8")
    assert schema.SCHEMA.read_text(encoding="utf-8") == schema.schema_text(), "run make schema"
    assert schema.with_tables(page) == page, "run make schema"


@pytest.mark.parametrize("path", sorted((ROOT / "include" / "syncs").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_sync_files_that_come_with_it_keep_the_schema_for_editors(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), json_schema())


@pytest.mark.parametrize("kind", schema.KINDS)
def test_every_key_of_a_sync_file_is_told_what_it_means(kind: str) -> None:
    rows = [line for line in schema.key_table(kind).splitlines()[2:] if line.endswith("|  |")]
    assert rows == []
