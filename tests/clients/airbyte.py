"""Airbyte's connectors, driven as Airbyte drives them: by their command, with its files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.clients.puppet import Puppet


class Airbyte:
    """The command, with the files that it wants."""

    def __init__(self, puppet: Puppet, folder: Path, config: Mapping[str, object]) -> None:
        self._puppet, self._folder, self._config = puppet, folder, config

    def run(self, what: str, **files: object) -> list[dict[str, Any]]:
        """Run it; give the messages that it printed."""
        words = [what, "--config", self._file("config", self._config)]
        for name, content in files.items():
            words += [f"--{name}", self._file(name, content)]
        return list(self._puppet("run", *words))

    def but(self, **changes: object) -> "Airbyte":
        """Give the same with another configuration."""
        return Airbyte(self._puppet, self._folder, {**self._config, **changes})

    def read(self, stream: str, state: object = None, *, mode: str = "incremental") -> "Read":
        """Read one stream, as it was discovered."""
        found = self.discover()[stream]
        configured = {
            "stream": found,
            "sync_mode": mode,
            "destination_sync_mode": "append",
            "cursor_field": found.get("default_cursor_field", []),
            "primary_key": found.get("source_defined_primary_key", []),
        }
        files: dict[str, object] = {"catalog": {"streams": [configured]}}
        return Read(self.run("read", **files, **({} if state is None else {"state": state})))

    def discover(self) -> dict[str, dict[str, Any]]:
        """Give the streams that there are, by their names."""
        (catalog,) = [one["catalog"] for one in self.run("discover") if one["type"] == "CATALOG"]
        return {one["name"]: one for one in catalog["streams"]}

    def _file(self, name: str, content: object) -> str:
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(content))
        return str(path)


class Read:
    """What a run of `read` told."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.records = [one["record"]["data"] for one in messages if one["type"] == "RECORD"]
        states = [one["state"] for one in messages if one["type"] == "STATE"]
        self.state = states[-1:]
        traces = [one["trace"] for one in messages if one["type"] == "TRACE"]
        self.errors = [one["error"] for one in traces if one["type"] == "ERROR"]


def succeeded(messages: list[dict[str, Any]]) -> bool:
    """Tell whether a check went well."""
    return [one["connectionStatus"] for one in messages if one["type"] == "CONNECTION_STATUS"] == [
        {"status": "SUCCEEDED"}
    ]
