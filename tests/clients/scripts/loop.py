"""Reads orders, a JSON object a line, lets a public client carry them out, prints what it gave or how it refused.

Run by the client's own interpreter: nothing but the standard library is imported here. An order names the client's
own function, `bulk2.Lead.insert`, so that a test shows what a user of that client would write.
"""

import asyncio
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any

MOMENT = "$moment"  # {"$moment": "2026-01-01T00:00:00+00:00"} is a datetime


def serve(signed_in: Callable[..., Any], refusal: Callable[[Exception], Mapping[str, Any]]) -> None:
    """Carry out orders until there are no more.

    Args:
        signed_in: makes the client that all further orders are for; the order's name is `sign_in`.
        refusal: tells what there is to know of an exception, besides its kind and text.
    """
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # clients print too, and may have kept a hold of stdout already
    client: Any = None
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            order = json.loads(line, object_hook=_moment)
            try:
                if order["do"] == "sign_in":
                    client, gave = signed_in(*order["args"], **order["named"]), None
                else:
                    gave = runner.run(_done(client, order))
                told = {"gave": gave}
            except Exception as error:
                told = {"refused": {"kind": type(error).__name__, "text": str(error)[:2000], **refusal(error)}}
            out.write(json.dumps(told, default=_plain) + "\n")
            out.flush()


async def _done(client: Any, order: Mapping[str, Any]) -> Any:
    deed = client
    for name in order["do"].split("."):
        deed = getattr(deed, name)
    gave = deed(*order["args"], **order["named"]) if callable(deed) else deed
    if inspect.isawaitable(gave):
        gave = await gave
    if inspect.isasyncgen(gave):
        return [one async for one in gave]
    return list(gave) if isinstance(gave, Iterator) else gave


def _moment(found: dict[str, Any]) -> Any:
    return datetime.fromisoformat(found[MOMENT]) if found.keys() == {MOMENT} else found


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return list(value) if isinstance(value, Iterable) else str(value)
