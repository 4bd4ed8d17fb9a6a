"""What an administrator does in the account, as control calls; the table is in `people_routes`."""

from dataclasses import asdict, replace
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keepstep_sandbox import credentials
from keepstep_sandbox.control import Handler, json_object
from keepstep_sandbox.netsuite.account import Account
from keepstep_sandbox.netsuite.oauth2 import OAuth2
from keepstep_sandbox.netsuite.schema import Field, Type
from keepstep_sandbox.netsuite.settings import PERMISSIONS

# Set by reset, by the start, or by the common control.
_FIXED: Final = frozenset({"seed", "size", "odd_emails", "individuals_share", "latency_s"})


class Administrator:
    """Whoever sets the account up."""

    def __init__(self, account: Account, oauth2: OAuth2) -> None:
        self._account = account
        self._oauth2 = oauth2

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Give method, path and handler of each."""
        return [
            ("GET", "/settings", self.settings),
            ("PUT", "/settings", self.change_settings),
            ("GET", "/key", self.key),
            ("POST", "/certificates", self.register),
            ("POST", "/fields", self.add_field),
            ("DELETE", "/fields/{record}/{name}", self.remove_field),
        ]

    async def settings(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Tell the settings in force."""
        told = asdict(self._account.settings)
        return JSONResponse({**told, "permissions": sorted(self._account.settings.permissions)})

    async def change_settings(self, request: Request) -> Response:
        """Change some of them."""
        found = await json_object(request)
        if _FIXED & found.keys():
            raise ValueError(f"{', '.join(sorted(_FIXED))} are set at the start or by reset and latency")
        if "permissions" in found:
            found["permissions"] = frozenset(found["permissions"])
            if unknown := found["permissions"] - PERMISSIONS:
                raise ValueError(f"no such permission: {', '.join(sorted(unknown))}")
        try:
            ZoneInfo(found.get("time_zone", "UTC"))
        except ZoneInfoNotFoundError as error:
            raise ValueError("no such time zone") from error
        if "one_world" in found:
            raise ValueError("whether an account is OneWorld is decided when it's made")
        self._account.settings = replace(self._account.settings, **found)
        return await self.settings(request)

    async def key(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Tell the default client's private key, and its ids."""
        told = {
            "client_id": credentials.NETSUITE_CLIENT_ID,
            "certificate_id": credentials.NETSUITE_CERTIFICATE_ID,
            "algorithm": "ES256",
            "private_key": self._oauth2.private_key_pem,
        }
        return JSONResponse(told)

    async def register(self, request: Request) -> Response:
        """Take in a certificate."""
        found = await json_object(request)
        self._oauth2.register(str(found["id"]), str(found["pem"]))
        return Response(status_code=204)

    async def add_field(self, request: Request) -> Response:
        """Make a custom field."""
        found = await json_object(request)
        kind = Type(found.get("type", "integer"))
        if kind is Type.REFERENCE:
            raise ValueError("a custom field of this sandbox isn't a reference")
        name = str(found["id"])
        self._account.schema.add(found["record"], Field(name, str(found.get("label", name)), kind, custom=True))
        return Response(status_code=204)

    async def remove_field(self, request: Request) -> Response:
        """Delete a custom field, and what it held."""
        record, name = request.path_params["record"], request.path_params["name"]
        self._account.schema.remove(record, name)
        table = self._account.tables[record]
        for row in [row for row in table.rows() if name in row]:
            table.put({column: value for column, value in row.items() if column != name})
        return Response(status_code=204)
