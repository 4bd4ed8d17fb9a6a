"""Runs a sandbox application on a real socket, in a thread, and stops it cleanly."""

import socket
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from keepstep_sandbox.middleware import CLOSE_EXTENSION

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 10.0
GRACE_S = 1  # how long requests under way may take to end when the server stops


class PortInUse(Exception):
    """Somebody else listens on that port already, or it isn't ours to listen on."""

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {cause.strerror or cause}")
        self.host = host
        self.port = port


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate and key files, for clients that insist on https."""

    certificate: Path
    key: Path


class _AsWritten(bytes):
    """A header's name that stays as it is: the real systems write `Content-Type`, and there are clients that care."""

    __slots__ = ()

    def lower(self) -> bytes:
        """Give it as it is; the server would send it in lower case."""
        return self


@lru_cache(maxsize=1000)
def _as_written(name: bytes) -> bytes:
    # the server looks for these three itself, in lower case
    own = name in (b"content-length", b"transfer-encoding", b"connection")
    return name if own else _AsWritten(b"-".join(part.capitalize() for part in name.split(b"-")))


class _Protocol(HttpToolsProtocol):
    """Gives each request a way to close its own connection, which ASGI has no message for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner: Any = self.app
        protocol = self

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            # close() sends what is buffered first, then ends: a truncated body gets out as far as it went.
            extensions = {**scope.get("extensions", {}), CLOSE_EXTENSION: protocol.transport.close}

            async def send_as_written(message: Message) -> None:
                if message["type"] == "http.response.start":
                    headers = [(_as_written(bytes(name).lower()), value) for name, value in message.get("headers", [])]
                    message = {**message, "headers": headers}
                await send(message)

            await inner({**scope, "extensions": extensions}, receive, send_as_written)

        closable: Any = app
        self.app = closable

    def shutdown(self) -> None:
        """End the connection as the server stops; over TLS without waiting for a goodbye that may not come."""
        idle = self.cycle is None or self.cycle.response_complete
        if self.scheme == "https" and idle:
            self.transport.abort()
        else:
            super().shutdown()


class SandboxServer:
    """A context manager: a server on `url` inside the with-statement, nothing of it left after."""

    def __init__(self, app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0, tls: Tls | None = None) -> None:
        """Prepare a server; port 0 takes any free one."""
        self._app = app
        self._host = host
        self._port = port
        self._tls = tls
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def app(self) -> ASGIApp:
        """The application that is served."""
        return self._app

    @property
    def port(self) -> int:
        """The port it listens on; before the start, the one that was asked for."""
        return self._port

    @property
    def url(self) -> str:
        """Where it answers, with no slash at the end."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self._port}"

    def start(self) -> Self:
        """Listen and answer; come back once it does.

        Raises:
            PortInUse: the port isn't free.
            TimeoutError: it didn't come up.
        """
        listener = self._listen()
        self._port = listener.getsockname()[1]
        self._server = uvicorn.Server(self._config())
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name=f"sandbox-{self._port}", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                listener.close()
                raise TimeoutError(f"the sandbox on port {self._port} did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Stop answering, end the thread, close the sockets; more than once is fine."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(STOP_TIMEOUT_S)
        if self._thread.is_alive():
            raise TimeoutError(f"the sandbox on port {self._port} did not stop")
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._host, self._port))
        except OSError as error:
            listener.close()
            raise PortInUse(self._host, self._port, error) from error
        return listener

    def _config(self) -> uvicorn.Config:
        return uvicorn.Config(
            self._app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            log_config=None,
            date_header=False,  # the weather layer sends the sandbox clock's
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=GRACE_S,
            ssl_certfile=str(self._tls.certificate) if self._tls else None,
            ssl_keyfile=str(self._tls.key) if self._tls else None,
        )
