"""Looks through a parsed query: what it mentions decides how it may be run."""

from collections.abc import Iterator
from dataclasses import fields

from keepstep_sandbox.netsuite.suiteql import nodes


def walk(node: object) -> Iterator[object]:
    """Give a node and all within it, subqueries included."""
    yield node
    if isinstance(node, tuple):
        for part in node:
            yield from walk(part)
    elif type(node).__module__ == nodes.__name__:
        for field in fields(node):  # type: ignore[arg-type]  # all classes of that module are dataclasses
            value = getattr(node, field.name)
            if not isinstance(value, str | int | float | bool | None):
                yield from walk(value)


def tables(query: nodes.Query) -> frozenset[str]:
    """Give the names of all tables that a query reads."""
    return frozenset(node.table for node in walk(query) if isinstance(node, nodes.Query | nodes.Join))


def flat(condition: nodes.Expression) -> tuple[nodes.Expression, ...]:
    """Take apart what is joined by AND, however nested."""
    if not isinstance(condition, nodes.And):
        return (condition,)
    return tuple(part for one in condition.parts for part in flat(one))
