"""Whether a write comes from a page of this server: a browser sends a signed-in user's cookie along for any page."""

from __future__ import annotations

from urllib.parse import urlsplit

from airflow.sdk.configuration import conf
from fastapi import HTTPException, Request, status


def same_origin(request: Request) -> None:
    """A dependency of routes that write. Raises HTTPException 403.

    Browsers say themselves where a form was: by Sec-Fetch-Site over TLS, else by Origin. A program that signs in by a
    header of its own says neither, and is nobody's browser.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        allowed = site == "same-origin"
    elif origin is not None:
        allowed = urlsplit(origin).netloc in _hosts(request)
    else:
        allowed = "authorization" in request.headers
    if not allowed:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "This form was on another site: use the page in Airflow.")


def _hosts(request: Request) -> set[str]:
    """What this server is called: as the browser asked for it, or, behind a proxy, in Airflow's configuration."""
    configured = urlsplit(conf.get("api", "base_url", fallback="")).netloc
    return {host for host in (request.headers.get("host"), configured) if host}
