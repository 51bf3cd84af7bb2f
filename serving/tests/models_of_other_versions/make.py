"""Trains models with the XGBoost that is installed, and records what it predicts with them.

Run it in an environment of that version, which needs scikit-learn as well:

    pip install xgboost==1.7.6 'numpy<2' 'scikit-learn<1.6' scipy
    python make.py 1.7.6

That writes what lies here, most kinds of models in one form. `python make.py --all FOLDER` writes every model
in every form, for `pytest --models FOLDER`.
"""

import argparse
import json
import pickle
from pathlib import Path

import numpy
import xgboost

VERSION = tuple(int(part) for part in xgboost.__version__.split(".")[:2])
FEATURES, ROWS, RECORDED = 5, 300, 20
MARKER = -999.0
NAMES = ["age", "weight (kg)", "größe", "f3", "last"]
# The form, or the forms, in which a kind of model is kept here.
KEPT = {
    "squared-error": "ubj",
    "binary-base-score": "json",
    "hinge": "pkl",
    "softprob": "ubj",
    "softmax": "pkl",
    "poisson": "json",
    "gamma": "ubj",
    "tweedie": "pkl",
    "absolute-error": "json",
    "large-base-score": "ubj",
    "dart": "ubj",
    "linear": "json",
    "forest": "ubj",
    "two-targets": "pkl",
    "quantiles": "ubj",
    "vector-leaves": "ubj",
    "aft": "ubj",
    "pairwise": "json",
    "names": "ubj",
    "categories": "json",
    "classifier": "ubj",
    # Since 2.0 the two differ in what they tell.
    "classifier-marker": "pkl ubj",
    "classifier-stopped": "pkl",
    "classifier-multi-class": "json",
    "regressor-stopped": "ubj",
    "regressor-linear": "pkl",
    "ranker": "pkl",
}


def data() -> tuple[numpy.ndarray, numpy.ndarray]:
    generator = numpy.random.default_rng(11)
    # Halves and quarters, so that many values stand on thresholds.
    features = (generator.normal(size=(ROWS, FEATURES)) * 4).round() / 4
    features[generator.random(features.shape) < 0.1] = numpy.nan
    target = numpy.nansum(features[:, :3], axis=1) + generator.normal(size=ROWS)
    return features.astype(numpy.float32), target


X, Y = data()
POSITIVE = numpy.abs(Y) + 0.1
CLASSES = numpy.digitize(Y, [-1, 1])
FULL = numpy.nan_to_num(X)

# Objective and other parameters, and the target.
BOOSTERS = {
    "squared-error": ({"objective": "reg:squarederror"}, Y),
    "logistic-regression": ({"objective": "reg:logistic"}, Y > 0),
    "binary": ({"objective": "binary:logistic"}, Y > 0),
    "binary-base-score": ({"objective": "binary:logistic", "base_score": 0.123456789}, Y > 0),
    "binary-raw": ({"objective": "binary:logitraw"}, Y > 0),
    "hinge": ({"objective": "binary:hinge"}, Y > 0),
    "softprob": ({"objective": "multi:softprob", "num_class": 3}, CLASSES),
    "softmax": ({"objective": "multi:softmax", "num_class": 3}, CLASSES),
    "softprob-base-score": ({"objective": "multi:softprob", "num_class": 3, "base_score": 0.3}, CLASSES),
    "poisson": ({"objective": "count:poisson"}, POSITIVE.round()),
    "poisson-base-score": ({"objective": "count:poisson", "base_score": 1e-7}, POSITIVE.round()),
    "gamma": ({"objective": "reg:gamma"}, POSITIVE),
    "tweedie": ({"objective": "reg:tweedie", "tweedie_variance_power": 1.3}, POSITIVE),
    "absolute-error": ({"objective": "reg:absoluteerror"}, Y),
    "pseudo-huber": ({"objective": "reg:pseudohubererror"}, Y),
    "squared-log-error": ({"objective": "reg:squaredlogerror"}, POSITIVE),
    "cox": ({"objective": "survival:cox"}, POSITIVE),
    "large-base-score": ({"objective": "reg:squarederror", "base_score": -12345678.9}, Y),
    "tiny-base-score": ({"objective": "reg:squarederror", "base_score": 1e-30}, Y),
    "dart": ({"booster": "dart", "rate_drop": 0.5, "objective": "binary:logistic"}, Y > 0),
    "linear": ({"booster": "gblinear", "objective": "reg:squarederror"}, Y),
    "linear-multi-class": ({"booster": "gblinear", "objective": "multi:softprob", "num_class": 3}, CLASSES),
    "forest": ({"num_parallel_tree": 3, "subsample": 0.5, "objective": "binary:logistic"}, Y > 0),
    "two-targets": ({"objective": "reg:squarederror"}, numpy.stack([Y, -Y], axis=1)),
    "two-labels": ({"objective": "binary:logistic"}, numpy.stack([Y > 0, Y > 1], axis=1)),
}
if VERSION >= (2, 0):
    BOOSTERS["quantiles"] = (
        {"objective": "reg:quantileerror", "quantile_alpha": numpy.array([0.2, 0.8])},
        Y,
    )
    BOOSTERS["vector-leaves"] = (
        {"objective": "reg:squarederror", "multi_strategy": "multi_output_tree", "tree_method": "hist"},
        numpy.stack([Y, -Y], axis=1),
    )


def trained(parameters: dict, target: numpy.ndarray, **matrix) -> xgboost.Booster:
    given = matrix.pop("features", X)
    group = matrix.pop("group", None)
    labels = {} if target is None else {"label": target}
    columns = xgboost.DMatrix(given, **labels, **matrix)
    if group:
        columns.set_group(group)
    common = {"max_depth": 2, "nthread": 1, "seed": 3}
    return xgboost.train({**common, **parameters}, columns, 3)


def aft() -> xgboost.Booster:
    bounds = {"label_lower_bound": POSITIVE, "label_upper_bound": numpy.where(Y > 1, numpy.inf, POSITIVE)}
    return trained({"objective": "survival:aft"}, None, **bounds)


def categorical() -> tuple[xgboost.Booster, numpy.ndarray]:
    features = FULL.copy()
    features[:, 0] = numpy.abs(features[:, 0].round()) % 4
    kinds = ["c", *["float"] * (FEATURES - 1)]
    booster = trained(
        {"objective": "binary:logistic", "tree_method": "hist", "max_cat_to_onehot": 1},
        features[:, 0] % 2 + (Y > 0) > 1,
        features=features,
        feature_types=kinds,
        enable_categorical=True,
    )
    return booster, features


def estimators() -> dict:
    common = {"n_estimators": 3, "max_depth": 2, "n_jobs": 1}
    half = ROWS // 2
    stopped = {**common, "n_estimators": 30, "early_stopping_rounds": 2, "learning_rate": 1.0}
    filled = numpy.nan_to_num(X, nan=MARKER)
    return {
        "classifier": xgboost.XGBClassifier(**common).fit(X, Y > 0),
        "classifier-multi-class": xgboost.XGBClassifier(**common).fit(X, CLASSES),
        "classifier-marker": xgboost.XGBClassifier(**common, missing=MARKER).fit(filled, Y > 0),
        "classifier-stopped": xgboost.XGBClassifier(**stopped).fit(
            X[:half], Y[:half] > 0, eval_set=[(X[half:], Y[half:] > 0)], verbose=False
        ),
        "regressor": xgboost.XGBRegressor(**common).fit(X, Y),
        "regressor-stopped": xgboost.XGBRegressor(**stopped).fit(
            X[:half], Y[:half], eval_set=[(X[half:], Y[half:])], verbose=False
        ),
        "regressor-linear": xgboost.XGBRegressor(booster="gblinear", **common).fit(FULL, Y),
        "regressor-dart": xgboost.XGBRegressor(booster="dart", **common).fit(X, Y),
        "ranker": xgboost.XGBRanker(**common).fit(X, Y > 0, group=[50] * 6),
        "forest-classifier": xgboost.XGBRFClassifier(**common).fit(X, Y > 0),
    }


def listed(values) -> list:
    return numpy.asarray(values, numpy.float64).tolist()


def rows_of(features: numpy.ndarray) -> list:
    return [[None if value != value else float(value) for value in row] for row in features]


class Recorder:
    """Writes the models, and what was predicted with them."""

    def __init__(self, folder: Path, everything: bool):
        self.folder = folder
        self.everything = everything
        self.recorded = {}
        folder.mkdir(parents=True, exist_ok=True)

    def record(self, name: str, files: dict[str, bytes], features: numpy.ndarray, **said) -> None:
        if not self.everything:
            files = {form: files[form] for form in files if form in KEPT.get(name, "").split()}
        for form, content in files.items():
            (self.folder / f"{name}.{form}").write_bytes(content)
            self.recorded[f"{name}.{form}"] = {"features": rows_of(features[:RECORDED]), **said}

    def booster(self, name: str, booster: xgboost.Booster, features: numpy.ndarray = X, **matrix) -> None:
        values = booster.predict(xgboost.DMatrix(features, **matrix))
        files = {form: bytes(booster.save_raw(form)) for form in ("json", "ubj")}
        files["pkl"] = pickle.dumps(booster)
        self.record(name, files, features, values=listed(values[:RECORDED]))

    def estimator(self, name: str, model: xgboost.XGBModel, features: numpy.ndarray) -> None:
        files = {"pkl": pickle.dumps(model)}
        for form in ("json", "ubj"):
            saved = self.folder / f"saved.{form}"
            model.save_model(saved)
            files[form] = saved.read_bytes()
            saved.unlink()
        said = {"predictions": listed(model.predict(features)[:RECORDED])}
        if hasattr(model, "predict_proba"):
            said["probabilities"] = listed(model.predict_proba(features)[:RECORDED])
        self.record(name, files, features, **said)


def main(folder: Path, everything: bool) -> None:
    recorder = Recorder(folder, everything)
    for name, (parameters, target) in BOOSTERS.items():
        features = FULL if "linear" in name else X
        recorder.booster(name, trained(parameters, target, features=features), features)
    recorder.booster("aft", aft())
    recorder.booster("pairwise", trained({"objective": "rank:pairwise"}, Y > 0, group=[50] * 6))
    recorder.booster("names", trained({}, Y, feature_names=NAMES), feature_names=NAMES)
    booster, features = categorical()
    kinds = ["c", *["float"] * (FEATURES - 1)]
    recorder.booster("categories", booster, features, feature_types=kinds, enable_categorical=True)
    for name, model in estimators().items():
        features = numpy.nan_to_num(X, nan=MARKER) if "marker" in name else FULL if "linear" in name else X
        recorder.estimator(name, model, features)
    (folder / "recorded.json").write_text(json.dumps(recorder.recorded))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true")
    given = parser.parse_args()
    main(given.folder, given.all)
