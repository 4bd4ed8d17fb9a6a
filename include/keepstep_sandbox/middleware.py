"""The ASGI layer around each sandbox: lets the weather strike, counts the traffic, stamps the Date header.

Requests to `/_control` pass untouched: the people who set the weather don't stand in it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import orjson
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keepstep_sandbox.surroundings import Surroundings
from keepstep_sandbox.weather import Kind, Rule

CONTROL_PATH: Final = "/_control"
CLOSE_EXTENSION: Final = "keepstep_sandbox.close"  # the server puts a function there that closes the connection
TRICKLE_PARTS: Final = 10
NO_BODY: Final = frozenset({204, 304})


class ConnectionDropped(Exception):
    """The weather closed the connection. Raised only where no real connection is there to be closed."""


@dataclass(slots=True)
class Reply:
    """A whole reply, held back until it's known what the weather does to it."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def send(self, message: Message) -> None:
        """Take one message of the application instead of the connection."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", [])]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


@dataclass(slots=True)
class _Visit:
    """One request on its way through: the connection's two ends, what it asks, and the reply as far as it is known."""

    scope: Scope
    receive: Receive
    send: Send
    route: str
    body: bytes
    reply: Reply = field(default_factory=Reply)


class WeatherLayer:
    """Wraps an application; see the module."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        surroundings: Surroundings,
        routes: list[BaseRoute],
        expire_tokens: Callable[[], None],
        guard: Callable[[int, Scope], Reply | None] | None = None,
    ) -> None:
        """Set the layer up.

        Args:
            app: what is wrapped.
            surroundings: clock, weather and traffic of this system.
            routes: the application's routes, for the path templates in counts and log.
            expire_tokens: called when the weather says so.
            guard: given the number of requests under way and the scope; a reply from it refuses the request.
        """
        self._app = app
        self._surroundings = surroundings
        self._routes = routes
        self._expire_tokens = expire_tokens
        self._guard = guard
        self._previous: dict[str, Reply] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (or hand on what isn't one)."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL_PATH):
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        under_way = self._surroundings.traffic.enter()
        visit = _Visit(scope, receive, send, f"{scope['method']} {template(self._routes, scope)}", b"")
        try:
            visit.body = await _read(receive)
            await self._visit(visit, under_way)
        finally:
            self._surroundings.traffic.leave(
                visit.route,
                status=visit.reply.status,
                seconds=time.monotonic() - started,
                request_bytes=len(visit.body),
                reply_bytes=len(visit.reply.body),
            )

    async def _visit(self, visit: _Visit, under_way: int) -> None:
        refused = self._guard(under_way, visit.scope) if self._guard else None
        if refused is not None:  # at once: a refused request mustn't take up a place while it waits
            visit.reply = refused
            await self._deliver(visit)
            return
        await asyncio.sleep(self._surroundings.weather.latency_s)
        rule = self._surroundings.weather.strike(visit.scope["method"], visit.scope["path"], visit.body)
        if rule is None:
            await self._handle(visit)
            await self._deliver(visit)
            return
        await self._struck(visit, rule)

    async def _struck(self, visit: _Visit, rule: Rule) -> None:
        """Do to a request what a rule says."""
        deeds: dict[Kind, Callable[[_Visit, Rule], Awaitable[None]]] = {
            Kind.STATUS: self._refuse,
            Kind.DELAY: self._delay,
            Kind.SLOW: self._trickle,
            Kind.DROP: self._drop,
            Kind.LOSE_REPLY: self._lose_reply,
            Kind.TRUNCATE: self._truncate,
            Kind.REPEAT: self._repeat,
            Kind.EXPIRE_TOKENS: self._expire,
        }
        await deeds[rule.kind](visit, rule)

    async def _refuse(self, visit: _Visit, rule: Rule) -> None:
        text = isinstance(rule.body, str)
        body = rule.body.encode() if isinstance(rule.body, str) else orjson.dumps(rule.body)
        headers = {"content-type": "text/plain" if text else "application/json"}
        headers |= {name.lower(): value for name, value in rule.headers.items()}
        visit.reply = Reply(rule.status, [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers.items()], body)
        await self._deliver(visit)

    async def _delay(self, visit: _Visit, rule: Rule) -> None:
        await asyncio.sleep(rule.seconds)
        await self._handle(visit)
        await self._deliver(visit)

    async def _trickle(self, visit: _Visit, rule: Rule) -> None:
        await self._handle(visit)
        await self._start(visit)
        step = max(1, -(-len(visit.reply.body) // TRICKLE_PARTS))
        parts = [visit.reply.body[at : at + step] for at in range(0, len(visit.reply.body), step)] or [b""]
        for part in parts:
            await asyncio.sleep(rule.seconds / len(parts))
            await visit.send({"type": "http.response.body", "body": part, "more_body": True})
        await visit.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drop(self, visit: _Visit, rule: Rule) -> None:  # noqa: ARG002 - all deeds have one signature
        await _close(visit)

    async def _lose_reply(self, visit: _Visit, rule: Rule) -> None:  # noqa: ARG002 - as above
        await self._handle(visit)
        visit.reply = Reply()
        await _close(visit)

    async def _truncate(self, visit: _Visit, rule: Rule) -> None:  # noqa: ARG002 - as above
        await self._handle(visit)
        await self._start(visit)
        half = visit.reply.body[: len(visit.reply.body) // 2]
        await visit.send({"type": "http.response.body", "body": half, "more_body": True})
        await _close(visit)

    async def _repeat(self, visit: _Visit, rule: Rule) -> None:  # noqa: ARG002 - as above
        previous = self._previous.get(visit.route)
        if previous is None:
            await self._handle(visit)
        else:
            visit.reply = previous
        await self._deliver(visit)

    async def _expire(self, visit: _Visit, rule: Rule) -> None:  # noqa: ARG002 - as above
        self._expire_tokens()
        await self._handle(visit)
        await self._deliver(visit)

    async def _handle(self, visit: _Visit) -> None:
        await self._app(visit.scope, _replay(visit.body, visit.receive), visit.reply.send)
        if visit.reply.status < 400:
            self._previous[visit.route] = visit.reply

    async def _deliver(self, visit: _Visit) -> None:
        await self._start(visit)
        await visit.send({"type": "http.response.body", "body": visit.reply.body, "more_body": False})

    async def _start(self, visit: _Visit) -> None:
        reply = visit.reply
        headers = [(n, v) for n, v in reply.headers if n not in (b"content-length", b"date")]
        if reply.status not in NO_BODY:
            headers.append((b"content-length", str(len(reply.body)).encode()))
        headers.append((b"date", self._surroundings.clock.http_date().encode()))
        await visit.send({"type": "http.response.start", "status": reply.status, "headers": headers})


def template(routes: list[BaseRoute], scope: Scope) -> str:
    """Give the path template that a request falls under, `(no such path)` where there's none."""
    for route in routes:
        match, child = route.matches(scope)
        if match is Match.NONE:
            continue
        if isinstance(route, Mount):
            return route.path + template(list(route.routes), {**scope, **child})
        if isinstance(route, Route):
            return route.path
    return "(no such path)"


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the application the body that was read already, then what the connection says next."""
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _close(visit: _Visit) -> None:
    """Close the connection without another byte.

    Raises:
        ConnectionDropped: there's no real connection (a client that calls the application in the same process).
    """
    close: Callable[[], None] | None = visit.scope.get("extensions", {}).get(CLOSE_EXTENSION)
    if close is None:
        raise ConnectionDropped
    close()
    while (await visit.receive())["type"] != "http.disconnect":  # returning earlier would make the server send a 500
        pass
