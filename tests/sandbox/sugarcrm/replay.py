"""Asks the sandbox what SuiteCRM was asked when it was recorded, and tells where the answers differ.

Ids, sessions and stamps can't be the same; what stands for the same thing must be the same thing throughout.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from keepstep_sandbox import credentials
from tests.sandbox.sugarcrm.client import PASSWORD_MD5, SugarClient

FOLDER = Path(__file__).parent / "recordings"
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
ID = re.compile(r"[0-9a-f]{1,8}-[0-9a-f]{1,4}-[0-9a-f]{1,4}-[0-9a-f]{1,4}-[0-9a-f]{1,12}")
STEP_S = 2  # the clock moves by so much before each call, so that a stamp that moved can be told from one that didn't

# In the order in which they were recorded, with the moment at which each began.
STARTS = {
    "v4_1_session_and_errors": "2026-11-22 16:26:34",
    "v4_1_writes": "2026-11-22 16:26:35",
    "v4_1_reads": "2026-11-22 16:27:20",
    "v4_1_paging_and_modified_relationships": "2026-11-22 16:28:40",
    "v4_1_ordering_email_values": "2026-11-22 16:30:45",
    "v4_1_clear_noop_membership": "2026-11-22 16:43:50",
}
# Fields of SuiteCRM's own modules, which a SugarCRM site hasn't, or which hold nothing that a client would read.
LEFT_OUT = re.compile(
    r"photo|lawful_basis.*|date_reviewed|.*_street_[23]|assistant_phone|email_addresses_non_primary|report_to_name"
    r"|opportunity_amount|campaign_name|.*accept_status.*|e_invite.*|event_.*|webtolead_.*|portal_app|jjwg_maps_.*"
)


@dataclass(frozen=True)
class Exchange:
    """One recorded call with its answer."""

    file: str
    number: int
    label: str
    note: str
    request: dict[str, Any]
    response: dict[str, Any]

    @property
    def name(self) -> str:
        """What the test is called by."""
        return f"{self.file.removeprefix('v4_1_')}: {self.number} {self.label}"


def exchanges() -> Iterator[Exchange]:
    """Give all recorded calls, in the order in which they were made."""
    for file in STARTS:
        for number, one in enumerate(json.loads((FOLDER / f"{file}.json").read_text())):
            yield Exchange(file, number, one["label"], one.get("note", ""), one["request"], one["response"])


@dataclass
class Replay:
    """A replay under way: which of the sandbox's ids stands for which recorded one, and the stamps last told."""

    client: SugarClient
    ids: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, tuple[str, str]] = field(default_factory=dict)  # recorded id -> recorded and own stamp

    def run(self, one: Exchange) -> list[str]:
        """Make one call; tell where its answer differs."""
        self._set_clock(one)
        if one.file == "v4_1_paging_and_modified_relationships" and one.number == 0:
            self._lose_one_lead()
        form = {name: value for name, value in one.request["form"].items() if name != "rest_data"}
        given = self._given(_whole(one))
        reply = self.client.raw(form.pop("method"), given, **form)
        told = one.response
        differences = []
        if (reply.status_code, reply.headers["content-type"]) != (told["status"], told["content_type"]):
            differences.append(f"{reply.status_code} {reply.headers['content-type']}")
        if "json" not in told:
            return differences if not reply.content else [*differences, "a text instead of none"]
        self._keep_session(reply.json())
        return [*differences, *self._compare(one, told["json"], reply.json())]

    def _set_clock(self, one: Exchange) -> None:
        self.client.control("DELETE", "weather")
        real = datetime.fromisoformat(self.client.legacy("get_server_info")["gmt_time"]).replace(tzinfo=UTC)
        start = datetime.fromisoformat(STARTS[one.file]).replace(tzinfo=UTC)
        ahead = start + timedelta(seconds=STEP_S * one.number) - real
        self.client.control("POST", "weather", {"kind": "clock_skew", "seconds": ahead.total_seconds()})

    def _lose_one_lead(self) -> None:
        """Delete a lead: between two of the files there was one less, which isn't recorded."""
        first = self.client.ids("Leads", "leads.first_name = 'NoLast'")[0]
        self.client.set_entry("Leads", id=first, deleted=1)

    def _keep_session(self, told: Any) -> None:
        if isinstance(told, dict) and told.get("module_name") == "Users":
            self.client.sid = str(told["id"])

    def _given(self, told: Any) -> Any:
        """Put the sandbox's ids, session, user and password into what was asked."""
        if isinstance(told, dict):
            if "user_name" in told:
                plain = told.get("encryption") == "PLAIN"
                told = {**told, "user_name": credentials.SUGARCRM_USER}
                told |= {"password": credentials.SUGARCRM_PASSWORD} if plain else {}
            return {name: self._given(value) for name, value in told.items()}
        if isinstance(told, list):
            return [self._given(value) for value in told]
        if told in ("<session-id>", "<md5-of-password>"):
            return self.client.sid if told == "<session-id>" else PASSWORD_MD5
        return ID.sub(lambda match: self.ids.get(match[0], match[0]), told) if isinstance(told, str) else told

    def _compare(self, one: Exchange, told: Any, own: Any) -> list[str]:
        if isinstance(told, dict) and "modules" in told and "shortened" in one.note:
            return [*_keys(told["modules"][0], own["modules"][0])]
        if isinstance(told, dict) and "result_count" in told and one.request["form"]["method"] == "get_entry_list":
            return self._compare_lists(one, told, own)
        return list(self._differences("", told, own))

    def _compare_lists(self, one: Exchange, told: dict[str, Any], own: dict[str, Any]) -> list[str]:
        """Compare pages: as they are where their order can be known, in their counts and shapes where it can't."""
        counts = ("result_count", "total_count", "next_offset")
        found = list(self._differences("", {name: told[name] for name in counts}, {name: own[name] for name in counts}))
        given = one.request["rest_data"]
        whole = told["result_count"] == int(told["total_count"]) and "shortened" not in one.note
        ordered = bool(given["order_by"]) and "." not in given["order_by"] and "nope" not in given["order_by"]
        if whole and len(told["entry_list"]) > 1:
            own = {**own, "entry_list": self._like(told["entry_list"], own["entry_list"])}
        if whole or (ordered and "shortened" not in one.note):
            return [*found, *self._differences("", told, own)]
        shapes = zip(told["entry_list"], own["entry_list"], strict=False)
        return [*found, *(one for a, b in shapes for one in _keys(a["name_value_list"], b["name_value_list"]))]

    def _like(self, told: list[dict[str, Any]], own: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Put rows into the recorded order: ids are drawn, and so is the order by them."""
        places = {self.ids.get(one["id"], one["id"]): place for place, one in enumerate(told)}
        return sorted(own, key=lambda one: places.get(one["id"], len(places)))

    def _differences(self, where: str, told: Any, own: Any) -> Iterator[str]:
        if isinstance(told, dict) and isinstance(own, dict):
            yield from _keys(told, own, where)
            yield from self._moves(told, own)
            for name in told.keys() & own.keys():
                yield from self._differences(f"{where}/{name}", told[name], own[name])
        elif isinstance(told, list) and isinstance(own, list):
            if len(told) != len(own):
                yield f"{where}: {len(own)} instead of {len(told)}"
            for place, (a, b) in enumerate(zip(told, own, strict=False)):
                yield from self._differences(f"{where}/{place}", a, b)
        elif not self._same(told, own):
            yield f"{where}: {own!r} instead of {told!r}"

    def _same(self, told: Any, own: Any) -> bool:
        if told == "<session-id>":
            return isinstance(own, str)
        if told == "admin":
            return bool(own == credentials.SUGARCRM_USER)
        if not isinstance(told, str) or not isinstance(own, str):
            return type(told) is type(own) and bool(told == own)
        if STAMP.fullmatch(told):
            return STAMP.fullmatch(own) is not None
        if ID.fullmatch(told):
            return self.ids.setdefault(told, own) == own
        return told == own

    def _moves(self, told: dict[str, Any], own: dict[str, Any]) -> Iterator[str]:
        """Tell whether a record's date_modified moved since it was last read where the recorded one didn't."""
        values, own_values = told.get("name_value_list"), own.get("name_value_list")
        if not isinstance(values, dict) or not isinstance(own_values, dict) or "date_modified" not in values:
            return
        now = (values["date_modified"]["value"], own_values["date_modified"]["value"])
        before = self.stamps.setdefault(told["id"], now)
        if (now[0] > before[0]) is not (now[1] > before[1]):
            yield f"{told['id']}: {before} became {now}"
        self.stamps[told["id"]] = now


def _whole(one: Exchange) -> Any:
    """Give what was asked, with what the recording left out."""
    given = one.request["rest_data"]
    if "request shortened" not in one.note:
        return given
    people = [{"first_name": "Bulk", "last_name": f"B{n:02}", "email1": f"b{n:02}@example.test"} for n in range(60)]
    lists = [[{"name": name, "value": value} for name, value in person.items()] for person in people]
    return {**given, "name_value_lists": lists}


def _keys(told: dict[str, Any], own: dict[str, Any], where: str = "") -> Iterator[str]:
    wanted = {name for name in told if not LEFT_OUT.fullmatch(name)}
    if wanted != own.keys():
        yield f"{where}: missing {sorted(wanted - own.keys())}, too many {sorted(own.keys() - wanted)}"
    if isinstance(told.get("name_value_list"), dict):
        order = [name for name in told["name_value_list"] if name in own["name_value_list"]]
        if order != [name for name in own["name_value_list"] if name in told["name_value_list"]]:
            yield f"{where}: another order of fields"
