#!/usr/bin/env bash
# XGBoost 1.0.2 writes a model whose trees were pruned to JSON, which neither it nor any later version reads.
# Versions: xgboost 1.0.2 and 1.5.2 (numpy 1.24.4, scipy 1.10.1, Python 3.8), xgboost-cpu 3.4.1 (Python 3.12 or later).
# Seen: gamma 0: JSON read by 1.0.2, 1.5.2 and 3.4.1; gamma 20: all three fail at "param.num_deleted (12 vs. 0)",
#   while 1.0.2 and 1.5.2 read the binary file of the same model and predict as it did
#
# Pruning leaves deleted nodes in a tree. The JSON of 1.0 has the nodes but not their count `num_deleted`, which the
# reader compares. The model is not lost while its binary file or a pickle is there: let 1.5.2 read the binary file and
# write JSON, which 3.4.1 reads. With the JSON alone, put the number of nodes whose split index is 2147483647 into
# `tree_param` of each tree as `num_deleted`; 3.4.1 reads that too.
# Fails if one of the readers takes the JSON of the pruned model, or refuses one of the other files.
set -euo pipefail

PYTHON=${PYTHON:-python3}
PYTHON38=${PYTHON38:-python3.8}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 12))' && "$PYTHON38" -c '' || {
  echo "needs Python 3.12 or later, and 3.8 for XGBoost 1: PYTHON=python3.13 PYTHON38=python3.8 $0" >&2
  exit 2
}
for version in 1.0.2 1.5.2; do
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
target = rows[:, 0] * 3 + rows[:, 1]
numpy.save(f"{sys.argv[1]}/rows.npy", rows)
for gamma in (0, 20):
    parameters = {"max_depth": 4, "gamma": gamma, "seed": 1, "nthread": 1}
    booster = xgboost.train(parameters, xgboost.DMatrix(rows, target), 10)
    for kind in ("json", "bin"):
        booster.save_model(f"{sys.argv[1]}/{gamma}.{kind}")
    numpy.save(f"{sys.argv[1]}/{gamma}.npy", booster.predict(xgboost.DMatrix(rows)))
PYTHON
cat >"$folder/read.py" <<'PYTHON'
import re, sys, warnings
import numpy, xgboost

warnings.simplefilter("ignore")
folder, *names = sys.argv[1:]
rows = xgboost.DMatrix(numpy.load(f"{folder}/rows.npy"))
held = True
for name in names:
    gamma = name.split(".")[0]
    try:
        answers = xgboost.Booster(model_file=f"{folder}/{name}").predict(rows)
        same = bool(numpy.allclose(answers, numpy.load(f"{folder}/{gamma}.npy"), atol=1e-5))
        said = f"predicts the same {same}"
    except xgboost.core.XGBoostError as error:
        said = re.search(r"Check failed: .*(param_?\.num_deleted.*?\))|$", str(error)).group(1)
        same = False
    print(f"{xgboost.__version__} reads {name}: {said}")
    held &= ("num_deleted" in str(said)) if name == "20.json" else same
    if name == "20.bin" and xgboost.__version__ == "1.5.2":
        xgboost.Booster(model_file=f"{folder}/{name}").save_model(f"{folder}/20.rescued.json")
sys.exit(not held)
PYTHON
cat >"$folder/count.py" <<'PYTHON'
import json, sys

with open(f"{sys.argv[1]}/20.json") as file:
    model = json.load(file)
for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
    tree["tree_param"]["num_deleted"] = str(tree["split_indices"].count(2147483647))
with open(f"{sys.argv[1]}/20.counted.json", "w") as file:
    json.dump(model, file)
PYTHON
"$folder/1.0.2/bin/python" "$folder/write.py" "$folder"
"$folder/1.0.2/bin/python" "$folder/read.py" "$folder" 0.json 20.json 0.bin 20.bin
"$folder/1.5.2/bin/python" "$folder/read.py" "$folder" 0.json 20.json 0.bin 20.bin
"$PYTHON" "$folder/count.py" "$folder"
"$folder/3.4.1/bin/python" "$folder/read.py" "$folder" 0.json 20.json 20.rescued.json 20.counted.json
