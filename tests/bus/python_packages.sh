#!/bin/bash
# Prints the folder of the Python packages that tests check skein with (for PYTHONPATH), and installs
# them there first where they are not: into the user's cache, all of them or none.
set -euo pipefail

HERE="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
source "$HERE/../../tools/build/cached_fetch.sh"

fetch() {
    {
        python3 -m venv "$1/venv" # it brings pip
        "$1/venv/bin/python" -m pip install -q --no-deps --target "$1/result" \
            -r "$HERE/requirements.txt"
    } >&2 || {
        echo "python_packages.sh: Python's packages could not be installed (see above)" >&2
        echo "  it needs python3-venv and a package index: ./tools/dev test installs the former" >&2
        exit 1
    }
}

PINNED="$(sha256sum <"$HERE/requirements.txt")"
cached_fetch "python-${PINNED:0:16}" fetch
