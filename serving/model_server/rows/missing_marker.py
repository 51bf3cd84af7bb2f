"""The marker: a number that stands for a missing value in the rows a model takes.

XGBoost's scikit-learn interface knows it as `missing=`. A pickled estimator keeps it; XGBoost's own files
leave it out since version 2.0, so that whoever loads one has to know it.
"""

import math
from array import array

import msgspec

from model_server.errors import StartError
from model_server.rows.rows import FLOAT32_LIMIT

VARIABLE = "MODEL_SERVER_MISSING_MARKER"
# XGBoost's own default: NaN alone is missing.
NONE = math.nan


def problems(given: str) -> list[str]:
    """What is wrong with the setting."""
    if not given:
        return []
    accepted = "accepted is a number that float32 can hold, such as -999, or nan for none"
    try:
        marker = msgspec.convert(given, float, strict=False)
    except msgspec.ValidationError:
        return [f"{VARIABLE} is {given!r}; {accepted}"]
    if abs(marker) >= FLOAT32_LIMIT:
        # A model that was trained with missing=inf gets null instead.
        return [
            f"{VARIABLE} is {given!r}, which no request can hold; {accepted}. "
            "MODEL_SERVER_MISSING_VALUES=null has requests say what is missing with null"
        ]
    return []


def agreed(said: float | None, given: str) -> float | None:
    """The marker by what the model file says, and the setting; None if neither says anything.

    That only NaN is missing is what every estimator says that was told nothing else, also one that was
    trained on a sparse matrix.
    """
    if not given:
        return said
    marker = float(given)
    if said is not None and not math.isnan(said) and _comparable(said) != _comparable(marker):
        raise StartError(
            "wrong_missing_marker",
            f"the model file says that {said!r} stands for a missing value (missing={said!r}), but "
            f"{VARIABLE} is {given}: leave it empty, since the file knows",
        )
    return marker


def refuse_beside(class_name: str, given: str) -> None:
    """A pickled estimator of another kind brings what it does about missing values."""
    if given:
        raise StartError(
            "wrong_missing_marker",
            f"{VARIABLE} is {given}, but only models of XGBoost take a marker: leave it empty, since the "
            f"{class_name} in the pickle itself knows what is missing; if it was trained on a sparse matrix, "
            "send it sparse rows",
        )


def is_number(marker: float | None) -> bool:
    """Whether there is one that a request can hold."""
    return marker is not None and math.isfinite(marker)


def rounded(marker: float) -> float:
    """As XGBoost compares it with features, in float32."""
    return array("f", [marker])[0]


def _comparable(marker: float) -> float | str:
    return "nan" if math.isnan(marker) else rounded(marker)
