#!/usr/bin/env bash
# Every third round of an XGBoost model as `booster[1:8:3]` is an error of an internal check, `booster[1:7:3]` is none.
# Versions: xgboost-cpu 3.4.1, numpy 2.4.6, scipy 1.17.1, Python 3.12 or later.
# Seen: [1:7:3] rounds 2, [0:8:2] rounds 4, [0:8:3], [1:8:3] and [1::3] "Check failed: out_l == n_layers (3 vs. 2)"
#   of all slices within 8 rounds the 77 whose step divides stop - start work; 43 fail at the check, 168 with a step of
#   more than stop - start raise "Layer index out of range"; as slices of a list all of them are valid
#
# The documentation supports a step "with some limitations like negative step is invalid" and does not name this one
# (known upstream for `stop` beyond the rounds, dmlc/xgboost#9944). XGBoost counts (stop - start) / step rounds, rounded
# down, and comes to one more. Choose `stop` so that the step divides:
# `stop + (start - stop) % step` if the model has as many rounds, else predict with the rounds one by one.
# Fails if a slice of a step that does not divide works or fails otherwise, or one that divides does not work.
set -euo pipefail

PYTHON=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || {
  echo "needs Python 3.12 or later: PYTHON=/path/to/python3.13 $0" >&2
  exit 2
}
"$PYTHON" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check xgboost-cpu==3.4.1 numpy==2.4.6 scipy==1.17.1

cat >"$folder/slice.py" <<'PYTHON'
import re, sys
import numpy, xgboost

ROUNDS = 8
rows = numpy.arange(40.0).reshape(20, 2)
booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(rows, numpy.arange(20.0)), ROUNDS)


def rounds_of(part):
    try:
        return booster[part].num_boosted_rounds()
    except Exception as error:
        found = re.search(r"Check failed: out_l == n_layers \(.*?\)", str(error))
        return found.group() if found else f"{type(error).__name__}: {error}"


for part in (slice(1, 7, 3), slice(0, 8, 2), slice(0, 8, 3), slice(1, 8, 3), slice(1, None, 3)):
    print(f"{xgboost.__version__} {part}: {rounds_of(part)}; of a list {len(range(ROUNDS)[part])}")
held = rounds_of(slice(1, None, 3)) == rounds_of(slice(1, 8, 3))
counts = {"works": 0, "check": 0, "out of range": 0}
for start in range(ROUNDS):
    for stop in range(start + 1, ROUNDS + 1):
        for step in range(1, ROUNDS + 1):
            seen = rounds_of(slice(start, stop, step))
            if (stop - start) % step == 0:
                kind, expected = "works", str((stop - start) // step)
            elif step < stop - start:
                kind, expected = "check", "Check failed"
            else:
                kind, expected = "out of range", "IndexError: Layer index out of range"
            counts[kind] += 1
            held &= str(seen).startswith(expected)
print(f"all slices: {counts}; as expected {held}")
sys.exit(not held)
PYTHON
"$folder/venv/bin/python" "$folder/slice.py"
