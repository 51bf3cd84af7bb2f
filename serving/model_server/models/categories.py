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
from model_server.rows.row_errors import RowError

CODE = "unknown_category"
# XGBoost computes with codes in float32, which holds every whole number below.
MAX_CODE = 2**24
# How many are told where one is not known, and how much of a text that a client made up.
SHOWN = 10
MAX_TEXT = 100
# Before, XGBoost counted the characters of pandas' texts where the file counts bytes: beyond ASCII they are
# cut in the wrong places, which does not always show.
TEXTS_ARE_RIGHT_SINCE = (3, 4)


@dataclass(frozen=True)
class Category:
    """One feature that is a category."""

    # By text; empty if the file does not hold them.
    codes: dict[str, int]
    # The codes as they may stand in a row; empty if it is not known how many there are.
    valid: frozenset[float]
    # Whether the file holds texts that cannot be relied on.
    is_damaged: bool = False

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
            last = f" to {len(self.valid) - 1}" if self.valid else ""
            return f"its codes are whole numbers from 0{last}"
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
    if category.is_damaged:
        reason = (
            "XGBoost before 3.4 cut the texts of these categories in the wrong places when it wrote the "
            f"model: give codes, not {shown}, or train it anew with 3.4"
        )
    elif not category.codes:
        reason = f"the model file does not hold the texts of its categories: give codes, not {shown}"
    else:
        reason = f"the model does not know the category {shown}: {category.accepted()}"
    return invalid(CODE, reason, field)


def of_model(
    model: dict, types: Sequence[str], width: int, version: tuple[int, ...] | None
) -> Categories | None:
    """The categories in a model as XGBoost writes it; None if it has none. `version` trained it."""
    places = [feature for feature, kind in enumerate(types) if kind == "c"]
    if not places:
        return None
    booster = model["learner"]["gradient_booster"]
    # DART keeps a whole model of trees inside of its own.
    encodings = booster.get("gbtree", booster).get("model", {}).get("cats", {}).get("enc", [])
    are_right = version is None or version >= TEXTS_ARE_RIGHT_SINCE
    features = {}
    for feature in places:
        encoding = encodings[feature] if feature < len(encodings) else {}
        features[feature] = _category(encoding, are_right)
    return Categories(features, width)


def _category(encoding: dict, are_right: bool) -> Category:
    values = encoding.get("values", ())
    offsets = encoding.get("offsets")
    if offsets is None:
        # Categories that are numbers; as text they cannot be taken for codes.
        texts = [str(value) if isinstance(value, int) else f"{value:g}" for value in values]
        return Category({text: code for code, text in enumerate(texts)}, _codes(len(texts)))
    content = bytes(value & 0xFF for value in values)
    valid = _codes(max(0, len(offsets) - 1))
    if not are_right and not content.isascii():
        return Category({}, valid, is_damaged=True)
    try:
        codes = {content[start:end].decode(): code for code, (start, end) in enumerate(pairwise(offsets))}
    except UnicodeDecodeError:
        return Category({}, valid, is_damaged=True)
    return Category(codes, valid)


def _codes(count: int) -> frozenset[float]:
    return frozenset(float(code) for code in range(count))
