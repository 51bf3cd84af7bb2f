"""Categories: a feature that is one of a few texts, known to the model by its code."""

import json
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model_server.errors import RequestError, invalid
from model_server.rows.row_errors import RowError

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

    def codes(self, feature: int, values: Sequence[object], place: Callable[[int], str]) -> list[object]:
        """The values of one feature with codes in the place of texts."""
        return [
            self._code(feature, value, place(row)) if isinstance(value, str) else value
            for row, value in enumerate(values)
        ]

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
