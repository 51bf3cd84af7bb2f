"""Compares the fast path with XGBoost on rows made to be difficult, before the server is ready."""

import math
import random
from array import array
from collections.abc import Iterator
from itertools import islice

from model_server.errors import StartError
from model_server.models.xgboost.evaluator import BLOCK, MAX_BLOCK_FEATURES, Evaluator
from model_server.models.xgboost.library import Booster

ROWS = 256
# What keeps the check short: how many values are made, and how many are looked at, which a model with very
# many features would have in a few rows.
MAX_MADE_VALUES = 200_000
MAX_VALUES = 16_000_000
# Bounds its memory.
MAX_VALUES_AT_ONCE = 1_000_000
# The evaluator goes through rows together as well as one by one: there are enough for both. Where it also has
# blocks, half of their number are a block.
MIN_ROWS = 16
MIN_ROWS_OF_BLOCKS = 2 * (BLOCK + 8)
SINGLE_ROWS = 32


def row_count(evaluator: Evaluator, features: int) -> int:
    """How many rows are compared."""
    used = max(1, len(evaluator.thresholds))
    return max(_min_rows(features), min(ROWS, MAX_MADE_VALUES // used, MAX_VALUES // features))


def _min_rows(features: int) -> int:
    return MIN_ROWS_OF_BLOCKS if features <= MAX_BLOCK_FEATURES else MIN_ROWS


def difficult_rows(evaluator: Evaluator, features: int, missing: float, count: int) -> array:
    """Rows full of missing values, of values on split thresholds and right below them; always the same."""
    rows = array("f")
    for row in _rows(evaluator, features, missing, count):
        rows += row
    return rows


def _rows(evaluator: Evaluator, features: int, missing: float, count: int) -> Iterator[array]:
    """One row at a time, in the same memory.

    The first half has no missing values, with which the evaluator goes another way. Only the features by
    which trees split get values, as no other makes a difference; where they are too many, some of them change
    from row to row.
    """
    chance = random.Random(0)
    used = sorted(evaluator.thresholds)
    changed = min(len(used), max(1, MAX_MADE_VALUES // max(1, count)))
    row = array("f", [2.0 if missing == 1.0 else 1.0]) * features
    for feature in used:
        row[feature] = evaluator.thresholds[feature][0]
    for index in range(count):
        with_gaps = index >= count // 2
        for feature in used if changed == len(used) else chance.sample(used, changed):
            row[feature] = _difficult(chance, evaluator.thresholds[feature], missing, with_gaps)
        yield row


def _difficult(chance: random.Random, thresholds: list[float], missing: float, with_gaps: bool) -> float:
    kind = chance.random()
    if with_gaps and kind < 0.2:
        return math.nan
    if with_gaps and kind < 0.3:
        return missing
    if kind < 0.55:
        return chance.choice(thresholds)
    if kind < 0.75:
        # Some of these round to the threshold's neighbour in float32, others to itself.
        return chance.choice(thresholds) * (1 + chance.choice((-1, 1)) * 1e-7)
    return chance.gauss(0, 1) * 10 ** chance.uniform(-2, 4)


def run(evaluator: Evaluator, booster: Booster, missing: float, rounds: int) -> int:
    """Refuse to start on any difference; return how many rows were compared."""
    features = booster.feature_count()
    count = row_count(evaluator, features)
    at_once = max(_min_rows(features) // 2, min(count, MAX_VALUES_AT_ONCE // features))
    given = _rows(evaluator, features, missing, count)
    checked = 0
    while block := [array("f", row) for row in islice(given, at_once)]:
        rows = array("f", b"".join(block))
        expected, width = booster.predict(rows, len(block), missing=missing, rounds=rounds)
        # Some from both halves, and all together at last, since that may change them.
        for index in range(0, len(block), max(1, count // SINGLE_ROWS)):
            found, _ = evaluator.values(block[index], 1)
            _compare(found, expected[index * width : (index + 1) * width], checked + index)
        found, _ = evaluator.values(rows, len(block))
        for index in range(len(block)):
            part = slice(index * width, (index + 1) * width)
            _compare(found[part], expected[part], checked + index)
        checked += len(block)
    return checked


def _compare(found: array, expected: array, row: int) -> None:
    # Equal to the last bit: NaN equals NaN here, and 0.0 does not equal -0.0.
    if found.tobytes() == expected.tobytes():
        return
    raise StartError(
        "self_check_failed",
        f"the fast path predicts {found.tolist()[:5]} and XGBoost {expected.tolist()[:5]} for the same row "
        f"(row {row} of the self-check); set MODEL_SERVER_ENGINE=xgboost to serve without the fast path, and "
        "report this",
    )
