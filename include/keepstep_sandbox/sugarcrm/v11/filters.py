"""Filters of v11: arrays of clauses, made into a condition on rows."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from keepstep_sandbox.sugarcrm.errors import SugarError, invalid
from keepstep_sandbox.sugarcrm.links import LINKS, Links
from keepstep_sandbox.sugarcrm.querying import Condition
from keepstep_sandbox.sugarcrm.schema import Field, Type
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.table import Row, key
from keepstep_sandbox.sugarcrm.values import moment, truth
from keepstep_sandbox.sugarcrm.view import View

Getter = Callable[[Row], list[Any]]  # what a row has there; more than one by a link
_RANGES: Final = {
    "last_7_days": (-7, 0),
    "next_7_days": (0, 7),
    "last_30_days": (-30, 0),
    "next_30_days": (0, 30),
    "yesterday": (-1, -1),
    "today": (0, 0),
    "tomorrow": (1, 1),
}


class Filters:
    """See the module."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._view = View(site)
        self._links = Links(site)

    def condition(self, module: str, clauses: Any) -> Condition:
        """Make a filter's condition.

        Raises:
            SugarError: a field, an operator or a shape that there isn't.
        """
        return _all([self._clause(module, clause) for clause in _list(clauses)])

    def _clause(self, module: str, clause: Any) -> Condition:
        if not isinstance(clause, Mapping):
            raise invalid("A filter's clause must be an object")
        return _all([self._part(module, str(name), value) for name, value in clause.items()])

    def _part(self, module: str, name: str, value: Any) -> Condition:
        if name in ("$or", "$and"):
            parts = [self._clause(module, one) for one in _list(value)]
            return _any(parts) if name == "$or" else _all(parts)
        if name.startswith("$"):
            raise invalid(f"Did not recognize the operand: {name}")
        field, get = self._getter(module, name)
        operators = value if isinstance(value, Mapping) else {"$equals": value}
        return _all([self._operator(field, get, str(one), wanted) for one, wanted in operators.items()])

    def _getter(self, module: str, name: str) -> tuple[Field, Getter]:
        link_name, dot, rest = name.partition(".")
        if dot:
            return self._related(module, link_name, rest)
        field = self._site.schema.field(module, name)
        if field is None:
            raise invalid(f"Unknown field: {name}")
        if field.type is Type.EMAIL:
            return field, lambda row: [one.address["email_address"] for one in self._held(module, row)]
        return field, lambda row: [self._view.value(module, field, row)]

    def _related(self, module: str, link_name: str, name: str) -> tuple[Field, Getter]:
        primary = link_name == "email_addresses_primary"
        link = LINKS[module].get("email_addresses" if primary else link_name)
        field = None if link is None else self._site.schema.field(link.module, name)
        if link is None or field is None:
            raise invalid(f"Unknown field: {link_name}.{name}")
        table = self._site.tables[link.module]

        def get(row: Row) -> list[Any]:
            ids = self._links.related(module, row["id"], link)[: 1 if primary else None]
            return [self._view.value(link.module, field, table.get(one) or {}) for one in ids]

        return field, get

    def _held(self, module: str, row: Row) -> list[Any]:
        return self._site.addresses.held(module, row["id"])

    def _operator(self, field: Field, get: Getter, name: str, wanted: Any) -> Condition:
        read: Callable[[Any], Any] = self._reader(field)
        if name in ("$is_null", "$not_null", "$empty", "$not_empty"):
            return _emptiness(get, name)
        if name in ("$in", "$not_in"):
            among = {read(one) for one in _list(wanted)}
            inside = name == "$in"
            return lambda row: any(key(one) in among for one in get(row)) is inside
        if name in ("$between", "$dateBetween", "$dateRange"):
            first, last = self._span(name, wanted, read)
            return lambda row: any(one is not None and first <= key(one) <= last for one in get(row))
        compare: Callable[[Any, Any], bool] | None = _COMPARISONS.get(name)
        if compare is None:
            raise invalid(f"Did not recognize the operator: {name}")
        sought = read(wanted) if name in _ORDERED else str(wanted).casefold()
        if name in ("$not_equals", "$not_contains"):
            return lambda row: all(compare(_held_value(one, field), sought) for one in get(row))
        return lambda row: any(one is not None and compare(_held_value(one, field), sought) for one in get(row))

    def _span(self, name: str, wanted: Any, read: Callable[[Any], Any]) -> tuple[Any, Any]:
        if name != "$dateRange":
            ends = _list(wanted)
            if len(ends) != 2:
                raise invalid(f"{name} needs two values")
            return read(ends[0]), read(ends[1])
        if wanted not in _RANGES:
            raise invalid(f"Unknown date range: {wanted}")
        first, last = _RANGES[str(wanted)]
        midnight = self._site.now().replace(hour=0, minute=0, second=0)
        return midnight + timedelta(days=first), midnight + timedelta(days=last + 1, seconds=-1)

    def _reader(self, field: Field) -> Callable[[Any], Any]:
        reader: Callable[[Any, int], Any] = _READERS.get(field.type, _text)

        def read(value: Any) -> Any:
            try:
                return reader(value, self._site.settings.utc_offset_minutes)
            except (TypeError, ValueError) as error:
                raise invalid(f"Invalid value for {field.name}: {value}") from error

        return read


def _text(value: Any, _: int) -> str:
    return key(str(value)) if not isinstance(value, bool) else str(int(value))


_READERS: Final[Mapping[Type, Callable[[Any, int], Any]]] = {
    Type.BOOL: lambda value, _: truth(value),
    Type.INT: lambda value, _: int(value),
    Type.DATETIME: lambda value, offset: moment(str(value), offset),
}
_ORDERED: Final = frozenset({"$equals", "$not_equals", "$lt", "$lte", "$gt", "$gte"})
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "$equals": lambda held, sought: held == sought,
    "$not_equals": lambda held, sought: held != sought,
    "$lt": lambda held, sought: held < sought,
    "$lte": lambda held, sought: held <= sought,
    "$gt": lambda held, sought: held > sought,
    "$gte": lambda held, sought: held >= sought,
    "$starts": lambda held, sought: str(held).startswith(sought),
    "$ends": lambda held, sought: str(held).endswith(sought),
    "$contains": lambda held, sought: sought in str(held),
    "$not_contains": lambda held, sought: sought not in str(held),
}


def _held_value(value: Any, field: Field) -> Any:
    return False if value is None and field.type is Type.BOOL else key(value)


def _emptiness(get: Getter, name: str) -> Condition:
    blanks = (None,) if name in ("$is_null", "$not_null") else (None, "")
    wanted = name in ("$is_null", "$empty")
    return lambda row: all(one in blanks for one in get(row)) is wanted


def _list(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [value]
    if not isinstance(value, list):
        raise invalid("A filter must be an array")
    return value


def _all(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)


def _any(parts: list[Condition]) -> Condition:
    return lambda row: any(part(row) for part in parts)


def candidates(site: Site, module: str, clauses: Any) -> set[str] | None:
    """Give the ids outside of which a filter can't hold, as far as an index tells; None = all.

    Raises:
        SugarError: a date isn't one.
    """
    found: set[str] | None = None
    for clause in _list(clauses):
        for name, value in clause.items() if isinstance(clause, Mapping) else ():
            some = _indexed(site, module, str(name), value if isinstance(value, Mapping) else {"$equals": value})
            if some is not None:
                found = some if found is None else found & some
    return found


def _indexed(site: Site, module: str, name: str, operators: Mapping[str, Any]) -> set[str] | None:
    sought = operators["$in"] if isinstance(operators.get("$in"), list) else [operators.get("$equals")]
    if name == "date_modified" and (since := operators.get("$gte", operators.get("$gt"))) is not None:
        return set(site.tables[module].stamped(_since(site, since)))
    if any(one is None for one in sought):
        return None
    if name == "id":
        return {str(one) for one in sought}
    if name in ("email", "email1", "email_addresses.email_address"):
        return set().union(*(site.addresses.holders(str(one), module) for one in sought))
    return None


def _since(site: Site, text: Any) -> datetime:
    try:
        return moment(str(text), site.settings.utc_offset_minutes)
    except ValueError as error:
        raise SugarError("invalid_parameter", f"Invalid value for date_modified: {text}") from error
