"""A CRM's sandbox as those see it who work there: the same deeds in each, in its own words."""

# ruff: noqa: D102 # `CrmPeople` says what the deeds are
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from starlette.applications import Starlette

from keepstep.connectors.base import Connector
from keepstep.core.model import Record, Status, Value
from tests.pairs.desk import Desk


@dataclass
class SandboxedCrm(ABC):
    """Those who work in one CRM, and the connector to it."""

    url: str
    desk: Desk = field(init=False)

    system: ClassVar[str]
    score: ClassVar[str]  # the CRM's field for the score
    words: ClassVar[Mapping[str, str]]  # our names -> the CRM's
    audience: ClassVar[str] = "contacts"  # whom a list's sync follows
    ids: ClassVar[Mapping[str, str]] = {"lead": "id", "contact": "id", "user": "id"}  # object -> the field with its id
    user_email: ClassVar[str]  # the field with a user's address
    contacts_first: ClassVar[bool] = True  # of a lead and a contact with one email, the contact is followed
    undeletes: ClassVar[bool] = True  # people can get back what was deleted
    tells_merges: ClassVar[bool] = True  # which record a merged one went into
    converts: ClassVar[bool] = True  # a lead becomes a contact, another record
    moves_shared: ClassVar[bool] = True  # one record's address can be changed although another record has it too

    def __post_init__(self) -> None:
        """What an administrator does before the first sync."""
        self.desk = Desk(self.url, self.system)
        self.prepare()

    @classmethod
    def label(cls) -> str:
        """How tests call it: a system that has several APIs is several."""
        return cls.system

    @classmethod
    @abstractmethod
    def app(cls) -> Starlette:
        """An empty sandbox."""

    def prepare(self) -> None:  # noqa: B027 # most come as they are needed
        """Make what the sync needs."""

    @abstractmethod
    def connector(self) -> Connector:
        """A fresh one."""

    @abstractmethod
    def person(self, object: str) -> Mapping[str, Value]:
        """What a new record must have at least."""

    @abstractmethod
    def a_user(self, email: str) -> Mapping[str, Value]:
        """What a new user must have at least."""

    @abstractmethod
    def status(self, object: str, row: Mapping[str, Any]) -> Status:
        """How the record stands."""

    def gone(self, row: Mapping[str, Any]) -> bool:  # noqa: ARG002 # what is deleted isn't listed in most
        return False

    @classmethod
    def sync(cls) -> dict[str, Any]:
        """The sync file's part of this CRM."""
        fields = {name: cls.words[name] for name in ("email", "first_name", "last_name", "company")}
        return {"crm": {"system": cls.system, "connection": "crm"}, "fields": {**fields, "score": cls.score}}

    # -- a list's people ----------------------------------------------------------------------------------------------

    @classmethod
    def list_fields(cls) -> dict[str, Any]:
        """The fields of a list's sync: those that a contact has of its own."""
        opted_out = {"crm": cls.words["opted_out"], "type": "boolean", "rule": "opt_out_wins"}
        return {name: cls.words[name] for name in ("email", "first_name", "last_name")} | {"opted_out": opted_out}

    def enter(self, email: str, **fields: Value) -> str:
        """Somebody enters a contact of the audience. Returns its id."""
        record_id = self.add("contact", email=email)
        if fields:
            self.edit(record_id, **fields)
        return record_id

    def contact(self, email: str) -> Record:
        """The one contact with this address."""
        [found] = [one for one in self.records("contact") if one.email == email]
        return found

    # -- deeds -------------------------------------------------------------------------------------------------------

    def add(self, object: str = "contact", *, email: str | None = None, owner: str | None = None) -> str:
        body = {**self.person(object), self.words["email"]: email}
        if owner is not None:
            body[self.words["owner"]] = owner
        return str(self.desk.ask("POST", f"{object}s", body)["id"])

    def add_user(self, email: str) -> str:
        return str(self.desk.ask("POST", "users", self.a_user(email))["id"])

    def users(self) -> dict[str, str]:
        """The id of each by address."""
        return {row[self.user_email]: str(row[self.ids["user"]]) for row in self.desk.all("users")}

    def edit(self, record_id: str, **fields: Value) -> None:
        words = self.words_of(self._place(record_id))
        body = {words[name]: self.spelled(name, value) for name, value in fields.items()}
        self.desk.ask("PATCH", self._place(record_id), body)

    def words_of(self, place: str) -> Mapping[str, str]:  # noqa: ARG002 # most call a field alike everywhere
        """The words for a record at this place."""
        return self.words

    def spelled(self, name: str, value: Value) -> Value:  # noqa: ARG002 # most take values as they are
        """How the CRM itself keeps a value."""
        return value

    def delete(self, record_id: str) -> None:
        self.desk.ask("DELETE", self._place(record_id))

    def undelete(self, record_id: str) -> None:
        self.desk.ask("POST", f"{self._place(record_id)}/undelete")

    def deactivate(self, record_id: str) -> None:
        self.desk.ask("POST", f"{self._place(record_id)}/deactivate")

    def merge(self, loser: str, survivor: str) -> None:
        kind = self._place(loser).partition("/")[0]
        self.desk.ask("POST", f"{kind}/merge", {"master": survivor, "others": [loser]})

    def convert(self, lead_id: str) -> str:
        return str(self.desk.ask("POST", f"leads/{lead_id}/convert", {})["contact"])

    def records(self, object: str = "contact") -> list[Record]:
        return [self._record(object, row) for row in self.desk.all(f"{object}s") if not self.gone(row)]

    def _place(self, record_id: str) -> str:
        for object in ("lead", "contact"):
            if any(str(row[self.ids[object]]) == record_id for row in self.desk.all(f"{object}s")):
                return f"{object}s/{record_id}"
        raise KeyError(record_id)

    def _record(self, object: str, row: Mapping[str, Any]) -> Record:
        known = {name: self._value(name, row) for name in self.words}
        return Record(
            object=object,
            id=str(row[self.ids[object]]),
            fields={name: value for name, value in known.items() if value not in (None, "")},
            email=row.get(self.words["email"]) or None,
            status=self.status(object, row),
            owner=row.get(self.words["owner"]) or None,
            opted_out=self._value("opted_out", row) is True,
        )

    def _value(self, name: str, row: Mapping[str, Any]) -> Value:
        value: Value = row.get(self.words[name])
        return value
