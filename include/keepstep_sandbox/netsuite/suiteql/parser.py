"""Parses a SuiteQL text: one SELECT over one table and its joins. Whatever else SuiteQL knows is refused here."""

from collections.abc import Sequence

from keepstep_sandbox.netsuite.errors import invalid_search
from keepstep_sandbox.netsuite.suiteql import nodes
from keepstep_sandbox.netsuite.suiteql.expressions import RESERVED, ExpressionParser
from keepstep_sandbox.netsuite.suiteql.tokens import Kind, tokenize
from keepstep_sandbox.netsuite.suiteql.walk import flat


def parse(text: str, parameters: Sequence[int | float | str] = ()) -> nodes.Query:
    """Parse a whole query.

    Raises:
        NetSuiteError: it isn't one that this sandbox knows, or the parameters don't fit its question marks.
    """
    parser = QueryParser(tokenize(text), parameters)
    query = parser.query()
    if parser.token.kind is not Kind.END:
        raise parser.unexpected()
    if not parser.all_parameters_used():
        raise invalid_search("There are more parameters than question marks.")
    return query


class QueryParser(ExpressionParser):
    """Adds the clauses of a SELECT to the expressions."""

    def query(self) -> nodes.Query:
        """Parse SELECT ... FROM ... and what follows, as far as it is known."""
        self.need("SELECT")
        distinct = self.take("DISTINCT")
        items = [self._item()]
        while self.take_symbol(","):
            items.append(self._item())
        self.need("FROM")
        table, alias = self._table()
        joins = self._joins()
        where = self._conditions()
        order = self._order()
        return nodes.Query(tuple(items), table, alias, joins, where, order, self._first(), distinct)

    def subquery(self) -> nodes.Query:
        """Parse a SELECT within an expression."""
        return self.query()

    def _item(self) -> nodes.Item:
        if self.take_symbol("*"):
            return nodes.Item(nodes.Star(), "")
        value = self.expression()
        if self.take("AS") or (self.token.kind is Kind.NAME and self.token.word not in RESERVED):
            return nodes.Item(value, self.name())
        return nodes.Item(value, "")

    def _table(self) -> tuple[str, str]:
        table = self.name()
        self.take("AS")
        named = self.token.kind is Kind.NAME and self.token.word not in RESERVED
        return table, self.name() if named else table

    def _joins(self) -> tuple[nodes.Join, ...]:
        joins: list[nodes.Join] = []
        while True:
            left = self.take("LEFT", "OUTER", "JOIN") or self.take("LEFT", "JOIN")
            if not left and not self.take("INNER", "JOIN") and not self.take("JOIN"):
                return tuple(joins)
            table, alias = self._table()
            self.need("ON")
            joins.append(nodes.Join(table, alias, self.expression(), left))

    def _conditions(self) -> tuple[nodes.Expression, ...]:
        if not self.take("WHERE"):
            return ()
        return flat(self.expression())

    def _order(self) -> tuple[nodes.Order, ...]:
        if not self.take("ORDER", "BY"):
            return ()
        order = [self._order_part()]
        while self.take_symbol(","):
            order.append(self._order_part())
        return tuple(order)

    def _order_part(self) -> nodes.Order:
        value = self.expression()
        descending = self.take("DESC")
        if not descending:
            self.take("ASC")
        return nodes.Order(value, descending)

    def _first(self) -> int | None:
        if not self.take("FETCH", "FIRST"):
            return None
        token = self.next()
        if token.kind is not Kind.NUMBER or not token.text.isdecimal():
            raise invalid_search("FETCH FIRST needs a whole number of rows.")
        if not self.take("ROWS", "ONLY"):
            raise self.unexpected()
        return int(token.text)
