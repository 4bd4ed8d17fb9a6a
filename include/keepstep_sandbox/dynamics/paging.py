"""Paging cookies: XML within XML, encoded twice, which clients must hand back as they are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from keepstep_sandbox.dynamics.errors import invalid_argument

_OUTER: Final = re.compile(r'<cookie pagenumber="(\d+)" pagingcookie="([^"<>]*)" istracking="(True|False)" />')
_INNER: Final = re.compile(
    r'<cookie page="\d+"><\w+ last="([^"]*)" first="[^"]*" />(?:<tracking since="(-?\d+)" upto="(\d+)" />)?</cookie>'
)
_UNQUOTED: Final = "$(),'/@=:*"


@dataclass(frozen=True, slots=True)
class Cookie:
    """Where a reader stands.

    Attributes:
        page: the page to come; 1 is the first.
        last: what the page before ended with.
        since, upto: of a tracked reading: the versions it lies between; `since` -1 reads everything.
    """

    page: int
    last: str
    since: int | None = None
    upto: int | None = None

    def text(self, key: str) -> str:
        """Write it as `$skiptoken` holds it, before the URL's own encoding."""
        tracking = "" if self.since is None else f'<tracking since="{self.since}" upto="{self.upto}" />'
        last = f'{key} last="{{{self.last}}}" first="{{{self.last}}}"'
        inner = f'<cookie page="{self.page - 1}"><{last} />{tracking}</cookie>'
        twice = quote(quote(inner, safe=""), safe="")
        return f'<cookie pagenumber="{self.page}" pagingcookie="{twice}" istracking="{self.since is not None}" />'


def cookie(text: str) -> Cookie:
    """Read one back.

    Raises:
        DynamicsError: it's not as it was handed out.
    """
    outer = _OUTER.fullmatch(text)
    inner = _INNER.fullmatch(unquote(unquote(outer[2]))) if outer else None
    if outer is None or inner is None:
        raise invalid_argument("Malformed XML in the Paging Cookie")
    last = inner[1].removeprefix("{").removesuffix("}")
    since = None if inner[2] is None else int(inner[2])
    return Cookie(int(outer[1]), last, since, None if inner[3] is None else int(inner[3]))


def link(address: str, options: Mapping[str, str], **more: str) -> str:
    """Write a link: the options of the question it belongs to, and the tokens that go on from there."""
    kept = {name: value for name, value in options.items() if name not in ("$skiptoken", "$deltatoken")}
    parts = [f"{name}={quote(value, safe=_UNQUOTED)}" for name, value in kept.items()]
    parts += [f"${name}={quote(value, safe='')}" for name, value in more.items()]
    return f"{address}?{'&'.join(parts)}"
