"""An HTTP call and its reply as values: what is sent, what may be sent twice, and what a refusal asks for."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import IO, Self

from keepstep.connectors.base import Json


class Effect(Enum):
    """What sending a call a second time does; decides whether it may be retried."""

    READS = auto()  # nothing changes: always retried
    IDEMPOTENT = auto()  # twice has the effect of once: retried; a lost last answer is a `LostReply`
    ONCE = auto()  # twice would do it twice: retried only where the first try surely did nothing


class Expects(Enum):
    """The body that a successful reply must have; another one counts as a broken reply, and is retried."""

    JSON = auto()
    JSON_OR_NOTHING = auto()
    FILE = auto()  # of any length: it goes to disk as it comes
    ANYTHING = auto()


class Action(Enum):
    """Who must act after a refusal."""

    RENEW = auto()  # us: get a new token and send it again, once; then it is the user's credentials
    USER = auto()  # the user: credentials, rights -> AuthError
    WAIT = auto()  # nobody: wait and send it again -> Unavailable in the end
    ROW = auto()  # this call only -> CallRefused


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply that isn't a success means."""

    action: Action
    code: str  # the system's own code, or one of ours; never free text, which may name a person
    pointer: str = ""  # the field, header or parameter that it is about, where the system says so
    may_have_landed: bool = False  # the call may have done its work all the same (a 500 after the save)
    crowded: bool = False  # too many calls at once: fewer from now on


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """What one of a system's error codes means, and who must do what about it."""

    action: Action
    what_to_do: str = ""  # for ROW: becomes the row's sync error
    retry: bool = False  # for ROW: a later run may succeed without anybody acting
    may_have_landed: bool = False  # as in Verdict
    crowded: bool = False

    @classmethod
    def row(cls, what_to_do: str, *, retry: bool = False) -> Self:
        """Of a code that is about one row."""
        return cls(Action.ROW, what_to_do, retry)


@dataclass(frozen=True, slots=True)
class Request:
    """A call to be sent. Its text shows no body, parameter or path: they may name a person."""

    method: str
    path: str = field(repr=False)  # after the base URL, beginning with "/"; or an absolute URL
    endpoint: str  # the path with its ids left out, for counts and error texts: "PATCH contact/{id}"
    effect: Effect = Effect.READS
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Json = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)  # a body that is neither; its headers name its type
    files: Mapping[str, tuple[str, bytes, str]] | None = field(default=None, repr=False)  # name, content, media type
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    expects: Expects = Expects.JSON
    timeout_s: float | None = None  # for the answer; None: the transport's


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end; `json` is None where there is no body, or none that is JSON.

    Where a file was expected and came, it is in `file` alone, whose reader closes it.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)  # names in any case
    body: bytes = field(repr=False)
    json: Json = field(repr=False)
    broken: bool = False  # there is a body, and it isn't JSON
    elapsed_s: float = 0.0  # from sending to the reply's headers
    file: IO[bytes] = field(default_factory=io.BytesIO, repr=False)

    @property
    def asked_at(self) -> datetime | None:
        """By the server's own clock, a moment at which the call had not begun yet; None where it tells no date.

        What was read is at least as new as this: the place for a watermark.
        """
        try:
            date = parsedate_to_datetime(self.headers.get("Date", ""))
        except (ValueError, TypeError):
            return None
        date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        return date - timedelta(seconds=self.elapsed_s)

    @property
    def retry_after_s(self) -> float | None:
        """Seconds that the server asks us to wait; None where it doesn't say.

        A date is measured from the reply's own Date header, so that our clock doesn't matter (RFC 9110, 10.2.3).
        """
        text = self.headers.get("Retry-After", "").strip()
        try:
            return max(0.0, float(text))
        except ValueError:
            return self._seconds_until(text)

    def _seconds_until(self, text: str) -> float | None:
        try:
            until, now = (parsedate_to_datetime(t) for t in (text, self.headers.get("Date", "")))
            return max(0.0, (until - now).total_seconds())
        except (ValueError, TypeError):  # TypeError: only one of the two has a zone
            return None


Classifier = Callable[[Reply], Verdict | None]  # None: a success


class CallRefused(Exception):
    """The system refused this call; others may go through. Seen by connectors only."""

    def __init__(self, endpoint: str, status: int, verdict: Verdict) -> None:
        super().__init__(f"{endpoint}: {verdict.code} (HTTP {status})")
        self.status = status
        self.verdict = verdict


class LostReply(Exception):
    """The call was sent, may have done its work, and no usable answer came. Seen by connectors only."""

    def __init__(self, endpoint: str, code: str) -> None:
        super().__init__(f"{endpoint}: sent, and no answer came ({code})")
        self.code = code


_LANDED = frozenset({408, 500, 502, 504})  # the server, or a gateway before it, gave up in the middle
_WAIT = frozenset({425, 429, 503})  # refused at the door


def verdict_by_status(status: int, code: str | None = None) -> Verdict | None:
    """The usual meaning of an HTTP status (RFC 9110, 6585), for replies whose code a connector doesn't know."""
    name = code or f"HTTP_{status}"
    if 200 <= status < 300:  # noqa: PLR2004 - a class of statuses
        return None
    if status in _LANDED:
        return Verdict(Action.WAIT, name, may_have_landed=True)
    if status in _WAIT:
        return Verdict(Action.WAIT, name)
    actions = {401: Action.RENEW, 403: Action.USER}
    return Verdict(actions.get(status, Action.WAIT if status > 500 else Action.ROW), name)  # noqa: PLR2004 - as above
