"""One signed-in environment: queries and metadata, each call with its refusals sorted out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from keepstep.connectors.base import Json
from keepstep.connectors.calls import CallRefused, Effect, Reply, Request
from keepstep.connectors.dynamics import errors, odata, wire
from keepstep.connectors.dynamics.fields import Catalog, Choices, table_of
from keepstep.connectors.dynamics.metadata import catalog_of, choices_of, with_lengths
from keepstep.connectors.dynamics.settings import DynamicsSettings
from keepstep.connectors.transport import Transport
from keepstep.core.errors import SettingsError, Unavailable

SYSTEM: Final = "Dynamics 365"
_ODATA: Final = {"Accept": "application/json", "OData-Version": "4.0", "OData-MaxVersion": "4.0"}
_TRIES: Final = 3  # of a query that met a deadlock or ran for too long
_WAIT_S: Final = 1.0
_SERVER_ERROR: Final = 500
_ATTRIBUTES: Final = (
    "LogicalName,AttributeType,AttributeOf,DisplayName,IsCustomAttribute,IsValidForRead,IsValidForCreate,"
    "IsValidForUpdate"
)
_TEXTS: Final = "/Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=LogicalName,MaxLength,Format,FormatName"
_PICKLISTS: Final = (
    "/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName"
    "&$expand=OptionSet($select=Options),GlobalOptionSet($select=Options)"
)


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a query's answer."""

    rows: Sequence[wire.Row]
    more: str | None  # the path of the next page
    changes: str | None  # the path that tells what changed since; on the last page of a tracked listing
    asked_at: datetime | None  # by the server's clock, before the query began


@dataclass(slots=True)
class Environment:
    """Asks; what doesn't change during a run is asked for once."""

    transport: Transport
    settings: DynamicsSettings
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    polled: set[str] = field(default_factory=set)  # objects whose changes can't be tracked, as reads found out
    _catalogs: dict[str, Catalog] = field(default_factory=dict)
    _choices: dict[str, Choices] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def send(self, method: str, path: str, label: str, effect: Effect = Effect.READS, **parts: Any) -> Reply:
        """A call to the Web API; `label` is its path without ids. Raises as `Transport.send`."""
        headers = {**_ODATA, **parts.pop("headers", {})}
        return self.transport.send(Request(method, path, f"{method} {label}", effect, headers=headers, **parts))

    def page(self, object: str, path: str, label: str, prefer: Mapping[str, str]) -> Rows:
        """One page of rows. Raises CallRefused where Dataverse doesn't take the query, else as `Transport.send`."""
        return self.rows(table_of(object).set, table_of(object).key, path, label, prefer)

    def rows(self, set: str, key: str, path: str, label: str, prefer: Mapping[str, str]) -> Rows:
        """As `page`, of any table; `key` is the column of its ids."""
        reply = self._patiently(path, f"{set} {label}", prefer)
        rows = wire.rows_of(reply.json, key)
        body = reply.json if isinstance(reply.json, dict) else {}
        links = {name: body.get(f"@odata.{name}") for name in ("nextLink", "deltaLink")}
        paths = {name: odata.path_of(link, self.settings.data) for name, link in links.items()}
        if rows is None or any(link is not None and paths[name] is None for name, link in links.items()):
            raise Unavailable(f"{SYSTEM}'s answer to the query of {set} is not a page of rows")
        return Rows(rows, paths["nextLink"], paths["deltaLink"], reply.asked_at)

    def catalog(self, object: str) -> Catalog:
        """The columns of a table, without their lengths."""
        with self._lock:
            if object not in self._catalogs:
                told = self._metadata(object, f"?$select={_ATTRIBUTES}")
                self._catalogs[object] = catalog_of(object, told)
            return self._catalogs[object]

    def described(self, object: str) -> Catalog:
        """The columns of a table, all that is told of them."""
        return with_lengths(self.catalog(object), self._metadata(object, _TEXTS))

    def choices(self, object: str) -> Choices:
        """The labels of a table's choices."""
        with self._lock:
            if object not in self._choices:
                self._choices[object] = choices_of(self._metadata(object, _PICKLISTS))
            return self._choices[object]

    def refused(self, object: str, refused: CallRefused) -> SettingsError:
        """Of a query."""
        return SettingsError(
            f"{SYSTEM} refuses the query of {table_of(object).set} ({refused.verdict.code}): check that every column "
            "of the sync's file exists there, and that the security role of the application user may read the table"
        )

    def _metadata(self, object: str, rest: str) -> Json:
        logical = table_of(object).logical
        path = f"{self.settings.data}/EntityDefinitions(LogicalName='{logical}')/Attributes{rest}"
        label = f"EntityDefinitions({logical})/Attributes{rest.partition('?')[0]}"
        try:
            return self._patiently(path, label, {}).json
        except CallRefused as refused:
            raise SettingsError(
                f"{SYSTEM} doesn't describe its table {logical} ({refused.verdict.code}): the security role of the "
                "application user must be allowed to read the table and its definition"
            ) from None

    def _patiently(self, path: str, label: str, headers: Mapping[str, str]) -> Reply:
        tries = 1
        while True:
            try:
                return self.send("GET", path, label, headers=headers)
            except CallRefused as refused:
                busy = refused.verdict.code in errors.SPLIT
                if not busy and refused.status < _SERVER_ERROR:
                    raise
                if not busy or tries == _TRIES:
                    raise Unavailable(f"{SYSTEM} failed at GET {label} ({refused.verdict.code})") from None
            self.sleep(_WAIT_S * tries)
            tries += 1
