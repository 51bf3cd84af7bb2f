#!/usr/bin/env bash
# Prints the path of a Python that everything here runs on. With an argument: of that one, if it fits.
# Looked for on PATH, then among pyenv's, then by uv, which downloads one where it can.
set -uo pipefail

# What the locked packages take: XGBoost itself needs 3.12.
OLDEST=12

fits() {
  "$1" -c "import sys, venv, ensurepip; sys.exit(not (3, $OLDEST) <= sys.version_info[:2] < (4, 0))" >/dev/null 2>&1
}

# A name may stand for a wrapper, such as pyenv's, that finds nothing in the next folder.
tell() {
  "$1" -c 'import sys; print(sys.executable)'
  exit
}

if [ -n "${1:-}" ]; then
  fits "$1" && tell "$1"
  found=$("$1" --version 2>&1 | head -n 1)
  echo "PYTHON=$1 does not fit (${found:-it does not run}); needed is Python 3.$OLDEST or later, with venv and pip." >&2
  exit 1
fi

# 3.13 is what the image runs.
for name in python3.13 python3 python3.14 python3.15 python3.12; do
  fits "$name" && tell "$name"
done
for root in "${PYENV_ROOT:-}" "$HOME/.pyenv"; do
  [ -d "$root/versions" ] || continue
  for version in "$root"/versions/3.13* "$root"/versions/3.1[4-9]* "$root"/versions/3.12*; do
    fits "$version/bin/python3" && tell "$version/bin/python3"
  done
done
if command -v uv >/dev/null; then
  echo "No Python 3.$OLDEST or later here; asking uv for one" >&2
  uv python install 3.13 >&2
  found=$(uv python find 3.13 2>/dev/null)
  [ -n "$found" ] && fits "$found" && tell "$found"
fi

echo "No Python 3.$OLDEST or later was found (python3 is $(python3 --version 2>&1 | head -n 1)). Any of these helps:
  - install one, with its venv module: apt-get install python3.13-venv, brew install python@3.13, or pyenv install 3.13
  - install uv (https://docs.astral.sh/uv/), which downloads one
  - name one that is elsewhere: make PYTHON=/path/to/python3.13" >&2
exit 1
