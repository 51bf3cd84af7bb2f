#!/usr/bin/env bash
# onnxmltools converts XGBoost models to ONNX without an error that answer something else than the model did.
# Versions: onnxmltools 1.16.0, onnx 1.23.2, onnxruntime 1.32.0, xgboost-cpu 3.4.1, Python 3.13 (the newest of each).
# Seen: first row by XGBoost and ONNX: dropout 7.26 and 3.81, reg:logistic 0.03 and -2.97, survival:cox 102.93 and
#   5.63, two targets 6.40 -6.40 and 10.14 0.00, rank:ndcg -1.67 and the probability 0.00 of a class
#
# Of the model the converter takes the trees, one base score and a few objectives: it leaves out the weights of the
# trees (dropout), the sigmoid or exponential of all other objectives and the base scores of further targets, and takes
# a Booster with an objective that it does not know for a binary classifier. squarederror, poisson, gamma and
# binary:logistic are converted right. So compare the answers of both before a converted model is served.
# Fails if one of the first five answers like XGBoost or is refused, or one of the others does not answer like it.
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
  xgboost-cpu==3.4.1 onnxmltools==1.16.0 onnx==1.23.2 skl2onnx==1.20.0 onnxruntime==1.32.0 \
  scikit-learn==1.9.1 pandas==3.1.1 numpy==2.5.5 scipy==1.18.1

cat >"$folder/convert.py" <<'PYTHON'
import sys, warnings
import numpy, onnxmltools, onnxruntime, xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

warnings.simplefilter("ignore")
onnxruntime.set_default_logger_severity(4)
random = numpy.random.default_rng(5)
rows = random.normal(size=(300, 4)).astype("float32")
target = abs(rows[:, 0] * 3 + rows[:, 1] + 10)
high = target > 10.5
grades = numpy.digitize(target, [9, 11])
queries = {"qid": numpy.repeat(range(30), 10)}


def regressor(**more):
    return xgboost.XGBRegressor(n_estimators=10, n_jobs=1, **more)


def booster(model):
    return model.get_booster()


cases = {
    "dropout": (regressor(booster="dart", rate_drop=0.5).fit(rows, target), False),
    "reg:logistic": (regressor(objective="reg:logistic").fit(rows, high), False),
    "survival:cox": (regressor(objective="survival:cox").fit(rows, target), False),
    "two targets": (regressor().fit(rows, numpy.c_[target, -target]), False),
    "rank:ndcg, Booster": (booster(xgboost.XGBRanker(n_estimators=10, n_jobs=1).fit(rows, grades, **queries)), False),
    "reg:squarederror": (regressor().fit(rows, target), True),
    "count:poisson": (regressor(objective="count:poisson").fit(rows, target), True),
    "reg:gamma": (regressor(objective="reg:gamma").fit(rows, target), True),
    "binary:logistic, Booster": (booster(regressor(objective="binary:logistic").fit(rows, high)), True),
}
held = True
for name, (model, right) in cases.items():
    of_booster = isinstance(model, xgboost.Booster)
    expected = model.predict(xgboost.DMatrix(rows) if of_booster else rows)
    onnx = onnxmltools.convert_xgboost(
        model, initial_types=[("rows", FloatTensorType([None, 4]))], target_opset=15
    )
    session = onnxruntime.InferenceSession(onnx.SerializeToString())
    outputs = [output.name for output in session.get_outputs()]
    answers = session.run(None, {"rows": rows})[-1]
    if outputs == ["label", "probabilities"]:
        answers = answers[:, 1]
    answers = answers.reshape(expected.shape)
    same = bool(numpy.allclose(answers, expected, rtol=1e-4, atol=1e-4))
    first = [" ".join(f"{value:.2f}" for value in numpy.ravel(all_[0])) for all_ in (expected, answers)]
    print(f"{name}: outputs {' '.join(outputs)}, first row {first[0]} and {first[1]}, all the same {same}")
    held &= same == right
sys.exit(not held)
PYTHON
"$folder/venv/bin/python" "$folder/convert.py"
