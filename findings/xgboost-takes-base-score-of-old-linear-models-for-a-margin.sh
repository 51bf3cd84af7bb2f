#!/usr/bin/env bash
# XGBoost since 3.1 predicts something else with a linear model for probabilities saved as JSON by 1.3 or 1.4.
# Versions: xgboost 1.4.2 and 1.7.6 (numpy 1.24.4, scipy 1.10.1, Python 3.8), xgboost-cpu 3.4.1 (Python 3.12 or later).
# Seen: 1.7.6 errs by 0.00; 3.4.1 reads gblinear with base_score 0.5 and errs by 0.12, with base_score 0.2 by 0.38,
#   its margins by 0.50 and 1.59, likewise if 1.7.6 saved it again; with `boosted_rounds` 5, and gbtree of 1.4.2: 0.00
#
# The file keeps `base_score` as a probability, but not the rounds of a linear model, which 1.5 began to write. 3.4.1
# takes 0 for them and adds the base score of such a model to the margin as it is: 0.2 where log(0.2 / 0.8) = -1.39
# belongs. There is no error; its warnings are of the file's age and that gblinear is to be removed, for models with
# right answers as well. 2.1.4 and 3.0.5 answer like 1.7.6, 3.1.3 and 3.3.0 like 3.4.1. The way out is to put the
# number of rounds, or any but 0, into the file's `gradient_booster.model.boosted_rounds`.
# Fails if 3.4.1 predicts right with the linear models without rounds or refuses them, or one of the others does not.
set -euo pipefail

PYTHON=${PYTHON:-python3}
PYTHON38=${PYTHON38:-python3.8}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 12))' && "$PYTHON38" -c '' || {
  echo "needs Python 3.12 or later, and 3.8 for XGBoost 1: PYTHON=python3.13 PYTHON38=python3.8 $0" >&2
  exit 2
}
for version in 1.4.2 1.7.6; do
  "$PYTHON38" -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet --disable-pip-version-check \
    "xgboost==$version" numpy==1.24.4 scipy==1.10.1
done
"$PYTHON" -m venv "$folder/3.4.1"
"$folder/3.4.1/bin/pip" install --quiet --disable-pip-version-check xgboost-cpu==3.4.1 numpy==2.4.6 scipy==1.17.1

cat >"$folder/write.py" <<'PYTHON'
import sys
import numpy, xgboost

random = numpy.random.default_rng(5)
rows = random.normal(size=(300, 4)).astype("float32")
matrix = xgboost.DMatrix(rows, rows[:, 0] + 0.5 * rows[:, 1] > 0)
numpy.save(f"{sys.argv[1]}/rows.npy", rows)
for booster in ("gblinear", "gbtree"):
    for base_score in (0.5, 0.2):
        parameters = {"booster": booster, "objective": "binary:logistic", "base_score": base_score}
        model = xgboost.train({"nthread": 1, "verbosity": 0, **parameters}, matrix, 5)
        name = f"{sys.argv[1]}/{booster}-{base_score}"
        model.save_model(f"{name}.json")
        numpy.save(f"{name}.npy", model.predict(matrix))
        numpy.save(f"{name}-margin.npy", model.predict(matrix, output_margin=True))
PYTHON
cat >"$folder/read.py" <<'PYTHON'
import json, math, sys, warnings
import numpy, xgboost

warnings.simplefilter("ignore")
xgboost.set_config(verbosity=0)
folder, suffix = sys.argv[1:]
rows = xgboost.DMatrix(numpy.load(f"{folder}/rows.npy"))
held = True
for booster in ("gblinear", "gbtree"):
    for base_score in (0.5, 0.2):
        name = f"{folder}/{booster}-{base_score}"
        model = xgboost.Booster(model_file=f"{name}{suffix}.json")
        wrong = abs(model.predict(rows) - numpy.load(f"{name}.npy")).max()
        margins = model.predict(rows, output_margin=True) - numpy.load(f"{name}-margin.npy")
        print(
            f"{xgboost.__version__} reads {booster}, base_score {base_score}{suffix}: predictions err by up to "
            f"{wrong:.2f}, margins by {margins.min():.2f} to {margins.max():.2f}"
        )
        taken = xgboost.__version__ == "3.4.1" and booster == "gblinear" and suffix != "-rounds"
        shift = base_score - math.log(base_score / (1 - base_score)) if taken else 0
        held &= bool(abs(margins - shift).max() < 1e-5) and (wrong > 0.1 if taken else wrong < 1e-5)
        if xgboost.__version__ == "1.7.6":
            model.save_model(f"{name}-again.json")
            with open(f"{name}.json") as file:
                document = json.load(file)
            document["learner"]["gradient_booster"]["model"]["boosted_rounds"] = 5
            with open(f"{name}-rounds.json", "w") as file:
                json.dump(document, file)
sys.exit(not held)
PYTHON
"$folder/1.4.2/bin/python" "$folder/write.py" "$folder"
"$folder/1.7.6/bin/python" "$folder/read.py" "$folder" ""
"$folder/3.4.1/bin/python" "$folder/read.py" "$folder" ""
"$folder/3.4.1/bin/python" "$folder/read.py" "$folder" "-again"
"$folder/3.4.1/bin/python" "$folder/read.py" "$folder" "-rounds"
