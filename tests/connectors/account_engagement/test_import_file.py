"""What goes into an import, and what comes back: values in, values out."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from keepstep.connectors.account_engagement import import_file
from keepstep.connectors.account_engagement.fields import PROSPECT_FIELDS
from keepstep.connectors.account_engagement.import_file import Shape, by_key, refused, shape_of
from keepstep.core.model import Kind, Write
from tests.connectors.account_engagement.account import write


def update(id: int, **fields: Any) -> Write:
    return write(Kind.UPDATE, str(id), **fields)


def one_shape(*writes: Write) -> Shape:
    [shape] = set(map(shape_of, writes))
    return shape


def table(*writes: Write) -> list[list[str]]:
    """The file of an import that holds these writes."""
    [[(content, part)]] = import_file.batches(one_shape(*writes), writes)
    assert part == list(writes)
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def fields(*writes: Write) -> dict[str, Any]:
    shape = one_shape(*writes)
    return import_file.description(shape, import_file.columns(shape, writes))


def test_updates_that_clear_nothing_share_an_import_in_which_blanks_leave_alone() -> None:
    writes = [update(7, score=5, city='O"Fallon, MO'), update(8, score=6.0, optedOut=True)]
    assert table(*writes) == [
        ["matchId", "city", "optedOut", "score"],
        ["7", 'O"Fallon, MO', "", "5"],
        ["8", "", "true", "6"],
    ]
    assert fields(*writes) == {
        "operation": "Upsert",
        "object": "Prospect",
        "createOnNoMatch": False,
        "restoreDeleted": False,
        "fields": [
            {"field": "matchId"},
            {"field": "city", "overwrite": True, "nullOverwrite": False},
            {"field": "optedOut", "overwrite": True, "nullOverwrite": False},
            {"field": "score", "overwrite": True, "nullOverwrite": False},
        ],
    }


def test_updates_that_clear_go_with_those_that_name_the_same_fields() -> None:
    clearing = [update(7, city=None, score=5), update(8, city="Oslo", score=None)]
    assert table(*clearing) == [["matchId", "city", "score"], ["7", "", "5"], ["8", "Oslo", ""]]
    assert all(column["nullOverwrite"] for column in fields(*clearing)["fields"][1:])
    assert shape_of(update(9, score=None)) != shape_of(clearing[0])
    assert shape_of(update(9, city="Oslo", score=5)) != shape_of(clearing[0])


def test_creates_find_by_email_and_leave_alone_what_they_do_not_say() -> None:
    writes = [write(Kind.CREATE, email="a@a.test", firstName="Ann"), write(Kind.CREATE, email="b@a.test", city=None)]
    assert table(*writes) == [["matchEmail", "firstName"], ["a@a.test", "Ann"], ["b@a.test", ""]]
    made = fields(*writes)
    assert (made["createOnNoMatch"], made["fields"][1]["nullOverwrite"]) == (True, False)


def test_rows_join_their_list_and_leave_it() -> None:
    made = [write(Kind.CREATE, list_id="33", email="a@a.test"), write(Kind.CREATE, list_id="34", email="b@a.test")]
    assert table(*made) == [["matchEmail", "addToList"], ["a@a.test", "33"], ["b@a.test", "34"]]
    assert table(write(Kind.REMOVE, "33:7", "33")) == [["matchId", "removeFromList"], ["7", "33"]]
    assert fields(write(Kind.REMOVE, "33:7", "33"))["operation"] == "Upsert"
    assert table(write(Kind.UPDATE, "33:7", "33", city="Oslo")) == [["matchId", "city"], ["7", "Oslo"]]


def test_prospects_are_binned_by_an_import_of_their_ids() -> None:
    gone = write(Kind.REMOVE, "7")
    assert table(gone) == [["matchId"], ["7"]]
    assert fields(gone) == {"operation": "Delete", "object": "Prospect", "fields": [{"field": "matchId"}]}


@pytest.mark.parametrize(
    "unfit",
    [
        update(7, userId=None),  # an import unassigns nobody
        update(7, city="Os\x00lo"),
        update(7, no_such_field="x"),  # would refuse the whole file
        update(7, grade="A"),
        write(Kind.CREATE, firstName="Ann"),
        write(Kind.UPDATE, None, firstName="Ann"),
    ],
)
def test_what_an_import_cannot_do_goes_alone(unfit: Write) -> None:
    assert not import_file.fits(unfit, PROSPECT_FIELDS)


@pytest.mark.parametrize("fit", [update(7, userId="101"), write(Kind.CREATE, email="a@a.test"), update(7, city=None)])
def test_the_rest_fits(fit: Write) -> None:
    assert import_file.fits(fit, PROSPECT_FIELDS)


def test_files_hold_ten_megabytes_and_imports_ten_files() -> None:
    writes = [update(n, city="x" * 40) for n in range(100, 160)]
    imports = list(import_file.batches(one_shape(*writes), writes, limit=110))
    assert [len(parts) for parts in imports] == [10, 10, 10]
    assert [write for parts in imports for _, part in parts for write in part] == writes
    assert all(
        content.startswith(b"matchId,city\n") and len(content) <= 110 for parts in imports for content, _ in parts
    )


KEYS = by_key([update(7, city="Oslo"), update(8, city="Rome")])
CITY = shape_of(update(7, city="Oslo"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("matchId,city,errorCode,errorMessage\n7,Oslo,85,Ann said no\n", {"7": "85"}),
        ("\ufeffmatchId,city,Error Code\n8,Rome,109\n7,Oslo,\n", {"8": "109", "7": ""}),
        ("matchId,city,error\n7,8,wrong\n", {"7": ""}),
        ("Row,Key,errorCode\n1,7,85\n", {"7": "85"}),
        ("7,Oslo\n8,Rome\n", {"7": "", "8": ""}),
        ("matchId,city,errorCode\n9,Oslo,85\n\n7\n", {"7": ""}),
        ("matchId,city,errorCode\n7,Oslo,it's Ann\n", {"7": ""}),
        ("", {}),
    ],
)
def test_refused_rows_are_told_by_their_keys_whatever_the_file_looks_like(text: str, found: dict[str, str]) -> None:
    assert refused(text.encode(), CITY, KEYS) == found
