"""The words in which the contract's tests are written: its people, and the writes that concern them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from keepstep.connectors.base import Connector, Cursor, Page
from keepstep.core.model import Kind, OperationId, Outcome, Record, Value, Write
from tests.contract.world import World

PEOPLE = 7  # more than two pages of three


def email(number: int) -> str:
    """The address of the suite's person with that number."""
    return f"ann{number}@example.test"


def person(world: World, number: int) -> dict[str, Value]:
    """The fields of the suite's person with that number."""
    return {world.words.email: email(number), world.words.first: f"Ann{number}"}


def populate(world: World, people: int = PEOPLE) -> list[str]:
    """People in the selection; their ids, in the order of their numbers from 0 on."""
    return [world.add(person(world, number)) for number in range(people)]


def told(pages: Iterator[Page] | list[Page]) -> list[Record]:
    """Every record of a read."""
    return [record for page in pages for record in page.records]


def watermark(connector: Connector, world: World, cursor: Cursor | None = None) -> Cursor:
    """Read to the end; the cursor for the next incremental read."""
    *_, last = connector.read(world.query, cursor)
    assert last.cursor is not None
    return last.cursor


def only(connector: Connector, write: Write) -> Outcome:
    """The outcome of one write."""
    [outcome] = connector.apply([write])
    return outcome


def create(world: World, number: int) -> Write:
    """A create of the suite's person with that number, always under the same external id."""
    return Write(
        operation_id=OperationId(f"create-{number}"),
        kind=Kind.CREATE,
        object=world.words.object,
        fields=person(world, number),
        list_id=world.list_id,
        email=email(number),
        external_id=f"keepstep-contract-{number}",
    )


def update(world: World, record_id: str, fields: Mapping[str, Value]) -> Write:
    """An update of these fields."""
    return Write(OperationId(f"update-{record_id}"), Kind.UPDATE, world.words.object, fields, record_id, world.list_id)


def remove(world: World, record_id: str) -> Write:
    """A removal."""
    return Write(OperationId(f"remove-{record_id}"), Kind.REMOVE, world.words.object, {}, record_id, world.list_id)


def names(world: World, truth: Mapping[str, Value] | None, expected: Mapping[str, Value]) -> Mapping[str, Value]:
    """The part of the truth that is expected."""
    assert truth is not None, f"the {world.words.object} is gone"
    return {name: truth.get(name) for name in expected}
