"""Whether a write whose answer was lost has landed, told from the record as it was read back."""

from __future__ import annotations

from keepstep.core.model import Kind, Status, Values


def landed(kind: Kind, after: Values, found: Values | None, status: Status) -> bool:
    """Compare what was to be written with what is there now.

    Args:
        kind: What the write was to do.
        after: The fields that it was to set, normalized.
        found: The record's fields as read back, normalized; None where there is no such record.
        status: The record's status as read back.

    Returns:
        True where nothing needs to be sent. A create has landed if there is a record under its own key: what differs in
        it is found by the next read as a change. An update has landed if every field it sets holds its value.
    """
    if kind is Kind.REMOVE:
        return found is None or status is Status.INACTIVE
    if found is None:
        return False
    return kind is Kind.CREATE or all(found.get(name) == value for name, value in after.items())
