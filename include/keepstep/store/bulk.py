"""Many rows into a temporary table by COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from keepstep.core.errors import Bug


def copy_rows(conn: Connection, table: str, types: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Put rows into a table, and tell the planner how many there are. `table` is a name of our own."""
    driver = conn.connection.driver_connection
    if driver is None:
        raise Bug("the connection to the store is closed")
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        copy.set_types(list(types))
        for row in rows:
            copy.write_row(row)
    conn.execute(text(f"ANALYZE {table}"))
