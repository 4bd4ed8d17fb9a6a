"""The pages' application, imported at the first request: plugins are loaded by every component of Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

PREFIX = "/keepstep"


async def pages(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application that hands everything to `ui.app.app`."""
    from keepstep_airflow.ui.app import app

    await app(scope, receive, send)
