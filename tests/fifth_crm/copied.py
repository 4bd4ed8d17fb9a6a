"""A copy of the product with the made-up CRM in it, made as docs/adding-a-crm.md says; and what that took."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = HERE / "files"
NEEDED = ("include", "plugins", "dags", "tests", "tools", "docs", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", HERE.name, "*.png")
NOT_TOLD = ("AIRFLOW", "COV", "KEEPSTEP", "PYTEST")  # variables of the run that this one is part of

STEPS: Mapping[str, tuple[str, ...]] = {  # what the page calls a step -> where it is done
    "the policy": ("include/keepstep/core/",),
    "the connector": ("include/keepstep/connectors/",),
    "hook, form and operators": ("plugins/keepstep_airflow/",),
    "the sandbox": ("include/keepstep_sandbox/",),
    "the tests": ("tests/",),
}
Figures = tuple[int, int, int]  # new files, their lines, lines in files that were there already
OURS = ("the sandbox", "the tests")  # steps of which nothing runs at a customer's


@dataclass(frozen=True, slots=True)
class Insertion:
    """Lines for a file that is there already: behind a text that stands in it once, or before it."""

    path: str
    put: str
    after: str = ""
    before: str = ""

    def into(self, text: str) -> str:
        """The text with it. Fails where its place isn't there, or is there twice."""
        place = self.after or self.before
        count = text.count(place)
        assert count == 1, f"{self.path}: {place!r} stands there {count} times: correct {HERE.name}/insertions.yaml"
        return text.replace(place, self.after + self.put + self.before)

    @property
    def lines(self) -> int:
        """The lines that it adds; a word within a line counts as one."""
        return max(1, self.put.count("\n"))


def insertions() -> list[Insertion]:
    """All of them."""
    return [Insertion(**one) for one in yaml.safe_load((HERE / "insertions.yaml").read_text(encoding="utf-8"))]


def new_files() -> Iterator[Path]:
    """The CRM's own files, by their places in the product."""
    return (path.relative_to(FILES) for path in sorted(FILES.rglob("*.py")))


@dataclass(frozen=True, slots=True)
class Copy:
    """The product with the CRM in it."""

    root: Path

    @classmethod
    def into(cls, root: Path) -> Copy:
        """Copy what is needed, then do what the page says."""
        for name in NEEDED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, root / name, ignore=LEFT_OUT)
            else:
                shutil.copy(ROOT / name, root / name)
        for path in new_files():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            assert not (root / path).exists(), f"{path} is there already"
            shutil.copy(FILES / path, root / path)
        for one in insertions():
            path = root / one.path
            path.write_text(one.into(path.read_text(encoding="utf-8")), encoding="utf-8")
        return cls(root)

    def run(self, *command: str) -> str:
        """What it prints. Fails where it fails, with its last words."""
        # Before what is installed: an editable installation would lead back to the product that was copied.
        path = os.pathsep.join(str(self.root / name) for name in ("include", "plugins", "."))
        environment = {name: value for name, value in os.environ.items() if not name.startswith(NOT_TOLD)}
        program = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
        done = subprocess.run(
            program,
            cwd=self.root,
            env={**environment, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{' '.join(command)}:\n{said[-6000:]}"
        return said

    def pytest(self, *arguments: str) -> str:
        """The last line of a run of its tests."""
        said = self.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments)
        return said.strip().splitlines()[-1]


def figures() -> dict[str, Figures]:
    """What each step took: new files, their lines, and lines in files that were there."""
    files: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    inserted: Counter[str] = Counter()
    for path in new_files():
        step = _step(str(path))
        files[step] += 1
        lines[step] += (FILES / path).read_text(encoding="utf-8").count("\n")
    for one in insertions():
        inserted[_step(one.path)] += one.lines
    return {step: (files[step], lines[step], inserted[step]) for step in STEPS}


def table() -> str:
    """The table as the page has it."""
    took = figures()
    product = _sum(took[step] for step in STEPS if step not in OURS)
    rows = [*took.items(), ("**the product**", product), ("**with sandbox and tests**", _sum(took.values()))]
    head = ["| step | new files | their lines | lines in files that are there |", "|---|---|---|---|"]
    return "\n".join(head + [f"| {step} | {' | '.join(map(str, counts))} |" for step, counts in rows])


def _sum(counts: Iterable[Figures]) -> Figures:
    files, lines, inserted = (sum(column) for column in zip(*counts, strict=True))
    return files, lines, inserted


def _step(path: str) -> str:
    [step] = [name for name, places in STEPS.items() if path.startswith(places)]
    return step
