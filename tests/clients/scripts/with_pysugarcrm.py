"""pysugarcrm carries out orders: `get`, `post`, `put`, `me`, `close`."""

from collections.abc import Mapping
from typing import Any

from pysugarcrm import SugarCRM

from tests.clients.scripts.loop import serve


def signed_in(url: str, username: str, password: str, **how: Any) -> SugarCRM:
    """Sign in."""
    return SugarCRM(url, username, password, **how)


def refusal(error: Exception) -> Mapping[str, Any]:  # noqa: ARG001 - what serve wants
    """Tell nothing more: the client's exceptions hold their text alone."""
    return {}


if __name__ == "__main__":
    serve(signed_in, refusal)
