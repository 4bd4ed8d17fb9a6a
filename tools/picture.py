"""Pictures of a running demo for the documents, by headless Chromium (Debian's `chromium`): `make picture`.

Chromium's command line can open a page but not sign in. Airflow takes its token from a cookie, and cookies don't tell
ports apart: so a page of ours on another port sets the cookie and sends the browser on to Airflow.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import requests

from tools.demo.airflow_api import Airflow
from tools.demo.settings import PROSPECTS, ROOT, SYNCS, USER, DemoError, Settings

PICTURES = ROOT / "docs" / "pictures"
SIZE = "1600,1000"  # width and height in pixels
STALE_S = 61  # Account Engagement's reads may be a minute old
PATIENCE_MS = 20_000  # of the browser's own time, for a page that fetches what it shows


def main() -> int:
    """Take the pictures; 1 where there is no browser or no demo."""
    try:
        _take(Settings.of(os.environ))
    except DemoError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    return 0


def _take(settings: Settings) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise DemoError("there is no chromium here: apt install chromium")
    airflow = Airflow(settings)
    try:
        airflow.sign_in(USER)
    except requests.ConnectionError as wrong:
        raise DemoError(f"no demo runs on {settings.ui}: start one with make demo, in another terminal") from wrong
    _some_trouble(settings, airflow)
    run = airflow.last_run(SYNCS[0])
    pages = {
        "run.png": f"/dags/{SYNCS[0]}/runs/{run}",
        "lists.png": f"/plugin/{airflow.page('Lists')}",
        "queue.png": f"/plugin/{airflow.page('Sync queue')}",
    }
    PICTURES.mkdir(exist_ok=True)
    for name, path in pages.items():
        with _way_in(airflow.token, settings.ui + path) as address, tempfile.TemporaryDirectory() as profile:
            _shoot(browser, profile, address, PICTURES / name)
        print(f"{PICTURES / name}")


def _some_trouble(settings: Settings, airflow: Airflow) -> None:
    """Two leads are deleted, two prospects assigned to a seller whom Salesforce doesn't know: the queue shows it."""
    ports = settings.ports
    for lead in _asked("GET", ports.salesforce, "salesforce/leads?limit=2")["items"]:
        _asked("DELETE", ports.salesforce, f"salesforce/leads/{lead['Id']}")
    seller = _asked("POST", ports.account_engagement, "account_engagement/users", {"email": "new.seller@sales.example"})
    for prospect in _asked("GET", ports.account_engagement, "account_engagement/prospects?limit=2")["items"]:
        path = f"account_engagement/prospects/{prospect['id']}/assign"
        _asked("POST", ports.account_engagement, path, {"user": seller["id"]})
    time.sleep(STALE_S)
    run = airflow.trigger(PROSPECTS)
    while airflow.state(PROSPECTS, run) not in ("success", "failed"):
        time.sleep(2)


def _asked(method: str, port: int, path: str, body: object = None) -> Any:
    reply = requests.request(method, f"http://localhost:{port}/_control/{path}", json=body, timeout=30)
    reply.raise_for_status()
    return reply.json() if reply.content else None


def _shoot(browser: str, profile: str, address: str, picture: Path) -> None:
    picture.unlink(missing_ok=True)
    args = [browser, "--headless=new", "--hide-scrollbars", f"--user-data-dir={profile}", f"--window-size={SIZE}"]
    args += [f"--virtual-time-budget={PATIENCE_MS}", f"--screenshot={picture}", "--disable-gpu"]
    if os.geteuid() == 0:
        args.append("--no-sandbox")  # Chromium's own refuses to work for root
    done = subprocess.run([*args, address], capture_output=True, text=True, check=False, timeout=120)
    if not picture.exists():
        raise DemoError(f"{browser} made no picture: {done.stderr[-1000:]}")


@contextmanager
def _way_in(token: str, target: str) -> Iterator[str]:
    """The address of a page that hands the browser the token and sends it on."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Set the cookie, go on."""
            self.send_response(302)
            self.send_header("Set-Cookie", f"_token={token}; Path=/; SameSite=Lax")
            self.send_header("Location", target)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: the address would be all there is to say."""

    server = HTTPServer(("localhost", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
