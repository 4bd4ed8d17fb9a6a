#!/bin/sh
# Makes .venv from nothing but a Python and its venv module: finds a Python that runs, installs the locked packages.
# Called by make, from the project's root; the stamp that says "done" is the caller's.
set -eu

say() { printf '%s\n' "$*" >&2; }
fail() { say "" ; say "make: $*"; exit 1; }

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

find_python() {
    # A name on PATH may be a shim of a version manager with nothing behind it: only what runs counts.
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if "$name" -c "$supported" >/dev/null 2>&1; then
            printf '%s' "$name"
            return
        fi
    done
}

python=$(find_python)
if [ -z "$python" ]; then
    found=$("${PYTHON:-python3}" --version 2>&1) || found="no Python that runs"
    fail "Keepstep needs Python 3.11, 3.12 or 3.13; here is: $found.
On Debian 12+ or Ubuntu 24.04+: apt install python3 python3-venv. Another Python: make PYTHON=/path/to/python3.12"
fi
version=$("$python" -c 'import platform; print(platform.python_version())')

if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    fail "$python ($version) can't make virtual environments: its venv module is missing.
Install it (as root: apt install python3-venv, or python$minor-venv) and run make again."
fi

if ! [ -x .venv/bin/python ] || ! .venv/bin/python -c "$supported" >/dev/null 2>&1; then
    say "Making .venv with Python $version ..."
    rm -rf .venv
    "$python" -m venv .venv || fail "$python -m venv .venv failed; the reason stands above."
fi

offline="The packages could not be fetched; the reason stands above. Is this machine online?
A mirror or proxy goes into pip's own settings (pip config set global.index-url ..., HTTPS_PROXY)."

say "Installing the locked packages (once; about 200, a few minutes on a slow line) ..."
if ! .venv/bin/python -c 'import uv' >/dev/null 2>&1; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check uv || fail "$offline"
fi
# uv doesn't read pip's settings and brings its own certificates; so it is asked to use the system's (a company's
# proxy has its own authority), then its own, and where neither reaches an index, pip may know another one.
# The lock is complete: nothing has to be resolved, --no-deps only keeps pip from looking.
log=.venv/setup.log
uv() { .venv/bin/uv "$@" pip install --python .venv/bin/python --no-deps --require-hashes -r requirements.txt >"$log" 2>&1; }
uv --system-certs || uv \
    || .venv/bin/python -m pip install --no-deps --require-hashes --disable-pip-version-check -r requirements.txt >>"$log" 2>&1 \
    || { tail -n 15 "$log" >&2; fail "$offline"; }
# The build back end is in the lock, so that nothing is fetched here.
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e . \
    || fail "Keepstep itself could not be installed; the reason stands above."
