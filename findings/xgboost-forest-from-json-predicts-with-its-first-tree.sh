#!/usr/bin/env bash
# A forest saved as JSON by XGBoost before 1.6 predicts with its first tree once a scikit-learn class has loaded it.
# Versions: xgboost 1.5.2 (numpy 1.24.4, scikit-learn 1.3.2, Python 3.8) and xgboost-cpu 3.4.1 (scikit-learn 1.9.1).
# Seen: 3.4.1 XGBRFRegressor, forest of 50 trees: largest error 6.78, equal to trees [0, 1) True; Booster: 0.00
#   (1.5.2 itself answers the same from its own file; boosted trees one by one are right with both classes.)
#
# The file keeps `best_iteration` 0 beside 50 trees and `best_ntree_limit` 50. Its writer did not keep the tree count
# of a round in the booster's own parameters, so 1.5.2 and every reader since take one tree for a round and the
# scikit-learn class stops after round `best_iteration`. `num_parallel_tree=4` with 10 rounds ends after 10 of 40
# trees likewise. There is no error; 3.4.1 warns of the file's age only. Predict with the Booster, which takes all
# trees, or drop the attribute: `model.get_booster().set_attr(best_iteration=None)`.
# Fails if a scikit-learn class answers from all trees, or a Booster does not.
set -euo pipefail

PYTHON=${PYTHON:-python3}
PYTHON38=${PYTHON38:-python3.8}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 12))' && "$PYTHON38" -c '' || {
  echo "needs Python 3.12 or later, and 3.8 for XGBoost 1.5.2: PYTHON=python3.13 PYTHON38=python3.8 $0" >&2
  exit 2
}
"$PYTHON38" -m venv "$folder/old"
"$folder/old/bin/pip" install --quiet --disable-pip-version-check \
  xgboost==1.5.2 numpy==1.24.4 scipy==1.10.1 scikit-learn==1.3.2
"$PYTHON" -m venv "$folder/new"
"$folder/new/bin/pip" install --quiet --disable-pip-version-check \
  xgboost-cpu==3.4.1 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1

cat >"$folder/write.py" <<'PYTHON'
import sys
import numpy, xgboost

random = numpy.random.default_rng(5)
rows = random.normal(size=(300, 4)).astype("float32")
target = rows[:, 0] * 3 + rows[:, 1]
numpy.save(f"{sys.argv[1]}/rows.npy", rows)
for name, model in {
    "forest": xgboost.XGBRFRegressor(n_estimators=50, max_depth=3, n_jobs=1),
    "four-a-round": xgboost.XGBRegressor(n_estimators=10, num_parallel_tree=4, subsample=0.5, n_jobs=1),
    "one-a-round": xgboost.XGBRegressor(n_estimators=10, n_jobs=1),
}.items():
    model.fit(rows, target).save_model(f"{sys.argv[1]}/{name}.json")
    numpy.save(f"{sys.argv[1]}/{name}.npy", model.predict(rows))
PYTHON
cat >"$folder/read.py" <<'PYTHON'
import sys, warnings
import numpy, xgboost

warnings.simplefilter("ignore")
rows = numpy.load(f"{sys.argv[1]}/rows.npy")
matrix = xgboost.DMatrix(rows)
held = True
for name, kind, trees in (
    ("forest", xgboost.XGBRFRegressor, 1),
    ("four-a-round", xgboost.XGBRegressor, 10),
    ("one-a-round", xgboost.XGBRegressor, None),
):
    expected = numpy.load(f"{sys.argv[1]}/{name}.npy")
    booster = xgboost.Booster(model_file=f"{sys.argv[1]}/{name}.json")
    model = kind()
    model.load_model(f"{sys.argv[1]}/{name}.json")
    answers = model.predict(rows)
    wrong = abs(answers - expected).max()
    right = abs(booster.predict(matrix) - expected).max()
    line = f"{xgboost.__version__} {kind.__name__}, {name}: largest error {wrong:.2f}"
    if trees:
        cut = booster.predict(matrix, iteration_range=(0, trees))
        same = bool(numpy.allclose(answers, cut, atol=1e-5))
        line += f", equal to trees [0, {trees}) {same}"
        held &= same
        model.get_booster().set_attr(best_iteration=None)
        held &= xgboost.__version__ < "3" or bool(abs(model.predict(rows) - expected).max() < 1e-5)
    print(f"{line}; Booster: {right:.2f}")
    held &= right < 1e-5 and (wrong > 0.01 if trees else wrong < 1e-5)
sys.exit(not held)
PYTHON
"$folder/old/bin/python" "$folder/write.py" "$folder"
"$folder/old/bin/python" "$folder/read.py" "$folder"
"$folder/new/bin/python" "$folder/read.py" "$folder"
