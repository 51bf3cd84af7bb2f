#!/usr/bin/env bash
# A forest that stopped early in XGBoost 1.5 loses most of its trees once 3.4.1 has loaded and saved it.
# Versions: xgboost 1.5.2 (numpy 1.24.4, Python 3.8), xgboost-cpu 3.4.1 (scikit-learn 1.9.1, Python 3.12 or later).
# Seen: 4 trees a round, best round 8 (36 trees of 48). Saved again: num_parallel_tree 1, 48 rounds, best_iteration 8;
#   XGBRegressor then predicts with 9 trees, misses by up to 4.93, warnings 0. The number put in: 4, 12 rounds, 0.00
#
# 1.5.2 leaves `num_parallel_tree` out of the JSON of a Booster and 3.4.1 takes 1 for it, but keeps `best_iteration`,
# which counts rounds of 4. The warning on old files asks to save them again; what that writes is a file of today, with
# one round for each tree, so what reads it next is not warned. Put the number into `gbtree_model_param` of the old
# JSON before 3.4.1 loads it; `best_ntree_limit` / (`best_iteration` + 1) tells it.
# Fails if the file saved again predicts right, is refused or warned of, or the one with the number does not.
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
"$folder/old/bin/pip" install --quiet --disable-pip-version-check xgboost==1.5.2 numpy==1.24.4 scipy==1.10.1
"$PYTHON" -m venv "$folder/new"
"$folder/new/bin/pip" install --quiet --disable-pip-version-check \
  xgboost-cpu==3.4.1 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1

cat >"$folder/write.py" <<'PYTHON'
import sys
import numpy, xgboost

random = numpy.random.default_rng(5)
rows = random.normal(size=(300, 4)).astype("float32")
target = rows[:, 0] * 3 + rows[:, 1] + random.normal(size=300) * 3
train, test = xgboost.DMatrix(rows[:200], target[:200]), xgboost.DMatrix(rows[200:], target[200:])
parameters = {"num_parallel_tree": 4, "subsample": 0.5, "seed": 1, "nthread": 1}
booster = xgboost.train(
    parameters, train, 50, evals=[(test, "test")], early_stopping_rounds=3, verbose_eval=False
)
booster.save_model(f"{sys.argv[1]}/old.json")
best = booster.best_iteration + 1
numpy.save(f"{sys.argv[1]}/rows.npy", rows)
numpy.save(f"{sys.argv[1]}/best.npy", booster.predict(xgboost.DMatrix(rows), iteration_range=(0, best)))
print(f"{xgboost.__version__}: {booster.attributes()}, trees {len(booster.get_dump())}")
PYTHON
cat >"$folder/save.py" <<'PYTHON'
import json, sys, warnings
import xgboost

warnings.simplefilter("ignore")
xgboost.Booster(model_file=f"{sys.argv[1]}/old.json").save_model(f"{sys.argv[1]}/again.json")
with open(f"{sys.argv[1]}/old.json") as file:
    document = json.load(file)
learner = document["learner"]
attributes = {name: int(learner["attributes"][name]) for name in ("best_iteration", "best_ntree_limit")}
number = attributes["best_ntree_limit"] // (attributes["best_iteration"] + 1)
learner["gradient_booster"]["model"]["gbtree_model_param"]["num_parallel_tree"] = str(number)
with open(f"{sys.argv[1]}/number.json", "w") as file:
    json.dump(document, file)
xgboost.Booster(model_file=f"{sys.argv[1]}/number.json").save_model(f"{sys.argv[1]}/number.json")
PYTHON
cat >"$folder/read.py" <<'PYTHON'
import json, sys, warnings
import numpy, xgboost

rows = numpy.load(f"{sys.argv[1]}/rows.npy")
best = numpy.load(f"{sys.argv[1]}/best.npy")
held = True
for name, number in (("again", 1), ("number", 4)):
    path = f"{sys.argv[1]}/{name}.json"
    with open(path) as file:
        written = json.load(file)["learner"]["gradient_booster"]["model"]["gbtree_model_param"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = xgboost.XGBRegressor()
        model.load_model(path)
        answers = model.predict(rows)
    booster = model.get_booster()
    used = len(booster[: booster.best_iteration + 1].get_dump())
    wrong = abs(answers - best).max()
    print(
        f"{xgboost.__version__}, {name}: num_parallel_tree {written['num_parallel_tree']}, rounds "
        f"{booster.num_boosted_rounds()}, best_iteration {booster.best_iteration}, trees used {used} of "
        f"{written['num_trees']}, misses by up to {wrong:.2f}, warnings {len(caught)}"
    )
    held &= written["num_parallel_tree"] == str(number) and used == 9 * number and not caught
    held &= bool(wrong > 1 if number == 1 else wrong < 1e-5)
sys.exit(not held)
PYTHON
"$folder/old/bin/python" "$folder/write.py" "$folder"
"$folder/new/bin/python" "$folder/save.py" "$folder"
"$folder/new/bin/python" "$folder/read.py" "$folder"
