"""What an administrator does in the site, as control calls; the table is in `people_routes`."""

from dataclasses import asdict, replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keepstep_sandbox.control import Handler, json_object
from keepstep_sandbox.sugarcrm.schema import Field, Type
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import ACCOUNTS, CONTACTS, LEADS

_FIXED: Final = frozenset({"seed", "size", "odd_emails", "latency_s"})  # set by reset, start or the common control
_OBJECTS: Final = {"lead": LEADS, "contact": CONTACTS, "account": ACCOUNTS}
_TYPES: Final = {"string": Type.VARCHAR, "int": Type.INT, "boolean": Type.BOOL}
_LENGTH: Final = 255


class Administrator:
    """Whoever sets the site up."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Give method, path and handler of each."""
        return [
            ("GET", "/settings", self.settings),
            ("PUT", "/settings", self.change_settings),
            ("POST", "/fields", self.add_field),
            ("PATCH", "/fields/{object}/{name}", self.change_field),
            ("DELETE", "/fields/{object}/{name}", self.remove_field),
        ]

    async def settings(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Tell the settings in force."""
        return JSONResponse(asdict(self._site.settings))

    async def change_settings(self, request: Request) -> Response:
        """Change settings."""
        changes = await json_object(request)
        if fixed := sorted(_FIXED & changes.keys()):
            raise ValueError(f"not to be changed here: {', '.join(fixed)}")
        if "platforms" in changes:
            changes["platforms"] = tuple(changes["platforms"])
        self._site.settings = replace(self._site.settings, **changes)
        return JSONResponse(asdict(self._site.settings))

    async def add_field(self, request: Request) -> Response:
        """Make a custom field."""
        found = await json_object(request)
        module, kind = _OBJECTS[found.pop("object")], _kind(found.pop("type", "string"))
        length = found.pop("length", _LENGTH) if kind is Type.VARCHAR else 0
        found.pop("length", None)
        self._site.schema.add(module, Field(**{**found, "type": kind, "length": length}))
        return Response(status_code=204)

    async def change_field(self, request: Request) -> Response:
        """Change a field: its length, its type, whether it's required."""
        changes: dict[str, Any] = await json_object(request)
        if "type" in changes:
            changes["type"] = _kind(changes["type"])
        self._site.schema.change(*_place(request), **changes)
        return Response(status_code=204)

    async def remove_field(self, request: Request) -> Response:
        """Delete a custom field with its values, or take a standard one out of the module."""
        module, name = _place(request)
        field = self._site.schema.remove(module, name)
        table = self._site.tables[module]
        table.forget_index(name)
        for row in [row for row in table.rows() if field.custom and name in row]:
            table.put({**row, name: None})
        return Response(status_code=204)


def _place(request: Request) -> tuple[str, str]:
    return _OBJECTS[request.path_params["object"]], str(request.path_params["name"])


def _kind(name: str) -> Type:
    if name not in _TYPES:
        raise ValueError(f"a custom field's type is one of {', '.join(_TYPES)}")
    return _TYPES[name]
