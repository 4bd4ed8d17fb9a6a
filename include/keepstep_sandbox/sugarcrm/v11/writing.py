"""What a v11 client writes: values by the rules of their fields, email addresses as arrays or by `email1`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keepstep_sandbox.sugarcrm.addresses import FLAGS, Wanted
from keepstep_sandbox.sugarcrm.errors import SugarError, invalid, missing
from keepstep_sandbox.sugarcrm.ids import well_formed
from keepstep_sandbox.sugarcrm.records import Records
from keepstep_sandbox.sugarcrm.schema import Type
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import ACCOUNTS, CONTACTS, USERS
from keepstep_sandbox.sugarcrm.table import Row
from keepstep_sandbox.sugarcrm.values import is_email, strict, truth

_FLAG_FIELDS = {"email_opt_out": "opt_out", "invalid_email": "invalid_email"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A body that was read: values for the row, and what becomes of the addresses.

    Attributes:
        values: as rows hold them.
        emails: the whole set, None to leave it.
        primary: a new primary address, None to leave it.
        flags: of the primary address.
    """

    values: Row
    emails: list[Wanted] | None
    primary: str | None
    flags: dict[str, bool]


class Writing:
    """Reads bodies and stores them."""

    def __init__(self, site: Site, *, by_people: bool = False) -> None:
        """Take the site; people in its own UI may write to users as well."""
        self._site = site
        self._by_people = by_people
        self._records = Records(site)

    def create(self, by: str, module: str, body: Mapping[str, Any], more: Row | None = None) -> str:
        """Store a new record; give its id.

        Raises:
            SugarError: a value isn't taken, one is missing, or the id is taken.
        """
        self._check_module(module)
        draft = self.draft(module, body)
        if self._site.settings.requires_fields:
            for field in self._site.schema.fields(module):
                if field.required and field.type is not Type.ID and not draft.values.get(field.name):
                    raise missing(field.name)
        owned = self._site.schema.field(module, "assigned_user_id") is not None
        owner = {"assigned_user_id": by} if owned else {}
        made = self._records.create(by, module, {**owner, **draft.values, **(more or {})}, self._own_id(module, body))
        self._store_emails(module, made, draft)
        return made

    def update(self, by: str, module: str, record_id: str, body: Mapping[str, Any]) -> None:
        """Change a record; what isn't named stays.

        Raises:
            SugarError: there's none, a fault stands on it, or a value isn't taken.
        """
        self._check_module(module)
        self._records.live(module, record_id)
        draft = self.draft(module, body)
        touched = draft.emails is not None or draft.primary is not None or bool(draft.flags)
        self._records.update(by, module, record_id, draft.values, touched=touched)
        self._store_emails(module, record_id, draft)

    def draft(self, module: str, body: Mapping[str, Any]) -> Draft:
        """Read a body; unknown and read-only fields are left out.

        Raises:
            SugarError: a value isn't taken.
        """
        values: Row = {}
        for name, value in body.items():
            field = self._site.schema.field(module, name)
            if field is None or field.readonly or name in ("id", "deleted"):
                continue
            if not field.column and not (module == CONTACTS and name == "account_id"):
                continue
            try:
                values[name] = strict(field, value, self._site.settings)
            except (TypeError, ValueError) as error:
                raise invalid(f"Invalid value for field {name} of {module}: {error}") from error
        self._check_account(module, values)
        emails = self._emails(body["email"]) if isinstance(body.get("email"), list) else None
        primary = None
        if emails is None and "email1" in body:
            primary = str(body["email1"] or "")
            self._check_address(primary)
        flags = {flag: truth(body[name]) for name, flag in _FLAG_FIELDS.items() if name in body and emails is None}
        return Draft(values, emails, primary, flags)

    def _emails(self, told: list[Any]) -> list[Wanted]:
        found: list[Wanted] = []
        for one in told:
            if not isinstance(one, Mapping) or not one.get("email_address"):
                raise invalid("An email address needs email_address")
            self._check_address(str(one["email_address"]))
            flags = {flag: truth(one[flag]) for flag in FLAGS if flag in one}
            found.append(Wanted(str(one["email_address"]), truth(one.get("primary_address", False)), flags))
        return found

    def _check_address(self, text: str) -> None:
        if text and self._site.settings.refuses_bad_addresses and not is_email(text):
            raise invalid("Invalid email address")

    def _check_account(self, module: str, values: Row) -> None:
        account = values.get("account_id")
        if module == CONTACTS and account and self._site.tables[ACCOUNTS].live(account) is None:
            raise invalid(f"Could not find the account: {account}")

    def _check_module(self, module: str) -> None:
        if module == USERS and not self._by_people:
            raise SugarError("not_authorized", f"You are not authorized to edit {module}.")

    def _own_id(self, module: str, body: Mapping[str, Any]) -> str | None:
        wanted = str(body.get("id") or "")
        if not wanted or not self._site.settings.client_ids:
            return None
        if not well_formed(wanted):
            raise invalid(f"Invalid id: {wanted}")
        if self._site.tables[module].get(wanted) is not None:
            raise invalid(f"Record already exists: {wanted} in module: {module}")
        return wanted

    def _store_emails(self, module: str, record_id: str, draft: Draft) -> None:
        addresses, now = self._site.addresses, self._site.now()
        if draft.emails is not None:
            addresses.replace(module, record_id, draft.emails, now)
        elif draft.primary is not None:
            addresses.set_primary(module, record_id, draft.primary, now)
        held = addresses.primary(module, record_id) if draft.flags else None
        if held is not None:
            addresses.mark(held["id"], draft.flags, now)
