"""Faults on demand: rules that say which requests meet which trouble, how often, and with what chance."""

import random
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from keepstep_sandbox.clock import Clock

MAX_DELAY_S = 300.0


class Kind(StrEnum):
    """The kinds of trouble."""

    STATUS = "status"  # answer with this status, headers and body instead of handling the request
    DELAY = "delay"  # wait, then handle
    SLOW = "slow"  # handle at once, then trickle the reply's body over this time
    DROP = "drop"  # close the connection; the request is not handled
    LOSE_REPLY = "lose_reply"  # handle, then close the connection: the write landed, its reply is lost
    TRUNCATE = "truncate"  # send the full Content-Length, but half of the body
    REPEAT = "repeat"  # answer with the previous reply of this endpoint again
    EXPIRE_TOKENS = "expire_tokens"  # all access tokens handed out so far expire, then handle
    CLOCK_SKEW = "clock_skew"  # the server's clock is off from now on, for as long as the rule stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the weather.

    Attributes:
        method: regular expression that the whole method must match, any case.
        path: regular expression found anywhere in the path (the query string isn't looked at).
        contains: text that the request's body must hold; empty = any body.
        skip: that many matching requests go through first.
        times: how often it strikes; None = until it's taken away.
        probability: 0..1, the chance that a matching request is struck, by the weather's seeded generator.
        seconds: how long a DELAY or SLOW takes, or how far a CLOCK_SKEW is ahead.
        status: of a STATUS reply, 100..599.
        headers: of a STATUS reply.
        body: of a STATUS reply: text as it is, anything else as JSON.
    """

    kind: Kind
    method: str = ".*"
    path: str = ""
    contains: str = ""
    skip: int = 0
    times: int | None = 1
    probability: float = 1.0
    seconds: float = 0.0
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = ""

    def __post_init__(self) -> None:
        """Refuse a rule that could never strike as meant.

        Raises:
            ValueError: a figure is out of its range, or an expression isn't one.
        """
        for expression in (self.method, self.path):
            try:
                re.compile(expression)
            except re.error as error:
                raise ValueError(f"{expression!r} is not a regular expression: {error}") from error
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError("probability is between 0 and 1")
        if self.times is not None and self.times < 1:
            raise ValueError("times is at least 1, or null for ever")
        if self.skip < 0:
            raise ValueError("skip is at least 0")
        if not 100 <= self.status <= 599:
            raise ValueError("status is between 100 and 599")
        if self.kind is not Kind.CLOCK_SKEW and not 0.0 <= self.seconds <= MAX_DELAY_S:
            raise ValueError(f"seconds is between 0 and {MAX_DELAY_S:.0f}")

    def matches(self, method: str, path: str, body: bytes) -> bool:
        """Tell whether a request is of the kind this rule is about."""
        return (
            re.fullmatch(self.method, method, re.IGNORECASE) is not None
            and re.search(self.path, path) is not None
            and self.contains.encode() in body
        )


@dataclass(slots=True)
class StandingRule:
    """A rule in force: its number, and how often it was met and has struck."""

    id: int
    rule: Rule
    met: int = 0
    struck: int = 0

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it was told to."""
        return self.rule.times is not None and self.struck >= self.rule.times


class Weather:
    """The rules in force, in the order they were put; the first that fits a request strikes it, alone."""

    def __init__(self, clock: Clock, *, seed: int, latency_s: float = 0.0) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._draw = random.Random(f"{seed}/weather")
        self._standing: list[StandingRule] = []
        self._next_id = 1
        self._usual_latency_s = self._latency_s = latency_s

    @property
    def latency_s(self) -> float:
        """Seconds that each request takes on top of its own work."""
        return self._latency_s

    @latency_s.setter
    def latency_s(self, seconds: float) -> None:
        if not 0.0 <= seconds <= MAX_DELAY_S:
            raise ValueError(f"latency is between 0 and {MAX_DELAY_S:.0f} seconds")
        self._latency_s = seconds

    def put(self, rule: Rule) -> int:
        """Let a rule stand, after those that stand already; give its number.

        Raises:
            ValueError: a clock skew beyond what the clock allows.
        """
        if rule.kind is Kind.CLOCK_SKEW:
            self._clock.skew_s = rule.seconds
        with self._lock:
            number, self._next_id = self._next_id, self._next_id + 1
            self._standing.append(StandingRule(number, rule))
            return number

    def standing(self) -> tuple[StandingRule, ...]:
        """Give all rules put since the last `clear`, the spent ones too."""
        with self._lock:
            return tuple(self._standing)

    def clear(self, *, seed: int | None = None) -> None:
        """Take all rules away, set clock and latency as at the start; with a seed, start the chances over."""
        self._clock.skew_s = 0.0
        self._latency_s = self._usual_latency_s
        with self._lock:
            self._standing.clear()
            if seed is not None:
                self._draw = random.Random(f"{seed}/weather")

    def strike(self, method: str, path: str, body: bytes = b"") -> Rule | None:
        """Give the rule that strikes this request, and note that it did; None in fair weather."""
        with self._lock:
            for one in self._standing:
                if one.spent or one.rule.kind is Kind.CLOCK_SKEW or not one.rule.matches(method, path, body):
                    continue
                one.met += 1
                if one.met <= one.rule.skip or self._draw.random() >= one.rule.probability:
                    continue
                one.struck += 1
                return one.rule
            return None
