"""Messages of GRPCInferenceService: requests to what `InferenceProtocol` takes, and its answers to messages.

A tensor comes as raw bytes or as typed contents, and goes on as raw bytes either way: floats that are packed
are the same bytes already.
"""

import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from model_server.errors import invalid, malformed
from model_server.grpc import wire
from model_server.grpc.wire import FIXED32, FIXED64, LENGTH, VARINT, key
from model_server.protocols.open_inference import BINARY_TYPES, INTEGERS
from model_server.protocols.open_inference_request import InferRequest, Input, Output

Parameters = dict[str, int | float | str | bool]

SIZE = struct.Struct("<I")
# How many shapes of answers are remembered: nearly all are of a few rows.
MAX_KNOWN = 256
# Fields of messages, as the keys that stand in front of them.
NAME_1, TEXT_2, TEXT_3 = key(1, LENGTH), key(2, LENGTH), key(3, LENGTH)
PARAMETERS_4, INPUTS_5, OUTPUTS_6, RAW_7 = (key(field, LENGTH) for field in (4, 5, 6, 7))
SHAPE_PACKED, SHAPE_SINGLE, CONTENTS_5 = key(3, LENGTH), key(3, VARINT), key(5, LENGTH)

# In which field of InferTensorContents the values of each type are, and what that is called.
CONTENTS = {
    "BOOL": (1, "bool_contents"),
    **{f"INT{bits}": (2, "int_contents") for bits in (8, 16, 32)},
    "INT64": (3, "int64_contents"),
    **{f"UINT{bits}": (4, "uint_contents") for bits in (8, 16, 32)},
    "UINT64": (5, "uint64_contents"),
    "FP32": (6, "fp32_contents"),
    "FP64": (7, "fp64_contents"),
    "BYTES": (8, "bytes_contents"),
}
FIELDS = dict(CONTENTS.values())
FP32, FP64, BYTES = 6, 7, 8
# Those that are numbers of fixed size: how a single one of them is written, and how many bytes it has.
FIXED = {FP32: (FIXED32, 4), FP64: (FIXED64, 8)}


@dataclass(frozen=True)
class Asked:
    """A request: the model it is for, and what is asked of it."""

    model_name: str
    model_version: str
    request: InferRequest
    # The values of all tensors, one after the other.
    binary: bytes
    # Whether they came as raw bytes: then they are answered so.
    is_raw: bool

    def document(self) -> bytes:
        """The same request as HTTP has it: what logs show."""
        written = {
            "inputs": [
                {"name": tensor.name, "shape": tensor.shape, "datatype": tensor.datatype, "data": values}
                for tensor, values in zip(self.request.inputs, self._values(), strict=True)
            ]
        }
        if self.request.id:
            written["id"] = self.request.id
        if self.request.outputs:
            written["outputs"] = [{"name": output.name} for output in self.request.outputs]
        return msgspec.json.encode(written)

    def _values(self) -> list[list]:
        position, found = 0, []
        for tensor in self.request.inputs:
            size = tensor.parameters["binary_data_size"]
            found.append(_as_list(tensor.datatype, self.binary[position : position + size]))
            position += size
        return found


def read_request(message: bytes) -> Asked:
    """A ModelInferRequest."""
    model_name = model_version = identity = b""
    parameters: Parameters = {}
    inputs, contents, outputs, raw = [], [], [], []
    for tag, value in wire.fields(message):
        if tag == RAW_7:
            raw.append(value)
        elif tag == INPUTS_5:
            tensor, content = _input(value, len(inputs))
            inputs.append(tensor)
            contents.append(content)
        elif tag == NAME_1:
            model_name = value
        elif tag == TEXT_2:
            model_version = value
        elif tag == TEXT_3:
            identity = value
        elif tag == OUTPUTS_6:
            outputs.append(_output(value, len(outputs)))
        elif tag == PARAMETERS_4:
            _read_parameter(value, parameters, "parameters")
    if raw:
        if len(raw) != len(inputs):
            raise invalid(
                "wrong_inputs",
                f"there are {len(inputs)} inputs, but raw_input_contents has {len(raw)}",
                "raw_input_contents",
            )
        given = next((index for index, content in enumerate(contents) if content), None)
        if given is not None:
            raise invalid(
                "wrong_inputs",
                "give all values in raw_input_contents, or all of them in contents",
                f"inputs[{given}].contents",
            )
    else:
        raw = [
            _from_contents(content, tensor.datatype, f"inputs[{index}].contents")
            for index, (tensor, content) in enumerate(zip(inputs, contents, strict=True))
        ]
    for tensor, values in zip(inputs, raw, strict=True):
        tensor.parameters["binary_data_size"] = len(values)
    request = InferRequest(
        inputs, wire.text(identity, "id") if identity else None, parameters, outputs or None
    )
    return Asked(
        wire.text(model_name, "model_name"),
        wire.text(model_version, "model_version"),
        request,
        raw[0] if len(raw) == 1 else b"".join(raw),
        not any(contents),
    )


def _input(message: bytes, index: int) -> tuple[Input, bytes]:
    name = datatype = contents = b""
    shape: list[int] = []
    parameters: Parameters = {}
    for tag, value in wire.fields(message):
        if tag == NAME_1:
            name = value
        elif tag == TEXT_2:
            datatype = value
        elif tag == SHAPE_PACKED:
            shape += map(wire.signed, wire.varints(value))
        elif tag == SHAPE_SINGLE:
            shape.append(wire.signed(value))
        elif tag == CONTENTS_5:
            # A message in several parts is the same as all of them in one.
            contents += value
        elif tag == PARAMETERS_4:
            _read_parameter(value, parameters, f"inputs[{index}].parameters")
    place = f"inputs[{index}]"
    tensor = Input(
        wire.text(name, f"{place}.name"), shape, wire.text(datatype, f"{place}.datatype"), parameters
    )
    return tensor, contents


def _output(message: bytes, index: int) -> Output:
    name = b""
    parameters: Parameters = {}
    for tag, value in wire.fields(message):
        if tag == NAME_1:
            name = value
        elif tag == TEXT_2:
            _read_parameter(value, parameters, f"outputs[{index}].parameters")
    return Output(wire.text(name, f"outputs[{index}].name"), parameters)


def _read_parameter(entry: bytes, parameters: Parameters, place: str) -> None:
    name, chosen = b"", b""
    for tag, value in wire.fields(entry):
        if tag == NAME_1:
            name = value
        elif tag == TEXT_2:
            chosen += value
    found: int | float | str | bool = ""
    for tag, value in wire.fields(chosen):
        if tag == key(1, VARINT):
            found = bool(value)
        elif tag == key(2, VARINT):
            found = wire.signed(value)
        elif tag == key(3, LENGTH):
            found = wire.text(value, place)
        elif tag == key(4, FIXED64):
            (found,) = wire.DOUBLE.unpack(value)
        elif tag == key(5, VARINT):
            found = value
    parameters[wire.text(name, place)] = found


def _from_contents(message: bytes, datatype: str, place: str) -> bytes:
    """Typed values as raw ones."""
    known = CONTENTS.get(datatype)
    if not message or known is None:
        # What is wrong with it, if anything, is the same as in HTTP.
        return b""
    wanted, name = known
    parts = []
    for tag, value in wire.fields(message):
        field, kind = tag >> 3, tag & 7
        if field != wanted:
            if field in FIELDS and value != b"":
                raise invalid(
                    "wrong_contents", f"values of {datatype} are in {name}, not in {FIELDS[field]}", place
                )
        elif wanted == BYTES and kind == LENGTH:
            parts += (SIZE.pack(len(value)), value)
        elif wanted in FIXED and kind in (LENGTH, FIXED[wanted][0]):
            if len(value) % FIXED[wanted][1]:
                raise malformed(f"{len(value)} bytes are no whole number of {datatype}", f"{place}.{name}")
            parts.append(value)
        elif wanted not in FIXED and kind == LENGTH:
            parts += wire.varints(value)
        elif wanted not in FIXED and kind == VARINT:
            parts.append(value)
    if wanted == BYTES or wanted in FIXED:
        return parts[0] if len(parts) == 1 else b"".join(parts)
    return _integers(parts, datatype, f"{place}.{name}")


def _integers(values: list[int], datatype: str, place: str) -> bytes:
    if datatype == "BOOL":
        return bytes(map(bool, values))
    if datatype.startswith("INT"):
        bits = 64 if datatype == "INT64" else 32
        values = [wire.signed(value, bits) for value in values]
    elif datatype != "UINT64":
        values = [value & 0xFFFFFFFF for value in values]
    try:
        return array(BINARY_TYPES[datatype], values).tobytes()
    except OverflowError:
        minimum, maximum = INTEGERS[datatype]
        index = next(i for i, value in enumerate(values) if not minimum <= value <= maximum)
        raise invalid("invalid_value", f"{values[index]} is no {datatype}", f"{place}[{index}]") from None


def _as_list(datatype: str, raw: bytes) -> list:
    """Raw values as those of JSON; what is none of its type, as far as it is some."""
    if datatype == "BOOL":
        return [bool(value) for value in raw]
    if datatype == "BYTES":
        found, position = [], 0
        while position + SIZE.size <= len(raw):
            (size,) = SIZE.unpack_from(raw, position)
            position += SIZE.size
            found.append(raw[position : position + size].decode(errors="replace"))
            position += size
        return found
    if datatype not in BINARY_TYPES:
        return []
    values = array(BINARY_TYPES[datatype])
    values.frombytes(raw[: len(raw) - len(raw) % values.itemsize])
    return values.tolist()


class Answers:
    """Writes ModelInferResponse for one model."""

    def __init__(self, name: str, version: str):
        self._head = wire.string(1, name) + wire.string(2, version)
        # What tensors of a name, type and shape begin with.
        self._known: dict[tuple, bytes] = {}

    def write(self, answer: dict, is_raw: bool) -> bytes:
        """What HTTP answers as a document."""
        parts, raw = [self._head, wire.string(3, answer.get("id") or "")], []
        for output in answer["outputs"]:
            datatype = output["datatype"]
            values = _values(datatype, output["data"])
            described = self._described(output["name"], datatype, output["shape"])
            if is_raw:
                raw.append(wire.content(6, _raw(datatype, values)))
            else:
                described += wire.content(5, _contents(datatype, values))
            parts.append(wire.content(5, described))
        return b"".join((*parts, *raw))

    def _described(self, name: str, datatype: str, shape: list[int]) -> bytes:
        what = (name, datatype, *shape)
        known = self._known.get(what)
        if known is None:
            known = _described(name, datatype, shape)
            if len(self._known) < MAX_KNOWN:
                self._known[what] = known
        return known


def _described(name: str, datatype: str, shape: list[int]) -> bytes:
    return wire.string(1, name) + wire.string(2, datatype) + wire.packed(3, shape)


def _values(datatype: str, data: list) -> Sequence:
    if datatype == "BYTES":
        return [str(value).encode() for value in data]
    if datatype == "BOOL":
        return bytes(map(bool, data))
    return array(BINARY_TYPES[datatype], data)


def _raw(datatype: str, values: Sequence) -> bytes:
    if datatype == "BYTES":
        return b"".join(SIZE.pack(len(value)) + value for value in values)
    return values if datatype == "BOOL" else values.tobytes()


def _contents(datatype: str, values: Sequence) -> bytes:
    field, _ = CONTENTS[datatype]
    if field == BYTES:
        return b"".join(wire.content(field, value) for value in values)
    if field in FIXED:
        return wire.content(field, values.tobytes())
    return wire.packed(field, list(values))


def read_name(message: bytes) -> tuple[str, str]:
    """Name and version of a ModelReadyRequest or ModelMetadataRequest."""
    given = {tag: value for tag, value in wire.fields(message) if tag in (NAME_1, TEXT_2)}
    return wire.text(given.get(NAME_1, b""), "name"), wire.text(given.get(TEXT_2, b""), "version")


def write_flag(value: bool) -> bytes:
    """A ServerLiveResponse, ServerReadyResponse or ModelReadyResponse."""
    return wire.number(1, value)


def write_server_metadata(document: bytes) -> bytes:
    """What HTTP answers, as a ServerMetadataResponse."""
    told = msgspec.json.decode(document)
    # The extensions are those of the REST form.
    return wire.string(1, told["name"]) + wire.string(2, told["version"])


def write_model_metadata(document: bytes) -> bytes:
    """What HTTP answers, as a ModelMetadataResponse.

    Its parameters are left out: the protocol has no field for them, and KServe's and MLServer's messages have
    different things in the next one. What identifies the model is in the headers of every answer.
    """
    told = msgspec.json.decode(document)
    parts = [wire.string(1, told["name"])]
    parts += [wire.content(2, version.encode()) for version in told["versions"]]
    parts.append(wire.string(3, told["platform"]))
    for field, kind in ((4, "inputs"), (5, "outputs")):
        for tensor in told[kind]:
            described = _described(tensor["name"], tensor["datatype"], tensor["shape"])
            parts.append(wire.content(field, described))
    return b"".join(parts)
