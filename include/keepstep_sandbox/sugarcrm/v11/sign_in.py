"""The token endpoint of v11, and the way out."""

from typing import Any

from keepstep_sandbox import credentials
from keepstep_sandbox.sugarcrm.errors import SugarError, invalid
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.v11.calls import Answer, Call
from keepstep_sandbox.sugarcrm.v11.sessions import Session, Sessions


class SignIn:
    """Answers `oauth2/token` and `oauth2/logout`."""

    def __init__(self, site: Site, sessions: Sessions) -> None:
        self._site = site
        self._sessions = sessions

    def token(self, call: Call) -> Answer:
        """Answer `POST oauth2/token`."""
        arguments = call.arguments
        grant = call.needed("grant_type")
        self._check_client(arguments)
        if grant == "refresh_token":
            self._platform(arguments)
            return Answer(self._told(self._sessions.renew(str(call.needed("refresh_token")))))
        if grant != "password":
            raise invalid(f"Unsupported grant type: {grant}")
        platform = self._platform(arguments)
        user = self._site.user_named(str(call.needed("username")))
        if user is None or call.needed("password") != credentials.SUGARCRM_PASSWORD:
            label = self._site.settings.bad_password_label
            raise SugarError(label, "You must specify a valid username and password.", status=401)
        return Answer(self._told(self._sessions.open(user, platform)))

    def logout(self, call: Call) -> Answer:
        """Answer `POST oauth2/logout`."""
        self._sessions.close(token_of(call))
        return Answer({"success": True})

    def _check_client(self, arguments: dict[str, Any]) -> None:
        client = (arguments.get("client_id"), arguments.get("client_secret") or "")
        if client != (credentials.SUGARCRM_CLIENT_ID, credentials.SUGARCRM_CLIENT_SECRET):
            raise SugarError("need_login", "The client credentials are invalid.")

    def _platform(self, arguments: dict[str, Any]) -> str:
        settings = self._site.settings
        platform = str(arguments.get("platform") or "base")
        if not settings.unknown_platforms and platform not in settings.platforms:
            label, status = settings.unknown_platform_label, settings.unknown_platform_status
            raise SugarError(label, f"Unknown platform: {platform}", status=status)
        return platform

    def _told(self, session: Session) -> dict[str, Any]:
        settings = self._site.settings
        return {
            "access_token": session.access,
            "expires_in": settings.access_s,
            "token_type": "bearer",
            "scope": None,
            "refresh_token": session.refresh,
            "refresh_expires_in": settings.refresh_s,
            "download_token": f"download-{session.access}",
        }


def token_of(call: Call, *, bearer: bool = True) -> str:
    """Give the access token that a call carries; empty if none."""
    token = call.headers.get("oauth-token", "")
    scheme, _, word = call.headers.get("authorization", "").partition(" ")
    return token or (word.strip() if bearer and scheme.lower() == "bearer" else "")
