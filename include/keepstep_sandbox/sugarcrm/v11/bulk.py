"""Bulk requests of v11: many calls in one, one after another, each with an answer of its own."""

from collections.abc import Mapping
from typing import Any

import orjson

from keepstep_sandbox.reasons import reason
from keepstep_sandbox.sugarcrm.errors import SugarError, invalid
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.v11.calls import Answer, Call
from keepstep_sandbox.sugarcrm.v11.gate import Gate


class Bulk:
    """Answers `POST bulk`."""

    def __init__(self, site: Site, gate: Gate) -> None:
        self._site = site
        self._gate = gate

    def run(self, call: Call) -> Answer:
        """Run the calls; a refused one doesn't stop the others."""
        requests = call.needed("requests")
        if not isinstance(requests, list):
            raise invalid("requests must be an array")
        if len(requests) > self._site.settings.bulk_calls:
            raise SugarError("request_too_large", f"At most {self._site.settings.bulk_calls} requests")
        return Answer([self._one(call, one) for one in requests])

    def _one(self, outer: Call, told: Any) -> dict[str, Any]:
        if not isinstance(told, Mapping) or not told.get("url"):
            raise invalid("A request needs a url")
        data = told.get("data", "")
        # Sugar's help page: data is a JSON string; an object there is no body at all.
        raw = data.encode() if isinstance(data, str) else b""
        method = str(told.get("method") or "GET").upper()
        answer = self._gate.dispatch(outer, method, str(told["url"]), raw, _headers(told.get("headers")))
        contents = orjson.loads(orjson.dumps(answer.contents))
        status = {"status": answer.status, "status_text": reason(answer.status)}
        return {"contents": contents, "headers": [], **status}


def _headers(told: Any) -> dict[str, str]:
    """Read the headers of one call: an object, or lines."""
    if isinstance(told, Mapping):
        return {str(name).lower(): str(value) for name, value in told.items()}
    lines = [str(line).partition(":") for line in told] if isinstance(told, list) else []
    return {name.strip().lower(): value.strip() for name, _, value in lines}
