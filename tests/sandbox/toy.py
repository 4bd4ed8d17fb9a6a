"""The smallest system there can be, to try what all the sandboxes share."""

from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from keepstep_sandbox.control import build_app
from keepstep_sandbox.settings import SandboxSettings
from keepstep_sandbox.surroundings import Surroundings


@dataclass(slots=True)
class Toy:
    """Keeps notes under a number; a token is any word that isn't expired."""

    surroundings: Surroundings
    notes: dict[int, str] = field(default_factory=dict)
    expired: int = 0
    name: str = "toy"

    def counts(self) -> dict[str, int]:
        """Tell how many notes there are."""
        return {"notes": len(self.notes)}

    def reset(self, seed: int | None, size: int | None) -> None:
        """Throw the notes away, write as many new ones as asked for."""
        self.notes = {number: f"note {number} of {seed}" for number in range(size or 0)}

    def expire_tokens(self) -> None:
        """Count how often that was asked for."""
        self.expired += 1

    async def write(self, request: Request) -> Response:
        """Keep a note."""
        self.notes[int(request.path_params["note"])] = (await request.body()).decode()
        return JSONResponse({"kept": len(self.notes)}, 201)

    async def read(self, request: Request) -> Response:
        """Give a note."""
        return JSONResponse({"note": self.notes.get(int(request.path_params["note"]), ""), "expired": self.expired})


def toy_app(settings: SandboxSettings) -> Starlette:
    """Build the toy's application."""
    toy = Toy(Surroundings.of(settings))
    routes = [
        Route("/notes/{note:int}", toy.read, methods=["GET"]),
        Route("/notes/{note:int}", toy.write, methods=["PUT"]),
    ]
    return build_app(toy, routes, [])
