"""The rules that a write may break: privileges, states, keys, duplicates, customer logic."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from keepstep_sandbox.dynamics.environment import Environment, Fault
from keepstep_sandbox.dynamics.errors import DynamicsError, invalid_argument, missing_privilege
from keepstep_sandbox.dynamics.settings import REFUSE
from keepstep_sandbox.dynamics.standard import LEAD, LIST, LIST_MEMBER, OPEN, Definition
from keepstep_sandbox.dynamics.table import Row

if TYPE_CHECKING:
    from keepstep_sandbox.dynamics.rows import Caller

DEADLOCK: Final = "0x80044150", "Generic SQL error. Transaction was deadlocked on lock resources, SQL error 1205."


def lock(times: int | None) -> Fault:
    """Give the fault of a row that somebody else is writing to."""
    return Fault(*DEADLOCK, times, 500)


def strike(environment: Environment, row_id: str) -> None:
    """Refuse a write to a row that a fault stands on.

    Raises:
        DynamicsError: one does.
    """
    fault = environment.faults.get(row_id)
    if fault is None:
        return
    if fault.times is not None:
        if fault.times <= 1:
            del environment.faults[row_id]
        else:
            environment.faults[row_id] = replace(fault, times=fault.times - 1)
    raise DynamicsError(fault.status, fault.code, fault.message)


def check_privilege(environment: Environment, caller: "Caller", access: str, table: Definition) -> None:
    """Refuse what the app's security role lacks, `prvWriteLead`.

    Raises:
        DynamicsError: it lacks it.
    """
    privilege = f"prv{access}{table.schema_name}"
    if not caller.inside and privilege in environment.settings.missing_privileges:
        raise missing_privilege(caller.user, privilege)


def check_closed(environment: Environment, table: Definition, old: Row, values: Row) -> None:
    """Refuse to change a qualified or disqualified lead, if that is the policy; opening it again is allowed.

    Raises:
        DynamicsError: so it is.
    """
    closed = table.name == LEAD and old.get("statecode", OPEN) != OPEN
    if closed and environment.settings.closed_leads == REFUSE and values.get("statecode") != OPEN:
        raise invalid_argument("The lead is closed and cannot be updated.")


def set_state(environment: Environment, table: Definition, old: Row, row: Row, values: Row) -> None:
    """Let status and status reason of a row fit each other; who gives only the status gets its first reason.

    Raises:
        DynamicsError: they don't fit (0x80048408).
    """
    column = environment.schema.find(table.name, "statuscode")
    if column is None:
        return
    state = row["statecode"] = values.get("statecode", old.get("statecode", 0))
    if "statuscode" in values or ("statuscode" in old and state == old.get("statecode")):
        reason = column.option(row["statuscode"])
        if reason is None or reason.state != state:
            names = {"0": "Open", "1": "Qualified", "2": "Disqualified"}
            shown = names.get(str(state), str(state)) if table.name == LEAD else str(state)
            message = f"{row['statuscode']} is not a valid status code for state code {table.name}State.{shown}"
            raise DynamicsError(400, "0x80048408", f"{message} on {table.name} with Id {row[table.key]}.")
        return
    row["statuscode"] = next(one.value for one in column.options if one.state == state)


def check_keys(environment: Environment, table: Definition, row: Row) -> None:
    """Refuse a row whose alternate key is another row's already.

    Raises:
        DynamicsError: it is (0x80060892).
    """
    held = environment.tables[table.name]
    for key in environment.schema.keys[table.name].values():
        if any(row.get(column) is None for column in key.columns):
            continue
        same = set.intersection(*(held.find(column, row[column]) for column in key.columns))
        if same - {row[table.key]}:
            message = f"A record that has the attribute values {', '.join(key.columns)} already exists."
            raise DynamicsError(412, "0x80060892", f"{message} The entity key {key.name} requires a unique set.")


def check_duplicates(environment: Environment, table: Definition, row: Row, values: Row) -> None:
    """Refuse a row that a duplicate detection rule takes for another one's double.

    Raises:
        DynamicsError: it does (0x80040333).
    """
    columns = environment.duplicate_rules.get(table.name, ())
    if not any(column in values for column in columns) or any(row.get(column) is None for column in columns):
        return
    held = environment.tables[table.name]
    if set.intersection(*(held.find(column, row[column]) for column in columns)) - {row[table.key]}:
        message = "A record was not created or updated because a duplicate of the current record already exists."
        raise DynamicsError(environment.settings.duplicate_status, "0x80040333", message)


def leave_list(environment: Environment, member: Row) -> None:
    """Take a member from its list."""
    environment.remove(LIST_MEMBER, member["listmemberid"])
    found = environment.tables[LIST].get(member["listid"])
    if found is not None:
        environment.put(LIST, {**found, "membercount": found.get("membercount", 1) - 1})
