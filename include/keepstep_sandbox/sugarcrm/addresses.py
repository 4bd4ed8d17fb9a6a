"""Email addresses: rows of their own, shared by every record with the same address; flags belong to the address."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from keepstep_sandbox.sugarcrm.standard import ADDRESSES
from keepstep_sandbox.sugarcrm.table import Row, Table

FLAGS: Final = ("opt_out", "invalid_email")
_KIND: Final = "email_addr_bean_rel"


@dataclass(frozen=True, slots=True)
class Held:
    """An address as one record has it."""

    address: Row
    primary: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address as a client wants a record to have it; flags that aren't named stay as they are."""

    email: str
    primary: bool = False
    flags: Mapping[str, bool] = field(default_factory=dict)


class Addresses:
    """Which record has which addresses. A record is named by its module and its id."""

    def __init__(self, addresses: Table, beans: Table, new_id: Callable[[str], str]) -> None:
        self._addresses = addresses
        self._beans = beans
        self._new_id = new_id

    def held(self, module: str, record_id: str) -> list[Held]:
        """Give a record's addresses, the primary first, the others in the order in which they came."""
        found: list[Held] = []
        for bean in self._of(module, record_id):
            address = self._addresses.live(bean["email_address_id"])
            if address is not None:
                found.append(Held(address, bean["primary_address"]))
        return found

    def primary(self, module: str, record_id: str) -> Row | None:
        """Give a record's primary address; where none is marked as such, the first that came."""
        held = self.held(module, record_id)
        return held[0].address if held else None

    def holders(self, email: str, module: str) -> set[str]:
        """Give the ids of a module's records that have this address."""
        addresses = self._addresses.find("email_address", email)
        beans = [bean for address in addresses for bean in self._beans.found("email_address_id", address)]
        return {bean["bean_id"] for bean in beans if bean["bean_module"] == module}

    def named(self, email: str, when: datetime, flags: Mapping[str, bool] | None = None) -> str:
        """Find an address, or make it; give its id. Flags that are told and differ are written."""
        found = [row["id"] for row in self._addresses.found("email_address", email)]
        if found:
            self.mark(found[0], flags or {}, when)
            return str(found[0])
        made = {"id": self._new_id(ADDRESSES), "email_address": email, "email_address_caps": email.upper()}
        state = {**dict.fromkeys(FLAGS, False), **(flags or {}), "deleted": False}
        self._addresses.put({**made, **state, "date_created": when, "date_modified": when})
        return str(made["id"])

    def mark(self, address_id: str, flags: Mapping[str, bool], when: datetime) -> None:
        """Write an address's flags; one that has them so isn't touched."""
        row = self._addresses.live(address_id)
        if row is not None and any(row.get(name) != value for name, value in flags.items()):
            self._addresses.put({**row, **flags, "date_modified": when})

    def attach(self, module: str, record_id: str, address_id: str, when: datetime, *, primary: bool = False) -> None:
        """Let a record have an address; twice is once."""
        if any(bean["email_address_id"] == address_id for bean in self._of(module, record_id)):
            return
        bean = {"bean_module": module, "bean_id": record_id, "email_address_id": address_id}
        state = {"primary_address": primary, "deleted": False, "number": len(self._beans)}
        self._beans.put({"id": self._new_id(_KIND), **bean, **state, "date_created": when, "date_modified": when})

    def detach(self, module: str, record_id: str, address_id: str, when: datetime) -> None:
        """Take an address away from a record; the address stays."""
        for bean in self._of(module, record_id):
            if bean["email_address_id"] == address_id:
                self._beans.put({**bean, "deleted": True, "date_modified": when})

    def replace(self, module: str, record_id: str, wanted: Iterable[Wanted], when: datetime) -> None:
        """Let a record have these addresses and no others; the first is primary unless another says so."""
        chosen = list(wanted)
        first = next((one for one in chosen if one.primary), chosen[0] if chosen else None)
        for bean in self._of(module, record_id):
            self._beans.put({**bean, "deleted": True, "date_modified": when})
        for one in chosen:
            address = self.named(one.email, when, one.flags)
            self.attach(module, record_id, address, when, primary=one is first)

    def set_primary(self, module: str, record_id: str, email: str, when: datetime) -> None:
        """Put another address in the place of the primary one; an empty one takes it away."""
        rest = self.held(module, record_id)[1:]
        others = [Wanted(one.address["email_address"]) for one in rest]
        first = [Wanted(email, primary=True)] if email else []
        known = {one.email.casefold() for one in first}
        self.replace(module, record_id, first + [one for one in others if one.email.casefold() not in known], when)

    def bury(self, module: str, record_id: str, when: datetime) -> None:
        """Let go of a deleted record's addresses, in a way that can be taken back."""
        for bean in self._of(module, record_id):
            self._beans.put({**bean, "deleted": True, "buried": True, "date_modified": when})

    def raise_again(self, module: str, record_id: str, when: datetime) -> None:
        """Give a record back what it had when it was deleted."""
        for bean_id in self._beans.find("bean_id", record_id):
            bean = self._beans.get(bean_id) or {}
            if bean.get("bean_module") == module and bean.get("buried", False):
                self._beans.put({**bean, "deleted": False, "buried": None, "date_modified": when})

    def _of(self, module: str, record_id: str) -> list[dict[str, Any]]:
        beans = [bean for bean in self._beans.found("bean_id", record_id) if bean["bean_module"] == module]
        return sorted(beans, key=lambda bean: (not bean["primary_address"], bean["number"]))
