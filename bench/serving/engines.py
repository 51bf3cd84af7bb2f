"""Compare ways to evaluate the same trees: speed, and whether XGBoost's own predictions come out.

    <environment>/bin/python bench/serving/engines.py bench/serving/results/engines.json

The environment holds onnxruntime, onnxmltools, skl2onnx, treelite, scikit-learn and what is in
serving/requirements.txt; the native evaluator needs serving/build_native.py to have run.
"""

import json
import math
import sys
import tempfile
import time
from array import array
from collections.abc import Callable
from pathlib import Path

import numpy
import onnxmltools
import onnxruntime
import treelite
import xgboost
from full_trees import DEPTH, FEATURES, TREES, train
from onnxmltools.convert.common.data_types import FloatTensorType

SERVING = Path(__file__).parent.parent.parent / "serving"
sys.path.insert(0, str(SERVING))

from model_server.models.xgboost import self_check  # noqa: E402
from model_server.models.xgboost.evaluator import Evaluator  # noqa: E402
from model_server.models.xgboost.library import Booster  # noqa: E402

ROWS = 1000
REPEATS = 15
CHECKED_ROWS = 20_000


def onnx_session(model: xgboost.XGBClassifier) -> onnxruntime.InferenceSession:
    types = [("features", FloatTensorType([None, FEATURES]))]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content = onnxmltools.convert_xgboost(model, initial_types=types).SerializeToString()
    return onnxruntime.InferenceSession(content, options)


def candidates(model: xgboost.XGBClassifier) -> dict[str, Callable[[numpy.ndarray], numpy.ndarray]]:
    """Each takes rows of float32 and gives the probability of class 1."""
    booster = model.get_booster()
    library = Booster(bytes(booster.save_raw("ubj")))
    evaluator = Evaluator(library, math.nan, 0)
    session = onnx_session(model)
    with tempfile.TemporaryDirectory() as folder:
        booster.save_model(f"{folder}/model.json")
        forest = treelite.frontend.load_xgboost_model(f"{folder}/model.json")

    def flat(rows: numpy.ndarray) -> array:
        return array("f", rows.tobytes())

    return {
        "native evaluator": lambda rows: numpy.frombuffer(evaluator.values(flat(rows), len(rows))[0], "f"),
        "XGBoost's C API": lambda rows: numpy.frombuffer(library.predict(flat(rows), len(rows))[0], "f"),
        "XGBoost, inplace_predict": booster.inplace_predict,
        "scikit-learn interface": lambda rows: model.predict_proba(rows)[:, 1],
        "ONNX Runtime": lambda rows: session.run(["probabilities"], {"features": rows})[0][:, 1],
        "Treelite GTIL": lambda rows: treelite.gtil.predict(forest, rows, nthread=1).ravel(),
    }


def microseconds(call: Callable[[], object], calls: int) -> float:
    """Processor time of one call, the smallest of several repeats: the rest is other work of the machine."""
    found = []
    for _ in range(REPEATS):
        started = time.process_time()
        for _ in range(calls):
            call()
        found.append((time.process_time() - started) / calls * 1e6)
    return min(found)


def main() -> None:
    model = train()
    library = Booster(bytes(model.get_booster().save_raw("ubj")))
    evaluator = Evaluator(library, math.nan, 0)
    difficult = self_check.difficult_rows(evaluator, FEATURES, math.nan, CHECKED_ROWS)
    rows = numpy.frombuffer(difficult.tobytes(), "f").reshape(-1, FEATURES)
    expected = model.get_booster().inplace_predict(rows)
    results = {}
    for name, predict in candidates(model).items():
        found = numpy.asarray(predict(rows), "f")
        differing = int((found.view("u4") != expected.view("u4")).sum())
        results[name] = {
            "one_row_us": microseconds(lambda p=predict: p(rows[:1]), 300),
            "thousand_rows_us": microseconds(lambda p=predict: p(rows[:ROWS]), 3),
            "rows_that_differ": differing,
            "largest_difference": float(numpy.abs(found - expected).max()),
        }
    document = {"rows_compared": CHECKED_ROWS, "trees": TREES, "depth": DEPTH, "engines": results}
    Path(sys.argv[1]).write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
