"""What the columns of a fitted estimator take, as its first steps tell: encoders know their categories."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from model_server.models.scikit_learn.threads import parts
from model_server.rows.columns import Column, Columns

ENCODERS = frozenset({"OneHotEncoder", "OrdinalEncoder", "TargetEncoder"})
# Steps that take numbers and nothing else.
NUMERIC_MODULES = ("sklearn.decomposition.", "sklearn.kernel_approximation.", "sklearn.random_projection.")
NUMERIC = frozenset(
    {
        *("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "Normalizer", "Binarizer"),
        *("PowerTransformer", "QuantileTransformer", "PolynomialFeatures", "SplineTransformer"),
        *("KBinsDiscretizer", "KNNImputer", "IterativeImputer", "VarianceThreshold"),
    }
)
# Strategies of imputers that compute.
MEANS = ("mean", "median")
# What wraps an estimator and gives it the same columns: the attribute that holds it.
WRAPPERS = {
    **dict.fromkeys(
        ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV"),
        "best_estimator_",
    ),
    **dict.fromkeys(
        ("FixedThresholdClassifier", "TunedThresholdClassifierCV", "FrozenEstimator"), "estimator_"
    ),
    "TransformedTargetRegressor": "regressor_",
}
# Packages whose estimators take arrays as well as DataFrames.
TAKE_ARRAYS = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "imblearn.")
MAX_DEPTH = 24


def names(estimator: Any) -> list[str]:
    """Those that it was fitted with, if it was fitted on a DataFrame."""
    return [str(each) for each in getattr(estimator, "feature_names_in_", ())]


def of_estimator(estimator: Any, count: int) -> Columns | None:
    """All columns; one without a name is called as scikit-learn calls it. None if names do not tell them."""
    found = _Found(count)
    found.visit(estimator, list(range(count)), is_imputed=False, depth=0)
    called = names(estimator) or [f"x{position}" for position in range(count)]
    return Columns(
        [
            replace(
                found.columns.get(position) or Column(""), name=name, is_optional=position not in found.used
            )
            for position, name in enumerate(called)
        ]
    )


def selects_by_name(estimator: Any) -> bool:
    """Whether some part of it selects columns by name, for which it needs a DataFrame."""
    return any(
        isinstance(each, str)
        for part in parts(estimator)
        if _class(part) == "ColumnTransformer"
        for _, _, selected in getattr(part, "transformers_", ())
        for each in ([selected] if isinstance(selected, str) else selected if _is_list(selected) else ())
    )


def may_need_frame(estimator: Any) -> bool:
    """Whether it has code of its own, which has seen a DataFrame when it was fitted."""
    return any(
        _class(part) == "FunctionTransformer" or not type(part).__module__.startswith(TAKE_ARRAYS)
        for part in parts(estimator)
    )


def _class(part: object) -> str:
    return type(part).__name__


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) or hasattr(value, "tolist")


class _Found:
    """What has been learnt by now, by position."""

    def __init__(self, count: int):
        self._count = count
        self.columns: dict[int, Column] = {}
        # Columns that are not dropped.
        self.used: set[int] = set()

    def column(self, position: int, name: str) -> Column:
        """What is known of one; nobody misses a column that is dropped."""
        known = self.columns.get(position) or Column(name)
        return replace(known, name=name, is_optional=position not in self.used)

    def visit(self, step: Any, positions: list[int], is_imputed: bool, depth: int) -> None:
        """A step that gets these columns, in this order."""
        kind = _class(step)
        if depth > MAX_DEPTH:
            self.used.update(positions)
        elif hasattr(step, "steps"):
            self._visit_steps([each for _, each in step.steps], positions, is_imputed, depth)
        elif kind == "ColumnTransformer":
            self._visit_selections(step, positions, is_imputed, depth)
        elif kind == "FeatureUnion":
            for _, each in step.transformer_list:
                if not isinstance(each, str):
                    self.visit(each, positions, is_imputed, depth + 1)
        elif kind in WRAPPERS and hasattr(step, WRAPPERS[kind]):
            self.visit(getattr(step, WRAPPERS[kind]), positions, is_imputed, depth + 1)
        elif kind == "CalibratedClassifierCV" and getattr(step, "calibrated_classifiers_", ()):
            self.visit(step.calibrated_classifiers_[0].estimator, positions, is_imputed, depth + 1)
        elif kind.startswith(("Voting", "Stacking")) and _is_list(getattr(step, "estimators_", None)):
            for each in step.estimators_:
                self.visit(each, positions, is_imputed, depth + 1)
        elif kind.startswith("HistGradientBoosting") and getattr(step, "_preprocessor", None) is not None:
            self.visit(step._preprocessor, positions, is_imputed, depth + 1)
        else:
            self.used.update(positions)
            self._learn(step, kind, positions, is_imputed)

    def _visit_steps(self, steps: list, positions: list[int], is_imputed: bool, depth: int) -> None:
        for each in steps:
            if each is None or each == "passthrough" or hasattr(each, "fit_resample"):
                continue  # a sampler does nothing at prediction
            if _class(each) == "SimpleImputer" and _keeps_columns(each):
                self.used.update(positions)
                if each.strategy in MEANS:
                    self._tell(positions, [Column("", "number")] * len(positions))
                    return
                is_imputed = True
                continue
            self.visit(each, positions, is_imputed, depth + 1)
            return
        self.used.update(positions)

    def _visit_selections(self, step: Any, positions: list[int], is_imputed: bool, depth: int) -> None:
        known = {name: index for index, name in enumerate(names(step))}
        for _, each, selected in step.transformers_:
            indices = _indices(selected, known, len(positions))
            if indices is None:
                self.used.update(positions)
                continue
            chosen = [positions[index] for index in indices]
            if isinstance(each, str):
                if each == "passthrough":
                    self.used.update(chosen)
                continue
            self.visit(each, chosen, is_imputed, depth + 1)

    def _learn(self, step: Any, kind: str, positions: list[int], is_imputed: bool) -> None:
        if kind in ENCODERS:
            categories = getattr(step, "categories_", ())
            if len(categories) == len(positions):
                is_closed = getattr(step, "handle_unknown", "") == "error"
                self._tell(positions, [_encoded(each, is_closed, is_imputed) for each in categories])
        elif (
            (kind == "SimpleImputer" and step.strategy in MEANS)
            or kind in NUMERIC
            or type(step).__module__.startswith(NUMERIC_MODULES)
        ):
            self._tell(positions, [Column("", "number")] * len(positions))

    def _tell(self, positions: Iterable[int], columns: Iterable[Column]) -> None:
        for position, column in zip(positions, columns, strict=True):
            before = self.columns.get(position)
            # What two steps take in different ways is left to them.
            self.columns[position] = column if before in (None, column) else Column("")


def _keeps_columns(imputer: Any) -> bool:
    if getattr(imputer, "add_indicator", False):
        return False
    statistics = getattr(imputer, "statistics_", ())
    return all(not (isinstance(each, float) and math.isnan(each)) for each in statistics)


def _indices(selected: Any, known: dict[str, int], count: int) -> list[int] | None:
    """The columns that a ColumnTransformer selects; None if that cannot be told."""
    if isinstance(selected, slice):
        ends = (selected.start, selected.stop)
        if any(isinstance(end, str) for end in ends):
            start = 0 if ends[0] is None else known.get(ends[0])
            stop = count - 1 if ends[1] is None else known.get(ends[1])
            return None if start is None or stop is None else list(range(start, stop + 1))
        return list(range(count))[selected]
    if isinstance(selected, str | int) or not _is_list(selected):
        selected = [selected]
    items = selected.tolist() if hasattr(selected, "tolist") else list(selected)
    if len(items) == count and all(isinstance(item, bool) for item in items):
        return [index for index, item in enumerate(items) if item]
    found = [known.get(item) if isinstance(item, str) else item for item in items]
    if not all(isinstance(index, int) and -count <= index < count for index in found):
        return None
    return [index % count for index in found]


def _encoded(categories: Any, is_closed: bool, is_imputed: bool) -> Column:
    """A column that an encoder knows by its categories."""
    values = list(_plain(categories))
    known = tuple(value for value in values if not _is_missing(value))
    types = {type(value) for value in known}
    kinds = {frozenset({str}): "text", frozenset({bool}): "boolean", frozenset({int}): "integer"}
    kind = kinds.get(frozenset(types), "number" if types and types <= {int, float} else "any")
    if not types:
        return Column("")
    takes_missing = is_imputed or not is_closed or len(known) < len(values)
    return Column("", kind, known, is_closed=is_closed, takes_missing=takes_missing)


def keeps_none(estimator: Any) -> bool:
    """Whether an encoder has seen None as what is missing, and not NaN."""
    return any(
        value is None
        for part in parts(estimator)
        if _class(part) in ENCODERS
        for each in getattr(part, "categories_", ())
        for value in _plain(each)
    )


def _plain(categories: Any) -> Iterator[object]:
    for value in categories:
        yield value.item() if hasattr(value, "item") else value


def _is_missing(value: object) -> bool:
    return value is None or value != value
