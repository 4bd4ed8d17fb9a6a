"""The gate in front of the API: sign-in, limits."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.act_on.account import Account
from keepstep_sandbox.act_on.errors import GatewayError

Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(account: Callable[[], Account], endpoint: Endpoint) -> Endpoint:
    """Let only signed-in requests within the limits through, as the gateway does, and settle the due upload jobs first.

    Raises:
        GatewayError: 401 or 429.
    """

    async def answer(request: Request) -> Response:
        present = account()
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not token:
            raise GatewayError(401, "Unauthorized", "Missing Credentials")
        if scheme.lower() != "bearer" or not present.tokens.valid(token.strip()):
            raise GatewayError(401, "Unauthorized", "Invalid or expired access token")
        present.limits.count(present.now_s())
        present.jobs.settle()
        return await endpoint(request)

    return answer
