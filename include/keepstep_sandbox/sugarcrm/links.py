"""How records hang together: who is on which target list, whose account, what a lead became, which addresses."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from keepstep_sandbox.sugarcrm.site import MEMBERS, SYNCED, Site
from keepstep_sandbox.sugarcrm.standard import ACCOUNTS, ADDRESSES, CONTACTS, LEADS, LISTS, PROSPECTS, USERS
from keepstep_sandbox.sugarcrm.table import Row, Table


class Kind(Enum):
    """Where a link is kept."""

    OWN = auto()  # a field of this record names the other
    BACK = auto()  # a field of the others names this one
    MEMBERS = auto()  # the target list's members
    LISTS = auto()  # the target lists one is on
    EMAIL = auto()
    SYNCED = auto()  # a contact that a user has in the mail program


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a module: to what, kept how, in which field."""

    name: str
    module: str
    kind: Kind
    field: str = ""


def _links(*some: Link) -> dict[str, Link]:
    return {link.name: link for link in some}


_LISTED: Final = Link("prospect_lists", LISTS, Kind.LISTS)
_MAILED: Final = Link("email_addresses", ADDRESSES, Kind.EMAIL)
LINKS: Final = {
    LEADS: _links(
        _LISTED,
        _MAILED,
        Link("contacts", CONTACTS, Kind.OWN, "contact_id"),
        Link("accounts", ACCOUNTS, Kind.OWN, "account_id"),
    ),
    CONTACTS: _links(
        _LISTED,
        _MAILED,
        Link("accounts", ACCOUNTS, Kind.OWN, "account_id"),
        Link("leads", LEADS, Kind.BACK, "contact_id"),
        Link("user_sync", USERS, Kind.SYNCED),
    ),
    ACCOUNTS: _links(
        _LISTED,
        _MAILED,
        Link("contacts", CONTACTS, Kind.BACK, "account_id"),
        Link("leads", LEADS, Kind.BACK, "account_id"),
    ),
    PROSPECTS: _links(_LISTED, _MAILED),
    USERS: _links(_LISTED, _MAILED),
    LISTS: _links(
        *(Link(module.lower(), module, Kind.MEMBERS) for module in (LEADS, CONTACTS, PROSPECTS, ACCOUNTS, USERS))
    ),
    ADDRESSES: {},
}


class Links:
    """Reads and changes them; none moves the date_modified of either end."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def related(self, module: str, record_id: str, link: Link) -> list[str]:
        """Give the ids of the live records at the link's other end, in the order of their ids."""
        table = self._site.tables[link.module]
        return [one for one in self._ends(module, record_id, link) if table.live(one) is not None]

    def relate(self, module: str, record_id: str, link: Link, remote: str) -> None:
        """Link two live records; twice is once."""
        site, now = self._site, self._site.now()
        match link.kind:
            case Kind.OWN:
                self._point(module, record_id, link.field, remote)
            case Kind.BACK:
                self._point(link.module, remote, link.field, record_id)
            case Kind.EMAIL:
                # Recorded: the address comes after those that are there, whatever primary_address says.
                site.addresses.attach(module, record_id, remote, now)
            case Kind.MEMBERS | Kind.LISTS | Kind.SYNCED:
                self._join(module, record_id, link, remote)

    def unrelate(self, module: str, record_id: str, link: Link, remote: str) -> None:
        """Take a link away."""
        site, now = self._site, self._site.now()
        if link.kind is Kind.OWN:
            self._point(module, record_id, link.field, None, only=remote)
        elif link.kind is Kind.BACK:
            self._point(link.module, remote, link.field, None, only=record_id)
        elif link.kind is Kind.EMAIL:
            site.addresses.detach(module, record_id, remote, now)
        elif (found := self._joined(module, record_id, link, remote)) is not None:
            self._table(link).put({**found, "deleted": True, "date_modified": now})

    def drop(self, module: str, record_id: str) -> None:
        """Take a deleted record from all lists, in a way that can be taken back; a deleted list loses its members."""
        field = "prospect_list_id" if module == LISTS else "related_id"
        table = self._site.joins[MEMBERS]
        for row in table.found(field, record_id):
            table.put({**row, "deleted": True, "buried": True, "date_modified": self._site.now()})

    def raise_again(self, record_id: str) -> None:
        """Put a record back on the lists that it was on when it was deleted."""
        table = self._site.joins[MEMBERS]
        for one in table.find("related_id", record_id) | table.find("prospect_list_id", record_id):
            row = table.get(one) or {}
            if row.get("buried", False):
                table.put({**row, "deleted": False, "buried": None})

    def move(self, module: str, old: str, new: str) -> None:
        """Let what hung on one record hang on another: a merge."""
        for link in LINKS[module].values():
            for remote in self.related(module, old, link):
                if link.kind is not Kind.OWN:
                    self.relate(module, new, link, remote)

    def _ends(self, module: str, record_id: str, link: Link) -> list[str]:
        site = self._site
        match link.kind:
            case Kind.OWN:
                row: Row = site.tables[module].get(record_id) or {}
                return [row[link.field]] if row.get(link.field) else []
            case Kind.BACK:
                return sorted(site.tables[link.module].find(link.field, record_id))
            case Kind.EMAIL:
                return [held.address["id"] for held in site.addresses.held(module, record_id)]
            case Kind.MEMBERS:
                rows = site.joins[MEMBERS].found("prospect_list_id", record_id)
                return sorted(row["related_id"] for row in rows if row["related_type"] == link.module)
            case Kind.LISTS:
                rows = site.joins[MEMBERS].found("related_id", record_id)
                return sorted(row["prospect_list_id"] for row in rows)
            case Kind.SYNCED:
                return sorted(row["user_id"] for row in site.joins[SYNCED].found("contact_id", record_id))

    def _point(self, module: str, record_id: str, field: str, target: str | None, *, only: str | None = None) -> None:
        table = self._site.tables[module]
        row = table.get(record_id)
        if row is not None and (only is None or row.get(field) == only):
            table.put({**row, field: target})

    def _table(self, link: Link) -> Table:
        return self._site.joins[SYNCED if link.kind is Kind.SYNCED else MEMBERS]

    def _ids(self, module: str, record_id: str, link: Link, remote: str) -> Row:
        if link.kind is Kind.SYNCED:
            return {"contact_id": record_id, "user_id": remote}
        if link.kind is Kind.MEMBERS:
            return {"prospect_list_id": record_id, "related_id": remote, "related_type": link.module}
        return {"prospect_list_id": remote, "related_id": record_id, "related_type": module}

    def _joined(self, module: str, record_id: str, link: Link, remote: str) -> Row | None:
        wanted = self._ids(module, record_id, link, remote)
        field = "contact_id" if link.kind is Kind.SYNCED else "related_id"
        rows = self._table(link).found(field, wanted[field])
        return next((row for row in rows if all(row[name] == value for name, value in wanted.items())), None)

    def _join(self, module: str, record_id: str, link: Link, remote: str) -> None:
        if self._joined(module, record_id, link, remote) is None:
            wanted = self._ids(module, record_id, link, remote)
            state = {"deleted": False, "date_modified": self._site.now()}
            self._table(link).put({"id": self._site.new_id(MEMBERS), **wanted, **state})
