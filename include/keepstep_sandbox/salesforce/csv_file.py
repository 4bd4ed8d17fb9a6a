"""The CSV of an ingest job, with the delimiter and line ending that the job was made with."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass


class FileProblem(Exception):
    """The file as a whole can't be worked with; the sentence is the job's `errorMessage`."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file's header and rows."""

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]


def parse(content: bytes, delimiter: str, line_ending: str) -> Table:
    """Read a file.

    Raises:
        FileProblem: it's empty, not UTF-8, or its lines end otherwise than the job said.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblem("ClientInputError : The file isn't UTF-8") from error
    windows = "\r\n" in text.partition("\n")[0] + "\n"
    if "\n" in text and windows is not (line_ending == "\r\n"):
        name = "CRLF" if line_ending == "\r\n" else "LF"
        raise FileProblem(
            f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {name}"
        )
    try:
        lines = [tuple(cells) for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if cells]
    except csv.Error as error:
        raise FileProblem("ClientInputError : The file isn't a CSV") from error
    if not lines:
        raise FileProblem("InvalidBatch : The file is empty")
    return Table(lines[0], lines[1:])


def write(header: Iterable[str], rows: Iterable[Iterable[str]], delimiter: str) -> str:
    """Write results, every cell quoted."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
