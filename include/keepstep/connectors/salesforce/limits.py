"""How many calls remain to the org, as its answers tell. Pure."""

from __future__ import annotations

import re

from keepstep.connectors.base import Json

_USAGE = re.compile(r"(?:^|;\s*)api-usage=([0-9]{1,12})/([0-9]{1,12})(?![0-9])")


def left_in_header(text: str) -> int | None:
    """Of ``api-usage=18/5000; per-app-api-usage=17/250(appName=x)`` the org's part; None where it doesn't say."""
    found = _USAGE.search(text)
    return None if found is None else max(0, int(found[2]) - int(found[1]))


def left_in_body(body: Json) -> int | None:
    """Of an answer of /limits."""
    daily = body.get("DailyApiRequests") if isinstance(body, dict) else None
    left = daily.get("Remaining") if isinstance(daily, dict) else None
    return left if isinstance(left, int) else None
