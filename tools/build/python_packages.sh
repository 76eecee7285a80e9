#!/bin/bash
# Prints the folder of pinned Python packages (for PYTHONPATH), and installs them there first where
# they are not: into the user's cache, all of them or none.
#
# usage: python_packages.sh REQUIREMENTS      a file of `name==version`, dependencies included
set -euo pipefail

HERE="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
source "$HERE/cached_fetch.sh"
REQUIREMENTS="$(readlink -f "${1:?usage: python_packages.sh REQUIREMENTS}")"

fetch() {
    {
        python3 -m venv "$1/venv" # it brings pip
        "$1/venv/bin/python" -m pip install -q --no-deps --target "$1/result" -r "$REQUIREMENTS"
    } >&2 || {
        echo "python_packages.sh: Python's packages could not be installed (see above)" >&2
        echo "  it needs python3-venv and a package index: ./tools/dev test installs the former" >&2
        exit 1
    }
}

PINNED="$(sha256sum <"$REQUIREMENTS")"
cached_fetch "python-${PINNED:0:16}" fetch
