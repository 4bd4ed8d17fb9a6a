"""Sends calls: signs in, paces, counts, retries what may be retried, and says who must act on the rest.

Laws: a call that may have landed and isn't safe to send twice is never sent twice; every call that leaves is counted,
retries too; no text of an exception holds a path, a parameter or a body. Calls are values (`calls.py`), how many and
how fast is `budget.py`, several at once is `parallel.py`.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, NoReturn, cast

import orjson
import requests
import tenacity
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from keepstep.connectors.base import Json, Usage
from keepstep.connectors.budget import Budget, Gate
from keepstep.connectors.calls import (
    Action,
    CallRefused,
    Classifier,
    Effect,
    Expects,
    LostReply,
    Reply,
    Request,
    Verdict,
    verdict_by_status,
)
from keepstep.core.errors import AuthError, SettingsError, Unavailable

# At DEBUG these write whole URLs and headers, which may name a person or hold a signature.
for _talkative in ("urllib3.connectionpool", "requests_oauthlib", "oauthlib"):
    logging.getLogger(_talkative).setLevel(logging.INFO)

_CHUNK = 64 * 1024  # bytes of a file that are read at once
_IN_MEMORY = 4 * _CHUNK


class RenewableAuth(AuthBase):
    """Signs requests with something that can be made anew when the system calls it expired."""

    def renew(self, used: str | None) -> bool:
        """Forget what was `used` (that request's Authorization header), unless another thread did already.

        Answers whether sending the request again makes sense.
        """
        raise NotImplementedError


class NoAuth(AuthBase):
    """Signs nothing, and keeps requests from looking for credentials in ~/.netrc."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request as it is."""
        return r


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient a transport is; all in seconds but the number of attempts."""

    attempts: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0  # between two attempts, where the server doesn't say
    patience_s: float = 90.0  # a longer Retry-After isn't waited for here: Unavailable carries it to the scheduler
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 120.0


class _Again(Exception):
    """Worth another attempt."""

    def __init__(self, verdict: Verdict, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(verdict.code)
        self.verdict = verdict
        self.status = status
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class _Course:
    """What happened so far to one request."""

    request: Request
    attempts: int = 0
    renewed: bool = False
    may_have_landed: bool = False

    @property
    def in_doubt(self) -> bool:
        """A write that may have been done, and nobody knows."""
        return self.may_have_landed and self.request.effect is not Effect.READS


@dataclass(slots=True)
class Transport:
    """One system's HTTP API, for many threads.

    `send` raises AuthError, Unavailable, `CallRefused` (this call only) or `LostReply` (a write whose fate is unknown).
    """

    system: str  # its title, for error texts
    base_url: str
    auth: AuthBase = field(default_factory=NoAuth)
    classify: Classifier = lambda reply: verdict_by_status(reply.status)
    budget: Budget = field(default_factory=Budget)
    usage: Usage = field(default_factory=Usage)
    retries: Retries = field(default_factory=Retries)
    concurrency: int = 1
    sleep: Callable[[float], None] = time.sleep
    verify: bool | str = True  # of TLS certificates: True, or the path of a bundle
    gate: Gate = field(init=False)
    _local: threading.local = field(init=False, default_factory=threading.local)
    _sessions: list[requests.Session] = field(init=False, default_factory=list)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/")
        self.gate = Gate(self.concurrency)

    def send(self, request: Request) -> Reply:
        """Send it until it is answered, as often as its effect and our patience allow."""
        course = _Course(request)
        retrying = tenacity.Retrying(
            stop=self._enough,
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(_Again),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, course)
        except _Again as again:
            self._give_up(course, again)
        except (AuthError, Unavailable):
            if course.in_doubt:  # an earlier attempt may have landed, and this one couldn't tell
                raise LostReply(request.endpoint, "NO_ANSWER") from None
            raise

    def close(self) -> None:
        """Close every thread's connections; sending again opens new ones."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
            self._local = threading.local()
        for session in sessions:
            session.close()

    def _attempt(self, course: _Course) -> Reply:
        request = course.request
        with self.gate:
            self.budget.spend()
            self._count(course)
            began = time.perf_counter()
            try:
                reply, signature = self._exchange(course)
            finally:
                with self._lock:
                    self.usage.waited_s += time.perf_counter() - began
        verdict = self.classify(reply)
        if verdict is None:
            return self._accept(course, reply)
        if verdict.crowded:
            self.gate.crowded()
        if verdict.action is Action.WAIT:
            self._again(course, verdict, reply)
        if verdict.action is Action.ROW:
            raise CallRefused(request.endpoint, reply.status, verdict)
        if verdict.action is Action.RENEW and self._renewed(course, signature):
            return self._attempt(course)
        raise AuthError(
            f"{self.system} refused {request.endpoint}: {verdict.code} (HTTP {reply.status}); check the credentials of "
            "the connection, and what its user or role may do there"
        )

    def _exchange(self, course: _Course) -> tuple[Reply, str | None]:
        """The reply, and the Authorization header that the request had."""
        request = course.request
        headers = {"Accept": "application/json", **request.headers}
        data: bytes | dict[str, str] | None = request.content if request.form is None else dict(request.form)
        if request.json is not None:
            headers.setdefault("Content-Type", "application/json")
            data = orjson.dumps(request.json)
        url = request.path if request.path.startswith("http") else self.base_url + request.path
        try:
            response = self._session().request(
                request.method,
                url,
                params=dict(request.params),
                data=data,
                files=None if request.files is None else dict(request.files),
                headers=headers,
                auth=self.auth,
                timeout=(self.retries.connect_timeout_s, request.timeout_s or self.retries.read_timeout_s),
                allow_redirects=False,  # a redirected write would become a GET
                verify=self.verify,
                stream=request.expects is Expects.FILE,
            )
            return _reply(response, request.expects), _signature(response)
        except requests.exceptions.InvalidURL:
            raise SettingsError(f"{self.system}: its address is not a URL; correct the connection") from None
        except requests.RequestException as error:
            self._again(course, Verdict(Action.WAIT, _network_code(error), may_have_landed=not _never_sent(error)))

    def _accept(self, course: _Course, reply: Reply) -> Reply:
        expects = course.request.expects
        missing = expects is Expects.JSON and not reply.body
        unreadable = expects in (Expects.JSON, Expects.JSON_OR_NOTHING) and (missing or reply.broken)
        if unreadable or (expects is Expects.FILE and reply.json is not None):  # JSON in a file's place
            self._again(course, Verdict(Action.WAIT, "BROKEN_REPLY", may_have_landed=True), reply)
        self.gate.calm()
        return reply

    def _again(self, course: _Course, verdict: Verdict, reply: Reply | None = None) -> NoReturn:
        course.may_have_landed |= verdict.may_have_landed
        if course.may_have_landed and course.request.effect is Effect.ONCE:
            raise LostReply(course.request.endpoint, verdict.code) from None
        status, retry_after_s = (None, None) if reply is None else (reply.status, reply.retry_after_s)
        raise _Again(verdict, status, retry_after_s) from None

    def _give_up(self, course: _Course, again: _Again) -> NoReturn:
        endpoint, code = course.request.endpoint, again.verdict.code
        if course.in_doubt:
            raise LostReply(endpoint, code) from None
        status = "" if again.status is None else f" (HTTP {again.status})"
        raise Unavailable(
            f"{self.system} didn't answer {endpoint}: {code}{status}, tried {course.attempts} times",
            retry_after_s=again.retry_after_s,
        ) from None

    def _renewed(self, course: _Course, signature: str | None) -> bool:
        if course.renewed or not isinstance(self.auth, RenewableAuth):
            return False
        course.renewed = True
        return self.auth.renew(signature)

    def _count(self, course: _Course) -> None:
        course.attempts += 1
        with self._lock:
            self.usage.calls += 1
            self.usage.retries += course.attempts > 1
            counts = self.usage.by_endpoint
            counts[course.request.endpoint] = counts.get(course.request.endpoint, 0) + 1

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            with self._lock:
                self._sessions.append(session)
        return session

    def _enough(self, state: tenacity.RetryCallState) -> bool:
        again = _again_of(state)
        return state.attempt_number >= self.retries.attempts or (again.retry_after_s or 0.0) > self.retries.patience_s

    def _wait(self, state: tenacity.RetryCallState) -> float:
        backoff = tenacity.wait_exponential_jitter(
            multiplier=self.retries.first_wait_s, max=self.retries.longest_wait_s, jitter=self.retries.first_wait_s
        )
        return max(backoff(state), _again_of(state).retry_after_s or 0.0)


def _again_of(state: tenacity.RetryCallState) -> _Again:
    error = None if state.outcome is None else state.outcome.exception()
    return error if isinstance(error, _Again) else _Again(Verdict(Action.WAIT, ""))


def _reply(response: requests.Response, expects: Expects) -> Reply:
    elapsed_s = response.elapsed.total_seconds()
    if expects is Expects.FILE and response.ok:
        file = _file(response)
        json, _ = _parsed(file.read()) if _may_be_an_error(file) else (None, False)
        file.seek(0)
        if json is None:
            return Reply(response.status_code, response.headers, b"", None, elapsed_s=elapsed_s, file=file)
        with file:
            return Reply(response.status_code, response.headers, file.read(), json, elapsed_s=elapsed_s)
    json, broken = _parsed(response.content)
    return Reply(response.status_code, response.headers, response.content, json, broken, elapsed_s)


def _parsed(body: bytes) -> tuple[Json, bool]:
    """The JSON in it, and whether there is something that isn't JSON."""
    try:
        return (orjson.loads(body) if body else None), False
    except orjson.JSONDecodeError:
        return None, True


def _may_be_an_error(file: IO[bytes]) -> bool:
    """Looking for JSON takes twelve times the size of what is looked at: only where it begins like that."""
    first = file.read(1)
    file.seek(0)
    return first in (b"{", b"[")


def _file(response: requests.Response) -> IO[bytes]:
    """What comes, in a file without a name; in memory as long as it is small."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 # its reader closes it
    try:
        for chunk in response.iter_content(_CHUNK):
            file.write(chunk)
    except BaseException:
        file.close()
        response.close()
        raise
    file.seek(0)
    return cast("IO[bytes]", file)


def _signature(response: requests.Response) -> str | None:
    used = response.request.headers.get("Authorization")
    return used.decode("latin-1") if isinstance(used, bytes) else used


def _network_code(error: requests.RequestException) -> str:
    """The error's class says what happened; its text would hold the URL."""
    if isinstance(error, requests.Timeout):
        return "TIMED_OUT"
    if isinstance(error, requests.exceptions.SSLError):
        return "TLS_FAILED"
    return "CONNECTION_LOST" if not _never_sent(error) else "NO_CONNECTION"


def _never_sent(error: requests.RequestException) -> bool:
    """Whether the connection was never made, so that the other side can't have seen the call."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))
