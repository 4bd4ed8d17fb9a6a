"""Writes the next migration of the store: the difference between the newest one and the tables in the code.

`python -m tools.next_migration "add the column x"` makes versions/0002_….py; then set HEAD in migrations/__init__.py.
`python -m tools.next_migration --initial` writes 0001 anew: only while no release has it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from keepstep.store.database import Store
from keepstep.store.migrations import HEAD
from keepstep.store.migrations.upgrade import FOLDER, alembic_config
from tools import postgres

INITIAL = "0001"


def write(message: str, initial: bool) -> Path:
    """Run the migrations in a database of their own, compare, write the next file; its path."""
    versions = FOLDER / "versions"
    revision = INITIAL if initial else f"{int(HEAD) + 1:04d}"
    if initial:
        for old in versions.glob(f"{INITIAL}_*.py"):
            old.unlink()
    with tempfile.TemporaryDirectory(prefix="keepstep-migration-") as home:
        server = postgres.start(Path(home) / "pg", settings=postgres.THROWAWAY)
        try:
            server.ensure_database("store")
            with Store(server.url("store")) as store:
                if not initial:
                    store.migrate()
                with store.begin() as connection:
                    command.revision(alembic_config(connection), message=message, autogenerate=True, rev_id=revision)
        finally:
            server.stop()
    written = next(versions.glob(f"{revision}_*.py"))
    lines = written.read_text(encoding="utf-8").splitlines(keepends=True)
    written.write_text("".join(line for line in lines if "# ###" not in line), encoding="utf-8")
    for ruff in (["format", "--quiet"], ["check", "--fix"]):
        subprocess.run([sys.executable, "-m", "ruff", *ruff, str(written)], check=True)
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message", nargs="?", default="initial")
    parser.add_argument("--initial", action="store_true")
    given = parser.parse_args()
    sys.stdout.write(f"{write(given.message, given.initial)}\n")
