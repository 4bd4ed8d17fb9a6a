"""Change tracking: everything once, then what changed since; deletions last; tokens that grow too old."""

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request

from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import (
    DynamicsError,
    bad_query,
    expired_delta_token,
    invalid_argument,
    missing_privilege,
)
from keepstep_sandbox.dynamics.options import Question
from keepstep_sandbox.dynamics.paging import Cookie, link
from keepstep_sandbox.dynamics.preferences import Preferences
from keepstep_sandbox.dynamics.rendering import Renderer, root
from keepstep_sandbox.dynamics.standard import VERSION, Definition
from keepstep_sandbox.dynamics.table import Row

_TOKEN: Final = re.compile(r"(\d+)!(\d\d/\d\d/\d{4} \d\d:\d\d:\d\d)")
_STAMP: Final = "%m/%d/%Y %H:%M:%S"
_REFUSED: Final = ("$filter", "$orderby", "$expand", "$top")
_EVERYTHING: Final = -1
_CHANGED, _DELETED = "changed", "deleted"


class Tracking:
    """Answers questions with `odata.track-changes` or a delta token."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def answer(
        self, request: Request, table: Definition, asked: Question, wishes: Preferences, token: Cookie | None
    ) -> dict[str, Any]:
        """Give a page.

        Raises:
            DynamicsError: an option that doesn't go with change tracking, a privilege, a token that is too old.
        """
        self._check(table, asked)
        renderer = Renderer(self._environment, table, wishes, asked.select)
        size = min(wishes.page or self._environment.settings.max_page, self._environment.settings.max_page)
        place = token or self._start(table, asked)
        address = f"{root(request)}/{table.set_name}"
        everything = place.since == _EVERYTHING
        context = renderer.context if everything else f"{renderer.context}/$delta"
        told: dict[str, Any] = {"@odata.context": f"{root(request)}/$metadata#{context}"}
        entries = self._entries(table, place, size)
        told["value"] = [self._told(request, table, renderer, entry) for entry in entries[:size]]
        if len(entries) > size:
            following = Cookie(place.page + 1, entries[size - 1][0], place.since, place.upto).text(table.key)
            told["@odata.nextLink"] = link(address, request.query_params, skiptoken=following)
            return told
        delta = f"{place.upto}!{self._environment.now().strftime(_STAMP)}"
        # Microsoft's own example has these escapes in lower case.
        escaped = quote(delta, safe="").lower()
        joint = "&" if (kept := link(address, request.query_params)).partition("?")[2] else ""
        told["@odata.deltaLink"] = f"{kept}{joint}$deltatoken={escaped}"
        return told

    def count(self, table: Definition, token: str) -> int:
        """Tell how many changes there are since a token.

        Raises:
            DynamicsError: it's too old, or none.
        """
        self._check(table, Question())
        return len(self._entries(table, Cookie(1, "", self._since(table, token), self._environment.version), None))

    def _start(self, table: Definition, asked: Question) -> Cookie:
        since = _EVERYTHING if asked.delta_token is None else self._since(table, asked.delta_token)
        return Cookie(1, "", since, self._environment.version)

    def _check(self, table: Definition, asked: Question) -> None:
        settings = self._environment.settings
        refused = [name for name in _REFUSED if name in asked.given]
        if refused:
            raise bad_query(f"The query parameter {refused[0]} is not supported with change tracking.")
        if table.name in settings.untracked:
            raise invalid_argument(f"Change tracking is not enabled for the entity {table.name}.")
        if not settings.org_level_read:
            raise missing_privilege(
                self._environment.integration_user, f"organization-level prvRead{table.schema_name}"
            )

    def _since(self, table: Definition, token: str) -> int:
        found = _TOKEN.fullmatch(token)
        if found is None:
            raise DynamicsError(400, "0x80040203", "The delta token is not valid.")
        environment, settings = self._environment, self._environment.settings
        version, made = int(found[1]), datetime.strptime(found[2], _STAMP).replace(tzinfo=UTC)
        oldest = environment.oldest_delta
        if settings.schema_change_expires:
            oldest = max(oldest, environment.schema_versions.get(table.name, 0))
        old = environment.now() - made > timedelta(days=settings.tracking_days)
        if old or version < oldest or version > environment.version:
            raise expired_delta_token()
        return version

    def _entries(self, table: Definition, place: Cookie, size: int | None) -> list[tuple[str, Row | str]]:
        """Give what is still to be told: a word to go on from, and a row or the id of a deleted one.

        Of everything, no more than fills a page and begins the next.
        """
        rows = self._environment.tables[table.name]
        since, upto = place.since or 0, place.upto or 0
        if place.since == _EVERYTHING:
            end = None if size is None else size + 1
            return [(row[table.key], row) for row in islice(rows.rows(place.last), end)]
        kind, _, number = place.last.partition(":")
        begin = int(number) if number else since
        changed: list[tuple[str, Row | str]] = [
            (f"{_CHANGED}:{row[VERSION]}", row)
            for row in rows.changed(begin if kind != _DELETED else upto)
            if row[VERSION] <= upto
        ]
        after = begin if kind == _DELETED else since
        deleted: dict[str, int] = {
            one.id: one.version
            for one in self._environment.deletions
            if one.table == table.name and after < one.version <= upto and rows.get(one.id) is None
        }
        return [*changed, *((f"{_DELETED}:{version}", i) for version, i in sorted((v, i) for i, v in deleted.items()))]

    def _told(
        self, request: Request, table: Definition, renderer: Renderer, entry: tuple[str, Row | str]
    ) -> dict[str, Any]:
        _, what = entry
        if not isinstance(what, str):
            return renderer.record(what)
        context = f"{root(request)}/$metadata#{table.set_name}/$deletedEntity"
        return {"@odata.context": context, "id": what, "reason": "deleted"}
