"""Queries of the legacy service: the text of a condition, the text of an order."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from keepstep_sandbox.sugarcrm.querying import Order, Query, Querying
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import TABLES, USERS
from keepstep_sandbox.sugarcrm.v4_1.errors import Crash, access_denied
from keepstep_sandbox.sugarcrm.v4_1.sql.catalogue import stored
from keepstep_sandbox.sugarcrm.v4_1.sql.engine import Engine
from keepstep_sandbox.sugarcrm.v4_1.sql.parser import parse
from keepstep_sandbox.sugarcrm.v4_1.sql.tree import Column, Compare, Condition, In, Literal, Select, SqlError, conjuncts
from keepstep_sandbox.sugarcrm.values import DATABASE

# Recorded for UNION; the others are of the same kind.
_FORBIDDEN: Final = re.compile(r"\b(union|sleep|benchmark|load_file|outfile|information_schema)\b|;|/\*", re.IGNORECASE)


class Conditions:
    """Runs them."""

    def __init__(self, site: Site, querying: Querying) -> None:
        self._site = site
        self._querying = querying
        self._engine = Engine(site)

    def ids(
        self, module: str, text: str, order: str = "", *, deleted: bool = False, within: Iterable[str] | None = None
    ) -> list[str]:
        """Give the ids of the rows that fulfil a condition, in order.

        Raises:
            LegacyError: the text holds what is never let through.
            Crash: the database refused it.
        """
        if _FORBIDDEN.search(text):
            raise access_denied()
        orders, key = self._orders(module, order), (text, None if within is None else tuple(within))
        try:
            query = self._query(module, text, key, orders, deleted)
        except SqlError as error:
            raise Crash from error
        if within is not None:
            only = set(within)
            ids = only if query.candidates is None else only & set(query.candidates)
            query = Query(
                module=module, key=key, condition=query.condition, candidates=ids, orders=orders, deleted=deleted
            )
        return self._querying.ids(query)

    def _query(self, module: str, text: str, key: object, orders: tuple[Order, ...], deleted: bool) -> Query:
        if not text.strip():
            return Query(module=module, key=key, condition=lambda _: True, orders=orders, deleted=deleted)
        name, condition = TABLES[module], parse(text)
        scope = {table: stored(self._site, table) for table in (name, f"{name}_cstm")}
        # Every list joins the users, for the owner's name: their columns need a prefix.
        shared = frozenset(stored(self._site, TABLES[USERS]).columns)
        truth = self._engine.truth(condition, scope, shared)
        return Query(
            module=module,
            key=key,
            condition=lambda row: truth({name: row, f"{name}_cstm": row}) is True,
            candidates=self._candidates(module, condition),
            orders=orders,
            deleted=deleted,
        )

    def _candidates(self, module: str, condition: Condition) -> set[str] | None:
        found: set[str] | None = None
        for part in conjuncts(condition):
            some = self._indexed(module, part)
            if some is not None:
                found = some if found is None else found & some
        return found

    def _indexed(self, module: str, part: Condition) -> set[str] | None:
        match part:
            case Compare("=", Column(_, "id"), Literal(value)):
                return {str(value)}
            case In(Column(_, "id"), Select() as select, False):
                return {str(one) for one in self._engine.select(select)}
            case In(Column(_, "id"), tuple() as among, False):
                return {str(one.value) for one in among}
            case Compare(">" | ">=", Column(_, "date_modified"), Literal(str() as since)):
                try:
                    when = datetime.strptime(since, DATABASE).replace(tzinfo=UTC)
                except ValueError:
                    return None
                return set(self._site.tables[module].stamped(when))
        return None

    def _orders(self, module: str, text: str) -> tuple[Order, ...]:
        """Read an order; what isn't a bare column of the module is dropped without a word."""
        orders: list[Order] = []
        for part in text.split(","):
            words = part.split()
            field = self._site.schema.field(module, words[0].lower()) if words else None
            if field is not None and field.column:
                orders.append(Order(field, [word.upper() for word in words[1:]] == ["DESC"]))
        return tuple(orders)
