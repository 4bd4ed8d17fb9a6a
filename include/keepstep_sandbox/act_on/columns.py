"""Columns of a marketing list: their headings, and the system types that Act-On knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

EMAIL: Final = "EMAIL"
CONTACT_ID: Final = "_contact_id_"

_NAMES = ("FIRSTNAME", "LASTNAME", "MIDDLENAME", "COMPANY", "JOBTITLE", "DEPT")
_PLACES = tuple(
    f"{where}_{what}" for where in ("BIZ", "HOME") for what in ("STREET", "CITY", "STATE", "ZIP", "COUNTRY")
)
_REACH = ("BIZ_PHONE", "BIZ_FAX", "HOME_PHONE", "HOME_FAX", "CELL_PHONE", "BIZ_WEB", "HOME_WEB")
SYSTEM_TYPES: Final = frozenset((EMAIL, *_NAMES, *_PLACES, *_REACH))


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `type` is one of SYSTEM_TYPES, or None for a column of the customer's own."""

    heading: str
    type: str | None = None


def positions(columns: Sequence[Column]) -> Mapping[str, int]:
    """Map every name a request may use for a column to its position: its heading, and its system type.

    A heading wins over a type of the same name.
    """
    by_type = {column.type: place for place, column in enumerate(columns) if column.type}
    return by_type | {column.heading: place for place, column in enumerate(columns)}


def email_position(columns: Sequence[Column]) -> int | None:
    """Find the e-mail column, or None where a list has lost it."""
    return next((place for place, column in enumerate(columns) if column.type == EMAIL), None)


def fold(address: str) -> str:
    """Bring an e-mail address to the form under which Act-On knows a person: no blanks around it, lower case."""
    return address.strip().lower()
