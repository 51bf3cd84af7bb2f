"""POST /predict: the plain protocol."""

import re
from array import array

import msgspec
from msgspec import UNSET, UnsetType

from model_server.errors import invalid
from model_server.models.model import Model
from model_server.models.predictions import Predictions
from model_server.rows import rows, sparse_rows
from model_server.rows.row_errors import RowError
from model_server.rows.sparse_rows import Sparse, SparseRows, SparseWithMissing
from model_server.settings import Settings


class PredictRequest(msgspec.Struct, forbid_unknown_fields=True):
    """One row as `features`, many as `instances`, or either by index as `sparse`."""

    features: list[rows.Feature] | UnsetType = UNSET
    instances: list[list[rows.Feature]] | UnsetType = UNSET
    sparse: Sparse | UnsetType = UNSET
    probabilities: bool = False


class PredictRequestWithMissing(PredictRequest):
    """The same where `null` is a missing value."""

    features: list[rows.Feature | None] | UnsetType = UNSET
    instances: list[list[rows.Feature | None]] | UnsetType = UNSET
    sparse: SparseWithMissing | UnsetType = UNSET


class PredictRequestWithTexts(PredictRequest):
    """The same where some features are categories, which may be given as text."""

    features: list[rows.Feature | str] | UnsetType = UNSET
    instances: list[list[rows.Feature | str]] | UnsetType = UNSET


class PredictRequestWithBoth(PredictRequestWithMissing):
    """The same with both."""

    features: list[rows.Feature | str | None] | UnsetType = UNSET
    instances: list[list[rows.Feature | str | None]] | UnsetType = UNSET


# By whether `null` and whether texts are taken.
REQUESTS = {
    (False, False): PredictRequest,
    (True, False): PredictRequestWithMissing,
    (False, True): PredictRequestWithTexts,
    (True, True): PredictRequestWithBoth,
}


# How the usual request begins and ends; between the two is a list of numbers or of rows.
BEGIN = re.compile(rb'[ \t\n\r]*\{[ \t\n\r]*"(features|instances)"[ \t\n\r]*:[ \t\n\r]*(?=\[[ \t\n\r]*(\[)?)')
END = re.compile(
    rb"[ \t\n\r]*(?:,[ \t\n\r]*\"probabilities\"[ \t\n\r]*:[ \t\n\r]*(true|false)[ \t\n\r]*)?\}[ \t\n\r]*"
)


class PredictProtocol:
    """Bytes of a request to bytes of a response."""

    def __init__(self, model: Model, settings: Settings):
        self._model = model
        self._max_rows = settings.max_rows
        allows_missing = settings.missing_values == "null"
        # Of a model without categories a text is refused as anything else that is no number.
        self._categories = model.categories
        request_type = REQUESTS[allows_missing, self._categories is not None]
        self._decode = msgspec.json.Decoder(request_type).decode
        self._scanner = rows.scanner(model.feature_count, self._max_rows, model.typecode, allows_missing)

    def predict(self, body: bytes) -> tuple[bytes, int]:
        """Answer; also return how many rows were predicted."""
        given, single, probabilities = self._scanned(body) or self._decoded(body)
        model = self._model
        if probabilities:
            self._check_probabilities()
        if given.__class__ is SparseRows:
            return self._predict_sparse(given, single, probabilities)
        count = len(given) // model.feature_count
        try:
            answers = model.predict(given, count, probabilities)
        except RowError as error:
            raise error.placed("features" if single else "instances", single) from None
        return msgspec.json.encode(as_document(answers, single, probabilities)), count

    def _predict_sparse(self, given: SparseRows, single: bool, probabilities: bool) -> tuple[bytes, int]:
        try:
            answers = self._model.predict_sparse(given, probabilities)
        except RowError as error:
            raise sparse_rows.placed(error, given, single) from None
        return msgspec.json.encode(as_document(answers, single, probabilities)), given.count

    def _check_probabilities(self) -> None:
        if not self._model.answer_format.gives_probabilities:
            raise invalid("no_probabilities", "the model does not give probabilities", "probabilities")

    def _scanned(self, body: bytes) -> tuple[array, bool, bool] | None:
        """The usual request: its numbers, whether they are one row, whether probabilities are wanted."""
        begin = BEGIN.match(body)
        found = begin and self._scanner.scan(body, begin.end())
        end = found and END.fullmatch(body, found[1])
        if not end:
            return None
        given, width = found[0], self._model.feature_count
        single = begin[1] == b"features"
        if single == bool(begin[2]) or (single and len(given) != width):
            return None
        return given, single, end[1] == b"true"

    def _decoded(self, body: bytes) -> tuple[array | SparseRows, bool, bool]:
        """The same of any request, or the reason why it is wrong."""
        model = self._model
        # A sparse row is two lists.
        rows.check_row_count(body, self._max_rows, brackets=2 if sparse_rows.KEY in body else 1)
        request = rows.decode(body, self._decode)
        # Two quotes are one key: only a longer document can hold a key twice.
        if body.count(b'"') != 2 or b"\\" in body:
            rows.check_duplicates(body)
        single = request.features is not UNSET
        if single + (request.instances is not UNSET) + (request.sparse is not UNSET) != 1:
            raise invalid("missing_field", "give one of `features`, `instances` and `sparse`", "features")
        if request.sparse is not UNSET:
            return *sparse_rows.read(
                request.sparse, model.feature_count, self._max_rows
            ), request.probabilities
        if self._categories:
            self._encode(request, single)
        if single:
            given = rows.row_of(request.features, model.feature_count, "features", model.typecode)
        else:
            given = rows.rows_of(
                request.instances, model.feature_count, "instances", self._max_rows, model.typecode
            )
        return given, single, request.probabilities

    def _encode(self, request: PredictRequest, single: bool) -> None:
        if single:
            self._categories.encode(request.features, "features")
            return
        for number, row in enumerate(request.instances):
            self._categories.encode(row, f"instances[{number}]")


def as_document(answers: Predictions, single: bool, with_probabilities: bool) -> dict:
    """The response's document."""
    if single:
        document = {"prediction": answers.predictions[0]}
        if with_probabilities:
            document["probabilities"] = answers.probabilities[0]
    else:
        document = {"predictions": answers.predictions}
        if with_probabilities:
            document["probabilities"] = answers.probabilities
    return document
