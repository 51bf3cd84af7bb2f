"""POST /predict: the plain protocol."""

import re
from array import array
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from model_server.errors import invalid
from model_server.models.model import Model
from model_server.models.predictions import Predictions
from model_server.models.row_reader import Given, RowReader
from model_server.rows import rows, sparse_rows
from model_server.rows.one_form import check_one_form
from model_server.rows.row_errors import RowError
from model_server.rows.sparse_rows import Sparse, SparseWithMissing
from model_server.rows.spelling import member
from model_server.settings import Settings


class PredictRequest(msgspec.Struct, forbid_unknown_fields=True):
    """One row as `features`, many as `instances`, or either by index as `sparse`."""

    features: list[rows.Feature] | UnsetType = UNSET
    instances: list[list[rows.Feature]] | UnsetType = UNSET
    sparse: Sparse | UnsetType = UNSET
    probabilities: bool | UnsetType = UNSET


def request_type(model: Model, allows_missing: bool) -> type[PredictRequest]:
    """What requests for a model look like."""
    feature = rows.Feature
    if model.categories:
        # Of a model without categories a text is refused as anything else that is no number.
        feature |= str
    if allows_missing:
        feature |= None
    if model.takes_tables:
        feature = Any
    row = list[feature]
    # Values by name are looked at later, when it is known what their columns take.
    any_row = row | dict[str, Any]
    return msgspec.defstruct(
        PredictRequest.__name__,
        [
            ("features", any_row | UnsetType, UNSET),
            ("instances", list[any_row] | UnsetType, UNSET),
            ("sparse", (SparseWithMissing if allows_missing else Sparse) | UnsetType, UNSET),
        ],
        bases=(PredictRequest,),
        forbid_unknown_fields=True,
    )


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
        self._categories = model.categories
        self._request_type = request_type(model, allows_missing)
        self._decode = msgspec.json.Decoder(self._request_type).decode
        self._reader = RowReader(model, allows_missing)
        self._scanner = (
            None
            if model.takes_tables
            else rows.scanner(model.feature_count, self._max_rows, model.typecode, allows_missing)
        )

    def predict(self, body: bytes) -> tuple[bytes, int]:
        """Answer; also return how many rows were predicted."""
        scanned = self._scanned(body) if self._scanner else None
        if scanned is None:
            return self._predict_decoded(body)
        given, single, probabilities = scanned
        model = self._model
        if probabilities:
            self._check_probabilities()
        count = len(given) // model.feature_count
        try:
            answers = model.predict(given, count, probabilities)
        except RowError as error:
            raise error.placed("features" if single else "instances", single) from None
        return msgspec.json.encode(as_document(answers, single, probabilities)), count

    def _predict_decoded(self, body: bytes) -> tuple[bytes, int]:
        """The same of any request, or the reason why it is wrong."""
        request = self._decoded(body)
        if request.sparse is not UNSET:
            return self._predict_sparse(request)
        single = request.features is not UNSET
        field = "features" if single else "instances"
        given, by_name = self._given(body, request, single)
        probabilities = bool(request.probabilities)
        if probabilities:
            self._check_probabilities()
        count = 1 if single else len(request.instances)
        try:
            answers = self._reader.predict(given, count, probabilities)
        except RowError as error:
            raise error.placed(field, single, self._reader.names if by_name else None) from None
        return msgspec.json.encode(as_document(answers, single, probabilities)), count

    def _predict_sparse(self, request: PredictRequest) -> tuple[bytes, int]:
        given, single = sparse_rows.read(request.sparse, self._model.feature_count, self._max_rows)
        probabilities = bool(request.probabilities)
        if probabilities:
            self._check_probabilities()
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

    def _decoded(self, body: bytes) -> PredictRequest:
        """The document; a key that it has twice is found later where rows are by name."""
        # A sparse row is two lists.
        rows.check_row_count(body, self._max_rows, brackets=2 if sparse_rows.KEY in body else 1)
        rows.check_object_count(body, self._max_rows)
        request = rows.decode(body, self._decode)
        if not _is_by_name(request):
            # Two quotes are one key: only a longer document can hold a key twice.
            if body.count(b'"') != 2 or b"\\" in body:
                rows.check_duplicates(body)
        elif not _holds_each_key_once(body, request):
            rows.check_duplicates(body)
        if sum(each is not UNSET for each in (request.features, request.instances, request.sparse)) != 1:
            raise invalid("missing_field", "give one of `features`, `instances` and `sparse`", "features")
        return request

    def _given(self, body: bytes, request: PredictRequest, single: bool) -> tuple[Given, bool]:
        """The rows, and whether they are by name."""
        found = [request.features] if single else request.instances
        self._check_count(found)
        by_name = isinstance(found[0], dict)
        names = self._reader.names

        def place(row: int, column: int | None) -> str:
            field = "features" if single else f"instances[{row}]"
            if column is None:
                return field
            return field + (member(names[column].name) if by_name else f"[{column}]")

        check_one_form(found, place)
        if by_name:
            return self._reader.by_name(found, place), True
        if self._model.takes_tables:
            return self._reader.by_position(found, place), False
        width, typecode = self._model.feature_count, self._model.typecode
        if self._categories:
            for number, row in enumerate(found):
                self._categories.encode(row, place(number, None))
        if single:
            return rows.row_of(request.features, width, "features", typecode), False
        return rows.rows_of(found, width, "instances", self._max_rows, typecode), False

    def _check_count(self, found: list) -> None:
        if not found:
            raise invalid("wrong_length", "there are no rows", "instances")
        if len(found) > self._max_rows:
            raise rows.too_many_rows(self._max_rows, "instances")


def _is_by_name(request: PredictRequest) -> bool:
    if request.instances is UNSET or not request.instances:
        return isinstance(request.features, dict)
    return isinstance(request.instances[0], dict)


def _holds_each_key_once(body: bytes, request: PredictRequest) -> bool:
    """Whether that shows at once, without reading it anew."""
    found = [request.features] if isinstance(request.features, dict) else request.instances
    texts = sum(each is not UNSET for each in msgspec.structs.astuple(request))
    for row in found:
        is_object = isinstance(row, dict)
        texts += len(row) if is_object else 0
        values = row.values() if is_object else row
        texts += list(map(type, values)).count(str)
    return rows.holds_texts(body, texts)


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
