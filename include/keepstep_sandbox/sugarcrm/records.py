"""Creates, changes, deletes and merges single records, whoever asks and by whichever protocol."""

from collections.abc import Mapping
from typing import Any

from keepstep_sandbox.sugarcrm.errors import invalid, no_record
from keepstep_sandbox.sugarcrm.links import Links
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import ADDRESSES, DEFAULTS
from keepstep_sandbox.sugarcrm.table import STAMP, Row


class Records:
    """See the module. Values are as rows hold them; email addresses aren't among them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._links = Links(site)

    def live(self, module: str, record_id: str) -> Row:
        """Give a record that isn't deleted.

        Raises:
            SugarError: there's none.
        """
        row = self._site.tables[module].live(record_id)
        if row is None:
            raise no_record(module, record_id)
        return row

    def create(self, by: str, module: str, values: Mapping[str, Any], record_id: str | None = None) -> str:
        """Store a new record; give its id."""
        now = self._site.now()
        made = record_id or self._site.new_id(module)
        made_at = "date_created" if module == ADDRESSES else "date_entered"
        who = {} if module == ADDRESSES else {"created_by": by, "modified_user_id": by}
        row = {**DEFAULTS[module], **values, "id": made, "deleted": False, made_at: now, STAMP: now, **who}
        self._site.tables[module].put(row)
        return made

    def update(self, by: str, module: str, record_id: str, values: Mapping[str, Any], *, touched: bool = False) -> None:
        """Change a record; None makes a field NULL.

        Args:
            by: the user.
            module: the module.
            record_id: the record.
            values: what is written.
            touched: whether something else of it changed, its addresses.

        Raises:
            SugarError: there's none, or a fault stands on it.
        """
        old = self.live(module, record_id)
        self._site.strike(record_id)
        row = {**old, **values}
        changed = touched or any(old.get(name) != value for name, value in values.items())
        if changed or self._site.settings.noop_moves_modified:
            row |= self._touched(by, module)
        self._site.tables[module].put(row)

    def delete(self, by: str, module: str, record_id: str) -> None:
        """Mark a record as deleted; its addresses and its places on lists go with it.

        Raises:
            SugarError: there's none, or a fault stands on it.
        """
        row = self.live(module, record_id)
        self._site.strike(record_id)
        self._bury(by, module, row)

    def undelete(self, by: str, module: str, record_id: str) -> None:
        """Bring a record back: an administrator's repair in the database, no protocol can do it.

        Raises:
            SugarError: it isn't deleted.
        """
        row = self._site.tables[module].get(record_id)
        if row is None or not row["deleted"]:
            raise no_record(module, record_id)
        self._site.tables[module].put({**row, "deleted": False, **self._touched(by, module)})
        self._site.addresses.raise_again(module, record_id, self._site.now())
        self._links.raise_again(record_id)

    def merge(
        self, by: str, module: str, master: str, others: list[str], values: Mapping[str, Any] | None = None
    ) -> None:
        """Merge records into one: what hung on the others hangs on it, and they are deleted, saying nothing of it.

        Raises:
            SugarError: one isn't there, or the master is among the others.
        """
        if not others or master in others:
            raise invalid("a merge has a master and others")
        self.live(module, master)
        gone = [self.live(module, other) for other in others]
        for row in gone:
            self._links.move(module, row["id"], master)
            self._bury(by, module, row)
        self.update(by, module, master, values or {}, touched=True)

    def _bury(self, by: str, module: str, row: Row) -> None:
        self._site.tables[module].put({**row, "deleted": True, **self._touched(by, module)})
        self._site.addresses.bury(module, row["id"], self._site.now())
        self._links.drop(module, row["id"])

    def _touched(self, by: str, module: str) -> Row:
        who = {} if module == ADDRESSES else {"modified_user_id": by}
        return {STAMP: self._site.now(), **who}
