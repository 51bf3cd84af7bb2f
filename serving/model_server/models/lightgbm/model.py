"""A booster of LightGBM: what its text says of features and answers, and how it is asked."""

import json
import logging
import math
from array import array
from typing import Any

from model_server.models import answers
from model_server.models.boosters import LibraryEngine, LibraryModel, columns_of, of_probabilities
from model_server.models.packages import needed
from model_server.models.predictions import AnswerFormat, Predictions
from model_server.rows.table import Table
from model_server.settings import Settings

logger = logging.getLogger(__name__)

# https://lightgbm.readthedocs.io/en/stable/Parameters.html#objective
BINARY, MULTICLASS = ("binary",), ("multiclass", "multiclassova")
PANDAS = "\npandas_categorical:"


class LightGBMModel(LibraryModel):
    """Answers as `Booster.predict`; of classes the label is their number, as with XGBoost's own files."""

    platform = "lightgbm"
    format = "lightgbm"

    def __init__(self, booster: Any, text: str, sha256: str, settings: Settings):
        super().__init__(sha256, settings)
        self._booster = booster
        self._threads = settings.estimator_threads
        header = _header(text)
        self.objective = header.get("objective", "").partition(" ")[0] or "custom"
        self.engine = LibraryEngine(f"lightgbm {needed('lightgbm', '').__version__}")
        self.feature_names = booster.feature_name()
        self.feature_count = booster.num_feature()
        # Several outputs without an objective that tells what they are, are numbers.
        self._is_binary = self.objective in BINARY
        self._is_multiclass = self.objective in MULTICLASS
        outputs = int(header.get("num_class", "1"))
        is_classifier = self._is_binary or self._is_multiclass
        self.answer_format = AnswerFormat(
            "INT64" if is_classifier else "FP64",
            answers_with_lists=not is_classifier and outputs > 1,
            outputs=2 if self._is_binary else outputs,
            gives_probabilities=is_classifier,
        )
        self._codes = _codes(text, header.get("feature_infos", ""))
        if self._codes:
            self.columns = columns_of(
                list(self.feature_names), {position: tuple(codes) for position, codes in self._codes.items()}
            )
            self.takes_tables = self.columns is not None

    def predict(self, rows: array, count: int, with_probabilities: bool = False) -> Predictions:
        return self._predict(self.matrix(rows, count), count, with_probabilities)

    def predict_table(self, table: Table, with_probabilities: bool = False) -> Predictions:
        """The same with categories as they were in the DataFrame that it was trained on."""
        matrix = self.numpy.empty((table.count, self.feature_count))
        for position, values in enumerate(table.values):
            codes = self._codes.get(position)
            matrix[:, position] = [
                math.nan if value is None else codes[value] if codes else value for value in values
            ]
        return self._predict(matrix, table.count, with_probabilities)

    def _predict(self, matrix: Any, count: int, with_probabilities: bool) -> Predictions:
        given = self._booster.predict(matrix, num_threads=self._threads)
        if self._is_binary:
            # As its classifier does.
            given = self.numpy.vstack((1.0 - given, given)).T
        if self._is_binary or self._is_multiclass:
            return of_probabilities(given, count, with_probabilities)
        return Predictions(answers.of_rows(given, count, "prediction"), None)


def _header(text: str) -> dict[str, str]:
    """What the first lines say of the model, up to the trees."""
    lines = text[: text.find("\n\n")].splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _codes(text: str, infos: str) -> dict[int, dict]:
    """By feature, the code of each category; empty if the file does not tell which features have which."""
    at = text.rfind(PANDAS)
    if at < 0:
        return {}
    written = text[at + len(PANDAS) :].partition("\n")[0].strip()
    lists = json.loads(written) if written not in ("", "null") else None
    if not lists:
        return {}
    # Numbers have their range in brackets, categories their codes; what is never used is `none`.
    features = [
        position
        for position, info in enumerate(infos.split(" "))
        if info != "none" and not info.startswith("[")
    ]
    if len(features) != len(lists):
        logger.warning(
            "the model does not tell which features the texts of its categories belong to: give their codes",
            extra={"categorical_features": len(features), "lists_of_categories": len(lists)},
        )
        return {}
    return {
        feature: {value: code for code, value in enumerate(values)}
        for feature, values in zip(features, lists, strict=True)
    }
