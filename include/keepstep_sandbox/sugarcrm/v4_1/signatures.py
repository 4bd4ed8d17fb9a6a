"""The methods' parameters, and how arguments are bound to them: in order, or by name."""

from dataclasses import dataclass, field
from typing import Any, Final

from keepstep_sandbox.sugarcrm.v4_1.errors import Crash


@dataclass(frozen=True, slots=True)
class Signature:
    """A method's parameters, in order: those that must be given, those with a default."""

    needed: tuple[str, ...] = ()
    optional: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return (*self.needed, *self.optional)


def _takes(needed: str = "", **optional: Any) -> Signature:
    return Signature(tuple(needed.split()), optional)


SIGNATURES: Final = {
    "get_server_info": _takes(),
    "login": _takes("user_auth application", name_value_list=[]),
    "logout": _takes("session"),
    "get_user_id": _takes("session"),
    "seamless_login": _takes("session"),
    "get_available_modules": _takes("session", filter="all"),
    "get_module_fields": _takes("session module_name", fields=[]),
    "get_entry": _takes("session module_name id", select_fields=[], link_name_to_fields_array=[], track_view=False),
    "get_entries": _takes("session module_name ids", select_fields=[], link_name_to_fields_array=[], track_view=False),
    "get_entry_list": _takes(
        "session module_name query order_by offset select_fields link_name_to_fields_array max_results",
        deleted=0,
        favorites=False,
    ),
    "get_entries_count": _takes("session module_name query deleted"),
    "set_entry": _takes("session module_name name_value_list", track_view=False),
    "set_entries": _takes("session module_name name_value_lists"),
    "set_relationship": _takes(
        "session module_name module_id link_field_name related_ids", name_value_list=[], delete=0
    ),
    "set_relationships": _takes(
        "session module_names module_ids link_field_names related_ids", name_value_lists=[], delete_array=[]
    ),
    "get_relationships": _takes(
        "session module_name module_id link_field_name related_module_query related_fields "
        "related_module_link_name_to_fields_array deleted",
        order_by="",
        offset=0,
        limit=False,
    ),
    "get_modified_relationships": _takes(
        "session module_name related_module from_date to_date offset max_results",
        deleted=0,
        module_user_id="",
        select_fields=[],
        relationship_name="",
        deletion_date="",
    ),
    "search_by_module": _takes(
        "session search_string modules offset max_results",
        assigned_user_id="",
        select_fields=[],
        unified_search_only=True,
        favorites=False,
    ),
}


def bind(signature: Signature, given: Any, *, by_name: bool) -> dict[str, Any]:
    """Bind arguments: an array in order, an object by name (PHP 8) or in order all the same (PHP 7).

    Raises:
        Crash: one is missing, or has a name that there isn't.
    """
    if isinstance(given, dict) and by_name:
        if not given.keys() <= set(signature.names):
            raise Crash
        bound = dict(given)
    else:
        values = list(given.values()) if isinstance(given, dict) else list(given)
        bound = dict(zip(signature.names, values, strict=False))  # PHP takes no notice of those that are too many
    if not set(signature.needed) <= bound.keys():
        raise Crash
    return {**signature.optional, **bound}
