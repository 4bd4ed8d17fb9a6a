"""The command `keepstep-sandbox`: runs all sandboxes in one process, in the foreground."""

import inspect
import signal
import threading
from contextlib import ExitStack
from typing import Annotated, Any

import typer

from keepstep_sandbox.control import MAX_SIZE
from keepstep_sandbox.server import PortInUse, SandboxServer
from keepstep_sandbox.systems import SYSTEMS

EXIT_USAGE = 2

app = typer.Typer(add_completion=False, help="Servers that act like the real systems on the wire.")


@app.callback()
def main() -> None:
    """Servers that act like the real systems on the wire, on this machine only."""


def serve(host: str, seed: int, size: int, only: list[str], **ports: int) -> None:
    """Run the sandboxes until Ctrl-C or SIGTERM; one line a system when it answers."""
    chosen = [entry for entry in SYSTEMS if not only or entry.name in only]
    unknown = set(only) - {entry.name for entry in SYSTEMS}
    if unknown:
        typer.echo(
            f"no such system: {', '.join(sorted(unknown))}; there is {', '.join(e.name for e in SYSTEMS)}", err=True
        )
        raise typer.Exit(EXIT_USAGE)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as running:
        for entry in chosen:
            server = SandboxServer(entry.make(seed, size), host=host, port=ports[f"{entry.name}_port"])
            try:
                running.enter_context(server)
            except PortInUse as error:
                typer.echo(
                    f"{entry.title}: {error}; choose another with --{entry.name.replace('_', '-')}-port", err=True
                )
                raise typer.Exit(EXIT_USAGE) from error
            typer.echo(f"{entry.title} ready on {server.url}, control on {server.url}/_control")
        stop.wait()
    typer.echo("stopped")


def _with_port_options() -> inspect.Signature:
    """Spell out one --NAME-port option for each registered system, so that the register stays the only list."""

    def option(name: str, kind: Any, default: object) -> inspect.Parameter:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)

    common = [
        option("host", Annotated[str, typer.Option(help="Address to listen on.")], "127.0.0.1"),
        option("seed", Annotated[int, typer.Option(help="Draws the people; the same seed, the same people.")], 1),
        option("size", Annotated[int, typer.Option(min=0, max=MAX_SIZE, help="Number of persons.")], 200),
        option(
            "only", Annotated[list[str], typer.Option(help="A system to run; may be repeated. All if left out.")], []
        ),
    ]
    ports = [
        option(
            f"{entry.name}_port",
            Annotated[int, typer.Option(min=0, max=65_535, help=f"Port of {entry.title}; 0 takes any free one.")],
            entry.default_port,
        )
        for entry in SYSTEMS
    ]
    return inspect.Signature([*common, *ports])


_command: Any = serve
_command.__signature__ = _with_port_options()
_command.__annotations__ = {name: part.annotation for name, part in _command.__signature__.parameters.items()}
app.command("serve")(_command)

if __name__ == "__main__":
    app()
