"""What an administrator does in the business unit, as control calls under `/_control/account_engagement`.

| call | does |
|---|---|
| GET, PUT settings | reads or changes `AccountEngagementSettings` |
| GET, PUT scoring | the points by rule; `{"form_submission": 60}` changes a rule and all scores that it ever gave |
| PUT usage | `{"calls": 24990}`: so many calls have been made today |
| PUT unreadable | `{"times": 1}`: so many creates end with 204 and no body, though the record exists |
| GET key | what signs in: ids, the user, the private key for JWT |
"""

from dataclasses import asdict, replace
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keepstep_sandbox import credentials
from keepstep_sandbox.account_engagement.activities import Activities
from keepstep_sandbox.account_engagement.gate import Handler
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.control import json_object
from keepstep_sandbox.salesforce_oauth import private_key_pem

# Set at the start, by reset or latency: they draw the people, or are no business of the system's.
_FIXED: Final = frozenset(
    {"seed", "size", "odd_emails", "latency_s", "linked_share", "active_share", "listed_share"}
)  # fmt: skip


def administrator_routes(unit: BusinessUnit) -> list[tuple[str, str, Handler]]:
    """Give method, path and handler of all."""
    administrator = _Administrator(unit)
    return [
        ("GET", "/settings", administrator.settings),
        ("PUT", "/settings", administrator.change_settings),
        ("GET", "/scoring", administrator.scoring),
        ("PUT", "/scoring", administrator.change_scoring),
        ("PUT", "/usage", administrator.use),
        ("PUT", "/unreadable", administrator.let_be_unreadable),
        ("GET", "/key", administrator.key),
    ]


class _Administrator:
    """Whoever sets the unit up."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit
        self._activities = Activities(unit)

    async def settings(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        return JSONResponse(asdict(self._unit.settings))

    async def change_settings(self, request: Request) -> Response:
        found = await json_object(request)
        if _FIXED & found.keys():
            raise ValueError(f"{', '.join(sorted(_FIXED))} are set at the start or by reset and latency")
        if "hidden_fields" in found:
            found["hidden_fields"] = tuple(found["hidden_fields"])
        self._unit.settings = replace(self._unit.settings, **found)
        return await self.settings(request)

    async def scoring(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        return JSONResponse(self._unit.points)

    async def change_scoring(self, request: Request) -> Response:
        rules = {str(name): int(points) for name, points in (await json_object(request)).items()}
        return JSONResponse({"changed": self._activities.rescore(rules)})

    async def use(self, request: Request) -> Response:
        self._unit.use(int((await json_object(request))["calls"]))
        return Response(status_code=204)

    async def let_be_unreadable(self, request: Request) -> Response:
        self._unit.unreadable = int((await json_object(request)).get("times", 1))
        return Response(status_code=204)

    async def key(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        told = {
            "client_id": credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID,
            "client_secret": credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET,
            "username": credentials.ACCOUNT_ENGAGEMENT_USER,
            "business_unit": credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT,
            "algorithm": "RS256",
            "private_key": private_key_pem(),
        }
        return JSONResponse(told)
