"""`make test-clients`: the environments of the public clients, then the tests that hold the sandboxes against them."""

from __future__ import annotations

import subprocess
import sys
import time

from tools.clients import environments


def main() -> int:
    """Make what isn't there, say how long it took, run the tests; 1 where an environment can't be made."""
    for client in environments.CLIENTS:
        started = time.monotonic()
        try:
            environments.make(client)
        except environments.EnvironmentFailed as wrong:
            print(wrong, file=sys.stderr)
            return 1
        print(f"{client.name}: ready in {time.monotonic() - started:.1f} s", flush=True)
    tests = [sys.executable, "-m", "pytest", "tests/clients", "-q", *sys.argv[1:]]
    return subprocess.run(tests, cwd=environments.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
