"""The token endpoint, which in truth is Salesforce's: client credentials, JWT bearer and username-password."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox import credentials
from keepstep_sandbox.account_engagement.gate import Gate
from keepstep_sandbox.account_engagement.query_service import base_url
from keepstep_sandbox.account_engagement.schema import USERS
from keepstep_sandbox.account_engagement.seeded import API_USER
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.salesforce_oauth import JWT_GRANT, ConnectedApp, GrantRefused, form_of, granted, refused

APP: Final = ConnectedApp(credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID, credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET)


class SignIn:
    """Answers the token endpoint."""

    def __init__(self, unit: BusinessUnit, gate: Gate) -> None:
        self._unit = unit
        self._gate = gate

    async def token(self, request: Request) -> Response:
        """Answer `POST /services/oauth2/token`."""
        form = await form_of(request)
        try:
            user = self._user(form, request)
        except GrantRefused as refusal:
            return refused(refusal)
        return granted(
            self._gate.open(user, by_password=form["grant_type"] == "password"),
            scope=self._unit.settings.granted_scope,
            instance_url=self._unit.settings.instance_url,
            user=str(self._unit.row(USERS, user).get("salesforceId", "")),
            now=self._unit.surroundings.clock.now(),
        )

    def _user(self, form: dict[str, str], request: Request) -> int:
        """Find the user that a grant is for.

        Raises:
            GrantRefused: there's none.
        """
        match form.get("grant_type", ""):
            case "client_credentials":
                APP.check_secret(form)
                return API_USER
            case "password" if self._unit.settings.password_flow:
                APP.check_secret(form)
                return self._by_password(form)
            case grant if grant == JWT_GRANT:
                return self._by_assertion(form.get("assertion", ""), base_url(request))
            case _:
                raise GrantRefused("unsupported_grant_type", "grant type not supported")

    def _by_password(self, form: dict[str, str]) -> int:
        user = self._unit.active_user(form.get("username", ""))
        password = credentials.ACCOUNT_ENGAGEMENT_PASSWORD
        accepted = (password, password + credentials.ACCOUNT_ENGAGEMENT_SECURITY_TOKEN)
        if user is None or form.get("password") not in accepted:
            raise GrantRefused("invalid_grant", "authentication failure")
        return user

    def _by_assertion(self, assertion: str, host: str) -> int:
        user = self._unit.active_user(APP.username(assertion, host, self._unit.surroundings.clock.now()))
        if user is None:
            raise GrantRefused("invalid_grant", "user hasn't approved this consumer")
        return user
