"""POST /invocations: the protocol of MLflow's scoring server, which SageMaker's clients speak as well."""

import json
from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from model_server.errors import Kind, RequestError, error_fields, invalid, shown
from model_server.models.model import Model
from model_server.models.row_reader import Given, Place, RowReader
from model_server.rows import named_rows, rows
from model_server.rows.columns import Columns
from model_server.rows.one_form import check_one_form
from model_server.rows.row_errors import RowError
from model_server.rows.spelling import listed, member, quoted
from model_server.settings import Settings

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
# What MLflow calls a kind of error, of those that have a code of their own there.
ERROR_CODES = {
    Kind.MALFORMED: "BAD_REQUEST",
    Kind.INVALID: "INVALID_PARAMETER_VALUE",
    Kind.UNAVAILABLE: "TEMPORARILY_UNAVAILABLE",
    Kind.INTERNAL: "INTERNAL_ERROR",
}


class Split(msgspec.Struct, forbid_unknown_fields=True):
    """What pandas' `to_dict(orient="split")` gives."""

    data: list[list[Any]]
    columns: list[str | int] | UnsetType = UNSET
    index: list[Any] | UnsetType = UNSET


class Invocation(msgspec.Struct, forbid_unknown_fields=True):
    """Rows in one of four forms."""

    dataframe_split: Split | UnsetType = UNSET
    dataframe_records: list[dict[str, Any]] | UnsetType = UNSET
    instances: list[Any] | UnsetType = UNSET
    inputs: list[Any] | dict[str, list[Any]] | UnsetType = UNSET
    params: dict[str, Any] | None = None


class InvocationsProtocol:
    """Bytes of a request to bytes of a response."""

    def __init__(self, model: Model, settings: Settings):
        self._model = model
        self._max_rows = settings.max_rows
        self._reader = RowReader(model, settings.missing_values == "null")
        self._decode = msgspec.json.Decoder(Invocation).decode

    def invoke(self, body: bytes) -> tuple[bytes, int]:
        """Answer; also return how many rows were predicted."""
        request = self._decoded(body)
        (form,) = self._form(request)
        given, count, place = getattr(self, f"_from_{form}")(getattr(request, form))
        try:
            answers = self._reader.predict(given, count, False)
        except RowError as error:
            raise error.in_tensor(place(error.row, error.feature), count) from None
        return msgspec.json.encode({"predictions": answers.predictions}), count

    def _decoded(self, body: bytes) -> Invocation:
        # A column may be a list of lists of one value.
        brackets = len(self._reader.columns) if b'"inputs"' in body else 1
        rows.check_row_count(body, self._max_rows, brackets)
        rows.check_object_count(body, self._max_rows)
        try:
            request = rows.decode(body, self._decode)
        except RequestError:
            if b"NaN" not in body:
                raise
            return rows.convert(_with_gaps(body), Invocation)
        if not _holds_each_key_once(body, request):
            rows.check_duplicates(body)
        return request

    def _form(self, request: Invocation) -> list[str]:
        given = [form for form in FORMS if getattr(request, form) is not UNSET]
        if len(given) != 1:
            field = given[1] if given else FORMS[0]
            raise invalid("missing_field", f"give the rows as one of {', '.join(FORMS)}", field)
        if request.params:
            raise invalid(
                "unsupported_parameter",
                f"the model takes no params ({listed([quoted(name) for name in request.params])})",
                "params",
            )
        return given

    def _from_dataframe_split(self, split: Split) -> tuple[Given, int, Place]:
        data, field = split.data, "dataframe_split.data"
        count = self._count(data, field)
        order = None if split.columns is UNSET else self._order(split.columns)

        def place(row: int, column: int | None) -> str:
            position = column if order is None or column is None else order[column]
            return f"{field}[{row}]" if position is None else f"{field}[{row}][{position}]"

        width = len(self._reader.columns) if split.columns is UNSET else len(split.columns)
        for number, row in enumerate(data):
            if len(row) != width:
                raise rows.wrong_length(len(row), width, place(number, None))
        if order is None or order == list(range(width)):
            return self._reader.by_position(data, place), count, place
        values = list(zip(*data, strict=True))
        absent = (None,) * count
        ordered = [absent if position is None else values[position] for position in order]
        return self._reader.by_column(ordered, count, place), count, place

    def _order(self, given: list[str | int]) -> list[int | None]:
        """Where each column of the model is among the given ones."""
        names = self._reader.names
        field = "dataframe_split.columns"
        if given == list(range(len(self._reader.columns))):
            # What pandas calls columns that have no names.
            return given
        if names is None:
            raise invalid(
                "wrong_columns",
                "the model does not know its features by name: give `columns` as the numbers from 0, or leave"
                " them out",
                field,
            )
        texts = list(map(str, given))
        wrong = named_rows.wrong_names(names, named_rows.without_extra(names, texts), field)
        if wrong:
            raise wrong
        places = {name: position for position, name in enumerate(texts)}
        return [places.get(name) for name in names.names]

    def _from_dataframe_records(self, records: list[dict]) -> tuple[Given, int, Place]:
        return self._from_rows(records, "dataframe_records")

    def _from_instances(self, instances: list) -> tuple[Given, int, Place]:
        return self._from_rows(instances, "instances")

    def _from_inputs(self, inputs: list | dict[str, list]) -> tuple[Given, int, Place]:
        if isinstance(inputs, list):
            return self._from_rows(inputs, "inputs")
        names = self._reader.names
        if names is None:
            raise invalid(
                "wrong_columns", "the model does not know its features by name: give rows as lists", "inputs"
            )
        given = named_rows.without_extra(names, list(inputs))
        wrong = named_rows.wrong_names(names, given, "inputs")
        if wrong:
            raise wrong
        values = {name: _flat(inputs[name]) for name in given}
        first = next(iter(values))
        count = self._count(values[first], f"inputs{member(first)}")
        for name, column in values.items():
            if len(column) != count:
                raise invalid(
                    "wrong_length",
                    f"the column {quoted(name)} has {len(column)} values, and {quoted(first)} has {count}",
                    f"inputs{member(name)}",
                )

        def place(row: int, column: int | None) -> str:
            return "inputs" if column is None else f"inputs{member(names[column].name)}[{row}]"

        absent = [None] * count
        ordered = [values.get(name, absent) for name in names.names]
        return self._reader.by_column(ordered, count, place), count, place

    def _from_rows(self, given: list, field: str) -> tuple[Given, int, Place]:
        count = self._count(given, field)
        if len(self._reader.columns) == 1 and not isinstance(given[0], list | dict):
            given = [[value] for value in given]
        by_name = isinstance(given[0], dict)
        names = self._reader.names

        def place(row: int, column: int | None) -> str:
            where = f"{field}[{row}]"
            if column is None:
                return where
            return where + (member(names[column].name) if by_name else f"[{column}]")

        check_one_form(given, place)
        if by_name and names is not None:
            given = [_without_extra(row, names) for row in given]
        read = self._reader.by_name if by_name else self._reader.by_position
        return read(given, place), count, place

    def _count(self, given: list, field: str) -> int:
        if not given:
            raise invalid("wrong_length", "there are no rows", field)
        if len(given) > self._max_rows:
            raise rows.too_many_rows(self._max_rows, field)
        return len(given)


def error_document(error: RequestError) -> bytes:
    """The body of a refusal, as MLflow's clients read it, and as those of the other protocols do."""
    code = ERROR_CODES.get(error.kind, "BAD_REQUEST")
    return msgspec.json.encode({"error_code": code, "message": error.message, **error_fields(error)})


def _flat(values: list) -> list:
    """A column, also where each value is a list of its own."""
    if values and all(isinstance(value, list) and len(value) == 1 for value in values):
        return [value for (value,) in values]
    return values


def _without_extra(row: dict, names: Columns) -> dict:
    kept = named_rows.without_extra(names, list(row))
    return row if len(kept) == len(row) else {name: row[name] for name in kept}


def _with_gaps(body: bytes) -> object:
    """A document in which NaN is what is missing: MLflow's clients write it so, and it is no JSON."""
    rows.check_duplicates(body)

    def refused(name: str) -> None:
        if name != "NaN":
            raise invalid("out_of_range", f"{shown(name)} is no number that JSON can hold")

    try:
        return json.loads(body, parse_constant=refused)
    except ValueError as error:
        raise rows.malformed(f"JSON is malformed: {error}") from None


def _holds_each_key_once(body: bytes, request: Invocation) -> bool:
    """Whether that shows at once, without reading it anew."""
    texts = sum(getattr(request, form) is not UNSET for form in FORMS) + (request.params is not None)
    for given in (request.dataframe_records, request.instances, request.inputs):
        if given is UNSET:
            continue
        if isinstance(given, dict):
            texts += len(given)
            given = given.values()
        texts += _texts(given)
    split = request.dataframe_split
    if split is not UNSET:
        texts += 1 + (split.columns is not UNSET) + (split.index is not UNSET) + _texts(split.data)
        texts += _texts([split.columns or (), split.index or ()])
    return rows.holds_texts(body, texts)


def _texts(given: Sequence) -> int:
    """How many keys and texts are in rows or columns; too few of what is nested deeper."""
    keys = sum(len(row) for row in given if isinstance(row, dict))
    values = (
        row.values() if isinstance(row, dict) else row if isinstance(row, list | tuple) else (row,)
        for row in given
    )
    return keys + list(map(type, chain.from_iterable(values))).count(str)
