"""Tensors that hold a column each, or all columns of any type, as lists of Python's own values."""

import struct
from array import array
from collections.abc import Callable
from itertools import chain

import msgspec
from msgspec import UNSET

from model_server.errors import RequestError, invalid, malformed, shown
from model_server.protocols.open_inference_request import BINARY_TYPES, INTEGERS, Input
from model_server.rows import named_rows, rows
from model_server.rows.columns import Columns
from model_server.rows.spelling import quoted

TEXT, FLAG = "BYTES", "BOOL"
DATATYPES = (*BINARY_TYPES, FLAG, TEXT)
# What values of a datatype are in JSON.
IN_JSON = {
    **dict.fromkeys(BINARY_TYPES, frozenset({int, float})),
    FLAG: frozenset({bool}),
    TEXT: frozenset({str}),
}
_decode = msgspec.json.Decoder(list).decode
_length = struct.Struct("<I")


class Tensors:
    """The tensors of one request, with the values of those that are behind the document."""

    def __init__(self, inputs: list[Input], binary: bytes, max_rows: int):
        self._inputs = inputs
        self._max_rows = max_rows
        self._binary = _parts(inputs, binary)

    def columns(self, known: Columns) -> tuple[list[list], int, Callable[[int, int | None], str]]:
        """The values of each column in the model's order, how many rows, and where a value is."""
        given = [tensor.name for tensor in self._inputs]
        wrong = named_rows.wrong_names(known, given, "inputs")
        if wrong:
            raise wrong
        places = {name: index for index, name in enumerate(given)}
        count = self._row_count()
        values = [self._values(index, count) for index in range(len(given))]
        absent = [None] * count
        ordered = [values[places[name]] if name in places else absent for name in known.names]

        def place(row: int, column: int | None) -> str:
            if column is None:
                return "inputs"
            return f"inputs[{places[known.names[column]]}].data[{row}]"

        return ordered, count, place

    def rows(self, count: int, width: int) -> list[list]:
        """The values of the one tensor, by row."""
        values = self._values(0, count * width)
        return [values[start : start + width] for start in range(0, len(values), width)]

    def _row_count(self) -> int:
        counts = []
        for index, tensor in enumerate(self._inputs):
            shape = tensor.shape
            if len(shape) not in (1, 2) or shape[0] < 1 or shape[1:] not in ([], [1]):
                raise invalid(
                    "wrong_shape",
                    f"a column has the shape [rows] or [rows, 1], not {shown(shape)}",
                    f"inputs[{index}].shape",
                )
            counts.append(shape[0])
        first = counts[0]
        for index, count in enumerate(counts):
            if count != first:
                names = [quoted(self._inputs[place].name) for place in (0, index)]
                raise invalid(
                    "wrong_shape",
                    f"the column {names[1]} has {count} rows, and {names[0]} has {first}",
                    f"inputs[{index}].shape",
                )
        if first > self._max_rows:
            raise rows.too_many_rows(self._max_rows, "inputs[0].shape")
        return first

    def _values(self, index: int, count: int) -> list:
        tensor, field = self._inputs[index], f"inputs[{index}].data"
        if tensor.datatype not in DATATYPES:
            raise invalid(
                "wrong_datatype",
                f"the model takes {', '.join(DATATYPES)}, not {shown(tensor.datatype)}",
                f"inputs[{index}].datatype",
            )
        binary = self._binary.get(index)
        if (binary is None) == (tensor.data is UNSET):
            raise invalid("missing_field", "give the values either as `data` or as binary", field)
        if binary is None:
            values = _from_json(tensor, field)
        elif tensor.datatype == TEXT:
            values = _texts(binary, field)
        else:
            values = _from_binary(binary, tensor.datatype, field)
        if len(values) != count:
            raise invalid("wrong_length", f"the shape needs {count} values, {len(values)} were given", field)
        return values


def _parts(inputs: list[Input], binary: bytes) -> dict[int, bytes]:
    """What belongs to each tensor that is not in the document."""
    found, start = {}, 0
    for index, tensor in enumerate(inputs):
        size = (tensor.parameters or {}).get("binary_data_size")
        if size is None:
            continue
        if isinstance(size, bool) or not isinstance(size, int) or size < 0 or start + size > len(binary):
            raise malformed(
                f"binary_data_size is {shown(size)}, but {len(binary) - start} bytes follow",
                f"inputs[{index}].parameters.binary_data_size",
            )
        found[index] = binary[start : start + size]
        start += size
    if start != len(binary):
        raise malformed(f"{len(binary)} bytes follow the document, but tensors of {start} bytes", "inputs")
    return found


def _from_json(tensor: Input, field: str) -> list:
    try:
        values = rows.decode(bytes(tensor.data), _decode)
    except RequestError as error:
        raise RequestError(error.kind, error.code, error.message, f"{field}{error.field or ''}") from None
    if values and isinstance(values[0], list):
        uneven = next((place for place, row in enumerate(values) if not isinstance(row, list)), None)
        if uneven is not None:
            raise invalid("invalid_value", "a value among lists", f"{field}[{uneven}]")
        values = list(chain.from_iterable(values))
    types = set(map(type, values)) - {type(None)}
    allowed = IN_JSON[tensor.datatype]
    if not types <= allowed:
        place = next(i for i, value in enumerate(values) if value is not None and type(value) not in allowed)
        raise invalid("invalid_value", f"{shown(values[place])} is no {tensor.datatype}", f"{field}[{place}]")
    if tensor.datatype in INTEGERS:
        minimum, maximum = INTEGERS[tensor.datatype]
        for place, value in enumerate(values):
            # To JSON 4 and 4.0 are one number.
            if value is not None and not (value == value // 1 and minimum <= value <= maximum):
                raise invalid("invalid_value", f"{shown(value)} is no {tensor.datatype}", f"{field}[{place}]")
    return values


def _from_binary(binary: bytes, datatype: str, field: str) -> list:
    values = array("B" if datatype == FLAG else BINARY_TYPES[datatype])
    if len(binary) % values.itemsize:
        raise malformed(f"{len(binary)} bytes are no whole number of {datatype}", field)
    values.frombytes(binary)
    found = values.tolist()
    if datatype == FLAG:
        wrong = next((place for place, value in enumerate(found) if value > 1), None)
        if wrong is not None:
            raise invalid("invalid_value", f"{found[wrong]} is neither 0 nor 1", f"{field}[{wrong}]")
        return list(map(bool, found))
    if datatype.startswith("FP"):
        # NaN is what is missing in a column of numbers.
        return [None if value != value else value for value in found]
    return found


def _texts(binary: bytes, field: str) -> list[str]:
    """Each with its length in front, in 4 bytes."""
    found, start, size = [], 0, len(binary)
    while start < size:
        begin = start + _length.size
        end = begin + _length.unpack_from(binary, start)[0] if begin <= size else size + 1
        if end > size:
            raise malformed(f"the text {len(found)} is cut off", f"{field}[{len(found)}]")
        try:
            found.append(binary[begin:end].decode())
        except UnicodeDecodeError:
            raise malformed(f"the text {len(found)} is not UTF-8", f"{field}[{len(found)}]") from None
        start = end
    return found
