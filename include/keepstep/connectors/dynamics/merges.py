"""Where merged rows went: the living one at the end of a chain of merges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from keepstep.connectors.dynamics import odata, wire
from keepstep.connectors.dynamics.environment import Environment
from keepstep.connectors.dynamics.fields import MERGED, table_of

_HOPS: Final = 10  # merges of a survivor that are followed


def survivors(env: Environment, object: str, rows: Sequence[wire.Row]) -> Mapping[str, str]:
    """For each row that was merged away, the one that lives; no entry: none does.

    Costs a call only where a survivor isn't among the rows.
    """
    key = table_of(object).key
    known = {str(row[key]): wire.master_of(row) for row in rows if not wire.is_deleted(row)}
    masters = {id: master for id, master in known.items() if master is not None}
    for _ in range(_HOPS if masters else 0):
        unknown = {end for id in masters if (end := _end(id, known)) not in known}
        if not unknown:
            break
        known.update(dict.fromkeys(unknown, ""))  # gone, unless it is found
        known.update(_asked(env, object, unknown))
    ends = {id: _end(id, known) for id in masters}
    return {id: end for id, end in ends.items() if known.get(end, "") is None}


def direct(object: str, rows: Sequence[wire.Row]) -> Mapping[str, str]:
    """As `survivors`, without following a chain."""
    key = table_of(object).key
    return {str(row[key]): master for row in rows if (master := wire.master_of(row)) is not None}


def _end(id: str, known: Mapping[str, str | None]) -> str:
    """As far as the chain is known; a row that is gone ends it, and so does a circle."""
    seen = {id}
    while (master := known.get(id)) and master not in seen:
        seen.add(master)
        id = master
    return id


def _asked(env: Environment, object: str, ids: Iterable[str]) -> dict[str, str | None]:
    table, found = table_of(object), dict[str, str | None]()
    wanted = sorted(id for id in ids if wire.id_of(id) == id)
    for path in odata.lookups(env.settings.data, table.set, (table.key, *MERGED), table.key, wanted):
        for row in env.page(object, path, "fates", odata.prefer(env.settings.page_size)).rows:
            found[str(row[table.key])] = wire.master_of(row)
    return found
