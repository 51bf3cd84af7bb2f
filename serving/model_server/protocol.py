"""Request bytes to rows, answers to response bytes."""

import json
from array import array
from itertools import chain

import msgspec

from model_server.errors import RequestError, invalid, malformed
from model_server.model import Model, Predictions

# What XGBoost and numpy round to infinity: half a unit in the last place above the largest float32.
FLOAT32_LIMIT = 3.4028235677973366e38


class PredictRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Body of POST /predict: one row as `features`, or many as `instances`."""

    features: list[float] | msgspec.UnsetType = msgspec.UNSET
    instances: list[list[float]] | msgspec.UnsetType = msgspec.UNSET
    probabilities: bool = False


_decode_predict = msgspec.json.Decoder(PredictRequest).decode


def _refuse_duplicates(pairs: list[tuple]) -> dict:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise malformed(f"the key {twice!r} appears twice", twice)
    return document


_strict_decoder = json.JSONDecoder(object_pairs_hook=_refuse_duplicates)


def check_duplicates(body: bytes) -> None:
    """Refuse a key that appears twice: the parser would silently keep one of them."""
    try:
        _strict_decoder.decode(body.decode())
    except RecursionError:
        raise malformed("the document is nested too deeply") from None


def decode(body: bytes, decoder):
    """Decode a body that must be JSON of the decoder's type."""
    try:
        return decoder(body)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `")
        field = place.rstrip("`").removeprefix("$").removeprefix(".") or None
        raise invalid("invalid_value", message, field) from None
    except msgspec.DecodeError as error:
        raise malformed(str(error)) from None
    except (UnicodeDecodeError, RecursionError):
        raise malformed("the body is not UTF-8, or nested too deeply") from None


def to_float32(values: list[float], place) -> array:
    """Round to float32 as XGBoost does; `place` names a value by its index for the message."""
    rows = array("f", values)
    if values and (max(values) >= FLOAT32_LIMIT or min(values) <= -FLOAT32_LIMIT):
        index = next(i for i, value in enumerate(values) if abs(value) >= FLOAT32_LIMIT)
        raise invalid(
            "out_of_range",
            f"{values[index]!r} is beyond the range of float32, in which the model computes",
            place(index),
        )
    return rows


def wrong_length(given: int, wanted: int, field: str) -> RequestError:
    """A row with another number of features than the model takes."""
    return invalid("wrong_length", f"the model takes {wanted} features, {given} were given", field)


def predict(model: Model, body: bytes) -> bytes:
    """Answer the body of POST /predict."""
    request = decode(body, _decode_predict)
    # Two quotes are one key: only a longer document can hold a key twice.
    if body.count(b'"') > 2 or b"\\" in body:
        check_duplicates(body)
    single = request.features is not msgspec.UNSET
    if single == (request.instances is not msgspec.UNSET):
        raise invalid("missing_field", "give either `features` or `instances`", "features")
    width = model.feature_count
    if single:
        if len(request.features) != width:
            raise wrong_length(len(request.features), width, "features")
        rows = to_float32(request.features, lambda index: f"features[{index}]")
        count = 1
    else:
        count = len(request.instances)
        if not count:
            raise invalid("wrong_length", "there are no rows", "instances")
        for number, row in enumerate(request.instances):
            if len(row) != width:
                raise wrong_length(len(row), width, f"instances[{number}]")
        rows = to_float32(
            list(chain.from_iterable(request.instances)),
            lambda index: f"instances[{index // width}][{index % width}]",
        )
    if request.probabilities and not model.gives_probabilities:
        raise invalid("no_probabilities", "the model does not give probabilities", "probabilities")
    return _answer(model.predict(rows, count), single, request.probabilities)


def _answer(answers: Predictions, single: bool, with_probabilities: bool) -> bytes:
    if single:
        document = {"prediction": answers.predictions[0]}
        if with_probabilities:
            document["probabilities"] = answers.probabilities[0]
    else:
        document = {"predictions": answers.predictions}
        if with_probabilities:
            document["probabilities"] = answers.probabilities
    return msgspec.json.encode(document)


def metadata(model: Model) -> bytes:
    """Describe the model as the Open Inference Protocol does, and what identifies it."""
    outputs = [{"name": "predict", "datatype": "INT64" if model.is_classifier else "FP32", "shape": [-1]}]
    document = {
        "name": model.name,
        "versions": [model.version] if model.version else [],
        "platform": "xgboost",
        "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, model.feature_count]}],
        "outputs": outputs,
        "parameters": {
            "sha256": model.sha256,
            "format": model.form,
            "objective": model.objective,
            "engine": model.engine,
        },
    }
    if model.feature_names:
        document["parameters"]["feature_names"] = model.feature_names
    return msgspec.json.encode(document)
