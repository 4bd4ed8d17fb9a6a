"""Page tokens: base64 of JSON that says what was asked and where the page ended. Clients treat them as opaque."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.filters import Order
from keepstep_sandbox.account_engagement.querying import Keys


@dataclass(frozen=True, slots=True)
class PageToken:
    """What a token says.

    Attributes:
        kind: the object it goes on with; another object's token is invalid.
        filters: parameters as they came.
        page: number of the page that it leads to; told: how many records came before it.
        ends: seconds since 1970.
    """

    kind: str
    order_by: str
    filters: Mapping[str, str]
    limit: int
    deleted: str
    after: Keys
    page: int
    told: int
    ends: float

    def written(self, order: Order) -> str:
        """Write the token."""
        values = [one.isoformat() if isinstance(one, datetime) else one for one in self.after]
        told = {
            "object": self.kind,
            "orderBy": self.order_by,
            "filters": dict(self.filters),
            "limit": self.limit,
            "resumeValue": dict(zip((name for name, _ in order.fields), values, strict=True)),
            "page": self.page,
            "recCount": self.told,
            "expireTime": self.ends,
            "deleted": self.deleted,
        }
        return base64.urlsafe_b64encode(orjson.dumps(told)).decode().rstrip("=")


def read_token(text: str, kind: str, now: float) -> PageToken:
    """Read a token.

    Raises:
        PardotError: it's no token of this object (211), or too old (210).
    """
    try:
        told = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        made = PageToken(
            kind=told["object"],
            order_by=told["orderBy"],
            filters={str(name): str(value) for name, value in told["filters"].items()},
            limit=int(told["limit"]),
            deleted=told["deleted"],
            after=tuple(_key(value) for value in told["resumeValue"].values()),
            page=int(told["page"]),
            told=int(told["recCount"]),
            ends=float(told["expireTime"]),
        )
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PardotError(211) from error
    if made.kind != kind:
        raise PardotError(211)
    if made.ends <= now:
        raise PardotError(210)
    return made


def _key(value: Any) -> Any:
    """Read a key of the last row: a moment was written as one, and nothing else looks like it."""
    if isinstance(value, str) and len(value) == len("2025-01-06T08:00:00+00:00") and value.endswith("+00:00"):
        return datetime.fromisoformat(value)
    return value
