#!/usr/bin/env bash
# Resolves every requirements*.in anew to the newest versions, each file in agreement with those before it.
# Takes uv: UV=/path/to/uv serving/lock.sh [uv's options, such as --upgrade-package xgboost-cpu]
set -euo pipefail
cd "$(dirname "$0")"

UV=${UV:-uv}
# The oldest Python that the newest XGBoost takes; what the image runs is newer.
OLDEST_PYTHON=3.12
upgrade=("$@")
[ $# -gt 0 ] || upgrade=(--upgrade)

lock() {
  local folder=$1 name=$2
  shift 2
  (cd "$folder" && UV_CUSTOM_COMPILE_COMMAND="serving/lock.sh" "$UV" pip compile --quiet --universal --generate-hashes \
    --python-version "$OLDEST_PYTHON" "${upgrade[@]}" "$@" "$name.in" -o "$name.txt" >/dev/null)
  echo "locked $folder/$name.txt" >&2
}

models=(--constraint ../models/requirements.txt)
# XGBoost's Python package wants numpy and scipy; the server loads its C library only.
native=(--no-emit-package numpy --no-emit-package scipy)
# Type checkers that packages of the feature store list as if they ran with them.
checkers=(mypy mypy-extensions ast-serialize librt pathspec types-greenlet)
# What CatBoost draws with.
plotting=(matplotlib plotly graphviz contourpy cycler fonttools kiwisolver pillow pyparsing)

lock ../models requirements
lock . requirements "${models[@]}" "${native[@]}"
lock . requirements-scikit-learn "${models[@]}" --constraint requirements.txt
lock . requirements-fetcher "${models[@]}" --constraint requirements.txt
lock . requirements-dev "${models[@]}" --constraint requirements.txt --constraint requirements-fetcher.txt \
  "${plotting[@]/#/--no-emit-package=}"
lock . requirements-build
lock . requirements-packages
lock tests/instruments requirements
lock tests/feature_store requirements "${checkers[@]/#/--no-emit-package=}"
