"""The objects, their fields, and what each field takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from keepstep_sandbox.brightwell.errors import BrightwellError

LEAD, CONTACT, ACCOUNT, USER = "lead", "contact", "account", "user"
PREFIXES: Final = {LEAD: "L", CONTACT: "C", ACCOUNT: "A", USER: "U"}
WRITABLE: Final = (LEAD, CONTACT, ACCOUNT)  # users are made by an administrator


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `type` is text, email, number, boolean, or the object that it refers to."""

    name: str
    type: str = "text"
    writable: bool = True
    max_length: int | None = None

    def described(self) -> dict[str, Any]:
        """Give it as GET fields has it."""
        kind = "reference" if self.type in PREFIXES else self.type
        label = self.name.replace("_", " ").capitalize()
        told = {"name": self.name, "type": kind, "label": label, "writable": self.writable}
        return told | ({"max_length": self.max_length} if self.max_length else {})

    def check(self, value: Any) -> None:
        """See whether a value may stand here.

        Raises:
            BrightwellError: it may not.
        """
        kinds = {"number": (int, float), "boolean": (bool,)}.get(self.type, (str,))
        if not isinstance(value, kinds) or (isinstance(value, bool) and self.type != "boolean"):
            raise BrightwellError(422, "invalid_value", self.name)
        if self.type == "email" and "@" not in str(value).strip("@"):
            raise BrightwellError(422, "invalid_value", self.name)
        if self.max_length is not None and len(str(value)) > self.max_length:
            raise BrightwellError(422, "too_long", self.name)


def _text(*names: str) -> Iterator[Field]:
    return (Field(name, max_length=100) for name in names)


def _by_name(*fields: Field) -> Mapping[str, Field]:
    return {field.name: field for field in fields}


_PERSON: Final = (
    Field("email", "email", max_length=320),
    *_text("first_name", "last_name", "job_title", "phone", "source"),
    Field("do_not_email", "boolean"),
    Field("owner_id", USER),
    Field("x_act_on_score", "number"),  # custom: an administrator made it
)
FIELDS: Final[Mapping[str, Mapping[str, Field]]] = {
    LEAD: _by_name(*_PERSON, *_text("company"), Field("contact_id", CONTACT, writable=False)),
    CONTACT: _by_name(*_PERSON, Field("account_id", ACCOUNT), Field("account_name", writable=False)),
    ACCOUNT: _by_name(*_text("name", "website"), Field("owner_id", USER)),
    USER: _by_name(Field("email", "email", writable=False), *_text("name"), Field("active", "boolean")),
}
