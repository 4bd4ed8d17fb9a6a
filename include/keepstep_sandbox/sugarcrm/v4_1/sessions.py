"""Sessions of the legacy service: several of one user live side by side."""

import hashlib
from collections import Counter
from typing import Any, Final

from keepstep_sandbox import credentials
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.v4_1.errors import invalid_login, invalid_session, locked_out

_PASSWORD_MD5: Final = hashlib.md5(credentials.SUGARCRM_PASSWORD.encode(), usedforsecurity=False).hexdigest()


class Sessions:
    """See the module."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._live: dict[str, tuple[str, float, int]] = {}  # id -> user, end, the site's token age at its making
        self._failed: Counter[str] = Counter()
        self._count = 0
        site.on_reset.append(self._forget)

    def open(self, auth: Any) -> tuple[str, str]:
        """Sign a user in; give the session's id and the user's.

        Raises:
            LegacyError: that's no user, the password is wrong, or there were too many wrong ones.
        """
        given = auth if isinstance(auth, dict) else {}
        name, password = str(given.get("user_name", "")), str(given.get("password", ""))
        limit = self._site.settings.lockout_after
        if limit and self._failed[name] >= limit:
            raise locked_out()
        plain = str(given.get("encryption", "")).upper() == "PLAIN"
        user = self._site.user_named(name)
        if user is None or password != (credentials.SUGARCRM_PASSWORD if plain else _PASSWORD_MD5):
            self._failed[name] += 1
            raise invalid_login()
        del self._failed[name]
        self._count += 1
        session = hashlib.sha256(f"session/{self._count}/{self._now()}".encode()).hexdigest()[:26]
        self._live[session] = (user, self._now() + self._site.settings.session_s, self._site.token_age)
        return session, user

    def user(self, session: str) -> str:
        """Give whose session it is, which lives on by being used.

        Raises:
            LegacyError: there's none.
        """
        user, ends, age = self._live.get(session, ("", 0.0, -1))
        if ends <= self._now() or age != self._site.token_age or not self._site.is_active(user):
            raise invalid_session()
        self._live[session] = (user, self._now() + self._site.settings.session_s, age)
        return user

    def close(self, session: str) -> None:
        """End a session."""
        self._live.pop(session, None)

    def _forget(self) -> None:
        self._live.clear()
        self._failed.clear()

    def _now(self) -> float:
        return self._site.surroundings.clock.now().timestamp()
