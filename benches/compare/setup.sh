#!/bin/sh
# Makes a Python environment with the peers that the benches compare with, at pinned versions.
#   setup.sh [DIRECTORY]     default: .venv at the root of the repository; prints the path of its python
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-"$here/../../.venv"}
if [ ! -x "$venv/bin/python" ]; then
    "${PYTHON:-python3}" -m venv "$venv" >&2
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
echo "$venv/bin/python"
