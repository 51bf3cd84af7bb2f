"""What a request of the Open Inference Protocol says."""

import msgspec
from msgspec import UNSET, UnsetType

from model_server.errors import invalid

# Of the protocol's extensions, those that would change where values are or what they mean.
NOT_SUPPORTED = ("classification", "shared_memory_region")

# Codes of `array` for the tensor types that can be features.
BINARY_TYPES = {
    "FP32": "f",
    "FP64": "d",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
}
# The smallest and the largest number of each integer type.
INTEGERS = {
    f"{kind}{bits}": (-(2 ** (bits - 1)) if kind == "INT" else 0, 2 ** (bits - (kind == "INT")) - 1)
    for kind in ("INT", "UINT")
    for bits in (8, 16, 32, 64)
}

# MLServer's clients write what is not set as null.
Parameters = dict[str, int | float | str | bool | None]


class Input(msgspec.Struct, forbid_unknown_fields=True):
    """A tensor of the request; its values are here, or behind the JSON document as binary."""

    name: str
    shape: list[int]
    datatype: str
    parameters: Parameters | None = None
    data: msgspec.Raw | UnsetType = UNSET


class Output(msgspec.Struct, forbid_unknown_fields=True):
    """A tensor the client wants."""

    name: str
    parameters: Parameters | None = None


class InferRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The request's document."""

    inputs: list[Input]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[Output] | None = None
    # Not of the protocol, but KServe's client repeats here what the path says.
    model_name: str | None = None
    model_version: str | None = None


def check_parameters(request: InferRequest) -> None:
    """Refuse what cannot be done, instead of doing something else."""
    for kind, tensors in (("inputs", request.inputs), ("outputs", request.outputs or [])):
        for index, tensor in enumerate(tensors):
            given = tensor.parameters or {}
            for name in NOT_SUPPORTED:
                if name in given:
                    raise invalid(
                        "unsupported_parameter",
                        f"the server does not support {name}",
                        f"{kind}[{index}].parameters.{name}",
                    )
            if given.get("content_type") == "base64":
                raise invalid(
                    "unsupported_parameter",
                    "the server does not decode base64: give texts, or a binary tensor",
                    f"{kind}[{index}].parameters.content_type",
                )
