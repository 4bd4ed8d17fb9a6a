"""Who is signed in by v11: one live session for each user and platform, refresh tokens that serve once."""

from dataclasses import dataclass

from keepstep_sandbox.sugarcrm.errors import SugarError
from keepstep_sandbox.sugarcrm.site import Site


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in: whose, on which platform, its two tokens, when they end, and the site's token age at its making."""

    user: str
    platform: str
    access: str
    refresh: str
    access_ends: float
    refresh_ends: float
    age: int


class Sessions:
    """See the module."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._live: dict[tuple[str, str], Session] = {}
        self._count = 0
        site.on_reset.append(self._live.clear)

    def open(self, user: str, platform: str) -> Session:
        """Sign a user in; an earlier session on the same platform ends at once."""
        now, settings = self._now(), self._site.settings
        self._count += 1
        access, refresh = f"access-{self._count:06d}-{int(now)}", f"refresh-{self._count:06d}-{int(now)}"
        ends = (now + settings.access_s, now + settings.refresh_s)
        made = Session(user, platform, access, refresh, *ends, self._site.token_age)
        self._live[user, platform] = made
        return made

    def renew(self, refresh: str) -> Session:
        """Give new tokens for a refresh token, which has served with that.

        Raises:
            SugarError: it's used up, too old, or ended by another sign-in.
        """
        found = next((one for one in self._live.values() if one.refresh == refresh), None)
        if found is None or found.refresh_ends <= self._now() or not self._site.is_active(found.user):
            raise SugarError(self._site.settings.dead_refresh_label, "The refresh token is invalid.", status=401)
        return self.open(found.user, found.platform)

    def user(self, token: str) -> str:
        """Give whose access token it is.

        Raises:
            SugarError: there's none, or it isn't good any more.
        """
        if not token:
            raise SugarError("need_login", "No valid authentication for user.")
        found = next((one for one in self._live.values() if one.access == token), None)
        if found is None or found.access_ends <= self._now() or found.age != self._site.token_age:
            raise SugarError("invalid_grant", "The access token provided is invalid.")
        if not self._site.is_active(found.user):
            raise SugarError("need_login", "The user is not active.")
        return found.user

    def close(self, token: str) -> None:
        """End a session."""
        self._live = {place: one for place, one in self._live.items() if one.access != token}

    def _now(self) -> float:
        return self._site.surroundings.clock.now().timestamp()
