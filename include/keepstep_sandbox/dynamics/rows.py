"""Creates, changes and deletes single rows by the rules of the environment, whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keepstep_sandbox.dynamics import rules
from keepstep_sandbox.dynamics.columns import Type
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError, exists_already, no_such_row
from keepstep_sandbox.dynamics.settings import CASCADE, RESTRICT
from keepstep_sandbox.dynamics.standard import ACCOUNT, CONTACT, CREATED, MODIFIED, USER, Definition
from keepstep_sandbox.dynamics.table import Row
from keepstep_sandbox.dynamics.values import read


@dataclass(frozen=True, slots=True)
class Caller:
    """Who writes.

    Attributes:
        user: the user's id.
        detects_duplicates: whether duplicate detection rules are to be asked.
        inside: whether it's somebody in the app itself, who may write to users as well.
    """

    user: str
    detects_duplicates: bool = False
    inside: bool = False


class Rows:
    """See the module."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def create(self, caller: Caller, table: Definition, body: Mapping[str, Any], **named: Any) -> Row:
        """Store a new row; `named` are the values that its address gave it. Give it as stored.

        Raises:
            DynamicsError: a rule of the environment is broken.
        """
        environment = self._environment
        _check_writable(caller, table)
        rules.check_privilege(environment, caller, "Create", table)
        values = {**read(environment, table, body, creates=True), **named}
        row_id = values.get(table.key) or environment.new_id(table.name)
        if environment.tables[table.name].get(row_id) is not None:
            raise exists_already()
        now = environment.now()
        row = {**self._defaults(caller, table), **values, table.key: row_id}
        rules.set_state(environment, table, {}, row, values)
        row |= {CREATED: now, "createdby": caller.user, **_touched(caller, now)}
        return self._finish(caller, table, row, values)

    def update(self, caller: Caller, table: Definition, row_id: str, body: Mapping[str, Any]) -> Row:
        """Change a row; None clears a column. Give it as stored.

        Raises:
            DynamicsError: there's none, or a rule of the environment is broken.
        """
        environment = self._environment
        _check_writable(caller, table)
        rules.check_privilege(environment, caller, "Write", table)
        old = self.row(table, row_id)
        return self.change(caller, table, old, read(environment, table, body, creates=False))

    def change(self, caller: Caller, table: Definition, old: Row, values: Row) -> Row:
        """Change a row by values that have been read already.

        Raises:
            DynamicsError: a rule of the environment is broken.
        """
        environment = self._environment
        rules.strike(environment, old[table.key])
        rules.check_closed(environment, table, old, values)
        row = {**old, **values}
        rules.set_state(environment, table, old, row, values)
        if environment.settings.noop_moves_modified or any(old.get(name) != value for name, value in values.items()):
            row |= _touched(caller, environment.now())
        return self._finish(caller, table, row, values)

    def delete(self, caller: Caller, table: Definition, row_id: str) -> None:
        """Delete a row for good; what pointed to it points to nothing, an account's contacts go with it.

        Raises:
            DynamicsError: there's none, or something holds it.
        """
        environment = self._environment
        _check_writable(caller, table)
        rules.check_privilege(environment, caller, "Delete", table)
        self.row(table, row_id)
        rules.strike(environment, row_id)
        if table.name == ACCOUNT:
            self._delete_contacts(caller, row_id)
        self._unlink(table, row_id)
        environment.remove(table.name, row_id)

    def row(self, table: Definition, row_id: str) -> Row:
        """Give a row.

        Raises:
            DynamicsError: there's none.
        """
        row = self._environment.tables[table.name].get(row_id)
        if row is None:
            raise no_such_row(table.name, row_id)
        return row

    def _delete_contacts(self, caller: Caller, account: str) -> None:
        environment = self._environment
        contacts = sorted(environment.tables[CONTACT].find("parentcustomerid", account))
        if contacts and environment.settings.account_delete == RESTRICT:
            message = "The object cannot be deleted because it is associated with another object."
            raise DynamicsError(405, "0x80040227", message)
        if environment.settings.account_delete == CASCADE:
            for contact in contacts:
                self.delete(caller, environment.schema.table(CONTACT), contact)

    def _unlink(self, table: Definition, row_id: str) -> None:
        """Empty the lookups that point to a row; memberships of lists go."""
        environment = self._environment
        for name, column in environment.schema.lookups_to(table.name):
            holders = environment.tables[name]
            for holder in sorted(holders.find(column.name, row_id)):
                row = holders.get(holder) or {}
                if name == "listmember":
                    rules.leave_list(environment, row)
                else:
                    environment.put(name, {key: value for key, value in row.items() if key != column.name})

    def _defaults(self, caller: Caller, table: Definition) -> Row:
        columns = list(self._environment.schema.columns(table.name))
        row: Row = {column.name: False for column in columns if column.type is Type.BOOLEAN}
        if any(column.type is Type.OWNER for column in columns):
            row["ownerid"] = caller.user
        if any(column.name == "membercount" for column in columns):
            row["membercount"] = 0
        return row

    def _finish(self, caller: Caller, table: Definition, row: Row, values: Row) -> Row:
        environment = self._environment
        if environment.schema.find(table.name, "fullname") is not None:
            row["fullname"] = " ".join(part for part in (row.get("firstname"), row.get("lastname")) if part)
        rules.check_keys(environment, table, row)
        if caller.detects_duplicates:
            rules.check_duplicates(environment, table, row, values)
        return environment.put(table.name, row)


def _check_writable(caller: Caller, table: Definition) -> None:
    """Keep the app away from users and from the members of lists.

    Raises:
        DynamicsError: it's one of them, and the caller isn't inside.
    """
    if not table.writable and not (caller.inside and table.name == USER):
        message = f"The 'Create', 'Update' or 'Delete' method does not support entities of type '{table.name}'."
        raise DynamicsError(400, "0x80040800", message)


def _touched(caller: Caller, now: Any) -> Row:
    return {MODIFIED: now, "modifiedby": caller.user}
