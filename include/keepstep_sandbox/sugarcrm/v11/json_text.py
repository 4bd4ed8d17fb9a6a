"""Arguments that may be JSON in a text: a filter in a query string, the data of a call within a bulk request."""

from typing import Any

import orjson

from keepstep_sandbox.sugarcrm.errors import invalid


def parsed(value: Any) -> Any:
    """Read it, if it's a text.

    Raises:
        SugarError: it isn't JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value) if value.strip() else []
    except orjson.JSONDecodeError as error:
        raise invalid("Invalid JSON in filter") from error
