"""The refusals of the legacy service: told with status 200, or not told at all."""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class LegacyError(Exception):
    """A refusal that is told."""

    name: str
    number: int | str
    description: str

    def body(self) -> dict[str, Any]:
        """Write it."""
        return {"name": self.name, "number": self.number, "description": self.description}


class Crash(Exception):
    """The interpreter or the database gave up: 500 with an empty text."""


def invalid_login() -> LegacyError:
    """Refuse a user or a password."""
    return LegacyError("Invalid Login", 10, "Login attempt failed please check the username and password")


def invalid_session() -> LegacyError:
    """Refuse a session."""
    return LegacyError("Invalid Session ID", 11, "The session ID is invalid")


def no_module() -> LegacyError:
    """Refuse a module."""
    return LegacyError("Module Does Not Exist", 20, "This module is not available on this server")


def access_denied() -> LegacyError:
    """Refuse what a user may not do."""
    return LegacyError("Access Denied", 40, "You do not have access")


def invalid_call() -> LegacyError:
    """Refuse a method."""
    word = "invalid_call"
    return LegacyError(f"An Undefined Error - {word} occurred", "-1", f"There is no error definition for {word}")


def locked_out() -> LegacyError:
    """Refuse a user who failed too often."""
    return LegacyError("Lockout reached", 1009, "The login attempt limit was reached")
