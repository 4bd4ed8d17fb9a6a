"""A few lines of SuiteCRM, by v4_1, with what a real one was seen to do: echoes, empty 500s, null replies."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson

from tests.connectors.stub import Answer, Call, Stub
from tests.connectors.sugarcrm.site import DATE, FIELDS, Row, Trouble, lead_id

OLD: dict[str, Any] = {"api": "v4_1"}  # an option of the connector
STAMP = "2026-03-01 09:00:00"
CUT = 100  # characters of a title


def lead(number: int, **fields: Any) -> Row:
    """A living lead; `email` is the id of its address."""
    usual = {"id": lead_id(number), "date_modified": STAMP, "email": f"a{number}", "deleted": "0", "converted": "0"}
    return {"last_name": "Ode", "title": "", "assigned_user_id": "u1", **usual, **fields}


def address(number: int, **fields: Any) -> Row:
    """The address of that lead."""
    email = f"p{number}@a.test"
    return {"id": f"a{number}", "email_address": email, "opt_out": "0", "date_modified": STAMP, **fields}


@dataclass(slots=True)
class Legacy:
    """Records by module in, answers out; `trouble` answers first where it has something to say."""

    leads: list[Row] = field(default_factory=list)
    addresses: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)
    trouble: Trouble = lambda _: None
    poison: Callable[[Row], Answer | None] = lambda _: None  # of a row that makes a whole save break off
    stores_email: bool = False  # as releases with the fix do
    signed_in: int = 0

    def answer(self, call: Call) -> Answer:
        """As the server does: always to one address."""
        trouble = self.trouble(call)
        if trouble is not None:
            return trouble
        method, [session, *arguments] = asked(call)
        if method == "login":
            self.signed_in += 1
            return said({"id": f"S{self.signed_in}", "module_name": "Users", "name_value_list": {}})
        if session != f"S{self.signed_in}":
            return failed(11, "Invalid Session ID")
        done: Answer = getattr(self, f"_{method}")(*arguments)
        return done

    def _get_user_id(self) -> Answer:
        return said("1")

    def _get_module_fields(self, module: str, _: list[str]) -> Answer:
        told = {name: {"name": name, "label": f"{name}:", **one} for name, one in FIELDS.items()}
        return said({"module_name": module, "module_fields": told, "link_fields": {}})

    def _get_entry_list(self, module: str, where: str, order: str, offset: int, *rest: Any) -> Answer:
        fields, links, limit, deleted = rest
        assert (order, offset) == ("id ASC", 0)
        there = [row for row in self._rows(module) if deleted or row.get("deleted", "0") == "0"]
        fits = sorted((row for row in there if self._fits(row, where)), key=lambda row: row["id"])
        return self._entries(module, fits[:limit], fields, links, len(fits))

    def _get_entries(self, module: str, ids: list[str], fields: list[str], links: list[Row]) -> Answer:
        there = {row["id"]: row for row in self._rows(module) if row.get("deleted", "0") == "0"}
        return self._entries(module, [there.get(id) or {"gone": id} for id in ids], fields, links, len(ids))

    def _set_entries(self, module: str, lists: list[list[Row]]) -> Answer:
        rows = [{pair["name"]: pair["value"] for pair in pairs} for pairs in lists]
        for row in rows:
            broken = self.poison(row)
            if broken is not None:
                return broken
        return said({"ids": [self._set(module, row) for row in rows]})

    def _set(self, module: str, new: Row) -> str:
        made = bool(new.pop("new_with_id", False)) or "id" not in new
        id = str(new.pop("id", "made-by-suite"))
        there = next((row for row in self._rows(module) if row["id"] == id), None)
        if there is None and made:
            there = lead(0, id=id, email="")
            self._rows(module).append(there)
            self._store_email(there, new.get("email1"))
        if there is not None and there.get("deleted", "0") == "0":
            stored = {k: str(v)[:CUT] for k, v in new.items() if v is not None and k in (*FIELDS, "deleted")}
            there |= stored if module != "EmailAddresses" else {k: str(v) for k, v in new.items()}
            if self.stores_email and "email1" in new:
                self._store_email(there, new["email1"])
        return id

    def _store_email(self, row: Row, email: str | None) -> None:
        known = next((one for one in self.addresses if one["email_address"] == email), None)
        if email and known is None:
            known = {"id": f"a-{email}", "email_address": email, "opt_out": "0", "date_modified": STAMP}
            self.addresses.append(known)
        row["email"] = known["id"] if known and email else ""

    def _rows(self, module: str) -> list[Row]:
        return {"Leads": self.leads, "EmailAddresses": self.addresses, "Contacts": self.contacts}.get(module, [])

    def _address(self, row: Row) -> Row | None:
        return next((one for one in self.addresses if one["id"] == row.get("email")), None)

    def _fits(self, row: Row, where: str) -> bool:
        mine = self._address(row) or row
        if "email_address_caps IN" in where:
            keys = re.findall(r"'([^']*)'", where.split("email_address_caps IN")[1])
            if str(mine.get("email_address", "")).upper() not in keys:
                return False
        if found := re.search(r"\w+\.id IN \(('[^)]*')\)", where):
            return row["id"] in re.findall(r"'([^']*)'", found[1])
        since, after = re.search(r"date_modified >= '([^']*)'", where), re.search(r"\.id > '([^']*)'", where)
        return (since is None or row["date_modified"] >= since[1]) and (after is None or row["id"] > after[1])

    def _entries(self, module: str, rows: list[Row], fields: list[str], links: list[Row], total: int) -> Answer:
        entries, linked = [], []
        for row in rows:
            mine = self._address(row)
            entries.append(entry(module, row, mine, fields))
            pairs = (
                {name: {"name": name, "value": mine[name]} for name in ("id", "email_address", "opt_out")}
                if mine
                else None
            )
            records = [{"link_value": pairs}] if pairs else []
            linked.append({"link_list": [{"name": "email_addresses", "records": records}]})
        body = {"result_count": len(rows), "total_count": str(total), "next_offset": len(rows), "entry_list": entries}
        return said({**body, "relationship_list": linked if links else []})


def people(count: int) -> Legacy:
    """As many leads, each with an address of its own."""
    return Legacy([lead(n) for n in range(count)], [address(n) for n in range(count)])


def entry(module: str, row: Row, mine: Row | None, fields: list[str]) -> Row:
    """As told: text is escaped, and what is gone has a list of warnings for its fields."""
    if "gone" in row:
        gone = [{"name": "warning", "value": "Access denied"}, {"name": "deleted", "value": "1"}]
        return {"id": row["gone"], "module_name": module, "name_value_list": gone}
    whole = dict(row)
    if module != "EmailAddresses":
        alive = mine is not None and row.get("deleted", "0") == "0"
        whole["email1"] = mine["email_address"] if mine and alive else ""
        whole["email_opt_out"] = mine["opt_out"] if mine and alive else "0"
    pairs = {name: {"name": name, "value": escaped(whole[name])} for name in fields if name in whole}
    return {"id": row["id"], "module_name": module, "name_value_list": pairs}


def escaped(value: Any) -> Any:
    """As the server does: an ampersand stays."""
    return html.escape(value).replace("&amp;", "&").replace("&#x27;", "&#039;") if isinstance(value, str) else value


def asked(call: Call) -> tuple[str, list[Any]]:
    """The method and its arguments."""
    form = {name: values[0] for name, values in parse_qs(call.body.decode(), keep_blank_values=True).items()}
    assert (form["input_type"], form["response_type"]) == ("JSON", "JSON")
    return form["method"], json.loads(form["rest_data"])


def methods(server: Stub) -> list[str]:
    """What was asked, without signing in and describing."""
    told_of = [asked(call) for call in server.calls]
    named = [f"{method} {arguments[1]}" if len(arguments) > 1 else method for method, arguments in told_of]
    return [name for name in named if not name.startswith(("login", "get_module_fields"))]


def said(body: Any) -> Answer:
    """An answer, always with status 200."""
    return Answer(200, orjson.dumps(body), {"Date": DATE})


def failed(number: int | str, name: str) -> Answer:
    """A refusal, which has that status too, and whose sentence names a person."""
    return said({"name": name, "number": number, "description": "Ann's value"})


BROKEN_OFF = Answer(500, b"", {"Content-Type": "text/html; charset=UTF-8"})
