#!/usr/bin/env bash
# Adds models of a version of XGBoost: add.sh 3.5.0
# With a folder as well, every model in every form goes there instead, for `pytest --models FOLDER`; further
# arguments go to make.py. It takes a Python that the version ran on (from PATH or pyenv) and a temporary
# environment with what fitted that version.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${1:?usage: add.sh VERSION [FOLDER [--seed N]]}
case $version in
  1.[0-5].*) pythons="3.7 3.6 3.8" with="numpy==1.21.6 scipy==1.7.3 scikit-learn==1.0.2" ;;
  1.6.*) pythons="3.7 3.8 3.9" with="numpy==1.21.6 scipy==1.7.3 scikit-learn==1.0.2" ;;
  1.7.* | 2.*) pythons="3.8 3.9 3.10" with="numpy==1.24.4 scipy==1.10.1 scikit-learn==1.3.2" ;;
  3.[0-2].*) pythons="3.10 3.11 3.12" with="numpy==2.2.6 scipy==1.15.3 scikit-learn==1.7.2 pandas==2.3.3" ;;
  # The newest that there are: what fits a version to come is not known.
  *) pythons="3.13 3.12 3.14" with="numpy scipy scikit-learn pandas" ;;
esac

find_python() {
  local wanted candidate
  for wanted in $pythons; do
    for candidate in "python$wanted" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$wanted".*/bin/python3; do
      # What pyenv puts on PATH for a version that is not chosen is there, but only says so.
      if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$wanted')" 2>/dev/null; then
        echo "$candidate"
        return
      fi
    done
  done
  echo "XGBoost $version needs one of Python $pythons; found none of them on PATH or in pyenv" >&2
  exit 1
}

python=$(find_python)
environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
"$python" -m venv "$environment"
# shellcheck disable=SC2086
"$environment/bin/pip" install --quiet --disable-pip-version-check $with
install=("$environment/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-cache-dir)
# The same without what graphics cards need, where that exists: a tenth of the size.
"${install[@]}" "xgboost-cpu==$version" 2>/dev/null || "${install[@]}" "xgboost==$version"
if [ $# -gt 1 ]; then
  "$environment/bin/python" "$here/make.py" --all "$2/$version" "${@:3}"
else
  rm -rf "${here:?}/$version"
  "$environment/bin/python" "$here/make.py" "$here/$version"
fi
