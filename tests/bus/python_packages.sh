#!/bin/bash
# Prints the folder of the Python packages that tests check skein with (for PYTHONPATH), and installs
# them there first where they are not: into the user's cache, all of them or none.
set -euo pipefail

HERE="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
CACHE="${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/skein"
PINNED="$(sha256sum <"$HERE/requirements.txt")"
TARGET="$CACHE/python-${PINNED:0:16}"

if [[ ! -d $TARGET ]]; then
    mkdir -p "$CACHE"
    exec 9>"$CACHE/python.lock"
    flock 9 # another process may install the same
    if [[ ! -d $TARGET ]]; then
        WORK="$(mktemp -d "$CACHE/fetch.XXXXXX")"
        trap 'rm -rf "$WORK"' EXIT
        {
            python3 -m venv "$WORK/venv" # it brings pip
            "$WORK/venv/bin/python" -m pip install -q --no-deps --target "$WORK/packages" \
                -r "$HERE/requirements.txt"
        } >&2 || {
            echo "python_packages.sh: Python's packages could not be installed (see above)" >&2
            echo "  it needs python3-venv and a package index: ./tools/dev test installs the former" >&2
            exit 1
        }
        mv "$WORK/packages" "$TARGET"
    fi
fi
echo "$TARGET"
