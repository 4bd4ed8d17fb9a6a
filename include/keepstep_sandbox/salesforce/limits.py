"""The versions and limits that a client may ask for."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keepstep_sandbox.salesforce.gate import VERSIONS
from keepstep_sandbox.salesforce.org import Org


class Limits:
    """Answers `/services/data`, `/services/data/vNN.0` and `/limits`."""

    def __init__(self, org: Org) -> None:
        self._org = org

    async def versions(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Answer `GET /services/data`; no sign-in is needed for that."""
        told = [{"label": f"v{n}", "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in VERSIONS]
        return JSONResponse(told)

    async def resources(self, request: Request) -> Response:
        """Answer `GET /services/data/vNN.0`."""
        root = f"/services/data/v{request.path_params['version']}.0"
        names = ("sobjects", "query", "queryAll", "limits", "composite", "jobs")
        return JSONResponse({name: f"{root}/{name}" for name in names})

    async def limits(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Answer `GET /limits`."""
        limit = self._org.settings.daily_limit
        told = {
            "DailyApiRequests": {"Max": limit, "Remaining": max(0, limit - self._org.calls_used())},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
        }
        return JSONResponse(told)
