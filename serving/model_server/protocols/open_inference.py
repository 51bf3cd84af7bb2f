"""The Open Inference Protocol (V2), REST form, with its extension for binary tensors.

KServe's and Triton's clients speak it; both send tensors as binary unless told otherwise.
"""

import re
import secrets
from array import array
from itertools import chain

import msgspec
from msgspec import UNSET

from model_server.errors import RequestError, invalid, malformed, shown
from model_server.models.model import Model
from model_server.models.predictions import Predictions
from model_server.models.row_reader import Given, Place, RowReader
from model_server.protocols.column_tensors import Tensors
from model_server.protocols.open_inference_request import (
    BINARY_TYPES,
    INTEGERS,
    InferRequest,
    Input,
    Output,
    check_parameters,
)
from model_server.rows import missing_marker, rows
from model_server.rows.finite import all_finite
from model_server.rows.row_errors import RowError
from model_server.settings import Settings

SERVER_VERSION = "0.1.0"
INPUT = "features"
LABELS = "predict"
PROBABILITIES = "predict_proba"
# What a column of a kind is; of one that takes anything, nothing is known but that most hold numbers.
COLUMN_TYPES = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "text": "BYTES", "any": "FP64"}
# Followed by the number of the target, for classifiers with several.
OF_TARGET = f"{PROBABILITIES}_"

# Where the values of a tensor begin.
DATATYPE = b'"datatype"'
DATA = re.compile(rb'"data"[ \t\n\r]*:[ \t\n\r]*(?=\[)')


class InferenceProtocol:
    """Bytes of a request to bytes of a response."""

    def __init__(self, model: Model, settings: Settings):
        self._model = model
        self._answer_format = model.answer_format
        self._known_outputs = outputs_of(model)
        self._max_rows = settings.max_rows
        self._entity_keys = settings.feature_store.entity_keys if settings.feature_store else ()
        self._allows_missing = settings.missing_values == "null"
        feature = rows.Feature | None if self._allows_missing else rows.Feature
        self._decode_flat = msgspec.json.Decoder(list[feature]).decode
        self._decode_nested = msgspec.json.Decoder(list[list[feature]]).decode
        self._decode = msgspec.json.Decoder(InferRequest).decode
        self._reader = RowReader(model, self._allows_missing)
        self._scanner = rows.scanner(
            model.feature_count, self._max_rows, model.typecode, self._allows_missing
        )
        # What stands for values that have been read already; no client can know it.
        self._scanned = f'"{secrets.token_hex(16)}"'.encode()

    def infer(self, body: bytes, document_length: int | None) -> tuple[bytes, int]:
        """Answer; `document_length` is where the JSON document ends and binary tensors start."""
        if document_length is None:
            document, binary = body, b""
        elif document_length > len(body):
            raise malformed("the document is shorter than its length in the header says")
        else:
            document, binary = body[:document_length], body[document_length:]
        place = DATA.search(document) if self._is_one_tensor(document) else None
        found = place and self._scanner.scan(document, place.end())
        if found:
            values, end = found
            short = document[: place.end()] + self._scanned + document[end:]
            try:
                return self._answer(short, binary, values)
            except RequestError:
                pass  # what is wrong, and where, has to be said of the whole document
        return self._answer(document, binary, None)

    def _is_one_tensor(self, document: bytes) -> bool:
        """Whether the numbers that the document begins with may be all of them."""
        if self._model.takes_tables:
            return False
        return self._reader.names is None or document.count(DATATYPE) == 1

    def _answer(self, document: bytes, binary: bytes, scanned: array | None) -> tuple[bytes, int]:
        rows.check_row_count(document, self._max_rows)
        request = rows.decode(document, self._decode)
        rows.check_duplicates(document)
        answer, count = self.answer(request, binary, scanned)
        return msgspec.json.encode(answer), count

    def answer(self, request: InferRequest, binary: bytes, scanned: array | None = None) -> tuple[dict, int]:
        """The document that answers a request, whatever it was read from, and how many rows it had.

        `binary` holds the tensors that are not in the request itself, one after the other; `scanned` the
        values of one whose place in the request is taken.
        """
        check_parameters(request)
        given, count, place = self._rows(request, binary, scanned)
        self._check_names(request)
        wanted = self._wanted(request.outputs)
        with_probabilities = any(name.startswith(PROBABILITIES) for name in wanted)
        try:
            answers = self._reader.predict(given, count, with_probabilities)
        except RowError as error:
            raise error.in_tensor(place(error.row, error.feature), count) from None
        return self._response(request.id, wanted, answers, count), count

    def _rows(self, request: InferRequest, binary: bytes, scanned: array | None) -> tuple[Given, int, Place]:
        for index, tensor in enumerate(request.inputs):
            if tensor.name in self._entity_keys:
                raise invalid(
                    "entities_not_supported",
                    "this protocol takes features only: send entities to POST /predict",
                    f"inputs[{index}].name",
                )
        if self._holds_columns(request.inputs):
            tensors = Tensors(request.inputs, binary, self._max_rows)
            values, count, place = tensors.columns(self._reader.columns)
            return self._reader.by_column(values, count, place), count, place
        if len(request.inputs) != 1:
            raise invalid(
                "wrong_inputs",
                f"the model takes one tensor of shape [rows, {self._model.feature_count}], "
                f"{len(request.inputs)} were given",
                "inputs",
            )
        if self._model.takes_tables:
            return self._table(request.inputs, binary)
        given, count = self._from_one(request.inputs[0], binary, scanned)
        return given, count, _of_one_tensor

    def _holds_columns(self, inputs: list[Input]) -> bool:
        """Whether each tensor is a column of its own."""
        names = self._reader.names
        if names is None or not inputs:
            return False
        if len(inputs) > 1 or inputs[0].name not in names.positions:
            return len(inputs) > 1
        # As many values as the model has features would look like a row of all of them.
        return len(names) == 1 or len(inputs[0].shape) == 1 or inputs[0].shape[1:] == [1]

    def _table(self, inputs: list[Input], binary: bytes) -> tuple[Given, int, Place]:
        """One tensor that holds all columns, for a model that takes more than numbers."""
        width = self._model.feature_count
        count = self._row_count(inputs[0].shape)
        found = Tensors(inputs, binary, self._max_rows).rows(count, width)

        def place(row: int, column: int | None) -> str:
            return f"inputs[0].data[{row * width + (column or 0)}]"

        return self._reader.by_position(found, place), count, place

    def _from_one(self, tensor: Input, binary: bytes, scanned: array | None) -> tuple[array, int]:
        """One tensor that holds all numbers."""
        if scanned is not None and (
            tensor.data is UNSET or bytes(tensor.data) != self._scanned or tensor.datatype in INTEGERS
        ):
            raise malformed("the values that have been read are not those of the tensor, or not all of it")
        if tensor.datatype not in BINARY_TYPES:
            accepted = ", ".join(BINARY_TYPES)
            raise invalid(
                "wrong_datatype",
                f"the model takes numbers ({accepted}), not {shown(tensor.datatype)}",
                "inputs[0].datatype",
            )
        count = self._row_count(tensor.shape)
        size = (tensor.parameters or {}).get("binary_data_size")
        if (size is None) == (tensor.data is UNSET):
            raise invalid("missing_field", "give the values either as `data` or as binary", "inputs[0].data")
        if size is not None:
            return self._from_binary(tensor, binary, size, count), count
        if binary:
            raise malformed("there is binary data, but no tensor that it belongs to")
        if scanned is not None:
            self._check_count(len(scanned), count)
            return scanned, count
        return self._from_json(tensor, count), count

    def _row_count(self, shape: list[int]) -> int:
        width = self._model.feature_count
        if len(shape) == 1 and shape[0] == width:
            return 1
        if len(shape) != 2 or shape[1] != width or shape[0] < 1:
            raise invalid(
                "wrong_shape", f"the model takes shape [rows, {width}], not {shown(shape)}", "inputs[0].shape"
            )
        if shape[0] > self._max_rows:
            raise rows.too_many_rows(self._max_rows, "inputs[0].shape")
        return shape[0]

    def _from_json(self, tensor: Input, count: int) -> array:
        width = self._model.feature_count
        raw = bytes(tensor.data)
        try:
            if raw[1:].lstrip()[:1] == rows.OPEN_BRACKET:
                nested = rows.decode(raw, self._decode_nested)
                if any(len(row) != width for row in nested):
                    index = next(i for i, row in enumerate(nested) if len(row) != width)
                    raise rows.wrong_length(len(nested[index]), width, f"[{index}]")
                values = list(chain.from_iterable(nested))
            else:
                values = rows.decode(raw, self._decode_flat)
        except RequestError as error:
            place = f"inputs[0].data{error.field or ''}"
            raise RequestError(error.kind, error.code, error.message, place) from None
        self._check_count(len(values), count)
        if tensor.datatype in INTEGERS:
            _check_integers(values, tensor.datatype)
        return rows.to_array(values, self._model.typecode)

    def _check_count(self, given: int, count: int) -> None:
        wanted = count * self._model.feature_count
        if given != wanted:
            raise invalid(
                "wrong_length", f"the shape needs {wanted} values, {given} were given", "inputs[0].data"
            )

    def _from_binary(self, tensor: Input, binary: bytes, size: object, count: int) -> array:
        if size is True or not isinstance(size, int) or size != len(binary):
            raise malformed(
                f"binary_data_size is {shown(size)}, but {len(binary)} bytes follow the document",
                "inputs[0].parameters.binary_data_size",
            )
        values = array(BINARY_TYPES[tensor.datatype])
        if size % values.itemsize:
            raise malformed(f"{size} bytes are no whole number of {tensor.datatype}", "inputs[0].data")
        values.frombytes(binary)
        self._check_count(len(values), count)
        numbers = values if values.typecode == "f" else array("f", values)
        # What the JSON parser refuses can still be in a binary tensor.
        if not all_finite(numbers):
            self._check_each(values)
        return numbers if self._model.typecode == "f" else array("d", values)

    def _check_each(self, values: array) -> None:
        for index, value in enumerate(values):
            place = f"inputs[0].data[{index}]"
            if value != value:
                if not self._allows_missing:
                    raise invalid("invalid_value", "NaN, but missing values are not accepted", place)
            elif not -rows.FLOAT32_LIMIT < value < rows.FLOAT32_LIMIT:
                raise invalid("out_of_range", "the value is beyond the range of float32", place)

    def _check_names(self, request: InferRequest) -> None:
        for field in ("model_name", "model_version"):
            given, own = getattr(request, field), getattr(self._model, field.removeprefix("model_"))
            if given and given != own:
                raise invalid("wrong_model", f"this is {own}, not {shown(given)}", field)

    def _wanted(self, outputs: list[Output] | None) -> list[str]:
        known = [name for name, _, _ in self._outputs()]
        wanted = [output.name for output in outputs] if outputs else [LABELS]
        for index, name in enumerate(wanted):
            if name not in known:
                raise invalid(
                    "unknown_output",
                    f"the model gives {', '.join(known)}, not {shown(name)}",
                    f"outputs[{index}].name",
                )
        return wanted

    def _outputs(self) -> list[tuple[str, str, list[int]]]:
        """Those that the model has by now."""
        if self._answer_format is not self._model.answer_format:
            self._answer_format = self._model.answer_format
            self._known_outputs = outputs_of(self._model)
        return self._known_outputs

    def _response(self, identity: str | None, wanted: list[str], answers: Predictions, count: int) -> dict:
        outputs = []
        for name, datatype, shape in self._outputs():
            if name not in wanted:
                continue
            values = answers.predictions if name == LABELS else answers.probabilities
            if name.startswith(OF_TARGET):
                target = int(name.removeprefix(OF_TARGET))
                values = [row[target] for row in values]
            flat = values if len(shape) == 1 else list(chain.from_iterable(values))
            if datatype == "BYTES":
                flat = [str(value) for value in flat]
            outputs.append({"name": name, "shape": [count, *shape[1:]], "datatype": datatype, "data": flat})
        document = {"model_name": self._model.name, "outputs": outputs}
        if self._model.version:
            document["model_version"] = self._model.version
        if identity is not None:
            document["id"] = identity
        return document


def _of_one_tensor(row: int, column: int | None) -> str:
    return "inputs[0].data"


def _check_integers(values: list[float | None], datatype: str) -> None:
    minimum, maximum = INTEGERS[datatype]
    for index, value in enumerate(values):
        # The largest of 64 bits is rounded up where it is read.
        if value is not None and not (value.is_integer() and minimum <= value <= float(maximum)):
            raise invalid("invalid_value", f"{value} is no {datatype}", f"inputs[0].data[{index}]")


def outputs_of(model: Model) -> list[tuple[str, str, list[int]]]:
    """Name, type and shape of each tensor the model can answer with."""
    answers = model.answer_format
    outputs = [(LABELS, answers.label_type, [-1, answers.outputs] if answers.answers_with_lists else [-1])]
    if answers.classes_of_targets:
        # The targets may differ in how many classes they have.
        counts = enumerate(answers.classes_of_targets)
        outputs += [(f"{OF_TARGET}{target}", "FP32", [-1, count]) for target, count in counts]
    elif answers.gives_probabilities:
        outputs.append((PROBABILITIES, "FP32", [-1, max(2, answers.outputs)]))
    return outputs


def inputs_of(model: Model) -> list[dict]:
    """The tensors that the model takes: a column each, or all numbers in one."""
    if not model.takes_tables:
        return [{"name": INPUT, "datatype": "FP32", "shape": [-1, model.feature_count]}]
    return [
        {"name": column.name, "datatype": COLUMN_TYPES[column.kind], "shape": [-1, 1]}
        for column in model.columns
    ]


def model_metadata(model: Model) -> bytes:
    """Describe the model's tensors, and what identifies it."""
    document = {
        "name": model.name,
        "versions": [model.version] if model.version else [],
        "platform": model.platform,
        "inputs": inputs_of(model),
        "outputs": [
            {"name": name, "datatype": datatype, "shape": shape}
            for name, datatype, shape in outputs_of(model)
        ],
        "parameters": {
            "sha256": model.sha256,
            "format": model.format,
            "objective": model.objective,
            "engine": model.engine.name,
        },
    }
    if model.engine.reason:
        document["parameters"]["engine_reason"] = model.engine.reason
    document["parameters"] |= model.parameters
    if model.categories:
        document["parameters"]["categories"] = {
            str(feature): category.texts for feature, category in model.categories.features.items()
        }
    elif model.takes_tables:
        known = {column.name: column.categories for column in model.columns if column.categories}
        if known:
            document["parameters"]["categories"] = known
    if missing_marker.is_number(model.missing_marker):
        document["parameters"]["missing_marker"] = model.missing_marker
    if model.feature_names:
        document["parameters"]["feature_names"] = model.feature_names
    return msgspec.json.encode(document)


def server_metadata() -> bytes:
    """Describe the server."""
    return msgspec.json.encode(
        {"name": "model-server", "version": SERVER_VERSION, "extensions": ["binary_tensor_data"]}
    )


def document_length(value: bytes | None) -> int | None:
    """Read the header Inference-Header-Content-Length."""
    if value is None:
        return None
    if not value.isdigit() or len(value) > 12:
        raise malformed("Inference-Header-Content-Length is not a length", "inference-header-content-length")
    return int(value)
