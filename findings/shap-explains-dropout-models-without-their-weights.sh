#!/usr/bin/env bash
# shap with background data explains another model than the one given if XGBoost 3.4.1 trained it with dropout.
# Versions: shap 0.54.1, xgboost-cpu 3.4.1, numpy 2.5.5, Python 3.12 or later (the newest of each).
# Seen: dropout: contributions miss the prediction by up to 19.71 with background data, 0.00 without; warnings 0
#   plain: by up to 0.00 with background data, 0.00 without; warnings 0
#
# With background data (`feature_perturbation="interventional"`, the default then) shap reads the trees from the file
# format itself and leaves out the list `weight_drop`. Without them it has XGBoost compute the contributions. The check
# `check_additivity`, on by default, compares with the answers of shap's own trees and so does not notice.
# Sum the contributions and the expected value up and compare with the prediction's margin, or give no background data.
# Fails if the contributions with background data add up for dropout or shap refuses or warns, or one of the others
# does not add up.
set -euo pipefail

PYTHON=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || {
  echo "needs Python 3.12 or later: PYTHON=/path/to/python3.13 $0" >&2
  exit 2
}
"$PYTHON" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  shap==0.54.1 xgboost-cpu==3.4.1 numpy==2.5.5 scipy==1.18.1 pandas==3.1.1 scikit-learn==1.9.1

cat >"$folder/explain.py" <<'PYTHON'
import sys, warnings
import numpy, shap, xgboost

random = numpy.random.default_rng(5)
rows = random.normal(size=(300, 4)).astype("float32")
matrix = xgboost.DMatrix(rows, rows[:, 0] * 3 + rows[:, 1] + 10)
held = True
for name, more in (("dropout", {"booster": "dart", "rate_drop": 0.5}), ("plain", {})):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        booster = xgboost.train({"seed": 1, "nthread": 1, **more}, matrix, 20)
    predictions = booster.predict(matrix, output_margin=True)
    distances, caught = {}, []
    for kind, background in (("with", rows[:50]), ("without", None)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            explainer = shap.TreeExplainer(booster, background)
            contributions = explainer.shap_values(rows, check_additivity=True)
        sums = contributions.sum(axis=1) + numpy.ravel(explainer.expected_value)
        distances[kind] = abs(sums - predictions).max()
        held &= not caught
    print(
        f"{name}: contributions miss the prediction by up to {distances['with']:.2f} with background data, "
        f"{distances['without']:.2f} without; warnings {len(caught)}"
    )
    held &= distances["without"] < 1e-3
    held &= distances["with"] > 1 if name == "dropout" else distances["with"] < 1e-3
sys.exit(not held)
PYTHON
"$folder/venv/bin/python" "$folder/explain.py"
