"""An uploaded file as rows of text: separators, quotes, headings."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

from keepstep_sandbox.act_on.errors import UNPUBLISHED, ApiError, GatewayError
from keepstep_sandbox.act_on.upload_specs import FileColumn

SEPARATORS: Final[Mapping[str, str]] = {"COMMA": ",", "TAB": "\t", "SEMI": ";", "SEMICOLON": ";"}
QUOTES: Final[Mapping[str, str | None]] = {"NONE": None, "SINGLE_QUOTE": "'", "DOUBLE_QUOTE": '"'}
FILE_TYPES: Final = (".csv", ".txt", ".tsv")


def check_file(filename: str, size: int, max_size: int) -> None:
    """Refuse a file by its name or its size in bytes.

    Raises:
        ApiError: 10085, not a text file by its name.
        GatewayError: 413, too large.
    """
    if "." in filename and not filename.lower().endswith(FILE_TYPES):
        raise ApiError(10085)
    if size > max_size:
        raise GatewayError(413, "Request Entity Too Large", "The file exceeds the maximum size")


def read_rows(data: bytes, form: Mapping[str, str], columns: Sequence[FileColumn]) -> list[list[str]]:
    """Read a file's rows, each brought to the order of `columns`; missing cells are empty, blank lines are skipped.

    Raises:
        ApiError: not UTF-8 text, an unknown separator or quote, or a column that the file hasn't got (10088).
    """
    rows = [row for row in _reader(data, form) if row]
    width = max((len(row) for row in rows), default=0)
    if rows and any(not 0 <= each.index < width for each in columns):
        raise ApiError(10088)
    # Headings are "Y" if left out; anything else but "Y" is "N": developer.act-on.com, create-new-list.
    if form.get("headings", "Y") == "Y":
        rows = rows[1:]
    places = [each.index for each in columns]
    return [[row[place] if place < len(row) else "" for place in places] for row in rows]


def read_emails(data: bytes) -> list[str]:
    """Read a file of one column of addresses; a first line without an @ is its heading."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ApiError(UNPUBLISHED, "The file is not UTF-8 text") from None
    cells = [line.strip().strip('"') for line in lines]
    if cells and "@" not in cells[0]:
        cells = cells[1:]
    return [cell for cell in cells if cell]


def _reader(data: bytes, form: Mapping[str, str]) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
        quote = QUOTES[form.get("quotecharacter") or "DOUBLE_QUOTE"]
        separator = SEPARATORS[form["fieldseparator"]] if form.get("fieldseparator") else _guess_separator(text)
    except UnicodeDecodeError:
        raise ApiError(UNPUBLISHED, "The file is not UTF-8 text") from None
    except KeyError as error:
        raise ApiError(UNPUBLISHED, f"Invalid separator or quote character: {error.args[0]}") from None
    stream = io.StringIO(text, newline="")
    try:
        if quote is None:
            return list(csv.reader(stream, delimiter=separator, quoting=csv.QUOTE_NONE))
        return list(csv.reader(stream, delimiter=separator, quotechar=quote))
    except csv.Error as error:
        raise ApiError(UNPUBLISHED, f"The file can't be read: {error}") from None


def _guess_separator(text: str) -> str:
    first_line = text.partition("\n")[0]
    return max(",\t;", key=first_line.count)
