"""The lock holds everything that was asked for, with hashes, and says no registry's name."""

import re
import tomllib
from pathlib import Path

from tools.behaviours import ROOT

LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
LOCKED = {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", LOCK, re.MULTILINE)}


def asked(lines: list[str]) -> set[str]:
    """The names in requirement lines, as the lock spells them."""
    names = (re.match(r"[A-Za-z0-9._-]+", line.strip()) for line in lines if not line.startswith("#"))
    return {re.sub(r"[._-]+", "-", found.group()).lower() for found in names if found}


def test_every_package_that_is_asked_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = asked((ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()) | asked(project["dependencies"])
    assert len(wanted) > 20
    assert wanted <= LOCKED, "run make lock"


def test_what_the_project_needs_is_asked_for_in_requirements_in() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert asked(project["dependencies"]) <= asked((ROOT / "requirements.in").read_text(encoding="utf-8").splitlines())


def test_airflow_is_pinned_and_every_package_has_hashes() -> None:
    assert "apache-airflow==3.3.2" in (ROOT / "requirements.in").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)


def test_no_index_is_written_into_the_project() -> None:
    for path in (
        Path("requirements.txt"),
        Path("requirements.in"),
        Path("Makefile"),
        Path("tools/setup/environment.sh"),
    ):
        text = (ROOT / path).read_text(encoding="utf-8")
        assert not re.search(r"--(extra-)?index-url +http|--find-links|simple/", text), path


def test_every_package_that_is_asked_for_has_its_reason_in_the_decision() -> None:
    decision = (ROOT / "docs" / "decisions" / "0006-dependencies.md").read_text(encoding="utf-8")
    wanted = asked((ROOT / "requirements.in").read_text(encoding="utf-8").splitlines())
    named = set(re.findall(r"[a-z0-9-]+", decision.lower())) | {
        f"apache-airflow-providers-{name}" for name in ("standard", "common-sql", "postgres")
    }
    stubs = {name for name in wanted if name.startswith("types-") or name.endswith("-stubs")}
    assert wanted - stubs - named == set()
