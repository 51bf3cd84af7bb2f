"""Messages as they are read and written here are what protobuf's own code makes of them."""

import random
import struct
from array import array

import pytest
from google.protobuf.message import DecodeError

from model_server.errors import Kind, RequestError
from model_server.grpc import tensors, wire
from model_server.protocols.open_inference import INTEGERS
from tests.grpc_front.client import ModelInferRequest, ModelInferResponse, message

SEED = 20_261_201
TIMES = 300
FLOATS = {"FP32": ("fp32_contents", "f"), "FP64": ("fp64_contents", "d")}
ODD_NUMBERS = (0, 1, 127, 128, 255, 16_383, 16_384, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)


@pytest.fixture
def chance() -> random.Random:
    return random.Random(SEED)


def any_text(chance: random.Random) -> str:
    return "".join(
        chr(chance.choice((97, 0xE4, 0x20AC, 0x1F600))) for _ in range(chance.choice((0, 1, 5, 200)))
    )


def any_parameters(chance: random.Random, parameters) -> dict:
    given = {}
    for _ in range(chance.choice((0, 0, 1, 3))):
        name = any_text(chance)
        kind, value = chance.choice(
            (
                ("bool_param", chance.choice((True, False))),
                ("int64_param", chance.choice((0, -1, 5, -(2**63), 2**63 - 1))),
                ("string_param", any_text(chance)),
                ("double_param", chance.choice((0.0, -0.5, 1e300))),
                ("uint64_param", 2**64 - 1),
            )
        )
        parameters[name].Clear()
        setattr(parameters[name], kind, value)
        given[name] = value
    return given


def any_values(chance: random.Random, datatype: str, count: int) -> tuple[str, list, bytes]:
    """The field that they are in, the values, and the same as raw bytes."""
    if datatype in FLOATS:
        field, code = FLOATS[datatype]
        values = array(code, [chance.uniform(-1e9, 1e9) for _ in range(count)])
        return field, values.tolist(), values.tobytes()
    if datatype == "BOOL":
        values = [chance.choice((True, False)) for _ in range(count)]
        return "bool_contents", values, bytes(values)
    if datatype == "BYTES":
        values = [any_text(chance).encode() for _ in range(count)]
        return "bytes_contents", values, b"".join(struct.pack("<I", len(v)) + v for v in values)
    lowest, highest = INTEGERS[datatype]
    values = [
        max(lowest, min(highest, chance.choice((chance.randint(lowest, highest), *ODD_NUMBERS, -1))))
        for _ in range(count)
    ]
    field = {"INT64": "int64_contents", "UINT64": "uint64_contents"}.get(
        datatype, "int_contents" if datatype.startswith("INT") else "uint_contents"
    )
    return field, values, array(tensors.BINARY_TYPES[datatype], values).tobytes()


@pytest.mark.parametrize("is_raw", [False, True])
def test_reads_what_protobuf_writes(chance, is_raw):
    for _ in range(TIMES):
        request = ModelInferRequest(model_name=any_text(chance), model_version=any_text(chance))
        request.id = any_text(chance)
        parameters = any_parameters(chance, request.parameters)
        expected = []
        for _ in range(chance.choice((1, 1, 2, 5))):
            datatype = chance.choice(list(tensors.CONTENTS))
            shape = [chance.choice((0, 1, 300, -1, 2**40)) for _ in range(chance.randrange(4))]
            tensor = request.inputs.add(name=any_text(chance), datatype=datatype, shape=shape)
            own = any_parameters(chance, tensor.parameters)
            # Raw and typed may not be mixed, and an empty one is neither.
            field, values, raw = any_values(chance, datatype, chance.choice((1, 2, 40)))
            if is_raw:
                request.raw_input_contents.append(raw)
            else:
                getattr(tensor.contents, field).extend(values)
            expected.append((tensor.name, datatype, shape, own | {"binary_data_size": len(raw)}, raw))
        wanted = [any_text(chance) for _ in range(chance.randrange(3))]
        for name in wanted:
            request.outputs.add(name=name)
        asked = tensors.read_request(request.SerializeToString())
        assert (asked.model_name, asked.model_version) == (request.model_name, request.model_version)
        assert asked.is_raw is is_raw
        assert (asked.request.id or "") == request.id
        assert asked.request.parameters == parameters
        assert [output.name for output in asked.request.outputs or []] == wanted
        found = [(i.name, i.datatype, i.shape, i.parameters) for i in asked.request.inputs]
        assert found == [each[:4] for each in expected]
        assert asked.binary == b"".join(each[4] for each in expected)


def test_reads_what_is_not_packed_and_what_comes_in_parts():
    whole = ModelInferRequest(model_name="m")
    tensor = whole.inputs.add(name="a", datatype="INT32", shape=[2, 3])
    tensor.contents.int_contents.extend([-5, 300, 7])
    parts = b"".join(
        (
            wire.content(5, wire.number(2, -5 & wire.BITS_64)),
            wire.content(5, wire.number(2, 300) + wire.packed(2, [7])),
        )
    )
    written = wire.string(1, "a") + wire.string(2, "INT32") + wire.number(3, 2) + wire.number(3, 3) + parts
    # A field that nobody knows is none of the server's business.
    apart = wire.string(1, "m") + wire.content(5, written) + wire.content(100, b"x") + wire.number(200, 7)
    assert ModelInferRequest.FromString(apart).inputs == whole.inputs
    assert tensors.read_request(apart) == tensors.read_request(whole.SerializeToString())


@pytest.mark.parametrize("is_raw", [False, True])
def test_writes_what_protobuf_reads(chance, is_raw):
    answers = tensors.Answers("näme", "1.0")
    for _ in range(TIMES):
        expected, outputs = [], []
        for _ in range(chance.choice((1, 2, 3))):
            datatype = chance.choice(("FP32", "FP64", "INT64", "INT32", "BYTES", "BOOL"))
            field, values, raw = any_values(chance, datatype, chance.choice((1, 2, 300)))
            shape = [len(values), chance.choice((1, 2, 128))]
            name = any_text(chance)
            data = [value.decode() for value in values] if datatype == "BYTES" else values
            outputs.append({"name": name, "shape": shape, "datatype": datatype, "data": data})
            expected.append((name, datatype, shape, field, values, raw))
        written = answers.write({"outputs": outputs, "id": "ü"}, is_raw)
        read = ModelInferResponse.FromString(written)
        assert (read.model_name, read.model_version, read.id) == ("näme", "1.0", "ü")
        assert [(o.name, o.datatype, list(o.shape)) for o in read.outputs] == [each[:3] for each in expected]
        if is_raw:
            assert list(read.raw_output_contents) == [each[5] for each in expected]
        else:
            found = [list(getattr(o.contents, e[3])) for o, e in zip(read.outputs, expected, strict=True)]
            assert found == [each[4] for each in expected]


def test_whatever_comes_is_read_or_refused(chance):
    request = ModelInferRequest(model_name="sample", id="x")
    tensor = request.inputs.add(name="features", datatype="FP32", shape=[1, 30])
    tensor.contents.fp32_contents.extend(range(30))
    tensor.parameters["a"].string_param = "b"
    request.outputs.add(name="predict")
    valid = request.SerializeToString()
    refused = 0
    for _ in range(TIMES * 20):
        damaged = bytearray(valid)
        for _ in range(chance.choice((1, 1, 2, 8))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        damaged = bytes(damaged[: chance.choice((len(damaged), chance.randrange(len(damaged))))])
        try:
            tensors.read_request(damaged)
        except RequestError as error:
            refused += error.kind in (Kind.MALFORMED, Kind.INVALID)
            continue
        # What is read here, protobuf reads as well, but for texts that another one of their field replaces.
        assert _refusal_by_protobuf(damaged) in ("", "UTF-8")
    assert refused


def _refusal_by_protobuf(content: bytes) -> str:
    try:
        ModelInferRequest.FromString(content)
    except DecodeError as error:
        return "UTF-8" if "UTF-8" in str(error) else str(error)
    return ""


@pytest.mark.parametrize("value", [0, 1, -1, *ODD_NUMBERS])
def test_numbers(value):
    written = wire.varint(value)
    read, end = wire.varint_at(written + b"\x01", 0)
    assert (read, end) == (value & wire.BITS_64, len(written))
    parameter = message("inference.InferParameter")(uint64_param=value & wire.BITS_64)
    assert parameter.SerializeToString() == wire.varint(wire.key(5, wire.VARINT)) + written


def test_types_are_those_of_the_published_protocol():
    """The numbers of its fields, by hand from the protocol's specification."""
    both = "model_name 1 model_version 2 id 3 parameters 4"
    numbers = {
        "ModelInferRequest": f"{both} inputs 5 outputs 6 raw_input_contents 7",
        "ModelInferRequest.InferInputTensor": "name 1 datatype 2 shape 3 parameters 4 contents 5",
        "ModelInferRequest.InferRequestedOutputTensor": "name 1 parameters 2",
        "ModelInferResponse": f"{both} outputs 5 raw_output_contents 6",
        "ModelInferResponse.InferOutputTensor": "name 1 datatype 2 shape 3 parameters 4 contents 5",
        "InferTensorContents": "bool_contents 1 int_contents 2 int64_contents 3 uint_contents 4 "
        "uint64_contents 5 fp32_contents 6 fp64_contents 7 bytes_contents 8",
        "ModelMetadataResponse": "name 1 versions 2 platform 3 inputs 4 outputs 5",
    }
    for name, listed in numbers.items():
        words = listed.split()
        fields = message(f"inference.{name}").DESCRIPTOR.fields_by_name
        found = {field: fields[field].number for field in fields}
        assert found == dict(zip(words[::2], map(int, words[1::2]), strict=True))
