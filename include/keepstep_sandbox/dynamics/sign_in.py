"""The way in: OAuth client credentials, as the Microsoft identity platform answers them."""

from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keepstep_sandbox import credentials
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.gate import Gate

TOKEN_PATH: Final = "/{tenant}/oauth2/v2.0/token"  # noqa: S105 - a path
CONFIGURATION_PATH: Final = "/{tenant}/v2.0/.well-known/openid-configuration"
SCOPE_END: Final = "/.default"


class GrantRefused(Exception):
    """No token: HTTP status, the OAuth error word, the AADSTS number and its sentence."""


class SignIn:
    """Answers the token endpoint. The secret may be said to have expired."""

    def __init__(self, environment: Environment, gate: Gate) -> None:
        self._environment = environment
        self._gate = gate
        self.secret_expired = False
        environment.on_reset.append(self._renew)

    def _renew(self) -> None:
        self.secret_expired = False

    async def token(self, request: Request) -> Response:
        """Answer `POST /{tenant}/oauth2/v2.0/token`."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
        try:
            self._check(form, request)
        except GrantRefused as refusal:
            return _refused(refusal)
        seconds = self._environment.settings.token_s
        told = {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds}
        return JSONResponse(
            {**told, "access_token": self._gate.open()}, headers={"Cache-Control": "no-store, no-cache"}
        )

    async def configuration(self, request: Request) -> Response:
        """Answer `GET /{tenant}/v2.0/.well-known/openid-configuration`, which Microsoft's own libraries ask first."""
        tenant = str(request.path_params["tenant"])
        if tenant != credentials.DYNAMICS_TENANT_ID:
            return _refused(GrantRefused(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found."))
        base = f"{request.url.scheme}://{request.headers.get('host', '')}/{tenant}"
        told = {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
        return JSONResponse(told)

    def _check(self, form: dict[str, str], request: Request) -> None:
        """See whether a grant is good.

        Raises:
            GrantRefused: it isn't.
        """
        tenant = str(request.path_params["tenant"])
        if tenant != credentials.DYNAMICS_TENANT_ID:
            raise GrantRefused(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            raise GrantRefused(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        if form.get("client_id") != credentials.DYNAMICS_CLIENT_ID:
            message = f"Application with identifier '{form.get('client_id', '')}' was not found in the directory."
            raise GrantRefused(400, "unauthorized_client", 700016, message)
        if form.get("client_secret") != credentials.DYNAMICS_CLIENT_SECRET:
            raise GrantRefused(401, "invalid_client", 7000215, "Invalid client secret provided.")
        if self.secret_expired:
            raise GrantRefused(401, "invalid_client", 7000222, "The provided client secret keys are expired.")
        self._check_scope(form.get("scope", ""), request)

    def _check_scope(self, scope: str, request: Request) -> None:
        if not scope.endswith(SCOPE_END):
            raise GrantRefused(400, "invalid_scope", 1002012, f"The provided value for scope {scope} is not valid.")
        resource = scope.removesuffix(SCOPE_END)
        if self._environment.settings.checks_scope and urlsplit(resource).netloc != request.headers.get("host", ""):
            message = f"The resource principal named {resource} was not found in the tenant."
            raise GrantRefused(400, "invalid_resource", 500011, message)


def _refused(refusal: GrantRefused) -> Response:
    status, word, number, sentence = refusal.args
    told = {"error": word, "error_description": f"AADSTS{number}: {sentence}", "error_codes": [number]}
    return JSONResponse(told, status)
