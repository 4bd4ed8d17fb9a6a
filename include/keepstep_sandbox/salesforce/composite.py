"""Composite: up to 25 calls in one, which may use what the ones before them gave."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Message

from keepstep_sandbox.salesforce.bodies import json_body
from keepstep_sandbox.salesforce.errors import SalesforceError, bad_request, not_found
from keepstep_sandbox.salesforce.gate import Handler
from keepstep_sandbox.salesforce.org import Org

MAX_CALLS: Final = 25
MAX_HEAVY: Final = 5  # of these: queries and collections
_REFERENCE: Final = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_HEAVY: Final = re.compile(r"/(query|queryAll|composite/sobjects)\b")
_HALTED: Final = "The transaction was rolled back since another operation in the same transaction failed."


@dataclass(frozen=True, slots=True)
class _Call:
    """One call within: as it was sent."""

    method: str
    url: str
    reference: str
    body: Any


class Composite:
    """Answers `POST /composite`; it counts as one API call."""

    def __init__(self, org: Org, routes: list[tuple[Route, Handler]]) -> None:
        self._org = org
        self._routes = routes

    async def run(self, request: Request) -> Response:
        """Run the calls in order; with `allOrNone` one failure takes back all."""
        body = await json_body(request)
        calls = _calls(body.get("compositeRequest"))
        told: list[dict[str, Any]] = []
        with self._org.attempt() as take_back:
            results: dict[str, Any] = {}
            for call in calls:
                told.append(await self._one(request, call, results))
                results[call.reference] = told[-1]["body"]
            if body.get("allOrNone") is True and any(one["httpStatusCode"] >= 400 for one in told):
                take_back()
                told = [one if one["httpStatusCode"] >= 400 else _halted(one["referenceId"]) for one in told]
        return Response(orjson.dumps({"compositeResponse": told}), media_type="application/json")

    async def _one(self, outer: Request, call: _Call, results: Mapping[str, Any]) -> dict[str, Any]:
        try:
            reply = await self._dispatch(outer, call, lambda text: _filled(text, results))
        except SalesforceError as refusal:
            reply = refusal.response()
        location = reply.headers.get("location")
        return {
            "body": orjson.loads(reply.body) if reply.body else None,
            "httpHeaders": {"Location": location} if location else {},
            "httpStatusCode": reply.status_code,
            "referenceId": call.reference,
        }

    async def _dispatch(self, outer: Request, call: _Call, fill: Callable[[Any], Any]) -> Response:
        url = urlsplit(str(fill(call.url)))
        raw = b"" if call.body is None else orjson.dumps(_deep(call.body, fill))
        scope = {
            **outer.scope,
            "method": call.method,
            "path": url.path,
            "query_string": url.query.encode(),
            "path_params": {},
            "headers": [pair for pair in outer.scope["headers"] if pair[0] == b"sforce-duplicate-rule-header"],
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": raw, "more_body": False}

        for route, handler in self._routes:
            match, child = route.matches(scope)
            if match is Match.FULL:
                return await handler(Request({**scope, **child}, receive))
        raise not_found()


def _calls(found: Any) -> list[_Call]:
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise bad_request("JSON_PARSER_ERROR", "compositeRequest must be a list of calls")
    calls = [
        _Call(str(one.get("method", "")), str(one.get("url", "")), str(one.get("referenceId", "")), one.get("body"))
        for one in found
    ]
    if len(calls) > MAX_CALLS or sum(_HEAVY.search(call.url) is not None for call in calls) > MAX_HEAVY:
        message = f"a composite request has at most {MAX_CALLS} calls, {MAX_HEAVY} of them queries or collections"
        raise bad_request("LIMIT_EXCEEDED", message)
    names = [call.reference for call in calls]
    if len(set(names)) < len(names) or not all(re.fullmatch(r"\w+", name) for name in names):
        raise bad_request("INVALID_INPUT", "each call needs a referenceId of its own, of letters, digits and _")
    return calls


def _filled(text: Any, results: Mapping[str, Any]) -> Any:
    """Put what earlier calls gave in place of `@{name.field}`."""
    if not isinstance(text, str):
        return text

    def value(found: re.Match[str]) -> str:
        try:
            held = results[found[1]]
            for name, place in _STEP.findall(found[2]):
                held = held[name] if name else held[int(place)]
        except (KeyError, IndexError, TypeError) as error:
            raise bad_request("PROCESSING_HALTED", f"Invalid reference specified. No value for {found[0]}") from error
        return str(held)

    return _REFERENCE.sub(value, text)


def _deep(body: Any, fill: Callable[[Any], Any]) -> Any:
    if isinstance(body, dict):
        return {name: _deep(value, fill) for name, value in body.items()}
    if isinstance(body, list):
        return [_deep(value, fill) for value in body]
    return fill(body)


def _halted(reference: str) -> dict[str, Any]:
    body = [{"errorCode": "PROCESSING_HALTED", "message": _HALTED}]
    return {"body": body, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": reference}
