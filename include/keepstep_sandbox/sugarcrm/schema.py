"""The fields of a site's modules: the standard ones, and those that an administrator adds, hides or changes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

SCORE: Final = "act_on_score_c"
_CUSTOM: Final = "_c"


class Type(StrEnum):
    """The types of fields, in Sugar's words."""

    ID = "id"
    NAME = "name"
    VARCHAR = "varchar"
    TEXT = "text"
    ENUM = "enum"
    PHONE = "phone"
    URL = "url"
    EMAIL = "email"
    RELATE = "relate"
    BOOL = "bool"
    INT = "int"
    DATE = "date"
    DATETIME = "datetime"


TEXTS: Final = frozenset(
    {Type.ID, Type.NAME, Type.VARCHAR, Type.TEXT, Type.ENUM, Type.PHONE, Type.URL, Type.RELATE, Type.DATE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field.

    Attributes:
        length: of a text, in characters; 0 where there's no limit.
        readonly: whether clients' values for it are ignored.
        column: whether it's a column of the module's own table, so that SQL conditions may name it.
        values: of a dropdown.
        module: what a reference points to.
        modern: whether only v11 knows it.
    """

    name: str
    type: Type = Type.VARCHAR
    length: int = 0
    label: str = ""
    required: bool = False
    readonly: bool = False
    column: bool = True
    values: tuple[str, ...] = ()
    module: str = ""
    modern: bool = False

    @property
    def custom(self) -> bool:
        """Whether an administrator made it."""
        return self.name.endswith(_CUSTOM)

    @property
    def shown(self) -> str:
        """Give its label."""
        return self.label or self.name.replace("_", " ").title()


class Schema:
    """The fields of each module."""

    def __init__(self, fields: Mapping[str, tuple[Field, ...]]) -> None:
        self._fields = {module: {field.name: field for field in some} for module, some in fields.items()}
        self.version = 0  # moves with each change

    def modules(self) -> list[str]:
        """Give the modules' names."""
        return list(self._fields)

    def __contains__(self, module: str) -> bool:
        return module in self._fields

    def fields(self, module: str) -> list[Field]:
        """Give a module's fields, in order."""
        return list(self._fields[module].values())

    def field(self, module: str, name: str) -> Field | None:
        """Give a field, if the module has it."""
        return self._fields[module].get(name)

    def add(self, module: str, field: Field) -> None:
        """Make a custom field.

        Raises:
            ValueError: its name isn't one, or is taken.
        """
        if not field.custom:
            raise ValueError(f"the name of a custom field ends in {_CUSTOM}")
        if field.name in self._fields[module]:
            raise ValueError(f"{module} has {field.name} already")
        self._fields[module][field.name] = field
        self.version += 1

    def change(self, module: str, name: str, **changes: Any) -> None:
        """Change a field.

        Raises:
            KeyError: there's none.
            TypeError: a field has no such attribute.
        """
        self._fields[module][name] = replace(self._fields[module][name], **changes)
        self.version += 1

    def remove(self, module: str, name: str) -> Field:
        """Take a field away.

        Raises:
            KeyError: there's none.
        """
        self.version += 1
        return self._fields[module].pop(name)
