"""What the legacy service tells about itself, its modules and their fields."""

from typing import Any, Final

from keepstep_sandbox.sugarcrm.links import LINKS
from keepstep_sandbox.sugarcrm.schema import Field, Type
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import TABLES, USERS
from keepstep_sandbox.sugarcrm.v4_1.reads import Arguments, module_of, names_of
from keepstep_sandbox.sugarcrm.v4_1.rendering import pair
from keepstep_sandbox.sugarcrm.values import DATABASE

_YES_NO: Final = {"": pair("", ""), "1": {"name": 1, "value": "Yes"}, "2": {"name": 2, "value": "No"}}
_GROUPS: Final = {"date_modified": "modified_by_name", "date_entered": "created_by_name", "email1": "email1"}
_DATE_OPERATORS: Final = {
    "=": "Equals",
    "not_equal": "Not On",
    "greater_than": "After",
    "less_than": "Before",
    "last_7_days": "Last 7 Days",
    "next_7_days": "Next 7 Days",
    "last_30_days": "Last 30 Days",
    "next_30_days": "Next 30 Days",
    "last_month": "Last Month",
    "this_month": "This Month",
    "next_month": "Next Month",
    "last_year": "Last Year",
    "this_year": "This Year",
    "next_year": "Next Year",
    "between": "Is Between",
}
_ACTIONS: Final = ("edit", "delete", "list", "view", "import", "export")


class About:
    """Each method takes its user and its arguments, by name."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def get_server_info(self) -> Any:
        """Tell the version; nobody needs to be signed in for that."""
        now = self._site.now().strftime(DATABASE)
        return {"flavor": "CE", "version": "6.5.25", "suitecrm_version": "7.13.2", "gmt_time": now}

    def user(self, user: str) -> dict[str, Any]:
        """Tell who signed in."""
        row = self._site.tables[USERS].get(user) or {}
        told: dict[str, Any] = {
            "user_id": user,
            "user_name": row.get("user_name"),
            "user_language": "en_us",
            "user_currency_id": None,
            "user_is_admin": bool(row.get("is_admin")),
            "user_default_team_id": None,
            "user_default_dateformat": "m/d/Y",
            "user_default_timeformat": "H:i",
            "user_number_separator": ",",
            "user_decimal_separator": ".",
            "mobile_max_list_entries": None,
            "mobile_max_subpanel_entries": None,
            "user_currency_name": "US Dollar",
        }
        return {name: pair(name, value) for name, value in told.items()}

    def get_available_modules(self, _: str, given: Arguments) -> Any:  # noqa: ARG002 - a method's signature
        """Tell the modules."""
        acls = [{"action": action, "access": True} for action in _ACTIONS]
        keys = [{"module_key": one, "module_label": one, "favorite_enabled": False} for one in ("Home", *TABLES)]
        return {"modules": [{**key, "acls": acls} for key in keys]}

    def get_module_fields(self, _: str, given: Arguments) -> Any:
        """Tell a module's fields; an empty answer is an array, not an object."""
        module, names = module_of(self._site, given), names_of(given["fields"])
        known = [field for field in self._site.schema.fields(module) if not field.modern]
        fields = {field.name: _field(field) for field in known if not names or field.name in names}
        links = {
            link.name: {"name": link.name, "type": "link", "relationship": link.name, "module": link.module}
            for link in LINKS[module].values()
            if not names or link.name in names
        }
        table = TABLES[module]
        told: dict[str, Any] = {"module_fields": fields or [], "link_fields": links or []}
        return {"module_name": module, "table_name": table, **told}


def _field(field: Field) -> dict[str, Any]:
    owner = field.name == "assigned_user_id"
    told: dict[str, Any] = {
        "name": field.name,
        "type": str(field.type),
        "group": "assigned_user_name" if owner else _GROUPS.get(field.name, ""),
        "id_name": field.name if owner else "",
        "label": field.shown,
        "required": int(field.required),
        "options": _options(field),
        "related_module": field.module,
        "calculated": False,
        "len": str(field.length or ""),
    }
    return {**told, "default_value": "0"} if field.type is Type.BOOL and field.column else told


def _options(field: Field) -> Any:
    if field.type is Type.BOOL:
        return _YES_NO
    if field.type is Type.DATETIME:
        return {name: pair(name, label) for name, label in _DATE_OPERATORS.items()}
    return {value: pair(value, value) for value in field.values} or []
