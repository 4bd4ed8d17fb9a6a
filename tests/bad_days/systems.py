"""The people on the other side, and the weather: both sandboxes through their control API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

EMAIL, FIRST, LAST, SCORE = "E-mail Address", "First Name", "Last Name", "Act-On Score"
SCORE_IN_CRM = "custentity_act_on_score"


@dataclass(frozen=True, slots=True)
class System:
    """One sandbox; `name` is the word in its control paths."""

    url: str
    name: str

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """A control call about this system's people."""
        return self._call(method, f"{self.name}/{path}", body)

    def weather(self, kind: str, path: str = "", *, times: int | None = 1, **rule: Any) -> None:
        """Let a fault strike the next requests of a kind (`Rule` of the sandbox); `times` None: for ever."""
        self._call("POST", "weather", {"kind": kind, "path": path, "times": times, **rule})

    def fair_weather(self) -> None:
        """Take all faults away."""
        self._call("DELETE", "weather")

    def struck(self) -> int:
        """How often a fault has struck since the weather was fair."""
        return sum(rule["struck"] for rule in self._call("GET", "weather")["rules"])

    def reset(self, seed: int, size: int) -> None:
        """Everything as new."""
        self._call("POST", "reset", {"seed": seed, "size": size})

    def forget_requests(self) -> None:
        """Start the counts over."""
        self._call("DELETE", "requests")

    def requests(self) -> Mapping[str, int]:
        """How often each endpoint was called, by method and path template."""
        found: dict[str, int] = self._call("GET", "requests")["counts"]
        return found

    def _call(self, method: str, path: str, body: object = None) -> Any:
        reply = requests.request(method, f"{self.url}/_control/{path}", json=body, timeout=20)
        assert reply.ok, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None


@dataclass(frozen=True, slots=True)
class NetSuite(System):
    """What people do in NetSuite."""

    def company(self, name: str, stage: str) -> str:
        """Somebody enters a customer at this stage. Returns its id."""
        company = str(self.ask("POST", "customers", {"companyName": name})["id"])
        self.move(company, stage)
        return company

    def move(self, company: str, stage: str) -> None:
        """A company comes to another stage: its own stamp moves, its contacts' don't."""
        self.ask("POST", f"customers/{company}/stage", {"stage": stage})

    def hire(self, company: str | None, email: str | None, first: str, last: str, **fields: Any) -> str:
        """Somebody enters a contact. Returns its id."""
        given = {"email": email, "firstName": first, "lastName": last, "company": company, **fields}
        return str(self.ask("POST", "contacts", {name: value for name, value in given.items() if value})["id"])

    def edit(self, contact: str, **fields: Any) -> None:
        """Somebody edits a contact."""
        self.ask("PATCH", f"contacts/{contact}", fields)

    def delete(self, contact: str) -> None:
        """Somebody deletes a contact."""
        self.ask("DELETE", f"contacts/{contact}")

    def merge(self, survivor: str, *losers: str) -> None:
        """Somebody merges contacts."""
        self.ask("POST", "contacts/merge", {"master": survivor, "others": list(losers)})

    def inactivate(self, contact: str) -> None:
        """Somebody ticks Inactive."""
        self.ask("POST", f"contacts/{contact}/inactivate")

    def reactivate(self, contact: str) -> None:
        """Somebody unticks Inactive."""
        self.ask("POST", f"contacts/{contact}/reactivate")

    def script_refuses(self, contact: str) -> None:
        """A script refuses every save of this contact; its sentence names the person, as such sentences do."""
        detail = f"Nobody may change {self.contact(contact)['email']}"
        self.ask("PUT", f"contacts/{contact}/fault", {"detail": detail, "code": "USER_ERROR", "times": None})

    def script_is_corrected(self, contact: str) -> None:
        """The script lets saves through again."""
        self.ask("DELETE", f"contacts/{contact}/fault")

    def settings(self, **changes: Any) -> None:
        """An administrator changes the account."""
        self.ask("PUT", "settings", changes)

    def contact(self, contact: str) -> Mapping[str, Any]:
        """A contact as it stands."""
        found: dict[str, Any] = self.ask("GET", f"contacts/{contact}")
        return found

    def contacts(self) -> Mapping[str, Mapping[str, Any]]:
        """Every contact, by id."""
        return {one["id"]: one for one in self.ask("GET", "contacts")["items"]}

    def with_email(self, email: str) -> Sequence[str]:
        """The ids of all contacts with this address, in any case."""
        return [id for id, one in self.contacts().items() if (one["email"] or "").lower() == email.lower()]

    def companies(self, name: str) -> Sequence[str]:
        """The ids of all customers with this name."""
        return [one["id"] for one in self.ask("GET", "customers")["items"] if one["companyName"] == name]

    def score(self, contact: str) -> int | None:
        """The score that NetSuite holds of a contact."""
        found: int | None = self.contact(contact)[SCORE_IN_CRM]
        return found

    def writes(self) -> int:
        """Calls that change something, since the counts were started over."""
        counts = self.requests().items()
        return sum(n for route, n in counts if not route.startswith("GET") and "/record/" in route)


@dataclass(frozen=True, slots=True)
class ActOnPeople(System):
    """What people do in Act-On."""

    def list_id(self, name: str) -> str:
        """The id of the list with this name."""
        [found] = [each["id"] for each in self.ask("GET", "lists") if each["name"] == name]
        return str(found)

    def rows(self, name: str) -> Mapping[str, Mapping[str, str]]:
        """A list's rows by id, each by its headings."""
        told = self.ask("GET", f"lists/{self.list_id(name)}")
        return {row[0]: dict(zip(told["headers"], row, strict=True)) for row in told["rows"]}

    def emails(self, name: str) -> Sequence[str]:
        """The list's addresses in lower case, each as often as it stands there."""
        return sorted(row[EMAIL].lower() for row in self.rows(name).values())

    def row(self, name: str, email: str) -> Mapping[str, str]:
        """The one row with this address."""
        [found] = [row for row in self.rows(name).values() if row[EMAIL].lower() == email.lower()]
        return found

    def add(self, name: str, /, **values: str) -> str:
        """Somebody adds a row: `email`, `first`, `last`, `company`. Returns its id."""
        given = {_HEADINGS[key]: value for key, value in values.items()}
        return str(self.ask("POST", f"lists/{self.list_id(name)}/rows", {"values": given})["id"])

    def edit(self, name: str, whose: str, /, **values: str) -> None:
        """Somebody edits the row with this address."""
        given = {_HEADINGS[key]: value for key, value in values.items()}
        self.ask("PATCH", f"lists/{self.list_id(name)}/rows/{self.row(name, whose)['_contact_id_']}", {"values": given})

    def delete(self, name: str, email: str) -> None:
        """Somebody deletes the row with this address."""
        self.ask("DELETE", f"lists/{self.list_id(name)}/rows/{self.row(name, email)['_contact_id_']}")

    def empty(self, name: str) -> None:
        """Somebody empties the list."""
        self.ask("DELETE", f"lists/{self.list_id(name)}/rows")

    def act(self, email: str, verb: str = "fs") -> None:
        """A person does something: by default, submits a form."""
        self.ask("POST", "activities", {"email": email, "verb": verb, "what": "Submitted: Newsletter"})

    def opt_out(self, email: str) -> None:
        """A person opts out of everything."""
        self.ask("POST", "optout", {"email": email})

    def refuse_in_uploads(self, email: str) -> None:
        """Act-On takes no row of this address in an upload."""
        self.ask("POST", "refusals", {"email": email, "reason": f"{email} is not welcome"})

    def refuse_nobody(self) -> None:
        """Act-On takes every address again."""
        self.ask("DELETE", "refusals")

    def writes(self) -> int:
        """Calls that change something, since the counts were started over; a sign-in changes nothing."""
        counts = self.requests().items()
        return sum(n for route, n in counts if not route.startswith("GET") and "token" not in route)


_HEADINGS = {"email": EMAIL, "first": FIRST, "last": LAST, "company": "Company", "title": "Job Title"}
