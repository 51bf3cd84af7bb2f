"""The model of XGBoost in a pickle, taken out of it without running anything."""

import math
import struct
from dataclasses import dataclass

from model_server.errors import StartError
from model_server.model_files.pickles import JOBLIB_ARRAY, Array, Pickle, Placeholder, items


@dataclass(frozen=True)
class PickledModel:
    """What a pickle of XGBoost holds."""

    class_name: str
    booster: bytes
    # The marker for missing values (NaN: none); None where nothing says so, as in a Booster.
    missing: float | None
    uses_best_iteration: bool
    # What the estimator tells beside the model, as `save_model` writes it to the attribute `scikit_learn`.
    estimator: dict


def holds_model(pickle: Pickle) -> bool:
    """Whether it is one of XGBoost's own, and not of a library around it."""
    return pickle.class_name == "xgboost.core.Booster" or pickle.class_name.startswith("xgboost.sklearn.")


def model_of(pickle: Pickle) -> PickledModel:
    """Find the model in a pickle that holds one."""
    root, origin = pickle.root, pickle.class_name
    booster = root
    if origin.startswith("xgboost.sklearn."):
        booster = root.state.get("_Booster")
        if booster is None:
            raise StartError("unfitted_model", f"the pickle holds a {origin} that was never fitted")
    content = booster.state.get("handle") if isinstance(getattr(booster, "state", None), dict) else None
    if not isinstance(content, bytes | bytearray):
        raise StartError("unreadable_model", f"the {origin} in the pickle holds no trained model")
    return PickledModel(
        class_name=origin.rpartition(".")[2],
        booster=bytes(content),
        missing=_missing(root.state),
        uses_best_iteration=root is not booster,
        estimator=_told(root.state),
    )


def _told(state: dict) -> dict:
    told = {key: value for key, value in state.items() if isinstance(value, int | float | str)}
    encoder = state.get("_le")
    if isinstance(encoder, Placeholder):
        told["_le"] = {"classes_": _labels(encoder.state.get("classes_"))}
    return told


def _labels(array: object) -> list:
    try:
        if isinstance(array, Array):
            return array.values()
        if isinstance(array, Placeholder) and array.origin == JOBLIB_ARRAY:
            if "items" in array.state:
                return _labels(array.state["items"])
            dtype = array.state["dtype"]
            return items(dtype.arguments[0], (dtype.described or (0, "<"))[1], array.state["content"])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error):
        pass
    raise StartError("unreadable_model", "the labels of the classifier in the pickle cannot be read")


def _missing(state: dict) -> float | None:
    if "missing" not in state:
        return None
    marker = state["missing"]
    if not isinstance(marker, int | float | None):
        raise StartError("unreadable_model", "the `missing` of the estimator in the pickle is no number")
    return math.nan if marker is None else float(marker)
