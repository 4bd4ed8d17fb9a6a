"""What the Import API is given and tells: which writes go in one import, its CSV, and the CSV of refused rows. Pure.

An empty cell either clears (nullOverwrite) or leaves alone, for a whole column. So writes that clear nothing share an
import with all their columns, and writes that clear something share one with those that name the very same fields.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from keepstep.connectors.account_engagement import wire
from keepstep.connectors.account_engagement.fields import ROW
from keepstep.connectors.base import FieldInfo, Json
from keepstep.core.model import Kind, Value, Write

MAX_BYTES: Final = 10_000_000  # of a batch
MAX_BATCHES: Final = 10  # of an import
_ODD: Final = "\x00"


class Match(StrEnum):
    """The column by which a row finds its prospect."""

    EMAIL = "matchEmail"
    ID = "matchId"


@dataclass(frozen=True, slots=True)
class Shape:
    """What the writes of one import have in common; `clears` names the columns where some do, or nothing."""

    kind: Kind
    object: str
    clears: tuple[str, ...] = ()

    @property
    def match(self) -> Match:
        """People who may be new are found by email, others by id."""
        return Match.EMAIL if self.kind is Kind.CREATE else Match.ID

    @property
    def deletes(self) -> bool:
        """Whether it moves prospects to the recycle bin."""
        return self.kind is Kind.REMOVE and self.object != ROW


def fits(write: Write, schema: Mapping[str, FieldInfo]) -> bool:
    """Whether an import can do it.

    It unassigns nobody, refuses a file for one wrong column, and takes no cell with a NUL.
    """
    values = wire.body_of(write)
    known = all(name in schema and schema[name].writable for name in values)
    clean = not any(isinstance(value, str) and _ODD in value for value in values.values())
    key = _key(write)
    return known and clean and bool(key) and _ODD not in key and not ("userId" in values and values["userId"] is None)


def shape_of(write: Write) -> Shape:
    """Writes of one shape may share an import."""
    values = wire.body_of(write)
    clears = write.kind is Kind.UPDATE and any(value is None for value in values.values())
    return Shape(write.kind, write.object, tuple(values) if clears else ())


def columns(shape: Shape, writes: Sequence[Write]) -> list[str]:
    """The columns of an import; the first one is that of the key."""
    if shape.kind is Kind.REMOVE:
        return [shape.match] if shape.deletes else [shape.match, "removeFromList"]
    named = sorted({name for write in writes for name in _values(write)})
    return [shape.match, *named, *(["addToList"] if shape.kind is Kind.CREATE and shape.object == ROW else [])]


def description(shape: Shape, names: Sequence[str]) -> dict[str, Json]:
    """How an import is made. Nobody comes back from the recycle bin by it, and nobody new is made by an update."""
    if shape.deletes:
        return {"operation": "Delete", "object": "Prospect", "fields": [{"field": shape.match.value}]}
    first, *others = names
    fields: list[Json] = [{"field": first}]
    fields += [{"field": name, "overwrite": True, "nullOverwrite": bool(shape.clears)} for name in others]
    creates = shape.kind is Kind.CREATE
    return {
        "operation": "Upsert",
        "object": "Prospect",
        "createOnNoMatch": creates,
        "restoreDeleted": False,
        "fields": fields,
    }


def batches(shape: Shape, writes: Sequence[Write], limit: int = MAX_BYTES) -> Iterator[list[tuple[bytes, list[Write]]]]:
    """The writes as files, as many as an import takes at a time."""
    parts = _files(shape, writes, limit)
    while some := list(islice(parts, MAX_BATCHES)):
        yield some


def _files(shape: Shape, writes: Sequence[Write], limit: int) -> Iterator[tuple[bytes, list[Write]]]:
    names = columns(shape, writes)
    head = _line(names)
    lines, part, size = [head], list[Write](), len(head)
    for write in writes:
        cells = _row(shape, write)
        line = _line([_cell(cells.get(name)) for name in names])
        if part and size + len(line) > limit:
            yield b"".join(lines), part
            lines, part, size = [head], [], len(head)
        lines.append(line)
        part.append(write)
        size += len(line)
    if part:
        yield b"".join(lines), part


def _row(shape: Shape, write: Write) -> Mapping[str, Json]:
    cells: dict[str, Json] = {shape.match: _key(write)}
    if shape.kind is Kind.REMOVE:
        return cells | {"removeFromList": write.list_id}
    return cells | _values(write) | {"addToList": write.list_id}


def _values(write: Write) -> dict[str, Json]:
    """The cells beside the key, which is the email of a create."""
    values = wire.body_of(write)
    return {name: v for name, v in values.items() if write.kind is Kind.UPDATE or name != "email"}


def _key(write: Write) -> str:
    """What a row is found by, and told by in the list of refused rows."""
    if write.kind is Kind.CREATE:
        return wire.email_of(write) or ""
    return wire.prospect_of(write.record_id) if write.record_id else ""


def by_key(writes: Sequence[Write]) -> dict[str, Write]:
    """The writes by the cells of their key column; no two of an import have the same one."""
    return {_key(write): write for write in writes}


def refused(content: bytes, shape: Shape, keys: Mapping[str, Write]) -> dict[str, str]:
    """Of these keys those that stand in the CSV of refused rows, each with the code that it has there.

    Which columns the file has is not documented: a key counts in whatever column where its own isn't there.
    """
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    head = next(reader, [])
    place = head.index(shape.match) if shape.match in head else None
    told = next((n for n, name in enumerate(head) if "code" in name.lower()), None)
    found: dict[str, str] = {}
    for cells in reader if place is not None else [head, *reader]:
        key = next((cell for cell in (cells if place is None else cells[place : place + 1]) if cell in keys), None)
        if key is not None:
            code = cells[told].strip() if told is not None and told < len(cells) else ""
            found[key] = code if code.isdigit() else ""
    return found


def _cell(value: Json | Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
