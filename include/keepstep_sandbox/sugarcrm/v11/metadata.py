"""What v11 tells about the site and the user: `metadata`, `me`, `ping`."""

import hashlib
from typing import Any

from keepstep_sandbox.sugarcrm.links import LINKS
from keepstep_sandbox.sugarcrm.schema import Field
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import USERS
from keepstep_sandbox.sugarcrm.v11.calls import Answer, Call
from keepstep_sandbox.sugarcrm.view import full_name


class Metadata:
    """See the module."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def metadata(self, call: Call) -> Answer:
        """Answer `GET metadata`, all of it or `type_filter=modules` with `module_filter=A,B`."""
        types = _names(call.arguments.get("type_filter"))
        modules = _names(call.arguments.get("module_filter")) or self._site.schema.modules()
        told: dict[str, Any] = {"_hash": self.hash()}
        if not types or "modules" in types:
            known = [module for module in modules if module in self._site.schema]
            told["modules"] = {module: self._module(module) for module in known}
        if not types or "server_info" in types:
            told["server_info"] = {"flavor": "ENT", "version": "14.2.0", "name": "SugarCRM Enterprise"}
        return Answer(told)

    def hash(self) -> str:
        """Give the fingerprint that moves when a field does."""
        return hashlib.sha256(f"metadata/{self._site.schema.version}".encode()).hexdigest()[:32]

    def me(self, call: Call) -> Answer:
        """Answer `GET me`."""
        row = self._site.tables[USERS].get(call.user) or {}
        user = {
            "type": "admin" if row.get("is_admin") else "user",
            "id": call.user,
            "user_name": row.get("user_name", ""),
            "full_name": full_name(row),
            "preferences": {"datepref": "Y-m-d", "timepref": "H:i"},
            "my_teams": [{"id": "1", "name": "Global"}],
        }
        return Answer({"current_user": user})

    def ping(self, call: Call) -> Answer:  # noqa: ARG002 - a handler's signature
        """Answer `GET ping`."""
        return Answer("pong")

    def _module(self, module: str) -> dict[str, Any]:
        fields: dict[str, Any] = {field.name: _field(field) for field in self._site.schema.fields(module)}
        for link in LINKS[module].values():
            fields[link.name] = {"name": link.name, "type": "link", "module": link.module, "source": "non-db"}
        return {"fields": fields, "_hash": self.hash()}


def _field(field: Field) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": field.name,
        "type": str(field.type),
        "vname": field.shown,
        "required": field.required,
        "readonly": field.readonly,
    }
    if field.length:
        told["len"] = field.length
    if field.custom:
        told["source"] = "custom_fields"
    elif not field.column:
        told["source"] = "non-db"
    if field.values:
        told["options"] = f"{field.name}_dom"
    if field.module:
        told["module"] = field.module
    return told


def _names(told: Any) -> list[str]:
    return [str(one) for one in told] if isinstance(told, list) else [one for one in str(told or "").split(",") if one]
