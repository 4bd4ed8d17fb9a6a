"""The columns that tables are made of, as metadata tells them and writes are checked by them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_INTEGER: Final = 2_147_483_647
CUSTOM_PREFIX: Final = "new_"


class Type(StrEnum):
    """The types of columns, in the words of `AttributeType`."""

    ID = "Uniqueidentifier"
    STRING = "String"
    MEMO = "Memo"
    INTEGER = "Integer"
    BIGINT = "BigInt"
    DECIMAL = "Decimal"
    BOOLEAN = "Boolean"
    PICKLIST = "Picklist"
    STATE = "State"
    STATUS = "Status"
    LOOKUP = "Lookup"
    OWNER = "Owner"
    CUSTOMER = "Customer"
    DATETIME = "DateTime"


TEXTS: Final = frozenset({Type.STRING, Type.MEMO})
LOOKUPS: Final = frozenset({Type.LOOKUP, Type.OWNER, Type.CUSTOMER})
CHOICES: Final = frozenset({Type.PICKLIST, Type.STATE, Type.STATUS})
NUMBERS: Final = frozenset({Type.INTEGER, Type.BIGINT, Type.DECIMAL})


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice; a status reason's belongs to a state."""

    value: int
    label: str
    state: int | None = None


YES_NO: Final = (Option(0, "No"), Option(1, "Yes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: the logical name; all lower case.
        length: of a text, in characters.
        format: of a text: Text, Email, Phone, Url.
        options: of a choice, or a yes-no column's two labels.
        shared: the name of the global choice that the options come from.
        targets: the tables that a lookup may point to.
        createable: whether a create may set it; updatable: whether an update may.
        minimum, maximum: of a number.
    """

    name: str
    type: Type = Type.STRING
    label: str = ""
    length: int = 0
    format: str = "Text"
    options: tuple[Option, ...] = ()
    shared: str = ""
    targets: tuple[str, ...] = ()
    createable: bool = True
    updatable: bool = True
    minimum: int = -MAX_INTEGER - 1
    maximum: int = MAX_INTEGER

    @property
    def custom(self) -> bool:
        """Whether an administrator made it."""
        return "_" in self.name and not self.name.startswith("address1_")

    @property
    def wire(self) -> str:
        """Give the name that reads and queries know it by: `_ownerid_value` for a lookup."""
        return f"_{self.name}_value" if self.type in LOOKUPS else self.name

    @property
    def shown(self) -> str:
        """Give its label for people."""
        return self.label or self.name.removeprefix(CUSTOM_PREFIX).replace("_", " ").title()

    def navigation(self, target: str) -> str:
        """Give the navigation property that leads to one of its targets."""
        return f"{self.name}_{target}" if self.type is Type.CUSTOMER else self.name

    def option(self, value: object) -> Option | None:
        """Give the option of a value."""
        return next((one for one in self.options if one.value == value), None)
