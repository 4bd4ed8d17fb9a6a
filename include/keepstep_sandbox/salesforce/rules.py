"""What the org refuses by its administrators' rules: required fields, validation, duplicates, locks, references."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from keepstep_sandbox.salesforce.errors import SalesforceError, is_deleted, refuse
from keepstep_sandbox.salesforce.org import Fault, Org
from keepstep_sandbox.salesforce.schema import ACCOUNT, CONTACT, GROUP, LEAD, USER, Field, Type
from keepstep_sandbox.salesforce.soql.engine import holds
from keepstep_sandbox.salesforce.table import Row

USE_ONE = "Use one of these records?"


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Two live records of `object` may not hold the same in all `fields`; `allow_save` makes it an alert only."""

    object: str
    fields: tuple[str, ...]
    allow_save: bool = True


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """A record of `object` for which `when` (a SOQL condition) holds is refused with the administrator's message."""

    object: str
    when: str
    message: str
    field: str = ""


def check(org: Org, kind: str, row: Row, changed: Mapping[str, Any], *, allow_duplicates: bool) -> None:
    """Check a row that is about to be stored, in the order of the real one: required, references, validation, twins.

    Args:
        org: the org.
        kind: the object.
        row: as it would be.
        changed: what the caller wrote.
        allow_duplicates: whether the caller said to save in spite of alerts.

    Raises:
        SalesforceError: a rule is broken.
    """
    fields = org.schema.fields(kind)
    missing = [field.name for field in fields if field.required and row.get(field.name) in (None, "")]
    if missing:
        raise refuse("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", *missing)
    for field in fields:
        if field.name in changed and changed[field.name] is not None:
            _check_value(org, kind, field, row)
    for rule in org.validation_rules.values():
        if rule.object == kind and holds(org, kind, rule.when, row):
            raise refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, *([rule.field] if rule.field else []))
    _check_duplicates(org, kind, row, changed, allow_duplicates=allow_duplicates)


def strike(org: Org, record_id: str) -> None:
    """Let a fault put on a record refuse a write, and wear off.

    Raises:
        SalesforceError: there's one.
    """
    fault = org.faults.get(record_id)
    if fault is None:
        return
    if fault.times is not None:
        left = replace(fault, times=fault.times - 1)
        org.faults[record_id] = left
        if left.times == 0:
            del org.faults[record_id]
    raise refuse(fault.code, fault.message)


def lock(record_id: str, times: int | None) -> Fault:
    """Make the fault of a row that somebody else holds."""
    message = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
    return Fault("UNABLE_TO_LOCK_ROW", message, times)


def check_lock_of_account(org: Org, kind: str, row: Row) -> None:
    """Refuse to write a contact whose account's row is locked: saving it locks the account as well.

    Raises:
        SalesforceError: it's locked.
    """
    account = row.get("AccountId")
    fault = org.faults.get(account) if kind == CONTACT and account is not None else None
    if account is not None and fault is not None and fault.code == "UNABLE_TO_LOCK_ROW":
        strike(org, account)


def _check_value(org: Org, kind: str, field: Field, row: Row) -> None:
    if field.type is Type.REFERENCE:
        _check_reference(org, kind, field, str(row[field.name]))
    elif field.external_id:
        table = org.tables[kind]
        twins = {i for i in table.find(field.name, row[field.name]) if _is_live(table.get(i))} - {row["Id"]}
        if twins:
            message = f"duplicate value found: {field.name} duplicates value on record with id: {min(twins)}"
            raise refuse("DUPLICATE_VALUE", message)


def _is_live(row: Row | None) -> bool:
    return row is not None and not row.get("IsDeleted", False)


def _check_reference(org: Org, kind: str, field: Field, target: str) -> None:
    found = org.schema.kind_of(target)
    if found not in field.targets or (kind == CONTACT and found == GROUP):
        raise refuse("MALFORMED_ID", f"{field.shown}: id value of incorrect type: {target}", field.name)
    row = org.tables[found].get(target)
    if row is None:
        raise refuse(
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id"
        )
    if found == USER and not row.get("IsActive", False):
        raise refuse("INACTIVE_OWNER_OR_USER", f"operation performed with inactive user [{target}]", field.name)
    if found == ACCOUNT and row.get("IsDeleted", False):
        raise replace(is_deleted(), status=400)


def _check_duplicates(org: Org, kind: str, row: Row, changed: Mapping[str, Any], *, allow_duplicates: bool) -> None:
    for name, rule in org.duplicate_rules.items():
        touched = any(field in changed for field in rule.fields) and all(field in row for field in rule.fields)
        if rule.object != kind or not touched or (rule.allow_save and allow_duplicates):
            continue
        if twins := _twins(org, kind, row, rule):
            raise _duplicates(org, kind, name, rule, twins)


def _twins(org: Org, kind: str, row: Row, rule: DuplicateRule) -> list[str]:
    table = org.tables[kind]
    found = set.intersection(*(table.find(field, row[field]) for field in rule.fields)) - {row["Id"]}
    live = [other for other in sorted(found) if _is_live(table.get(other))]
    return [other for other in live if kind != LEAD or not (table.get(other) or {}).get("IsConverted", False)]


def _duplicates(org: Org, kind: str, name: str, rule: DuplicateRule, twins: list[str]) -> SalesforceError:
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {
                "attributes": {"type": kind, "url": f"/services/data/v60.0/sobjects/{kind}/{twin}"},
                "Id": twin,
            },
        }
        for twin in twins
    ]
    matches = {
        "entityType": kind,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": records,
        "rule": f"{name}_Match",
        "size": len(records),
        "success": True,
    }
    result = {
        "allowSave": rule.allow_save,
        "duplicateRule": name,
        "duplicateRuleEntityType": kind,
        "errorMessage": USE_ONE,
        "matchResults": [matches],
    }
    key = "duplicateResut" if org.settings.misspelt_duplicate_key else "duplicateResult"
    return SalesforceError(400, "DUPLICATES_DETECTED", USE_ONE, None, {key: result})
