"""Ways in: OAuth client credentials, JWT bearer, username-password, refresh token; the SOAP login of older clients."""

import re
from html import unescape
from typing import Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keepstep_sandbox import credentials
from keepstep_sandbox.salesforce.gate import Gate
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.schema import USER
from keepstep_sandbox.salesforce_oauth import JWT_GRANT, ORG_ID, ConnectedApp, GrantRefused, form_of, granted, refused

TOKEN_PATH: Final = "/services/oauth2/token"  # noqa: S105 - a path
REVOKE_PATH: Final = "/services/oauth2/revoke"
APP: Final = ConnectedApp(credentials.SALESFORCE_CLIENT_ID, credentials.SALESFORCE_CLIENT_SECRET)
_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"


class SignIn:
    """Answers the token endpoint and the SOAP login."""

    def __init__(self, org: Org, gate: Gate) -> None:
        self._org = org
        self._gate = gate
        self._refresh_tokens: dict[str, str] = {}  # token -> the user who let the app in
        self._count = 0
        org.on_reset.append(self._refresh_tokens.clear)

    def approve(self, user: str) -> str:
        """Give an app that a user lets in for good its refresh token.

        Raises:
            KeyError: there's no such user.
        """
        if self._org.tables[USER].get(user) is None:
            raise KeyError(user)
        self._count += 1
        token = f"5Aep861.sandbox{self._count:06d}"
        self._refresh_tokens[token] = user
        return token

    async def revoke(self, request: Request) -> Response:
        """Answer `POST /services/oauth2/revoke`: an access token ends, or a refresh token."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        token = form.get("token", "")
        if self._refresh_tokens.pop(token, None) is None and not self._gate.close(token):
            return JSONResponse({"error": "invalid_token", "error_description": "invalid token"}, 400)
        return Response(status_code=200)

    async def token(self, request: Request) -> Response:
        """Answer `POST /services/oauth2/token`."""
        form = await form_of(request)
        try:
            user = self._user(form, request)
        except GrantRefused as refusal:
            return refused(refusal)
        more: dict[str, str] = {}
        if form.get("grant_type") == "refresh_token" and self._org.settings.rotate_refresh_tokens:
            del self._refresh_tokens[form["refresh_token"]]
            more["refresh_token"] = self.approve(user)
        return granted(
            self._gate.open(user),
            scope="api pardot_api",
            instance_url=_host(request),
            user=user,
            now=self._org.surroundings.clock.now(),
            **more,
        )

    async def soap(self, request: Request) -> Response:
        """Answer the SOAP login call; the session id serves as bearer token."""
        text = (await request.body()).decode(errors="replace")
        name, password = _element(text, "username"), _element(text, "password")
        user = self._org.active_user(name) if self._org.settings.soap_login else None
        if user is None or password != credentials.SALESFORCE_PASSWORD + credentials.SALESFORCE_SECURITY_TOKEN:
            return _soap(500, _FAULT)
        url = f"{_host(request)}{request.url.path}/{ORG_ID}"
        result = (
            f'<loginResponse xmlns="urn:partner.soap.sforce.com"><result><serverUrl>{escape(url)}</serverUrl>'
            f"<sessionId>{escape(self._gate.open(user))}</sessionId><userId>{user}</userId>"
            f"<userInfo><organizationId>{ORG_ID}</organizationId>"
            f"<sessionSecondsValid>{self._org.settings.session_s}</sessionSecondsValid></userInfo>"
            "</result></loginResponse>"
        )
        return _soap(200, result)

    def _user(self, form: dict[str, str], request: Request) -> str:
        """Find the user that a grant is for.

        Raises:
            GrantRefused: there's none.
        """
        match form.get("grant_type", ""):
            case "client_credentials":
                if request.headers.get("host", "").split(".")[0] in ("login", "test"):
                    raise GrantRefused("invalid_grant", "request not supported on this domain")
                APP.check_secret(form)
                return self._org.integration_user
            case "password" if self._org.settings.password_flow:
                APP.check_secret(form)
                return self._by_password(form)
            case "refresh_token":
                APP.check_secret(form)
                return self._by_refresh_token(form.get("refresh_token", ""))
            case grant if grant == JWT_GRANT:
                return self._by_assertion(form.get("assertion", ""), _host(request))
            case _:
                raise GrantRefused("unsupported_grant_type", "grant type not supported")

    def _by_password(self, form: dict[str, str]) -> str:
        user = self._org.active_user(form.get("username", ""))
        password = credentials.SALESFORCE_PASSWORD
        if user is None or form.get("password") not in (password, password + credentials.SALESFORCE_SECURITY_TOKEN):
            raise GrantRefused("invalid_grant", "authentication failure")
        return user

    def _by_refresh_token(self, token: str) -> str:
        user = self._refresh_tokens.get(token, "")
        if not (self._org.tables[USER].get(user) or {}).get("IsActive", False):
            raise GrantRefused("invalid_grant", "expired access/refresh token")
        return user

    def _by_assertion(self, assertion: str, host: str) -> str:
        user = self._org.active_user(APP.username(assertion, host, self._org.surroundings.clock.now()))
        if user is None:
            raise GrantRefused("invalid_grant", "user hasn't approved this consumer")
        return user


def _host(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _element(text: str, name: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}>(.*?)</(?:\w+:)?{name}>", text, re.DOTALL)
    return unescape(found[1]) if found else ""


_FAULT: Final = (
    "<soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid username, password, "
    "security token; or user locked out.</faultstring><detail>"
    '<sf:LoginFault xmlns:sf="urn:fault.partner.soap.sforce.com">'
    "<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>Invalid username, password, security "
    "token; or user locked out.</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault>"
)


def _soap(status: int, inside: str) -> Response:
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_SOAP}"><soapenv:Body>'
        f"{inside}</soapenv:Body></soapenv:Envelope>"
    )
    return Response(text, status, media_type="text/xml")
