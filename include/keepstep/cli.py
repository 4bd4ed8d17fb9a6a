"""keepstep on the terminal: check sync files, bring the store up to date, look into runs, errors and histories.

Planning and applying need the connections that Airflow keeps: `airflow dags trigger` and the UI do that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import text

from keepstep.config import (
    ProspectFile,
    SyncFile,
    check_together,
    is_prospect_sync,
    json_schema,
    load_prospect_sync,
    load_sync,
)
from keepstep.core.errors import KeepstepError, SettingsError
from keepstep.store.database import Store

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
out, err = Console(), Console(stderr=True)

StoreUrl = Annotated[
    str, typer.Option("--store", envvar="KEEPSTEP_STORE", help="postgresql://user:password@host:5432/database")
]
SYNCS = Path("include/syncs")
IN_A_FILE = 300  # characters a line where no terminal says how wide it is


def main() -> None:
    """Run, and end with a sentence instead of a traceback where somebody has to act."""
    try:
        app()
    except KeepstepError as wrong:
        err.print(f"[red]{type(wrong).__name__}[/red]: {escape(str(wrong))}")
        raise SystemExit(1) from None


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Sync files; none: include/syncs/*.yaml")] = None,
) -> None:
    """Check sync files: each line that is wrong, with what is allowed there. Calls no system."""
    good: list[SyncFile | ProspectFile] = []
    wrong = 0
    for path in files or sorted(SYNCS.glob("*.yaml")):
        try:
            good.append(load_prospect_sync(path) if is_prospect_sync(path) else load_sync(path))
        except SettingsError as error:
            wrong += 1
            err.print(f"[red]{escape(str(error))}[/red]")
    for found in check_together(good).values():
        wrong += 1
        err.print(f"[red]{escape(str(found))}[/red]")
    for file in good:
        out.print(f"[green]ok[/green]  {file.name}: {escape(file.settings.title)}")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def schema() -> None:
    """Print the JSON schema of sync files, for editors."""
    typer.echo(orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2).decode())


@app.command()
def migrate(store: StoreUrl) -> None:
    """Make the store's tables, or bring them up to date."""
    Store.open(store).close()
    out.print("the store is up to date")


_RUNS = """
SELECT r.id, r.sync, r.key, r.state, r.started_at, count(c.id) AS planned,
    count(c.id) FILTER (WHERE c.state = 'applied') AS applied,
    count(c.id) FILTER (WHERE c.state = 'rejected') AS rejected,
    count(c.id) FILTER (WHERE c.state = 'held') AS held, count(c.id) FILTER (WHERE c.state = 'skipped') AS skipped
FROM run r LEFT JOIN change c ON c.run_id = r.id
WHERE CAST(:sync AS text) IS NULL OR r.sync = :sync
GROUP BY r.id ORDER BY r.id DESC LIMIT :n
"""


@app.command()
def runs(
    store: StoreUrl,
    sync: Annotated[str | None, typer.Argument(help="A sync's name; none: all of them")] = None,
    last: Annotated[int, typer.Option(help="How many")] = 20,
) -> None:
    """The last runs, and what became of each planned row."""
    _show(store, _RUNS, {"sync": sync, "n": last})


_ERRORS = """
SELECT sync, code, count(*) AS records, min(first_seen) AS since, max(last_seen) AS last, min(what_to_do) AS what_to_do
FROM sync_error WHERE closed_at IS NULL AND (CAST(:sync AS text) IS NULL OR sync = :sync)
GROUP BY sync, code ORDER BY records DESC
"""


@app.command()
def errors(
    store: StoreUrl, sync: Annotated[str | None, typer.Argument(help="A sync's name; none: all of them")] = None
) -> None:
    """Open sync errors, grouped by what to do."""
    _show(store, _ERRORS, {"sync": sync})


_WHY = """
SELECT c.done_at, c.sync, c.run_id, c.phase, c.side, c.kind, c.state, c.code, c.before, c.after, c.why, c.epoch_id
FROM change c
WHERE c.record_id = :id OR c.prospect_id = :id OR c.crm_key LIKE '%:' || :id
ORDER BY c.id DESC LIMIT :n
"""


@app.command()
def why(
    store: StoreUrl,
    record_id: Annotated[str, typer.Argument(help="The id of a CRM record or of a row")],
    last: Annotated[int, typer.Option(help="How many")] = 20,
) -> None:
    """Why a record has its values: every write that was planned for it, with its reason and fate. Shows their data."""
    _show(store, _WHY, {"id": record_id, "n": last})


@app.command()
def report(
    store: StoreUrl,
    run_id: Annotated[int, typer.Argument(help="The number of a run, as `keepstep runs` tells it")],
    out_file: Annotated[Path, typer.Option("--out", help="The CSV file to write")],
) -> None:
    """Write a run's journal as CSV: every planned row, its reason and its fate. Holds people's data."""
    from keepstep.store.frames import journal_frames, write_csv  # noqa: PLC0415 (pandas takes a second to import)

    with Store.open(store) as opened, opened.begin() as conn:
        rows = write_csv(journal_frames(conn, run_id), out_file)
    out.print(f"{rows} rows written to {escape(str(out_file))}")


@app.command()
def scores(
    store: StoreUrl,
    sync: Annotated[str, typer.Argument(help="A sync's name")],
    out_file: Annotated[Path, typer.Option("--out", help="The CSV file to write")],
) -> None:
    """Write a list's sealed scores as CSV, highest first. Holds people's addresses."""
    from keepstep.store.frames import score_frames, write_csv  # noqa: PLC0415 (pandas takes a second to import)

    with Store.open(store) as opened, opened.begin() as conn:
        rows = write_csv(score_frames(conn, sync), out_file)
    out.print(f"{rows} rows written to {escape(str(out_file))}")


def _show(url: str, statement: str, values: Mapping[str, Any]) -> None:
    with Store.open(url) as store, store.begin() as conn:
        found = conn.execute(text(statement), values)
        _table(found.keys(), found)


def _table(names: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    table = Table(*names)
    for row in rows:
        table.add_row(*(escape("" if value is None else str(value)) for value in row))
    (out if out.is_terminal else Console(width=IN_A_FILE)).print(table)


if __name__ == "__main__":
    main()
