"""Break each rule of the core in a copy, run the core's tests there, and fail if they don't: `make mutants`.

Arguments narrow it to the files that they name: `python -m tools.mutants merge guards`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.mutants.table import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
CORE = Path("include/keepstep/core")
NEEDED = (
    "include",
    "plugins",
    "tests/conftest.py",
    "tests/core",
    "tools",
    "docs/behaviours.md",
    "examples",
    "pyproject.toml",
)
TOO_LONG_S = 180  # a mutant that never ends is seen
PASSED, FAILED = 0, 1  # pytest's exit statuses; any other means that it could not run


def main(names: list[str]) -> int:
    """0 only where the tests pass on the core as it is, and fail on every mutant."""
    chosen = [one for one in MUTANTS if not names or Path(one.file).stem in names]
    with tempfile.TemporaryDirectory(prefix="keepstep-mutants-") as folder:
        copy = Path(folder)
        _copy(copy)
        if _tests(copy, "") != PASSED:
            print("the core's tests don't pass on the core as it is: nothing can be said about mutants")
            return 1
        survivors = [one for place, one in enumerate(chosen, 1) if not _seen(copy, one, f"{place}/{len(chosen)}")]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants seen by a test")
    for one in survivors:
        print(f"  survived: {one.file}: {one.broken}\n    {one.old!r} -> {one.new!r}")
    return 1 if survivors else 0


def _copy(target: Path) -> None:
    for name in NEEDED:
        source = ROOT / name
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)


def _seen(copy: Path, mutant: Mutant, place: str) -> bool:
    path = copy / CORE / mutant.file
    right = path.read_text(encoding="utf-8")
    if right.count(mutant.old) != 1:
        raise SystemExit(
            f"tools/mutants/table.py is stale: {mutant.old!r} stands {right.count(mutant.old)} times in {path.name}"
        )
    started = time.monotonic()
    path.write_text(right.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        status = _tests(copy, Path(mutant.file).stem)
    finally:
        path.write_text(right, encoding="utf-8")
    seen = status != PASSED
    how = {PASSED: "SURVIVED", FAILED: "seen"}.get(status, "can't even run")
    print(f"{place:>8} {how:9} {time.monotonic() - started:5.1f} s  {mutant.file}: {mutant.broken}", flush=True)
    return seen


def _tests(copy: Path, first: str) -> int:
    """Run the core's tests, those of the mutant's own module first; stop at the first that fails."""
    # Python tells a module's compiled form from its source by size and second: a mutant may have both in common.
    shutil.rmtree(copy / CORE / "__pycache__", ignore_errors=True)
    tests = Path("tests/core")
    near = sorted(str(path.relative_to(copy)) for path in (copy / tests).glob(f"test_{first}*.py")) if first else []
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        *near,
        str(tests),
    ]
    environment = {**os.environ, "PYTHONPATH": str(copy / "include")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        return subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, check=False, timeout=TOO_LONG_S
        ).returncode
    except subprocess.TimeoutExpired:
        return FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
