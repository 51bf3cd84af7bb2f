"""Trains models with the XGBoost that is installed, and records what it predicts with them.

`add.sh VERSION` runs it in an environment of that version. `python make.py --all FOLDER` writes every model
in every form, and `--seed` changes what they are trained on; `pytest --models FOLDER` then tries those. It
has to run on every Python that any XGBoost since 1.0 needs.
"""

from __future__ import annotations

import argparse
import json
import pickle
import warnings
import zlib
from pathlib import Path

import numpy
import scipy.sparse
import xgboost

VERSION = tuple(int(part) for part in xgboost.__version__.split(".")[:2])
FEATURES, ROWS, RECORDED = 5, 300, 12
MARKER = -999.0
NAMES = ["age", "weight (kg)", "größe", "f3", "last"]
# The form, or the forms, in which a kind of model is kept here. Before 1.6 .json stands for .ubj.
KEPT = {
    "squared-error": "ubj",
    "binary-base-score": "json",
    "hinge": "pkl",
    "softprob": "ubj",
    "softmax": "pkl",
    "poisson": "json",
    "tweedie": "pkl",
    "absolute-error": "json",
    "large-base-score": "ubj",
    "dart": "ubj",
    "dart-multi-class": "pkl",
    "dropout": "ubj pkl",
    "continued-dropout": "ubj",
    "linear": "json",
    "forest": "ubj",
    "two-targets": "pkl",
    "quantiles": "ubj",
    "expectiles": "ubj",
    "vector-leaves": "ubj",
    "vector-leaves-dropout": "json",
    "aft": "ubj",
    "pairwise": "json",
    "names": "ubj",
    "pruned": "ubj",
    "continued": "json",
    "sparse": "ubj",
    "categories": "json",
    "categories-text": "ubj",
    "classifier": "ubj",
    # Since 2.0 the two differ in what they tell.
    "classifier-marker": "pkl ubj",
    "classifier-labels": "json pkl",
    "classifier-text-labels": "json pkl",
    "classifier-stopped": "pkl",
    "classifier-multi-class": "json",
    "classifier-softmax": "ubj pkl",
    "classifier-logistic-regression": "pkl",
    "classifier-hinge": "ubj",
    "classifier-raw": "ubj",
    "classifier-two-labels": "json",
    "regressor-stopped": "ubj",
    "regressor-linear": "pkl",
    "regressor-dart": "ubj",
    "forest-regressor": "ubj pkl",
    "forest-classifier-multi-class": "json",
    "forest-stopped": "ubj pkl",
    "ranker": "pkl",
}


def data(seed: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    generator = numpy.random.RandomState(seed)
    # Halves and quarters, so that many values stand on thresholds.
    features = (generator.normal(size=(ROWS, FEATURES)) * 4).round() / 4
    features[generator.uniform(size=features.shape) < 0.1] = numpy.nan
    target = numpy.nansum(features[:, :3], axis=1) + generator.normal(size=ROWS)
    return features.astype(numpy.float32), target


def boosters(y: numpy.ndarray) -> dict:
    """Objective and other parameters, and the target."""
    positive = numpy.abs(y) + 0.1
    classes = numpy.digitize(y, [-1, 1])
    dropout = {"rate_drop": 0.5, "one_drop": 1}
    multi_class = {"objective": "multi:softprob", "num_class": 3}
    both = numpy.stack([y, -y], axis=1)
    made = {
        "squared-error": ({"objective": "reg:squarederror"}, y),
        "logistic-regression": ({"objective": "reg:logistic"}, y > 0),
        "binary": ({"objective": "binary:logistic"}, y > 0),
        "binary-base-score": ({"objective": "binary:logistic", "base_score": 0.123456789}, y > 0),
        "binary-raw": ({"objective": "binary:logitraw"}, y > 0),
        "hinge": ({"objective": "binary:hinge"}, y > 0),
        "softprob": (multi_class, classes),
        "softmax": ({"objective": "multi:softmax", "num_class": 3}, classes),
        "softprob-base-score": (dict(multi_class, base_score=0.3), classes),
        "poisson": ({"objective": "count:poisson"}, positive.round()),
        "poisson-base-score": ({"objective": "count:poisson", "base_score": 1e-7}, positive.round()),
        "gamma": ({"objective": "reg:gamma"}, positive),
        "tweedie": ({"objective": "reg:tweedie", "tweedie_variance_power": 1.3}, positive),
        "squared-log-error": ({"objective": "reg:squaredlogerror"}, positive),
        "cox": ({"objective": "survival:cox"}, positive),
        "large-base-score": ({"objective": "reg:squarederror", "base_score": -12345678.9}, y),
        "tiny-base-score": ({"objective": "reg:squarederror", "base_score": 1e-30}, y),
        "dart": (dict(dropout, booster="dart", objective="binary:logistic"), y > 0),
        "dart-multi-class": (dict(dropout, booster="dart", **multi_class), classes),
        "dart-forest": (dict(dropout, booster="dart", num_parallel_tree=3, subsample=0.5), y),
        "linear": ({"booster": "gblinear", "objective": "reg:squarederror"}, y),
        "linear-multi-class": (dict(multi_class, booster="gblinear"), classes),
        "forest": ({"num_parallel_tree": 3, "subsample": 0.5, "objective": "binary:logistic"}, y > 0),
        "forest-multi-class": (dict(multi_class, num_parallel_tree=3, subsample=0.5), classes),
        "pruned": ({"tree_method": "exact", "gamma": 40.0, "max_depth": 5}, y),
        "approx": ({"tree_method": "approx"}, y),
        "lossguide": ({"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 7}, y),
        "constant": ({"objective": "reg:squarederror"}, numpy.full(ROWS, 0.25)),
    }
    if VERSION >= (1, 2):
        made["pseudo-huber"] = ({"objective": "reg:pseudohubererror"}, y)
    if VERSION >= (1, 6):
        made["two-targets"] = ({"objective": "reg:squarederror"}, both)
        made["two-labels"] = ({"objective": "binary:logistic"}, numpy.stack([y > 0, y > 1], axis=1))
    if VERSION >= (1, 7):
        made["absolute-error"] = ({"objective": "reg:absoluteerror"}, y)
    if VERSION >= (2, 0):
        alphas = numpy.array([0.2, 0.45, 0.5, 0.55, 0.8])
        made["quantiles"] = ({"objective": "reg:quantileerror", "quantile_alpha": alphas}, y)
        made["quantile"] = ({"objective": "reg:quantileerror", "quantile_alpha": 0.3}, y)
        vectors = {"multi_strategy": "multi_output_tree", "tree_method": "hist"}
        made["vector-leaves"] = (vectors, both)
        made["vector-leaves-multi-class"] = (dict(vectors, **multi_class), classes)
    if VERSION >= (3, 3):
        made["dropout"] = (dict(dropout, objective="binary:logistic"), y > 0)
        made["dropout-multi-class"] = (dict(dropout, **multi_class), classes)
        made["dropout-skipped"] = ({"skip_drop": 1.0, "rate_drop": 0.5}, y)
        made["vector-leaves-dropout"] = (dict(dropout, **vectors), both)
        made["expectiles"] = (
            {"objective": "reg:expectileerror", "expectile_alpha": numpy.array([0.2, 0.8])},
            y,
        )
    return made


def trained(parameters: dict, target, features, rounds: int = 3, before=None, **matrix) -> xgboost.Booster:
    group = matrix.pop("group", None)
    if target is not None:
        matrix["label"] = target
    columns = xgboost.DMatrix(features, **matrix)
    if group:
        columns.set_group(group)
    common = {"max_depth": 2, "nthread": 1, "seed": 3}
    return xgboost.train(dict(common, **parameters), columns, rounds, xgb_model=before)


def categorical(x: numpy.ndarray, y: numpy.ndarray) -> tuple[xgboost.Booster, numpy.ndarray]:
    features = numpy.nan_to_num(x)
    features[:, 0] = numpy.abs(features[:, 0].round()) % 4
    kinds = ["c"] + ["float"] * (FEATURES - 1)
    booster = trained(
        {"objective": "binary:logistic", "tree_method": "hist", "max_cat_to_onehot": 1},
        features[:, 0] % 2 + (y > 0) > 1,
        features,
        feature_types=kinds,
        enable_categorical=True,
    )
    return booster, features


def categories_by_name(x: numpy.ndarray, y: numpy.ndarray) -> tuple[xgboost.Booster, numpy.ndarray]:
    """Trained on a data frame: since 3.1 the file keeps the names of categories. Recorded are their codes."""
    import pandas

    codes = numpy.abs(numpy.nan_to_num(x[:, 0]).round()).astype(int) % 4
    frame = pandas.DataFrame(
        {"height": x[:, 1], "colour": pandas.Categorical.from_codes(codes, list("rgbk"))}
    )
    columns = xgboost.DMatrix(frame, label=codes % 2 + (y > 0) > 1, enable_categorical=True)
    parameters = {"objective": "binary:logistic", "max_depth": 3, "max_cat_to_onehot": 1, "nthread": 1}
    return xgboost.train(parameters, columns, 3), numpy.stack([x[:, 1], codes], axis=1).astype(numpy.float32)


def stopped(model, features, target, **common):
    """Fit with early stopping, which was told to `fit` before 1.6."""
    half = ROWS // 2
    common = dict(common, n_estimators=30, learning_rate=1.0)
    evaluation = {"eval_set": [(features[half:], target[half:])], "verbose": False}
    if VERSION >= (1, 6):
        common["early_stopping_rounds"] = 2
    else:
        evaluation["early_stopping_rounds"] = 2
    return model(**common).fit(features[:half], target[:half], **evaluation)


def estimators(x: numpy.ndarray, y: numpy.ndarray) -> dict:
    common = {"n_estimators": 3, "max_depth": 2, "n_jobs": 1}
    classifier, regressor = xgboost.XGBClassifier, xgboost.XGBRegressor
    forest = dict(common, n_estimators=6)
    filled, full = numpy.nan_to_num(x), numpy.nan_to_num(x)
    filled[numpy.isnan(x)] = MARKER
    positive, classes = (y > 0).astype(int), numpy.digitize(y, [-1, 1])
    made = {
        "classifier": classifier(**common).fit(x, positive),
        "classifier-multi-class": classifier(**common).fit(x, classes),
        "classifier-marker": classifier(missing=MARKER, **common).fit(filled, positive),
        "classifier-stopped": stopped(classifier, x, positive, max_depth=2, n_jobs=1),
        "classifier-logistic-regression": classifier(objective="reg:logistic", **common).fit(x, positive),
        "classifier-squared-error": classifier(objective="reg:squarederror", **common).fit(x, positive),
        "classifier-hinge": classifier(objective="binary:hinge", **common).fit(x, positive),
        "classifier-raw": classifier(objective="binary:logitraw", **common).fit(x, positive),
        "classifier-softmax": classifier(objective="multi:softmax", **common).fit(x, classes),
        "classifier-dart": classifier(booster="dart", rate_drop=0.5, **common).fit(x, positive),
        "regressor": regressor(**common).fit(x, y),
        "regressor-stopped": stopped(regressor, x, y, max_depth=2, n_jobs=1),
        "regressor-linear": regressor(booster="gblinear", **common).fit(full, y),
        "regressor-dart": regressor(booster="dart", rate_drop=0.5, one_drop=1, **common).fit(x, y),
        "ranker": xgboost.XGBRanker(**common).fit(x, positive, group=[50] * 6),
        "forest-regressor": xgboost.XGBRFRegressor(**forest).fit(x, y),
        "forest-classifier": xgboost.XGBRFClassifier(**forest).fit(x, positive),
        "forest-classifier-multi-class": xgboost.XGBRFClassifier(**common).fit(x, classes),
        "forest-stopped": stopped(regressor, x, y, max_depth=2, n_jobs=1, num_parallel_tree=2, subsample=0.5),
        "forest-multi-class-stopped": stopped(
            classifier, x, classes, max_depth=2, n_jobs=1, num_parallel_tree=2, subsample=0.5
        ),
        "forest-not-stopped": regressor(num_parallel_tree=3, subsample=0.5, **common).fit(x, y),
    }
    if VERSION < (1, 6):
        # Since then labels have to be 0, 1, ...
        made["classifier-labels"] = classifier(**common).fit(x, positive + 1)
        made["classifier-text-labels"] = classifier(**common).fit(
            x, numpy.array(["no", "yes", "ça"])[classes]
        )
        made["classifier-float-labels"] = classifier(**common).fit(x, positive + 0.5)
        made["classifier-truth-labels"] = classifier(**common).fit(x, positive > 0)
    if (1, 3) <= VERSION < (1, 6):
        made["classifier-no-encoder"] = classifier(use_label_encoder=False, **common).fit(x, classes)
    if VERSION >= (1, 6):
        labels = numpy.stack([y > 0, y > 1], axis=1).astype(int)
        made["classifier-two-labels"] = classifier(**common).fit(x, labels)
        made["classifier-two-classes-softprob"] = classifier(
            objective="multi:softprob", num_class=2, **common
        ).fit(x, positive)
    if VERSION >= (3, 3):
        made["classifier-dropout"] = classifier(rate_drop=0.5, one_drop=True, **common).fit(x, positive)
        made["regressor-dropout-stopped"] = stopped(
            regressor, x, y, max_depth=2, n_jobs=1, rate_drop=0.3, one_drop=True
        )
    return made


def listed(values) -> list:
    values = numpy.asarray(values)
    return (values.astype(numpy.float64) if values.dtype.kind == "f" else values).tolist()


def rows_of(features: numpy.ndarray) -> list:
    return [[None if value != value else float(value) for value in row] for row in features]


class Recorder:
    """Writes the models, and what was predicted with them."""

    def __init__(self, folder: Path, everything: bool):
        self.folder = folder
        self.everything = everything
        # Most models are asked the same.
        self.rows = []
        self.models = {}
        folder.mkdir(parents=True, exist_ok=True)

    def record(self, name: str, model, features: numpy.ndarray, say) -> None:
        files = self.saved(model)
        said = dict.fromkeys(files, say(model))
        if VERSION < (1, 2) and "base-score" in name:
            said["json"] = say(self.loaded(model, files["json"]))
        if not self.everything:
            kept = KEPT.get(name, "").split()
            if "ubj" not in files:
                kept = ["json" if form == "ubj" else form for form in kept]
            files = {form: files[form] for form in files if form in kept}
        rows = rows_of(features[:RECORDED])
        if rows not in self.rows:
            self.rows.append(rows)
        for form, content in files.items():
            file = name + "." + form
            (self.folder / file).write_bytes(content)
            self.models[file] = dict(said[form], rows=self.rows.index(rows))

    def saved(self, model) -> dict:
        content = pickle.dumps(model, protocol=4)
        # As joblib compresses, to keep what lies here small.
        files = {"pkl": content if self.everything else zlib.compress(content, 9)}
        for form in ("json", "ubj") if VERSION >= (1, 6) else ("json",):
            saved = self.folder / ("saved." + form)
            model.save_model(str(saved))
            files[form] = saved.read_bytes()
            saved.unlink()
        return files

    def loaded(self, model, content: bytes):
        """The model as this version reads it from its file, where before 1.2 `base_score` lost digits."""
        again = type(model)(**model.get_params()) if hasattr(model, "get_params") else type(model)()
        saved = self.folder / "saved.json"
        saved.write_bytes(content)
        again.load_model(str(saved))
        saved.unlink()
        return again

    def booster(self, name: str, booster: xgboost.Booster, features, asked=None, **matrix) -> None:
        """`asked` holds the same numbers as `features`, but as XGBoost was asked."""
        columns = xgboost.DMatrix(features if asked is None else asked, **matrix)
        self.record(
            name, booster, features, lambda model: {"values": listed(model.predict(columns)[:RECORDED])}
        )

    def estimator(self, name: str, model: xgboost.XGBModel, features: numpy.ndarray) -> None:
        def say(model) -> dict:
            said = {"predictions": listed(model.predict(features)[:RECORDED])}
            if hasattr(model, "predict_proba"):
                try:
                    said["probabilities"] = listed(model.predict_proba(features)[:RECORDED])
                except Exception as refused:
                    # 1.6 has none for multi:softmax.
                    print(name, refused)
            return said

        self.record(name, model, features, say)


def main(folder: Path, everything: bool, seed: int) -> None:
    recorder = Recorder(folder, everything)
    x, y = data(seed)
    full = numpy.nan_to_num(x)
    for name, (parameters, target) in boosters(y).items():
        features = full if "linear" in name else x
        recorder.booster(name, trained(parameters, target, features), features)
    positive = numpy.abs(y) + 0.1
    if VERSION >= (1, 4):
        upper = numpy.where(y > 1, numpy.inf, positive)
        bounds = {"label_lower_bound": positive, "label_upper_bound": upper}
        recorder.booster("aft", trained({"objective": "survival:aft"}, None, x, **bounds), x)
    ranked = trained({"objective": "rank:pairwise"}, y > 0, x, group=[50] * 6)
    recorder.booster("pairwise", ranked, x)
    recorder.booster("names", trained({}, y, x, feature_names=NAMES), x, feature_names=NAMES)
    once = trained({}, y, x)
    recorder.booster("continued", trained({"max_depth": 3}, y, x, 2, before=once), x)
    forest = trained({"num_parallel_tree": 3, "subsample": 0.5}, y, x)
    recorder.booster(
        "continued-forest",
        trained({"num_parallel_tree": 3, "subsample": 0.5}, y, x, 2, before=forest),
        x,
    )
    if VERSION >= (3, 3):
        recorder.booster("continued-dropout", trained({"rate_drop": 0.9}, y, x, 4, before=once), x)
    # Where a sparse matrix has nothing, the value is missing.
    sparse = scipy.sparse.csr_matrix(full)
    absent = numpy.where(full == 0, numpy.nan, full)
    recorder.booster("sparse", trained({}, y, sparse), absent, asked=sparse)
    if VERSION >= (1, 6):
        booster, features = categorical(x, y)
        kinds = ["c"] + ["float"] * (FEATURES - 1)
        recorder.booster("categories", booster, features, feature_types=kinds, enable_categorical=True)
    if VERSION >= (3, 1):
        booster, features = categories_by_name(x, y)
        named = {"feature_names": ["height", "colour"], "feature_types": ["float", "c"]}
        recorder.booster("categories-text", booster, features, enable_categorical=True, **named)
    filled = numpy.where(numpy.isnan(x), numpy.float32(MARKER), x)
    for name, model in estimators(x, y).items():
        features = filled if "marker" in name else full if "linear" in name else x
        recorder.estimator(name, model, features)
    document = {"rows": recorder.rows, "models": recorder.models}
    (folder / "recorded.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    xgboost.set_config(verbosity=0) if hasattr(xgboost, "set_config") else None
    main(given.folder, given.all, given.seed)
