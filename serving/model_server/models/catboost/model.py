"""A model of CatBoost: its features, which may be categories, and its answers."""

import math
from array import array
from typing import Any

from model_server.errors import StartError
from model_server.models import answers
from model_server.models.boosters import LibraryEngine, LibraryModel
from model_server.models.packages import needed
from model_server.models.predictions import AnswerFormat, Predictions
from model_server.rows.columns import Column, Columns
from model_server.rows.row_errors import RowError
from model_server.rows.table import Table
from model_server.settings import Settings


class CatBoostModel(LibraryModel):
    """Answers as its estimators: labels and probabilities of a classifier, numbers of all others."""

    platform = "catboost"
    format = "catboost"

    def __init__(self, model: Any, sha256: str, settings: Settings):
        super().__init__(sha256, settings)
        catboost = needed("catboost", "")
        self._error = catboost.CatBoostError
        self._model = model
        self._threads = settings.estimator_threads
        self.engine = LibraryEngine(f"catboost {catboost.__version__}")
        self.objective = str(model.get_all_params().get("loss_function", "custom"))
        for kind, features in (
            ("text", model.get_text_feature_indices()),
            ("embeddings", model.get_embedding_feature_indices()),
        ):
            if features:
                raise StartError(
                    "unsupported_model",
                    f"the model takes {kind} as feature {features[0]}, which rows cannot hold: put a "
                    "predictor.py beside it (docs/predictors.md)",
                )
        self.feature_names = list(model.feature_names_)
        self.feature_count = len(self.feature_names)
        self._categorical = frozenset(model.get_cat_feature_indices())
        if self._categorical:
            # Which texts it knows, it does not tell; others than those are as if it had never seen them.
            self.columns = Columns(
                [
                    Column(name, "any" if position in self._categorical else "number")
                    for position, name in enumerate(self.feature_names)
                ]
            )
            self.takes_tables = True
        labels = model.classes_.tolist() if len(model.classes_) else []
        self._is_classifier = bool(labels)
        self.answer_format = AnswerFormat(
            answers.type_of(labels) if labels else "FP64",
            answers_with_lists=False,
            outputs=len(labels) or 1,
            gives_probabilities=self._is_classifier,
        )

    def predict(self, rows: array, count: int, with_probabilities: bool = False) -> Predictions:
        return self._predict(self.matrix(rows, count), count, with_probabilities)

    def predict_table(self, table: Table, with_probabilities: bool = False) -> Predictions:
        """The same with categories, which are texts or whole numbers."""
        for position in self._categorical:
            for row, value in enumerate(table.values[position]):
                if value is None or (isinstance(value, float) and not value.is_integer()):
                    found = "missing" if value is None else f"the number {value:g}"
                    raise RowError(
                        "invalid_value",
                        f"a category is a text or a whole number, and this is {found}",
                        row,
                        position,
                    )
        columns = [
            [int(value) if isinstance(value, float) else value for value in values]
            if position in self._categorical
            else [math.nan if value is None else value for value in values]
            for position, values in enumerate(table.values)
        ]
        return self._predict(
            [list(row) for row in zip(*columns, strict=True)], table.count, with_probabilities
        )

    def _predict(self, rows: Any, count: int, with_probabilities: bool) -> Predictions:
        probabilities = None
        if not self._is_classifier:
            given = self._model.predict(rows, thread_count=self._threads)
        else:
            given = self._model.predict(rows, prediction_type="Class", thread_count=self._threads)
            given = given.reshape(count) if given.size == count else given
            if with_probabilities:
                found = self._model.predict(rows, prediction_type="Probability", thread_count=self._threads)
                probabilities = answers.of_rows(found, count, "probability")
        return Predictions(answers.of_rows(given, count, "prediction"), probabilities)
