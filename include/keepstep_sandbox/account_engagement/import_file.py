"""The CSV of an import's batch, the options of its columns, and the CSV of the rows that failed."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from keepstep_sandbox.account_engagement.errors import PardotError

MATCHES: Final = ("matchId", "matchSalesforceId", "matchEmail")
LIST_COLUMNS: Final = ("addToList", "removeFromList")
MAX_LISTS: Final = 20
MAX_BYTES: Final = 10_000_000
ERROR_COLUMNS: Final = ("errorCode", "errorMessage")


@dataclass(frozen=True, slots=True)
class Column:
    """How a column's cells are taken: whether they replace what is there, and whether empty ones do."""

    field: str
    overwrite: bool = True
    null_overwrite: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A batch."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def columns_of(fields: object) -> list[Column]:
    """Read the `fields` of an import.

    Raises:
        PardotError: they aren't well-formed (165).
    """
    if not isinstance(fields, list):
        raise PardotError(165)
    return [_column(one) for one in fields]


def _column(told: Any) -> Column:
    known = {"field", "overwrite", "nullOverwrite"}
    if not isinstance(told, dict) or not isinstance(told.get("field"), str) or told.keys() - known:
        raise PardotError(165)
    flags = [told.get(name, True) for name in ("overwrite", "nullOverwrite")]
    if not all(isinstance(flag, bool) for flag in flags):
        raise PardotError(165)
    return Column(told["field"], *flags)


def parse(content: bytes) -> Table:
    """Read a batch.

    Raises:
        PardotError: it's too large (204), or no CSV of a header, at least one row, and as many cells in each (159).
    """
    if not content or len(content) > MAX_BYTES:
        raise PardotError(204)
    try:
        lines = [tuple(cells) for cells in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise PardotError(159) from error
    if len(lines) < 2 or any(len(cells) != len(lines[0]) for cells in lines):
        raise PardotError(159)
    return Table(lines[0], tuple(lines[1:]))


def check_header(header: Sequence[str], columns: Sequence[Column], known: Mapping[str, object]) -> None:
    """Check a batch's header against the options of the import and the fields there are.

    Raises:
        PardotError: they don't fit (227), a column is no field (180), or there isn't just one to match by (197).
    """
    if columns and list(header) != [column.field for column in columns]:
        raise PardotError(227)
    allowed = {*known, *MATCHES, *LIST_COLUMNS}
    if unknown := [name for name in header if name not in allowed]:
        raise PardotError(180, unknown[0])
    if len([name for name in header if name in MATCHES]) != 1:
        raise PardotError(197, "exactly one of " + ", ".join(MATCHES))


def write(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Write a CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
