"""Uploads to a list: the file, its description, and what the job tells. Pure.

The file must have the list's own columns, verbatim and in the list's order (documented), so that a row that changes one
field has blanks in all others: `putEmptyValues=N` makes Act-On leave those alone. For the same reason an upload can
clear nothing; rows in which a field must be cleared go one by one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson

from keepstep.connectors.act_on.wire import COLUMN_TYPES, Head, UnexpectedShape, cell, mapping
from keepstep.connectors.base import Json
from keepstep.core.model import Values

File = tuple[str, bytes, str]  # name, content, media type


class Mode(StrEnum):
    """What a merge does with an address; REPLACE and APPEND, which delete and double rows, are never used."""

    UPSERT = "UPSERT"
    UPDATE_ONLY = "UPDATE_ONLY"  # an address that left the list meanwhile doesn't come back


@dataclass(frozen=True, slots=True)
class Job:
    """An upload job as its status call tells it."""

    done: bool
    refused: int = 0  # rows that were not taken
    refused_file: str | None = None  # names the CSV with these rows
    list_id: str | None = None


def file_of(head: Head, rows: Iterable[Values]) -> File:
    """The file: a line of headings, then these rows, blank where a row doesn't name a column."""
    content = io.BytesIO()
    text = io.TextIOWrapper(content, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(head.columns)
    for values in rows:
        writer.writerow([cell(values.get(name)) for name in head.columns])
    text.flush()
    return ("rows.csv", content.getvalue(), "text/csv")


def merge_form(list_id: str, head: Head, mode: Mode) -> dict[str, str]:
    """How a file is merged into a list, by its rows' addresses."""
    specs = [{"dstListId": list_id, "mergeMode": mode, "columnMap": [], "mergeKeyHeading": head.email_column}]
    return {
        **_described(head.columns, head.email_column),
        "mergespecs": orjson.dumps(specs).decode(),
        "putEmptyValues": "N",
    }


def new_list_form(name: str, columns: Sequence[str], email_column: str) -> dict[str, str]:
    """How a list is made: sent without a file, it stays empty and the answer has its id (documented)."""
    return {"listname": name, **_described(columns, email_column)}


def _described(columns: Sequence[str], email_column: str) -> dict[str, str]:
    specs = []
    for index, heading in enumerate(columns):
        usage = "EMAIL" if heading == email_column else COLUMN_TYPES.get(heading)
        # An empty type refuses the upload (documented): a column without a usage names none.
        typed = {} if usage is None else {"columnType": usage}
        specs.append({"columnHeading": heading, "columnIndex": index, "ignoreColumn": "N", **typed})
    return {
        "headings": "Y",
        "fieldseparator": "COMMA",
        "quotecharacter": "DOUBLE_QUOTE",
        "uploadspecs": orjson.dumps(specs).decode(),
    }


def job_id(reply: Json) -> str:
    """The job that an upload started."""
    id = mapping(reply).get("jobId")
    if id is None:
        raise UnexpectedShape
    return str(id)


def job(reply: Json) -> Job:
    """How a job stands; `details` appears only when it is done, and `status` is a sentence before (documented)."""
    body = mapping(reply)
    if "details" not in body and "jobDetails" not in body:
        return Job(done=False)
    details = body.get("details")
    if not isinstance(details, dict):
        details = dict(mapping(orjson.loads(str(body.get("jobDetails")))))
    counts = (details.get(name) for name in ("failedCount", "rejectedCount"))
    refused = sum(int(count) for count in counts if isinstance(count, int | float | str))
    files = (v for n, v in details.items() if "reject" in n.lower() and isinstance(v, str) and not v.isdigit())
    list_id = details.get("listId")
    return Job(True, refused, next(files, None), None if list_id is None else str(list_id))


def refused_addresses(content: bytes, wanted: frozenset[str]) -> frozenset[str]:
    """Those of the wanted addresses (casefolded) that stand in the CSV of refused rows, in whatever column."""
    cells = (
        value.strip().casefold() for line in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for value in line
    )
    return wanted.intersection(cells)
