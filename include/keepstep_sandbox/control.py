"""The control API, `/_control`: the same on every sandbox, for the people and the weather around the system.

| call | does |
|---|---|
| GET state | what is in there: counts by kind of thing |
| GET, POST, DELETE weather | the rules standing; put one (`Rule`'s attributes as JSON); take all away |
| PUT latency | `{"seconds": 0.05}`: each request takes that much longer |
| GET, DELETE requests | counts by endpoint, the most under way at once, with `?log=1` the log; start the counts over |
| POST reset | `{"seed": 1, "size": 200}`: everything as new; both may be left out |
| `/_control/{system}/...` | what people do in that system; each system registers its own |
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any, Final, Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Scope

from keepstep_sandbox.middleware import CONTROL_PATH, Reply, WeatherLayer
from keepstep_sandbox.surroundings import Surroundings
from keepstep_sandbox.weather import Kind, Rule, StandingRule

MAX_SIZE: Final = 1_000_000
Handler = Callable[[Request], Awaitable[Response]]


class System(Protocol):
    """What the control API needs to know about a system."""

    @property
    def name(self) -> str:
        """The word in the paths, `netsuite`."""

    @property
    def surroundings(self) -> Surroundings:
        """Its clock, weather and traffic."""

    def counts(self) -> dict[str, int]:
        """Tell how many there are of each kind of thing."""

    def reset(self, seed: int | None, size: int | None) -> None:
        """Make everything new; None keeps the present seed or size."""

    def expire_tokens(self) -> None:
        """Let all access tokens handed out so far be too old."""


def build_app(
    system: System,
    routes: Sequence[BaseRoute],
    people: Sequence[BaseRoute],
    *,
    guard: Callable[[int, Scope], Reply | None] | None = None,
    exception_handlers: dict[Any, Any] | None = None,
) -> Starlette:
    """Put a system's routes, its people's routes and the common control routes into one application, in the weather."""
    control = Mount(CONTROL_PATH, routes=[Mount(f"/{system.name}", routes=list(people)), *_control_routes(system)])
    layer = Middleware(
        WeatherLayer,
        surroundings=system.surroundings,
        routes=list(routes),
        expire_tokens=system.expire_tokens,
        guard=guard,
    )
    return Starlette(routes=[control, *routes], middleware=[layer], exception_handlers=exception_handlers or {})


async def json_object(request: Request) -> dict[str, Any]:
    """Read a control call's body: an object; an empty body is an empty one.

    Raises:
        ValueError: it's something else.
    """
    raw = await request.body()
    found = json.loads(raw) if raw else {}
    if not isinstance(found, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - the caller answers 400 to ValueError
    return found


def answers(handler: Handler) -> Handler:
    """Let a control handler's KeyError be a 404 and its ValueError or TypeError a 400 that says why."""

    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except KeyError as error:
            return JSONResponse({"error": f"not found: {error.args[0] if error.args else ''}"}, 404)
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return answered


def _control_routes(system: System) -> list[BaseRoute]:
    control = _Control(system)
    return [
        Route("/state", answers(control.state), methods=["GET"]),
        Route("/weather", answers(control.weather), methods=["GET"]),
        Route("/weather", answers(control.put_rule), methods=["POST"]),
        Route("/weather", answers(control.clear_weather), methods=["DELETE"]),
        Route("/latency", answers(control.latency), methods=["PUT"]),
        Route("/requests", answers(control.requests), methods=["GET"]),
        Route("/requests", answers(control.clear_requests), methods=["DELETE"]),
        Route("/reset", answers(control.reset), methods=["POST"]),
    ]


class _Control:
    """The handlers that all systems share."""

    def __init__(self, system: System) -> None:
        self._system = system

    async def state(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        return JSONResponse({"system": self._system.name, "counts": self._system.counts()})

    async def weather(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        weather = self._system.surroundings.weather
        rules = [_told(one) for one in weather.standing()]
        clock = self._system.surroundings.clock
        return JSONResponse({"rules": rules, "latency_s": weather.latency_s, "clock_skew_s": clock.skew_s})

    async def put_rule(self, request: Request) -> Response:
        found = await json_object(request)
        rule = Rule(**{**found, "kind": Kind(found.get("kind", ""))})
        return JSONResponse({"id": self._system.surroundings.weather.put(rule)}, 201)

    async def clear_weather(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        self._system.surroundings.weather.clear()
        return Response(status_code=204)

    async def latency(self, request: Request) -> Response:
        self._system.surroundings.weather.latency_s = float((await json_object(request)).get("seconds", 0.0))
        return Response(status_code=204)

    async def requests(self, request: Request) -> Response:
        traffic = self._system.surroundings.traffic
        counts = traffic.counts()
        told: dict[str, object] = {"total": sum(counts.values()), "counts": counts}
        told["most_under_way"] = traffic.most_under_way
        if request.query_params.get("log"):
            told["log"] = [asdict(one) for one in traffic.log()]
        return JSONResponse(told)

    async def clear_requests(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        self._system.surroundings.traffic.clear()
        return Response(status_code=204)

    async def reset(self, request: Request) -> Response:
        found = await json_object(request)
        seed, size = found.get("seed"), found.get("size")
        if size is not None and not 0 <= int(size) <= MAX_SIZE:
            raise ValueError(f"size is between 0 and {MAX_SIZE}")
        self._system.reset(None if seed is None else int(seed), None if size is None else int(size))
        self._system.surroundings.weather.clear(seed=None if seed is None else int(seed))
        self._system.surroundings.traffic.clear()
        return JSONResponse({"counts": self._system.counts()})


def _told(one: StandingRule) -> dict[str, Any]:
    return {"id": one.id, "met": one.met, "struck": one.struck, **asdict(one.rule)}
