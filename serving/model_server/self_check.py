"""Compares the fast path with XGBoost on rows made to be difficult, before the server is ready."""

import math
import random
from array import array

from model_server.errors import StartError
from model_server.evaluator import Evaluator
from model_server.xgboost_library import Booster

ROWS = 256
SINGLE_ROWS = 32
# Keeps the check short for models with very many features.
LARGEST_NUMBER_OF_VALUES = 200_000


def difficult_rows(evaluator: Evaluator, features: int, missing: float, count: int) -> array:
    """Rows full of missing values, of values on split thresholds and right below them; always the same."""
    chance = random.Random(0)
    rows = array("f")
    for _ in range(count):
        for feature in range(features):
            thresholds = evaluator.thresholds.get(feature)
            kind = chance.random()
            if kind < 0.1:
                value = math.nan
            elif kind < 0.15:
                value = missing
            elif thresholds and kind < 0.5:
                value = chance.choice(thresholds)
            elif thresholds and kind < 0.7:
                # Some of these round to the threshold's neighbour in float32, others to itself.
                value = chance.choice(thresholds) * (1 + chance.choice((-1, 1)) * 1e-7)
            else:
                value = chance.gauss(0, 1) * 10 ** chance.uniform(-2, 4)
            rows.append(value)
    return rows


def run(evaluator: Evaluator, booster: Booster, missing: float, rounds: int) -> int:
    """Refuse to start on any difference; return how many rows were compared."""
    features = booster.feature_count()
    count = max(SINGLE_ROWS, min(ROWS, LARGEST_NUMBER_OF_VALUES // features))
    rows = difficult_rows(evaluator, features, missing, count)
    expected, width = booster.predict(rows, count, missing=missing, rounds=rounds)
    found, _ = evaluator.values(array("f", rows), count)
    singly = array("f")
    for row in range(SINGLE_ROWS):
        singly += evaluator.values(rows[row * features : (row + 1) * features], 1)[0]
    for given in (found, singly):
        for index, value in enumerate(given):
            # Equal to the last bit: NaN equals NaN here, and 0.0 does not equal -0.0.
            if array("f", [value]).tobytes() != expected[index : index + 1].tobytes():
                raise StartError(
                    "self_check_failed",
                    f"the fast path predicts {value!r} and XGBoost {expected[index]!r} for the same row "
                    f"(row {index // width} of the self-check); set MODEL_SERVER_ENGINE=xgboost to serve "
                    "without the fast path, and report this",
                )
    return count
