#!/usr/bin/env bash
# A model trained with dropout by XGBoost 3.4.1 predicts something else in 3.2.0, which neither refuses nor warns.
# Versions: xgboost-cpu 3.4.1 and 3.2.0, numpy 2.4.6, scipy 1.17.1, Python 3.12 or later.
# Seen:
#   dropout: booster gbtree, weights in the file True, warnings 0, rows that differ 200 of 200, by up to 19.1
#   plain: booster gbtree, weights in the file False, warnings 0, rows that differ 0 of 200, by up to 0.0
#
# The weights of the trees moved to a list `weight_drop` that the older reader skips. The same file without dropout
# predicts the same with both. 3.4.1 names the booster `gbtree`, as it does one without dropout, so nothing tells the
# older reader that it does not understand the file.
# Fails if 3.2.0 refuses or warns, or answers like 3.4.1.
set -euo pipefail

PYTHON=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || {
  echo "needs Python 3.12 or later: PYTHON=/path/to/python3.13 $0" >&2
  exit 2
}
for version in 3.4.1 3.2.0; do
  "$PYTHON" -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet --disable-pip-version-check \
    "xgboost-cpu==$version" numpy==2.4.6 scipy==1.17.1
done

cat >"$folder/write.py" <<'END'
import sys
import numpy, xgboost

random = numpy.random.default_rng(5)
rows = random.normal(size=(200, 4)).astype("float32")
target = rows[:, 0] * 3 + rows[:, 1]
numpy.save(f"{sys.argv[1]}/rows.npy", rows)
for name, more in {"dropout": {"booster": "dart", "rate_drop": 0.5}, "plain": {}}.items():
    parameters = {"max_depth": 3, "seed": 1, "nthread": 1, **more}
    booster = xgboost.train(parameters, xgboost.DMatrix(rows, target), 20)
    booster.save_model(f"{sys.argv[1]}/{name}.json")
    numpy.save(f"{sys.argv[1]}/{name}.npy", booster.predict(xgboost.DMatrix(rows)))
END
cat >"$folder/read.py" <<'END'
import json, sys, warnings
import numpy, xgboost

rows = xgboost.DMatrix(numpy.load(f"{sys.argv[1]}/rows.npy"))
counts = {}
for name in ("dropout", "plain"):
    text = open(f"{sys.argv[1]}/{name}.json").read()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answers = xgboost.Booster(model_file=f"{sys.argv[1]}/{name}.json").predict(rows)
    distance = numpy.abs(answers - numpy.load(f"{sys.argv[1]}/{name}.npy"))
    counts[name] = (int((distance > 0).sum()), len(caught))
    print(
        f"{name}: booster {json.loads(text)['learner']['gradient_booster']['name']}, "
        f"weights in the file {'weight_drop' in text}, warnings {len(caught)}, "
        f"rows that differ {counts[name][0]} of {len(distance)}, by up to {distance.max():.1f}"
    )
sys.exit(counts["dropout"][0] < 150 or counts["dropout"][1] > 0 or counts["plain"] != (0, 0))
END
"$folder/3.4.1/bin/python" "$folder/write.py" "$folder"
"$folder/3.2.0/bin/python" "$folder/read.py" "$folder"
