"""The two JSON texts that go with an upload: what the file holds, and how it is merged."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from keepstep_sandbox.act_on.columns import EMAIL, SYSTEM_TYPES, Column
from keepstep_sandbox.act_on.errors import UNPUBLISHED, ApiError


class MergeMode(StrEnum):
    """What an upload does to the rows that are there."""

    APPEND = "APPEND"
    APPEND_NO_DUPLICATES = "APPEND_NO_DUPLICATES"
    UPSERT = "UPSERT"
    UPDATE_ONLY = "UPDATE_ONLY"
    REPLACE = "REPLACE"


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column to be taken from the file: what it becomes, and where it stands in the file."""

    column: Column
    index: int


@dataclass(frozen=True, slots=True)
class MergeSpec:
    """How an upload is merged; `key` is the position of its key among the list's columns."""

    list_id: str
    mode: MergeMode
    key_heading: str


def read_upload_specs(text: str) -> list[FileColumn]:
    """Read uploadspecs; ignored columns are left out, the rest stands in the file's order.

    Raises:
        ApiError: no specs, not JSON, a wrong type, or not exactly one e-mail column.
    """
    found = [_file_column(entry) for entry in _entries(text, "uploadspecs")]
    taken = sorted((each for each in found if each is not None), key=lambda each: each.index)
    if sum(each.column.type == EMAIL for each in taken) != 1:
        raise ApiError(UNPUBLISHED, "Upload specs must contain exactly one EMAIL column")
    if len({each.column.heading for each in taken}) != len(taken):
        raise ApiError(UNPUBLISHED, "Upload specs contain a column heading twice")
    return taken


def read_merge_spec(text: str) -> MergeSpec:
    """Read mergespecs, an array of one.

    Raises:
        ApiError: no specs, not JSON, an unknown mode, or a column map that isn't there and empty.
    """
    entry = _entries(text, "mergespecs")[0]
    # "columnMap is not currently supported ... must currently be specified as []": developer.act-on.com, mergespecs
    if entry.get("columnMap") != []:
        raise ApiError(UNPUBLISHED, "Merge specs must contain an empty columnMap")
    try:
        mode = MergeMode(entry.get("mergeMode", ""))
    except ValueError:
        raise ApiError(UNPUBLISHED, "Merge specs contain an invalid mergeMode") from None
    return MergeSpec(str(entry.get("dstListId", "")), mode, str(entry.get("mergeKeyHeading") or EMAIL))


def check_same_columns(file: Sequence[Column], target: Sequence[Column]) -> None:
    """Refuse a file whose columns aren't the list's, verbatim and in the same order.

    Raises:
        ApiError: 10088 for a column of the list that the file lacks, 10010 for one that the list lacks; see `errors`.
    """
    theirs, ours = [each.heading for each in file], [each.heading for each in target]
    if set(ours) - set(theirs):
        raise ApiError(10088)
    if set(theirs) - set(ours):
        raise ApiError(10010)
    if theirs != ours:
        raise ApiError(UNPUBLISHED, "The columns of the file and the list are not in the same order")


def _entries(text: str, name: str) -> list[dict[str, Any]]:
    if not text.strip():
        raise ApiError(10121, f"Required parameter is missing: {name}")
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not found or not all(isinstance(entry, dict) for entry in found):
        raise ApiError(UNPUBLISHED, f"{name} is not a JSON array of objects")
    return found


def _file_column(entry: dict[str, Any]) -> FileColumn | None:
    if entry.get("ignoreColumn") == "Y":
        return None
    heading = entry.get("columnHeading")
    if not isinstance(heading, str) or not heading:
        raise ApiError(UNPUBLISHED, "Upload specs contain a column without a heading")
    # A column of the customer's own has no type at all; an empty or misspelt one refuses the upload.
    if "columnType" in entry and entry["columnType"] not in SYSTEM_TYPES:
        raise ApiError(UNPUBLISHED, "Upload specs contain an invalid column type value.")
    try:
        index = int(entry["columnIndex"])
    except (KeyError, TypeError, ValueError):
        raise ApiError(UNPUBLISHED, "Upload specs contain an invalid column index") from None
    return FileColumn(Column(heading, entry.get("columnType")), index)
