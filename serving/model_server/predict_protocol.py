"""POST /predict: the plain protocol."""

import msgspec
from msgspec import UNSET, UnsetType

from model_server import rows
from model_server.errors import invalid
from model_server.model import AnyModel
from model_server.predictions import Predictions
from model_server.settings import Settings


class PredictRequest(msgspec.Struct, forbid_unknown_fields=True):
    """One row as `features`, or many as `instances`."""

    features: list[rows.Feature] | UnsetType = UNSET
    instances: list[list[rows.Feature]] | UnsetType = UNSET
    probabilities: bool = False


class PredictRequestWithMissing(PredictRequest):
    """The same where `null` is a missing value."""

    features: list[rows.Feature | None] | UnsetType = UNSET
    instances: list[list[rows.Feature | None]] | UnsetType = UNSET


class PredictProtocol:
    """Bytes of a request to bytes of a response."""

    def __init__(self, model: AnyModel, settings: Settings):
        self._model = model
        self._largest = settings.max_rows
        request_type = PredictRequestWithMissing if settings.missing_values == "null" else PredictRequest
        self._decode = msgspec.json.Decoder(request_type).decode

    def predict(self, body: bytes) -> tuple[bytes, int]:
        """Answer; also return how many rows were predicted."""
        model = self._model
        rows.check_row_count(body, self._largest)
        request = rows.decode(body, self._decode)
        # Two quotes are one key: only a longer document can hold a key twice.
        if body.count(b'"') != 2 or b"\\" in body:
            rows.check_duplicates(body)
        single = request.features is not UNSET
        if single == (request.instances is not UNSET):
            raise invalid("missing_field", "give either `features` or `instances`", "features")
        if request.probabilities and not model.gives_probabilities:
            raise invalid("no_probabilities", "the model does not give probabilities", "probabilities")
        if single:
            given = rows.row_of(request.features, model.feature_count, "features", model.typecode)
            count = 1
        else:
            count = len(request.instances)
            given = rows.rows_of(
                request.instances, model.feature_count, "instances", self._largest, model.typecode
            )
        answers = model.predict(given, count, request.probabilities)
        return msgspec.json.encode(_document(answers, single, request.probabilities)), count


def _document(answers: Predictions, single: bool, with_probabilities: bool) -> dict:
    if single:
        document = {"prediction": answers.predictions[0]}
        if with_probabilities:
            document["probabilities"] = answers.probabilities[0]
    else:
        document = {"predictions": answers.predictions}
        if with_probabilities:
            document["probabilities"] = answers.probabilities
    return document
