"""Writes the rows of a query: nested JSON objects with their attributes, or flat CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from keepstep_sandbox.salesforce.schema import Schema
from keepstep_sandbox.salesforce.soql.engine import Answer
from keepstep_sandbox.salesforce.table import Row
from keepstep_sandbox.salesforce.values import held, to_csv, to_json


def attributes(kind: str, record_id: str, version: str) -> dict[str, str]:
    """Write what every record begins with."""
    return {"type": kind, "url": f"/services/data/v{version}.0/sobjects/{kind}/{record_id}"}


def to_records(answer: Answer, rows: Iterable[Row], version: str) -> list[dict[str, Any]]:
    """Write rows as REST does; a missing parent is null as a whole."""
    flat = [path[0] for path in answer.columns if len(path) == 1]
    over: dict[str, list[tuple[str, ...]]] = {}
    for path in answer.columns:
        if len(path) > 1:
            over.setdefault(path[0], []).append(path[1:])
    found = []
    for row in rows:
        told: dict[str, Any] = {"attributes": attributes(answer.kind, row["Id"], version)}
        told |= {name: to_json(answer.columns[(name,)](row)) for name in flat}
        told |= {name: _parent(answer, (answer.kind,), row, name, paths, version) for name, paths in over.items()}
        found.append(told)
    return found


def to_page(answer: Answer, rows: Sequence[Row], delimiter: str, line_ending: str) -> str:
    """Write a page of a bulk result: every cell quoted, a header on each page."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=line_ending)
    writer.writerow([".".join(path) for path in answer.columns])
    getters = list(answer.columns.values())
    writer.writerows([[to_csv(get(row)) for get in getters] for row in rows])
    return out.getvalue()


def _parent(
    answer: Answer, kinds: tuple[str, ...], row: Row, name: str, paths: list[tuple[str, ...]], version: str
) -> dict[str, Any] | None:
    """Write a parent with what was selected of it, and of its own parents."""
    schema, view = answer.compiler.schema, answer.compiler.view
    reference = next((f for kind in kinds if (f := schema.relationship(kind, name)) is not None), None)
    found = None if reference is None else view.parent(reference.targets, row.get(reference.name))
    if found is None:
        return None
    kind, parent = found
    told: dict[str, Any] = {"attributes": attributes(kind, parent["Id"], version)}
    deeper: dict[str, list[tuple[str, ...]]] = {}
    for path in paths:
        if len(path) == 1:
            field = schema.find(kind, path[0])
            told[path[0]] = None if field is None else to_json(held(field, parent))
        else:
            deeper.setdefault(path[0], []).append(path[1:])
    return told | {n: _parent(answer, (kind,), parent, n, rest, version) for n, rest in deeper.items()}


def to_record(schema: Schema, kind: str, row: Row, names: Sequence[str], version: str) -> dict[str, Any]:
    """Write one record with these fields; checkboxes are never empty."""
    told: dict[str, Any] = {"attributes": attributes(kind, row["Id"], version)}
    for name in names:
        field = schema.field(kind, name)
        told[field.name] = to_json(held(field, row))
    return told
