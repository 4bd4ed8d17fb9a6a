"""Many rows into a table by COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from keepstep.core.errors import Bug


def copy_rows(conn: Connection, table: str, types: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Put rows into a table, and tell the planner how many there are. `table` is a name of our own."""
    append_rows(conn, table, types, rows)
    conn.execute(text(f"ANALYZE {table}"))


def append_rows(
    conn: Connection, table: str, types: Sequence[str], rows: Iterable[Sequence[object]], *, how: str = ""
) -> int:
    """Put rows into a table. Returns their number.

    `table` is a name of our own, with columns in brackets where not all are given; `how` are COPY's options. `rows`
    must not be read from the same connection meanwhile.
    """
    driver = conn.connection.driver_connection
    if driver is None:
        raise Bug("the connection to the store is closed")
    count = 0
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN {how}") as copy:
        copy.set_types(list(types))
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
