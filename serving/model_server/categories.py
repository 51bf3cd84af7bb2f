"""Categories of XGBoost's models: a feature that is one of a few texts, known to the model by its code.

Codes count from 0 in the order of pandas' `categories`. Since 3.1 XGBoost keeps the texts in the model, so
that requests may give them; of older files, and of models trained on plain codes, only codes are known.
"""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from model_server.errors import RequestError, invalid
from model_server.row_errors import RowError

CODE = "unknown_category"
# XGBoost computes with codes in float32, which holds every whole number below.
MAX_CODE = 2**24
# How many are told where one is not known, and how much of a text that a client made up.
SHOWN = 10
MAX_TEXT = 100


@dataclass(frozen=True)
class Category:
    """One feature that is a category."""

    # By text; empty if the file does not hold them.
    codes: dict[str, int]
    # The codes as they may stand in a row; empty if it is not known how many there are.
    valid: frozenset[float]

    @property
    def texts(self) -> list[str]:
        return list(self.codes)

    def accepts(self, value: float) -> bool:
        """Whether it is a code."""
        if self.valid:
            return value in self.valid
        return 0 <= value < MAX_CODE and value.is_integer()

    def accepted(self) -> str:
        """What is accepted, for people."""
        if not self.codes:
            return "its codes are whole numbers from 0"
        shown = ", ".join(json.dumps(text, ensure_ascii=False) for text in self.texts[:SHOWN])
        more = f" and {len(self.codes) - SHOWN} more" if len(self.codes) > SHOWN else ""
        return f"it knows {shown}{more}, or their codes from 0 to {len(self.codes) - 1}"


class Categories:
    """All features of a model that are categories."""

    def __init__(self, features: dict[int, Category], width: int):
        self.features = features
        self.have_texts = any(category.codes for category in features.values())
        self._width = width

    def encode(self, row: list, field: str) -> None:
        """Put codes in the place of a row's texts. Raises RequestError for one that is not known."""
        for feature, value in enumerate(row):
            if isinstance(value, str):
                row[feature] = self._code(feature, value, f"{field}[{feature}]")

    def _code(self, feature: int, text: str, field: str) -> int:
        category = self.features.get(feature)
        if category is None:
            raise invalid("invalid_value", "this feature is a number, and a text was given", field)
        code = category.codes.get(text)
        if code is None:
            raise _unknown(text, category, field)
        return code

    def check(self, rows: array, missing: float) -> None:
        """Raises RowError for a number that is no code: XGBoost would predict something with it."""
        for feature, category in self.features.items():
            column = rows[feature :: self._width]
            for value in set(column):
                if value == value and value != missing and not category.accepts(value):
                    raise RowError(
                        CODE,
                        f"the model has no category with the code {value:g}: {category.accepted()}",
                        column.index(value),
                        feature,
                    )


def _unknown(text: str, category: Category, field: str) -> RequestError:
    shown = json.dumps(text[:MAX_TEXT], ensure_ascii=False)
    if not category.codes:
        reason = f"the model file does not hold the texts of its categories: give codes, not {shown}"
    else:
        reason = f"the model does not know the category {shown}: {category.accepted()}"
    return invalid(CODE, reason, field)


def of_model(model: dict, types: Sequence[str], width: int) -> Categories | None:
    """The categories in a model as XGBoost writes it; None if it has none."""
    places = [feature for feature, kind in enumerate(types) if kind == "c"]
    if not places:
        return None
    booster = model["learner"]["gradient_booster"]
    # DART keeps a whole model of trees inside of its own.
    encodings = booster.get("gbtree", booster).get("model", {}).get("cats", {}).get("enc", [])
    features = {}
    for feature in places:
        texts = _texts(encodings[feature]) if feature < len(encodings) else []
        codes = {text: code for code, text in enumerate(texts)}
        features[feature] = Category(codes, frozenset(float(code) for code in range(len(texts))))
    return Categories(features, width)


def _texts(encoding: dict) -> list[str]:
    values = encoding.get("values", ())
    offsets = encoding.get("offsets")
    if offsets is None:
        # Categories that are numbers; as text they cannot be taken for codes.
        return [str(value) if isinstance(value, int) else f"{value:g}" for value in values]
    text = bytes(value & 0xFF for value in values)
    return [text[start:end].decode(errors="replace") for start, end in pairwise(offsets)]
