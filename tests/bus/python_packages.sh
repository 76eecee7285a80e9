#!/bin/bash
# Prints the folder of the Python packages that tests check skein with (for PYTHONPATH), and installs
# them there first where they are not.
set -euo pipefail
HERE="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
exec "$HERE/../../tools/build/python_packages.sh" "$HERE/requirements.txt"
