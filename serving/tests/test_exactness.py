"""The native evaluator equals XGBoost to the last bit, for every objective it claims."""

import math
import random
from array import array

import numpy
import pytest
import xgboost

from model_server.models.xgboost import self_check, trees, ubjson
from model_server.models.xgboost.engines import XGBoostEngine, choose
from model_server.models.xgboost.evaluator import Evaluator, instructions
from model_server.models.xgboost.library import Booster
from model_server.models.xgboost.trees import UnsupportedModelError

FEATURES = 12
TRAINING_ROWS = 3000
# Per model; all models together see far more than 100,000 rows.
ROWS = 12_000
SINGLE_ROWS = 300
ROUNDS = 25


def data() -> tuple[numpy.ndarray, numpy.ndarray]:
    generator = numpy.random.default_rng(3)
    features = generator.normal(size=(TRAINING_ROWS, FEATURES)).astype(numpy.float32)
    features[generator.random(features.shape) < 0.1] = numpy.nan
    target = numpy.nansum(features[:, :6], axis=1) + generator.normal(size=TRAINING_ROWS)
    return features, target


FEATURE_VALUES, TARGET = data()
CLASSES = numpy.digitize(TARGET, [-2, 0, 2])

# What is trained: parameters, and the target if it is not the plain one.
MODELS = {
    "regression": ({"objective": "reg:squarederror"}, TARGET),
    "regression of logarithms": ({"objective": "reg:squaredlogerror"}, numpy.abs(TARGET)),
    "pseudo-Huber": ({"objective": "reg:pseudohubererror"}, TARGET),
    "absolute error": ({"objective": "reg:absoluteerror"}, TARGET),
    "logistic regression": ({"objective": "reg:logistic"}, TARGET > 0),
    "binary": ({"objective": "binary:logistic"}, TARGET > 0),
    "binary, rare": ({"objective": "binary:logistic", "scale_pos_weight": 20}, TARGET > 5),
    "binary, given intercept": ({"objective": "binary:logistic", "base_score": 0.9}, TARGET > 0),
    "binary, raw": ({"objective": "binary:logitraw"}, TARGET > 0),
    "multi-class": ({"objective": "multi:softprob", "num_class": 4}, CLASSES),
    "multi-class, labels": ({"objective": "multi:softmax", "num_class": 4}, CLASSES),
    "counts": ({"objective": "count:poisson"}, numpy.abs(TARGET).round()),
    "gamma": ({"objective": "reg:gamma"}, numpy.abs(TARGET) + 0.1),
    "Tweedie": ({"objective": "reg:tweedie"}, numpy.abs(TARGET)),
    "survival": ({"objective": "survival:cox"}, numpy.abs(TARGET) + 0.1),
    "quantiles": (
        {"objective": "reg:quantileerror", "quantile_alpha": numpy.array([0.1, 0.5, 0.9])},
        TARGET,
    ),
    # Learnt separately, they cross.
    "crossing quantiles": (
        {
            **{"objective": "reg:quantileerror", "learning_rate": 1.0, "max_depth": 3},
            "quantile_alpha": numpy.array([0.4, 0.45, 0.5, 0.55, 0.6]),
        },
        TARGET,
    ),
    "hinge": ({"objective": "binary:hinge"}, TARGET > 0),
    "dart": ({"booster": "dart", "rate_drop": 0.5}, TARGET),
    "dropout": ({"rate_drop": 0.5, "one_drop": 1, "objective": "binary:logistic"}, TARGET > 0),
    "dropout, multi-class": (
        {"rate_drop": 0.3, "objective": "multi:softprob", "num_class": 4, "normalize_type": "forest"},
        CLASSES,
    ),
    "dropout, forest": ({"rate_drop": 0.3, "num_parallel_tree": 3, "subsample": 0.5}, TARGET),
    "two targets": ({"objective": "reg:squarederror"}, numpy.stack([TARGET, -TARGET], axis=1)),
    "random forest": ({"num_parallel_tree": 10, "subsample": 0.5, "learning_rate": 1}, TARGET),
    "deep": ({"max_depth": 14, "min_child_weight": 0.1}, TARGET),
    "unbalanced": (
        {"grow_policy": "lossguide", "max_leaves": 120, "max_depth": 0, "tree_method": "hist"},
        TARGET,
    ),
    "stumps": ({"max_depth": 1}, TARGET),
    "no splits": ({"gamma": 1e12}, TARGET),
}


def train(parameters: dict, target: numpy.ndarray, rounds: int = ROUNDS) -> xgboost.Booster:
    matrix = xgboost.DMatrix(FEATURE_VALUES, target)
    return xgboost.train({"nthread": 1, "seed": 5, **parameters}, matrix, rounds)


def loaded(booster: xgboost.Booster) -> Booster:
    return Booster(bytes(booster.save_raw("ubj")))


def bits(values: array | numpy.ndarray) -> numpy.ndarray:
    return numpy.frombuffer(values, numpy.uint32)


def compare(trained: xgboost.Booster, missing: float = math.nan, rounds: int = 0) -> None:
    booster = loaded(trained)
    evaluators = [Evaluator(booster, missing, rounds, best) for best in instructions()]
    rows = self_check.difficult_rows(evaluators[0], FEATURES, missing, ROWS)
    matrix = numpy.frombuffer(rows.tobytes(), numpy.float32).reshape(ROWS, FEATURES)
    # XGBoost's Python package is the judge, not our own binding of its library.
    expected = trained.inplace_predict(matrix, missing=missing, iteration_range=(0, rounds))
    expected = numpy.ascontiguousarray(expected, numpy.float32).reshape(ROWS, -1)
    for evaluator in evaluators:
        found, width = evaluator.values(array("f", rows), ROWS)
        assert width == expected.shape[1]
        assert (bits(found) == bits(expected).ravel()).all()
        for index in range(SINGLE_ROWS):
            row = rows[index * FEATURES : (index + 1) * FEATURES]
            assert evaluator.values(row, 1)[0].tobytes() == expected[index].tobytes()
        # Some rows, so that blocks are full, not full, and too small.
        for first, count in ((0, 23), (100, 24), (ROWS - 63, 63), (ROWS - 200, 65), (ROWS // 2 - 20, 95)):
            some = rows[first * FEATURES : (first + count) * FEATURES]
            found, _ = evaluator.values(some, count)
            assert found.tobytes() == expected[first : first + count].tobytes()


@pytest.mark.parametrize("name", MODELS)
def test_equals_xgboost_to_the_last_bit(name):
    compare(train(*MODELS[name]))


def random_model(chance: random.Random) -> tuple[xgboost.Booster, numpy.ndarray]:
    """A model of any shape, and the rows that it was trained on."""
    generator = numpy.random.default_rng(chance.randrange(1 << 32))
    width, count = chance.choice((1, 2, 7, 40)), chance.choice((50, 400, 3000))
    features = generator.normal(size=(count, width)).astype(numpy.float32)
    if chance.random() < 0.5:
        # Few values, so that many splits share a threshold.
        features = features.round(1)
    if chance.random() < 0.5:
        features[generator.random(features.shape) < 0.3] = numpy.nan
    target = numpy.nansum(features, axis=1) + generator.normal(size=count)
    classes = chance.choice((1, 1, 3, 11))
    parameters = {
        "nthread": 1,
        "seed": chance.randrange(1 << 16),
        "max_depth": chance.choice((1, 2, 4, 6, 8, 12)),
        "min_child_weight": chance.choice((0, 1, 20)),
        "gamma": chance.choice((0, 0, 0.5)),
        "reg_lambda": chance.choice((0, 1)),
        "learning_rate": chance.choice((0.05, 0.3, 1)),
        "tree_method": chance.choice(("exact", "hist", "approx")),
        "max_bin": chance.choice((4, 256, 1000)),
        "colsample_bylevel": chance.choice((0.5, 1)),
        "booster": chance.choice(("gbtree", "gbtree", "dart")),
        "rate_drop": chance.choice((0, 0.3)),
    }
    if parameters["tree_method"] != "exact" and chance.random() < 0.5:
        parameters |= {"grow_policy": "lossguide", "max_leaves": chance.choice((3, 60, 300)), "max_depth": 0}
    if classes > 1:
        parameters |= {"objective": "multi:softprob", "num_class": classes}
        target = numpy.abs(target.round()) % classes
    matrix = xgboost.DMatrix(features, target)
    return xgboost.train(parameters, matrix, chance.choice((1, 9, 40))), features


def test_models_of_every_shape(request):
    """Also on the rows that they were trained on, as difficult ones often end in the same few leaves."""
    chance = random.Random(4)
    with_blocks = 0
    for number in range(request.config.getoption("shapes")):
        trained, features = random_model(chance)
        booster, width = loaded(trained), features.shape[1]
        evaluators = [Evaluator(booster, math.nan, 0, best) for best in instructions()]
        with_blocks += evaluators[-1].has_blocks
        difficult = self_check.difficult_rows(evaluators[0], width, math.nan, 500)
        rows = array("f", features.tobytes()) + difficult
        matrix = numpy.frombuffer(rows.tobytes(), numpy.float32).reshape(-1, width)
        expected = numpy.ascontiguousarray(trained.inplace_predict(matrix), numpy.float32)
        for evaluator in evaluators:
            found, _ = evaluator.values(array("f", rows), len(matrix))
            assert (bits(found) == bits(expected).ravel()).all(), number
    if len(instructions()) > 1:
        assert with_blocks > 5


@pytest.mark.skipif(len(instructions()) < 2, reason="this processor has no AVX2")
@pytest.mark.parametrize("name", ["binary", "multi-class", "stumps", "random forest", "two targets", "dart"])
def test_the_usual_models_have_blocks(name):
    booster = loaded(train(*MODELS[name], rounds=100))
    for best in instructions():
        assert Evaluator(booster, math.nan, 0, best).has_blocks == (best != "portable")


def test_all_models_together_see_enough_rows():
    assert len(MODELS) * ROWS >= 100_000
    assert {"regression", "binary", "multi-class"} <= set(MODELS)


def test_difficult_rows_are_difficult():
    evaluator = Evaluator(loaded(train(*MODELS["binary"])), math.nan, 0)
    rows = self_check.difficult_rows(evaluator, FEATURES, math.nan, 1000)
    thresholds = {threshold for values in evaluator.thresholds.values() for threshold in values}
    assert sum(value != value for value in rows) > 1000
    assert sum(value in thresholds for value in rows) > 3000


@pytest.mark.parametrize("missing", [0.0, -999.0, 1.5])
def test_another_value_for_missing(missing):
    compare(train(*MODELS["binary"]), missing=missing)


@pytest.mark.parametrize("rounds", [1, 7, ROUNDS])
@pytest.mark.parametrize("name", ["binary", "multi-class", "random forest", "dropout, multi-class"])
def test_some_of_the_rounds(name, rounds):
    compare(train(*MODELS[name]), rounds=rounds)


def test_every_claimed_objective_is_compared():
    compared = {parameters.get("objective", "reg:squarederror") for parameters, _ in MODELS.values()}
    ranking = {"rank:pairwise", "rank:ndcg", "rank:map"}
    assert compared | ranking == set(trees.TRANSFORMS)


@pytest.mark.parametrize("objective", ["rank:pairwise", "rank:ndcg", "rank:map"])
def test_ranking(objective):
    matrix = xgboost.DMatrix(FEATURE_VALUES, TARGET > 0)
    matrix.set_group([100] * (TRAINING_ROWS // 100))
    compare(xgboost.train({"objective": objective, "nthread": 1}, matrix, ROUNDS))


def categorical() -> xgboost.Booster:
    features = numpy.where(numpy.isnan(FEATURE_VALUES), 0, FEATURE_VALUES)
    features[:, 0] = numpy.abs(features[:, 0].round())
    types = ["c"] + ["q"] * (FEATURES - 1)
    matrix = xgboost.DMatrix(features, features[:, 0] % 2, feature_types=types, enable_categorical=True)
    return xgboost.train({"nthread": 1, "max_cat_to_onehot": 1}, matrix, 5)


UNSUPPORTED = {
    "linear": (lambda: train({"booster": "gblinear"}, TARGET), "booster gblinear"),
    "categories": (categorical, "categorical splits"),
    "vector leaves": (
        lambda: train({"multi_strategy": "multi_output_tree"}, MODELS["two targets"][1]),
        "trees with several values per leaf",
    ),
    "expectiles": (
        lambda: train(
            {"objective": "reg:expectileerror", "expectile_alpha": numpy.array([0.1, 0.9])}, TARGET
        ),
        "objective reg:expectileerror",
    ),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_other_models_go_through_xgboost(name):
    make, reason = UNSUPPORTED[name]
    trained = make()
    booster = loaded(trained)
    with pytest.raises(UnsupportedModelError, match=reason):
        Evaluator(booster, math.nan, 0)
    engine = choose(booster, math.nan, 0, "auto")
    assert isinstance(engine, XGBoostEngine)
    assert engine.reason == reason
    values = numpy.random.default_rng(1).normal(size=(200, FEATURES)).astype(numpy.float32)
    values[:, 0] = numpy.abs(values[:, 0].round())
    # As XGBoost's scikit-learn interface does: in place, except for linear models.
    if name == "linear":
        expected = trained.predict(xgboost.DMatrix(values))
    else:
        expected = trained.inplace_predict(values)
    found, _ = engine.values(array("f", values.tobytes()), 200)
    assert (bits(found) == bits(expected.astype(numpy.float32)).ravel()).all()


def test_what_is_special_about_models_is_in_them():
    weights = [
        ubjson.decode(loaded(train(*MODELS[name])).saved())["learner"]["gradient_booster"]["model"][
            "weight_drop"
        ]
        for name in ("dart", "dropout", "dropout, multi-class", "dropout, forest")
    ]
    assert all(len(set(each)) > 2 for each in weights)
    crossing = train(*MODELS["crossing quantiles"])
    margins = crossing.predict(xgboost.DMatrix(FEATURE_VALUES), output_margin=True)
    assert (numpy.diff(margins, axis=1) < 0).any()


def test_self_check_refuses_a_wrong_evaluator(monkeypatch):
    booster = loaded(train(*MODELS["binary"]))
    read = trees.read

    def one_leaf_changed(document, rounds):
        document["learner"]["gradient_booster"]["model"]["trees"][3]["split_conditions"][-1] += 0.001
        return read(document, rounds)

    monkeypatch.setattr(trees, "read", one_leaf_changed)
    with pytest.raises(Exception, match="the fast path predicts"):
        choose(booster, math.nan, 0, "auto")
    assert choose(booster, math.nan, 0, "xgboost").reason == "chosen in the settings"
