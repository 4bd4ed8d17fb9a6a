"""Members of marketing lists: who is put on one, who is taken from it."""

from typing import Any

from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import invalid_argument, no_such_row
from keepstep_sandbox.dynamics.rows import Caller
from keepstep_sandbox.dynamics.rules import check_privilege, leave_list, strike
from keepstep_sandbox.dynamics.standard import CREATED, LIST, LIST_MEMBER, MEMBER_KINDS, MODIFIED
from keepstep_sandbox.dynamics.table import Row


class Lists:
    """See the module."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def row(self, list_id: str) -> Row:
        """Give a list.

        Raises:
            DynamicsError: there's none.
        """
        found = self._environment.tables[LIST].get(list_id)
        if found is None:
            raise no_such_row(LIST, list_id)
        return found

    def kind(self, list_id: str) -> str:
        """Give the table whose rows a list holds."""
        return MEMBER_KINDS[self.row(list_id).get("createdfromcode", 2)]

    def add(self, caller: Caller, list_id: str, entity: str) -> str:
        """Put a row on a list; one that is there already keeps its place. Give the membership's id.

        Raises:
            DynamicsError: the list is dynamic, or there's no such row of its kind.
        """
        environment = self._environment
        found = self._open(caller, list_id)
        kind = self.kind(list_id)
        if environment.tables[kind].get(entity) is None:
            raise no_such_row(kind, entity)
        member = self._member(list_id, entity)
        if member is not None:
            return str(member["listmemberid"])
        made: dict[str, Any] = {"listmemberid": environment.new_id(LIST_MEMBER)}
        made |= {"listid": list_id, "entityid": entity, CREATED: environment.now(), MODIFIED: environment.now()}
        environment.put(LIST_MEMBER, {**made, "createdby": caller.user, "modifiedby": caller.user})
        environment.put(LIST, {**found, "membercount": found.get("membercount", 0) + 1})
        return str(made["listmemberid"])

    def remove(self, caller: Caller, list_id: str, entity: str) -> None:
        """Take a row from a list; who isn't on it needn't be taken.

        Raises:
            DynamicsError: the list is dynamic.
        """
        self._open(caller, list_id)
        member = self._member(list_id, entity)
        if member is not None:
            leave_list(self._environment, member)

    def members(self, list_id: str) -> list[str]:
        """Give the ids of the rows on a list, in their order."""
        table = self._environment.tables[LIST_MEMBER]
        return sorted((table.get(one) or {})["entityid"] for one in table.find("listid", list_id))

    def _open(self, caller: Caller, list_id: str) -> Row:
        found = self.row(list_id)
        check_privilege(self._environment, caller, "Write", self._environment.schema.table(LIST))
        strike(self._environment, list_id)
        if found.get("type", False):
            raise invalid_argument("Members of a dynamic list cannot be added or removed.")
        return found

    def _member(self, list_id: str, entity: str) -> Row | None:
        table = self._environment.tables[LIST_MEMBER]
        for row_id in table.find("entityid", entity):
            row = table.get(row_id)
            if row is not None and row["listid"] == list_id:
                return row
        return None
