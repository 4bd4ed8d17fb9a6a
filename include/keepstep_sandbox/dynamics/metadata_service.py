"""What the environment tells of itself: EntityDefinitions, their columns, choices and keys."""

import re
from collections.abc import Callable
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.dynamics import ids, metadata
from keepstep_sandbox.dynamics.columns import CHOICES, Column, Type
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError, no_such_property, no_such_segment
from keepstep_sandbox.dynamics.filters.matching import meets
from keepstep_sandbox.dynamics.filters.nodes import Condition, Path
from keepstep_sandbox.dynamics.metadata import NAMESPACE
from keepstep_sandbox.dynamics.options import Expansion, Question, question
from keepstep_sandbox.dynamics.rendering import JSON, root
from keepstep_sandbox.dynamics.standard import Definition

_NAMED: Final = re.compile(r"LogicalName='([^']*)'")
_BASE: Final = "AttributeMetadata"


class MetadataService:
    """Answers `EntityDefinitions` and what is below it."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    async def tables(self, request: Request) -> Response:
        """Answer `GET EntityDefinitions`."""
        asked = question(request)
        told = [self._table(one, asked) for one in self._environment.schema.tables() if self._meets(one, asked.filter)]
        return _json(request, "EntityDefinitions", {"value": told})

    async def table(self, request: Request) -> Response:
        """Answer `GET EntityDefinitions({key})`."""
        told = self._table(self._definition(request), question(request))
        return _json(request, "EntityDefinitions/$entity", told)

    async def attributes(self, request: Request) -> Response:
        """Answer `GET EntityDefinitions({key})/Attributes`, or of one kind, with a cast behind it."""
        table, asked = self._definition(request), question(request)
        kind = self._kind(request)
        told = [
            self._attribute(table, column, asked, kind)
            for column in self._environment.schema.columns(table.name)
            if metadata.is_kind(column, kind) and _met(metadata.attribute(table, column), asked.filter)
        ]
        return _json(request, f"EntityDefinitions('{table.name}')/Attributes", {"value": told})

    async def attribute(self, request: Request) -> Response:
        """Answer `GET EntityDefinitions({key})/Attributes({attribute})`, also with a cast behind it."""
        table, kind = self._definition(request), self._kind(request)
        column = self._column(request, table, kind)
        told = self._attribute(table, column, question(request), kind)
        return _json(request, f"EntityDefinitions('{table.name}')/Attributes/$entity", told)

    async def choice(self, request: Request) -> Response:
        """Answer what lies behind a cast: `.../OptionSet` or `.../GlobalOptionSet`."""
        table, name = self._definition(request), str(request.path_params["name"])
        column = self._column(request, table, self._kind(request))
        if name not in metadata.EXPANDED or column.type not in CHOICES | {Type.BOOLEAN}:
            raise no_such_segment(name)
        found = metadata.option_set(table, column, shared=name == "GlobalOptionSet")
        if found is None:
            return Response(status_code=204)
        return _json(request, f"EntityDefinitions/{name}", metadata.chosen(found, question(request).select))

    async def keys(self, request: Request) -> Response:
        """Answer `GET EntityDefinitions({key})/Keys`."""
        table, asked = self._definition(request), question(request)
        found = self._environment.schema.keys[table.name].values()
        told = [metadata.chosen(metadata.key(table, one), asked.select) for one in found]
        return _json(request, f"EntityDefinitions('{table.name}')/Keys", {"value": told})

    def _definition(self, request: Request) -> Definition:
        text = str(request.path_params["key"])
        named, row_id = _NAMED.fullmatch(text), ids.normal(text)
        for one in self._environment.schema.tables():
            if (named and named[1] == one.name) or row_id == ids.make("metadata/table", one.number):
                return one
        name = named[1] if named else text
        message = f"Could not find an entity with name {name} and the specified metadata id."
        raise DynamicsError(404, "0x80040217", message)

    def _kind(self, request: Request) -> str:
        """Give the type that a path casts to."""
        cast = str(request.path_params.get("cast", f"{NAMESPACE}{_BASE}"))
        kind = cast.removeprefix(NAMESPACE)
        if not cast.startswith(NAMESPACE) or not metadata.known_kind(kind):
            raise no_such_segment(cast)
        return kind

    def _column(self, request: Request, table: Definition, kind: str) -> Column:
        text = str(request.path_params["attribute"])
        named, row_id = _NAMED.fullmatch(text), ids.normal(text)
        for one in self._environment.schema.columns(table.name):
            by_id = row_id == metadata.attribute(table, one)["MetadataId"]
            if metadata.is_kind(one, kind) and ((named and named[1] == one.name) or by_id):
                return one
        raise DynamicsError(404, "0x80040217", f"Could not find an attribute with specified name: {text}")

    def _meets(self, one: Definition, condition: Condition | None) -> bool:
        return _met(metadata.table(self._environment, one), condition)

    def _table(self, one: Definition, asked: Question) -> dict[str, Any]:
        told = metadata.table(self._environment, one)
        _check(told, asked.select, "EntityMetadata")
        found = metadata.chosen(told, asked.select, ("MetadataId",))
        for wanted in asked.expand:
            found[wanted.name] = self._expanded(one, wanted)
        return found

    def _expanded(self, one: Definition, wanted: Expansion) -> list[dict[str, Any]]:
        schema = self._environment.schema
        if wanted.name == "Keys":
            return [metadata.chosen(metadata.key(one, key), wanted.select) for key in schema.keys[one.name].values()]
        if wanted.name != "Attributes":
            raise no_such_property(wanted.name, "EntityMetadata")
        asked = Question(select=wanted.select, expand=wanted.expand)
        columns = [c for c in schema.columns(one.name) if _met(metadata.attribute(one, c), wanted.filter)]
        return [self._attribute(one, column, asked, _BASE) for column in columns]

    def _attribute(self, table: Definition, column: Column, asked: Question, kind: str) -> dict[str, Any]:
        told = metadata.attribute(table, column)
        if kind == _BASE:
            _refuse_particular(asked)
        _check({**told, **dict.fromkeys(metadata.PARTICULAR)}, asked.select, kind)
        found = metadata.chosen(told, asked.select, ("MetadataId",))
        for wanted in asked.expand:
            if wanted.name not in metadata.EXPANDED:
                raise no_such_property(wanted.name, kind)
            choice = metadata.option_set(table, column, shared=wanted.name == "GlobalOptionSet")
            found[wanted.name] = None if choice is None else metadata.chosen(choice, wanted.select, ("MetadataId",))
        return found


def _refuse_particular(asked: Question) -> None:
    for name in (*(asked.select or ()), *(one.name for one in asked.expand)):
        if name in metadata.PARTICULAR:
            raise no_such_property(name, _BASE)


def _check(told: dict[str, Any], select: tuple[str, ...] | None, kind: str) -> None:
    for name in select or ():
        if name not in told:
            raise no_such_property(name, kind)


def _met(told: dict[str, Any], condition: Condition | None) -> bool:
    return condition is None or meets(condition, _reader(told))


def _reader(told: dict[str, Any]) -> Callable[[Path], Any]:
    """Read a path like `CanChangeTrackingBeEnabled/Value`."""

    def read(path: Path) -> Any:
        found: Any = told
        for name in path:
            if not isinstance(found, dict) or name not in found:
                raise no_such_property("/".join(path), "MetadataBase")
            found = found[name]
        return found

    return read


def _json(request: Request, context: str, told: dict[str, Any]) -> Response:
    whole = {"@odata.context": f"{root(request)}/$metadata#{context}", **told}
    return Response(orjson.dumps(whole), media_type=JSON)
