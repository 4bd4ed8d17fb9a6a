"""docker-compose.yaml is valid, and everything it names exists: commands, paths, variables."""

import json
import os
import re
import shlex
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tools.behaviours import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LOOK_UP = """
import json, sys
from airflow.cli.cli_parser import get_parser
for words in json.load(sys.stdin):
    get_parser().parse_args(words)
"""


def test_the_file_keeps_the_compose_specification() -> None:
    schema = json.loads(
        files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(COMPOSE, schema)


def test_there_is_a_service_for_everything_that_a_sync_needs() -> None:
    needed = {"postgres", "redis", "init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}
    assert needed <= {name for name, service in SERVICES.items() if "profiles" not in service}
    assert SERVICES["sandbox"]["profiles"] == ["sandbox"]


def test_every_airflow_command_in_it_is_one_that_airflow_has() -> None:
    words = [command[1:] for command in commands() if command[0] == "airflow"]
    assert ["celery", "worker"] in words
    done = subprocess.run(
        [sys.executable, "-c", LOOK_UP],
        input=json.dumps(words),
        env=os.environ | {"AIRFLOW__CORE__EXECUTOR": SERVICES["worker"]["environment"]["AIRFLOW__CORE__EXECUTOR"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_every_other_program_in_it_is_installed_with_us() -> None:
    from_other_images = {"pg_isready", "redis-cli"}
    for command in commands():
        if command[:2] == ["python", "-m"]:
            assert (ROOT / "plugins" / (command[2].replace(".", "/") + ".py")).exists()
        elif command[0] not in {"airflow", "python", *from_other_images}:
            assert (Path(sys.executable).parent / command[0]).exists(), command


def test_the_sandbox_takes_the_options_it_is_started_with() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "keepstep_sandbox", "serve", "--help"], capture_output=True, text=True, check=True
    )
    for option in (word for word in SERVICES["sandbox"]["command"] if word.startswith("--")):
        assert option in done.stdout


def test_every_path_that_is_copied_or_mounted_exists() -> None:
    copied = [word for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]]
    mounted = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    assert {"include", "plugins", "dags", "requirements.txt"} <= set(copied)
    for path in [*copied, *mounted]:
        assert (ROOT / path).exists(), path


def test_what_the_image_copies_is_not_ignored_by_its_build() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {word for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]}
    assert copied <= allowed


def test_every_variable_it_asks_for_stands_in_the_example_and_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert asked <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    for name in ("POSTGRES_PASSWORD", "AIRFLOW_JWT_SECRET", "AIRFLOW_API_SECRET", "AIRFLOW_FERNET_KEY"):
        assert f"{name}=\n" in example
        assert f"${{{name}:-" not in text


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in {"init", "sandbox"}])
def test_every_service_that_stays_up_tells_its_health(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def commands() -> list[list[str]]:
    """Every command line in the file: of services and of their health checks."""
    found: list[list[str]] = []
    for service in SERVICES.values():
        found += parts(service.get("command", []))
        kind, *words = service.get("healthcheck", {}).get("test", ["CMD"])
        found += shell(words[0]) if kind == "CMD-SHELL" else parts(words)
    return found


def parts(words: list[str]) -> list[list[str]]:
    """A command; what it hands to a shell as commands of their own."""
    if not words:
        return []
    return shell(words[2]) if words[:2] == ["sh", "-c"] else [words]


def shell(line: str) -> list[list[str]]:
    """The commands of a shell line; compose writes a dollar as two."""
    return [shlex.split(one) for one in line.replace("$$", "$").split(" && ")]
