"""What an administrator does in the environment, as control calls; the table is in `people_routes`."""

from dataclasses import asdict, replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keepstep_sandbox.control import Handler, json_object
from keepstep_sandbox.dynamics.columns import Column, Option, Type
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.limits import Protection
from keepstep_sandbox.dynamics.schema import AlternateKey
from keepstep_sandbox.dynamics.sign_in import SignIn

_FIXED: Final = frozenset({"seed", "size", "odd_emails", "latency_s"})  # set by reset, start or the common control
_TYPES: Final = {
    "string": Type.STRING, "memo": Type.MEMO, "int": Type.INTEGER, "decimal": Type.DECIMAL, "boolean": Type.BOOLEAN,
    "choice": Type.PICKLIST, "datetime": Type.DATETIME,
}  # fmt: skip
_LENGTHS: Final = {Type.STRING: 100, Type.MEMO: 2000}
_FIRST_OPTION: Final = 100_000_000


class Administrator:
    """Whoever sets the environment up."""

    def __init__(self, environment: Environment, sign_in: SignIn, protection: Protection) -> None:
        self._environment, self._sign_in, self._protection = environment, sign_in, protection

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Give method, path and handler of each."""
        return [
            ("GET", "/settings", self.settings),
            ("PUT", "/settings", self.change_settings),
            ("POST", "/fields", self.add_field),
            ("PATCH", "/fields/{table}/{name}", self.change_field),
            ("DELETE", "/fields/{table}/{name}", self.remove_field),
            ("PUT", "/keys/{table}/{name}", self.put_key),
            ("DELETE", "/keys/{table}/{name}", self.remove_key),
            ("PUT", "/duplicate-rules/{table}", self.put_duplicate_rule),
            ("DELETE", "/duplicate-rules/{table}", self.remove_duplicate_rule),
            ("DELETE", "/delta-tokens", self.expire_delta_tokens),
            ("PUT", "/usage", self.use),
            ("PUT", "/secret", self.expire_secret),
        ]

    async def settings(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Tell the settings in force."""
        return JSONResponse(asdict(self._environment.settings))

    async def change_settings(self, request: Request) -> Response:
        """Change settings."""
        found = await json_object(request)
        if _FIXED & found.keys():
            raise ValueError(f"{', '.join(sorted(_FIXED))} are set at the start or by reset and latency")
        self._environment.settings = replace(self._environment.settings, **found)
        return await self.settings(request)

    async def add_field(self, request: Request) -> Response:
        """Make a custom column."""
        found = await json_object(request)
        table, name, kind = str(found["object"]), str(found["name"]), _TYPES[found.get("type", "string")]
        length = int(found.get("length") or _LENGTHS.get(kind, 0))
        column = Column(
            name=name, type=kind, length=length, options=_options(found), shared=str(found.get("shared", ""))
        )
        self._environment.schema.table(table)
        self._environment.schema.add(table, column)
        self._environment.schema_changed(table)
        return Response(status_code=204)

    async def change_field(self, request: Request) -> Response:
        """Change a column's length or options, or whether the API may write it."""
        found = await json_object(request)
        table, name = str(request.path_params["table"]), str(request.path_params["name"])
        if "values" in found:
            found["options"] = _options(found)
            del found["values"]
        self._environment.schema.change(table, name, **found)
        self._environment.schema_changed(table)
        return Response(status_code=204)

    async def remove_field(self, request: Request) -> Response:
        """Delete a custom column, and what rows hold in it."""
        table, name = str(request.path_params["table"]), str(request.path_params["name"])
        environment = self._environment
        column = environment.schema.find(environment.schema.table(table).name, name)
        if column is None:
            raise KeyError(name)
        if not column.custom:
            raise ValueError("a standard column can't be deleted")
        environment.schema.remove(table, name)
        environment.schema_changed(table)
        rows = environment.tables[table]
        rows.forget_index(name)
        for row in list(rows.rows()):
            row.pop(name, None)  # a deleted column moves no version
        return Response(status_code=204)

    async def put_key(self, request: Request) -> Response:
        """Declare an alternate key."""
        table, name = str(request.path_params["table"]), str(request.path_params["name"])
        columns = tuple((await json_object(request))["columns"])
        for column in columns:
            if self._environment.schema.find(table, column) is None:
                raise KeyError(column)
        self._environment.schema.keys[table][name] = AlternateKey(name, columns)
        return Response(status_code=204)

    async def remove_key(self, request: Request) -> Response:
        """Take an alternate key away."""
        del self._environment.schema.keys[str(request.path_params["table"])][str(request.path_params["name"])]
        return Response(status_code=204)

    async def put_duplicate_rule(self, request: Request) -> Response:
        """Say what makes two rows of a table doubles."""
        table = self._environment.schema.table(str(request.path_params["table"]))
        self._environment.duplicate_rules[table.name] = tuple((await json_object(request))["columns"])
        return Response(status_code=204)

    async def remove_duplicate_rule(self, request: Request) -> Response:
        """Take a table's rule away."""
        del self._environment.duplicate_rules[str(request.path_params["table"])]
        return Response(status_code=204)

    async def expire_delta_tokens(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Let all delta tokens handed out so far be too old."""
        self._environment.oldest_delta = self._environment.next_version()
        return Response(status_code=204)

    async def use(self, request: Request) -> Response:
        """Let so much have been spent just now."""
        found = await json_object(request)
        self._protection.clear()
        self._protection.use(int(found.get("requests", 0)), float(found.get("seconds", 0.0)))
        return Response(status_code=204)

    async def expire_secret(self, request: Request) -> Response:
        """Let the app's secret have expired, or be good again."""
        self._sign_in.secret_expired = bool((await json_object(request)).get("expired", True))
        return Response(status_code=204)


def _options(found: dict[str, Any]) -> tuple[Option, ...]:
    return tuple(Option(_FIRST_OPTION + place, str(one)) for place, one in enumerate(found.get("values", ())))
