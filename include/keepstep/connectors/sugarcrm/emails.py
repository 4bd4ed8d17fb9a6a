"""The addresses of a record in v11: an array, of which one is the primary. Pure.

An array that is sent replaces all of them (believed), so an opt-out repeats the others as they are; a new address alone
goes by the shortcut `email1`, which leaves the others be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.sugarcrm import errors, wire
from keepstep.connectors.sugarcrm.fields import EMAIL, OPT_OUT
from keepstep.core.model import Value

ARRAY: Final = "email"
_KEPT: Final = ("email_address", "primary_address", "opt_out", "invalid_email", "reply_to_address")


def told_by_array(sources: Sequence[str]) -> tuple[str, ...]:
    """The fields to ask for: the array stands for the primary address and its opt-out."""
    return tuple(dict.fromkeys(ARRAY if name in (EMAIL, OPT_OUT) else name for name in sources))


def flat(record: Mapping[str, Json]) -> wire.Row:
    """A record with its primary address and that one's opt-out as fields of their own."""
    row = dict(record)
    array = record.get(ARRAY)
    if isinstance(array, list):
        primary = _primary(_addresses(array))
        row[EMAIL] = primary.get("email_address") if primary else ""
        row[OPT_OUT] = primary.get("opt_out", False) if primary else False
    return row


def written(values: Mapping[str, Value], record: wire.Row | None) -> dict[str, Json]:
    """What to send for the address and its opt-out; `record` as it is now, None for a new one.

    Raises UnwritableError where there is no address to opt out.
    """
    if OPT_OUT not in values and record is None and EMAIL not in values:
        return {}
    if OPT_OUT not in values:
        return {EMAIL: values[EMAIL] or ""}
    found = None if record is None else record.get(ARRAY)
    addresses, opts_out = _addresses(found if isinstance(found, list) else []), wire.is_true(values[OPT_OUT])
    old = primary = _primary(addresses)
    if EMAIL in values:
        primary = _moved(addresses, primary, values[EMAIL])
    if primary is None and opts_out:
        raise wire.UnwritableError(errors.NO_EMAIL, OPT_OUT)
    if primary is not None and (opts_out or primary is old):  # a new address may be opted out: that isn't ours to lift
        primary["opt_out"] = opts_out
    array: list[Json] = list(addresses)
    return {ARRAY: array}


def _moved(addresses: list[dict[str, Json]], primary: dict[str, Json] | None, to: Value) -> dict[str, Json] | None:
    """The primary address after it was changed to another one, or taken away."""
    if primary is not None and _is(primary, to):
        return primary
    if primary is not None:
        addresses.remove(primary)
    if to is None:
        return None
    found = next((address for address in addresses if _is(address, to)), None)
    if found is None:
        found = {"email_address": to}
        addresses.insert(0, found)
    found["primary_address"] = True
    return found


def _is(address: Mapping[str, Json], email: Value) -> bool:
    return str(address.get("email_address")).strip().casefold() == str(email).strip().casefold()


def _addresses(array: Sequence[Json]) -> list[dict[str, Json]]:
    return [
        {name: one[name] for name in _KEPT if name in one}
        for one in array
        if isinstance(one, dict) and one.get("email_address")
    ]


def _primary(addresses: Sequence[dict[str, Json]]) -> dict[str, Json] | None:
    marked = (address for address in addresses if wire.is_true(address.get("primary_address")))
    return next(marked, addresses[0] if addresses else None)
