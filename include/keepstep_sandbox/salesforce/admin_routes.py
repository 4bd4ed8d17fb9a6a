"""What an administrator does in the org, as control calls; the table is in `people_routes`."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keepstep_sandbox import credentials
from keepstep_sandbox.control import Handler, json_object
from keepstep_sandbox.salesforce.bulk_ingest import Breakdown, BulkIngest
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.query_service import QueryService
from keepstep_sandbox.salesforce.rules import DuplicateRule, ValidationRule
from keepstep_sandbox.salesforce.schema import Field, Type
from keepstep_sandbox.salesforce.sign_in import SignIn
from keepstep_sandbox.salesforce.soql.parser import parse_condition
from keepstep_sandbox.salesforce_oauth import private_key_pem

_FIXED: Final = frozenset({"seed", "size", "odd_emails", "latency_s"})  # set by reset, start or the common control


class Administrator:
    """Whoever sets the org up."""

    def __init__(self, org: Org, sign_in: SignIn, query: QueryService, ingest: BulkIngest) -> None:
        """Take the org, and those of its services that can be set from here."""
        self._org = org
        self._sign_in = sign_in
        self._query = query
        self._ingest = ingest

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Give method, path and handler of each."""
        return [
            ("GET", "/settings", self.settings),
            ("PUT", "/settings", self.change_settings),
            ("GET", "/key", self.key),
            ("PUT", "/usage", self.use),
            ("PUT", "/breakdown", self.break_down),
            ("POST", "/empty-recycle-bin", self.empty_bin),
            ("POST", "/fields", self.add_field),
            ("PATCH", "/fields/{kind}/{name}", self.change_field),
            ("DELETE", "/fields/{kind}/{name}", self.remove_field),
            ("PUT", "/duplicate-rules/{name}", self.put_duplicate_rule),
            ("DELETE", "/duplicate-rules/{name}", self.remove_duplicate_rule),
            ("PUT", "/validation-rules/{name}", self.put_validation_rule),
            ("DELETE", "/validation-rules/{name}", self.remove_validation_rule),
            ("DELETE", "/cursors", self.end_cursors),
            ("PUT", "/delete-log", self.cut_delete_log),
            ("POST", "/approvals", self.approve),
        ]

    async def settings(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Tell the settings in force."""
        return JSONResponse(asdict(self._org.settings))

    async def change_settings(self, request: Request) -> Response:
        """Change settings."""
        found = await json_object(request)
        if _FIXED & found.keys():
            raise ValueError(f"{', '.join(sorted(_FIXED))} are set at the start or by reset and latency")
        self._org.settings = replace(self._org.settings, **found)
        return await self.settings(request)

    async def key(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Give the private key that signs assertions, and whose they are."""
        told = {
            "client_id": credentials.SALESFORCE_CLIENT_ID,
            "username": credentials.SALESFORCE_USER,
            "algorithm": "RS256",
            "private_key": private_key_pem(),
        }
        return JSONResponse(told)

    async def use(self, request: Request) -> Response:
        """Set how many calls were made within the last hour."""
        calls = int((await json_object(request))["calls"])
        self._org.calls.clear()
        self._org.calls[int(self._org.now().timestamp()) // 3600] = calls
        return Response(status_code=204)

    async def break_down(self, request: Request) -> Response:
        """Let the next ingest job break down."""
        self._ingest.breakdown = Breakdown(**await json_object(request))
        return Response(status_code=204)

    async def empty_bin(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Empty the recycle bin."""
        self._org.empty_bin()
        return Response(status_code=204)

    async def add_field(self, request: Request) -> Response:
        """Make a custom field."""
        found = await json_object(request)
        kind, kind_of_field = found.pop("object"), Type(found.pop("type", "string"))
        if kind_of_field is Type.REFERENCE:
            raise ValueError("a custom field of this sandbox isn't a reference")
        values = tuple(found.pop("values", ()))
        self._org.schema.add(kind, Field(**{"length": 255, **found, "type": kind_of_field, "values": values}))
        self._org.schema_changed = self._org.now()
        return Response(status_code=204)

    async def change_field(self, request: Request) -> Response:
        """Change a field's length, values, or whether it is required."""
        found = await json_object(request)
        if "values" in found:
            found["values"] = tuple(found["values"])
        self._org.schema.change(request.path_params["kind"], request.path_params["name"], **found)
        self._org.schema_changed = self._org.now()
        return Response(status_code=204)

    async def remove_field(self, request: Request) -> Response:
        """Delete a custom field, or hide a standard one."""
        kind = self._org.schema.kind(request.path_params["kind"])
        field = self._org.schema.remove(kind, request.path_params["name"])
        self._org.schema_changed = self._org.now()
        table = self._org.tables[kind]
        table.forget_index(field.name)
        for record_id in list(table.ids()):
            row = table.get(record_id) or {}
            if field.name in row and field.custom:
                self._org.put(kind, {name: value for name, value in row.items() if name != field.name})
        return Response(status_code=204)

    async def put_duplicate_rule(self, request: Request) -> Response:
        """Switch a duplicate rule on."""
        found = await json_object(request)
        kind = self._org.schema.kind(str(found["object"]))
        fields = tuple(self._org.schema.field(kind, name).name for name in found["fields"])
        rule = DuplicateRule(kind, fields, bool(found.get("allow_save", True)))
        self._org.duplicate_rules[request.path_params["name"]] = rule
        return Response(status_code=204)

    async def remove_duplicate_rule(self, request: Request) -> Response:
        """Switch it off."""
        del self._org.duplicate_rules[request.path_params["name"]]
        return Response(status_code=204)

    async def put_validation_rule(self, request: Request) -> Response:
        """Switch a validation rule on."""
        rule = ValidationRule(**await json_object(request))
        parse_condition(rule.when)
        self._org.validation_rules[request.path_params["name"]] = rule
        return Response(status_code=204)

    async def remove_validation_rule(self, request: Request) -> Response:
        """Switch it off."""
        del self._org.validation_rules[request.path_params["name"]]
        return Response(status_code=204)

    async def end_cursors(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """End all query cursors."""
        self._query.end_cursors()
        return Response(status_code=204)

    async def cut_delete_log(self, request: Request) -> Response:
        """Let the delete log reach back so far only; the recycle bin keeps what it holds."""
        kept_s = float((await json_object(request))["kept_s"])
        self._org.cut_delete_log(timedelta(seconds=kept_s))
        return Response(status_code=204)

    async def approve(self, request: Request) -> Response:
        """Give a refresh token, as if a user had signed in with a browser and let the app in."""
        user = str((await json_object(request)).get("user", self._org.integration_user))
        return JSONResponse({"refresh_token": self._sign_in.approve(user)}, 201)
