"""What the services are, for reflection: the tables below, written as descriptors of Protocol Buffers.

Clients such as grpcurl ask for them. That they are what the clients of the protocol have is tested against
those.
"""

from dataclasses import dataclass

from model_server.grpc import wire

# Types of fields, by their numbers in FieldDescriptorProto.
TYPES = {
    "double": 1,
    "float": 2,
    "int64": 3,
    "uint64": 4,
    "int32": 5,
    "bool": 8,
    "string": 9,
    "bytes": 12,
    "uint32": 13,
}
MESSAGE, ENUM = 11, 14
OPTIONAL, REPEATED = 1, 3
MAP_ENTRY = wire.content(7, wire.number(7, 1))

# A field: its name, and its type. `*` in front stands for several, `map ` for texts to that type, `enum ` for
# an enumeration, and what begins with a capital is a message.
Fields = dict[int, tuple[str, str]]


@dataclass(frozen=True)
class Message:
    """A type of messages."""

    name: str
    fields: Fields
    nested: tuple["Message", ...] = ()
    # The name of a choice between all of its fields, or those from this number on.
    choice: str = ""
    choice_from: int = 1
    enums: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Rpc:
    """A method of a service."""

    name: str
    request: str
    response: str
    streams_requests: bool = False
    streams_responses: bool = False


@dataclass(frozen=True)
class File:
    """What is called a file: a package with one service."""

    name: str
    package: str
    service: str
    methods: tuple[Rpc, ...]
    messages: tuple[Message, ...]

    @property
    def full_service(self) -> str:
        """The service's name with its package."""
        return f"{self.package}.{self.service}"

    def symbols(self) -> set[str]:
        """All that can be asked for."""
        found = {self.package, self.full_service}
        found |= {f"{self.full_service}.{method.name}" for method in self.methods}
        for message in self.messages:
            found |= _symbols(message, self.package)
        return found

    def write(self) -> bytes:
        """A FileDescriptorProto."""
        service = b"".join(wire.content(2, _method(method, self.package)) for method in self.methods)
        return b"".join(
            (
                wire.string(1, self.name),
                wire.string(2, self.package),
                *(wire.content(4, _message(message, self.package)) for message in self.messages),
                wire.content(6, wire.string(1, self.service) + service),
                wire.string(12, "proto3"),
            )
        )


def _symbols(message: Message, scope: str) -> set[str]:
    full = f"{scope}.{message.name}"
    found = {full, *(f"{full}.{name}" for name, _ in message.enums)}
    for nested in message.nested:
        found |= _symbols(nested, full)
    return found


def _method(method: Rpc, package: str) -> bytes:
    return b"".join(
        (
            wire.string(1, method.name),
            wire.string(2, f".{package}.{method.request}"),
            wire.string(3, f".{package}.{method.response}"),
            wire.number(5, method.streams_requests),
            wire.number(6, method.streams_responses),
        )
    )


def _message(message: Message, package: str, scope: str = "") -> bytes:
    full = f"{scope}{message.name}"
    own = {nested.name for nested in message.nested}
    fields, entries = [], []
    for number, (name, kind) in message.fields.items():
        is_map = kind.startswith("map ")
        many = is_map or kind.startswith("*")
        kind = kind.removeprefix("map ").removeprefix("*")
        if is_map:
            entry = "".join(part.capitalize() for part in name.split("_")) + "Entry"
            key_and_value = {1: ("key", "string"), 2: ("value", kind)}
            entries.append(_message(Message(entry, key_and_value), package, f"{full}.") + MAP_ENTRY)
            kind, own = entry, own | {entry}
        if kind.startswith("enum "):
            code, typed = ENUM, f".{package}.{full}.{kind.removeprefix('enum ')}"
        elif kind in TYPES:
            code, typed = TYPES[kind], ""
        else:
            code, typed = MESSAGE, f".{package}.{f'{full}.' if kind in own else ''}{kind}"
        in_choice = message.choice and number >= message.choice_from
        written = (
            wire.string(1, name),
            wire.number(3, number),
            wire.number(4, REPEATED if many else OPTIONAL),
            wire.number(5, code),
            wire.string(6, typed),
            # The number of the only choice is 0, and has to be said all the same.
            wire.varint(wire.key(9, wire.VARINT)) + b"\0" if in_choice else b"",
        )
        fields.append(wire.content(2, b"".join(written)))
    return b"".join(
        (
            wire.string(1, message.name),
            *fields,
            *(wire.content(3, _message(nested, package, f"{full}.")) for nested in message.nested),
            *(wire.content(3, entry) for entry in entries),
            *(wire.content(4, _enum(name, values)) for name, values in message.enums),
            wire.content(8, wire.string(1, message.choice)) if message.choice else b"",
        )
    )


def _enum(name: str, values: tuple[str, ...]) -> bytes:
    numbered = (
        wire.content(2, wire.string(1, value) + wire.number(2, number)) for number, value in enumerate(values)
    )
    return wire.string(1, name) + b"".join(numbered)


def _tensor(name: str) -> Message:
    described: Fields = {1: ("name", "string"), 2: ("datatype", "string"), 3: ("shape", "*int64")}
    return Message(
        name, {**described, 4: ("parameters", "map InferParameter"), 5: ("contents", "InferTensorContents")}
    )


NAMED: Fields = {1: ("name", "string"), 2: ("version", "string")}
OF_MODEL: Fields = {
    1: ("model_name", "string"),
    2: ("model_version", "string"),
    3: ("id", "string"),
    4: ("parameters", "map InferParameter"),
}

INFERENCE = File(
    "open_inference_grpc.proto",
    "inference",
    "GRPCInferenceService",
    tuple(
        Rpc(name, f"{name}Request", f"{name}Response")
        for name in (
            "ServerLive",
            "ServerReady",
            "ModelReady",
            "ServerMetadata",
            "ModelMetadata",
            "ModelInfer",
        )
    ),
    (
        Message("ServerLiveRequest", {}),
        Message("ServerLiveResponse", {1: ("live", "bool")}),
        Message("ServerReadyRequest", {}),
        Message("ServerReadyResponse", {1: ("ready", "bool")}),
        Message("ModelReadyRequest", NAMED),
        Message("ModelReadyResponse", {1: ("ready", "bool")}),
        Message("ServerMetadataRequest", {}),
        Message("ServerMetadataResponse", {**NAMED, 3: ("extensions", "*string")}),
        Message("ModelMetadataRequest", NAMED),
        Message(
            "ModelMetadataResponse",
            {
                1: ("name", "string"),
                2: ("versions", "*string"),
                3: ("platform", "string"),
                4: ("inputs", "*TensorMetadata"),
                5: ("outputs", "*TensorMetadata"),
            },
            (
                Message(
                    "TensorMetadata",
                    {1: ("name", "string"), 2: ("datatype", "string"), 3: ("shape", "*int64")},
                ),
            ),
        ),
        Message(
            "ModelInferRequest",
            {
                **OF_MODEL,
                5: ("inputs", "*InferInputTensor"),
                6: ("outputs", "*InferRequestedOutputTensor"),
                7: ("raw_input_contents", "*bytes"),
            },
            (
                _tensor("InferInputTensor"),
                Message(
                    "InferRequestedOutputTensor",
                    {1: ("name", "string"), 2: ("parameters", "map InferParameter")},
                ),
            ),
        ),
        Message(
            "ModelInferResponse",
            {**OF_MODEL, 5: ("outputs", "*InferOutputTensor"), 6: ("raw_output_contents", "*bytes")},
            (_tensor("InferOutputTensor"),),
        ),
        Message(
            "InferParameter",
            {
                1: ("bool_param", "bool"),
                2: ("int64_param", "int64"),
                3: ("string_param", "string"),
                4: ("double_param", "double"),
                5: ("uint64_param", "uint64"),
            },
            choice="parameter_choice",
        ),
        Message(
            "InferTensorContents",
            {
                1: ("bool_contents", "*bool"),
                2: ("int_contents", "*int32"),
                3: ("int64_contents", "*int64"),
                4: ("uint_contents", "*uint32"),
                5: ("uint64_contents", "*uint64"),
                6: ("fp32_contents", "*float"),
                7: ("fp64_contents", "*double"),
                8: ("bytes_contents", "*bytes"),
            },
        ),
    ),
)

HEALTH = File(
    "grpc/health/v1/health.proto",
    "grpc.health.v1",
    "Health",
    (
        Rpc("Check", "HealthCheckRequest", "HealthCheckResponse"),
        Rpc("Watch", "HealthCheckRequest", "HealthCheckResponse", streams_responses=True),
    ),
    (
        Message("HealthCheckRequest", {1: ("service", "string")}),
        Message(
            "HealthCheckResponse",
            {1: ("status", "enum ServingStatus")},
            enums=(("ServingStatus", ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")),),
        ),
    ),
)


def _reflection(version: str) -> File:
    return File(
        f"grpc/reflection/{version}/reflection.proto",
        f"grpc.reflection.{version}",
        "ServerReflection",
        (Rpc("ServerReflectionInfo", "ServerReflectionRequest", "ServerReflectionResponse", True, True),),
        (
            Message(
                "ServerReflectionRequest",
                {
                    1: ("host", "string"),
                    3: ("file_by_filename", "string"),
                    4: ("file_containing_symbol", "string"),
                    5: ("file_containing_extension", "ExtensionRequest"),
                    6: ("all_extension_numbers_of_type", "string"),
                    7: ("list_services", "string"),
                },
                choice="message_request",
                choice_from=3,
            ),
            Message("ExtensionRequest", {1: ("containing_type", "string"), 2: ("extension_number", "int32")}),
            Message(
                "ServerReflectionResponse",
                {
                    1: ("valid_host", "string"),
                    2: ("original_request", "ServerReflectionRequest"),
                    4: ("file_descriptor_response", "FileDescriptorResponse"),
                    5: ("all_extension_numbers_response", "ExtensionNumberResponse"),
                    6: ("list_services_response", "ListServiceResponse"),
                    7: ("error_response", "ErrorResponse"),
                },
                choice="message_response",
                choice_from=4,
            ),
            Message("FileDescriptorResponse", {1: ("file_descriptor_proto", "*bytes")}),
            Message(
                "ExtensionNumberResponse",
                {1: ("base_type_name", "string"), 2: ("extension_number", "*int32")},
            ),
            Message("ListServiceResponse", {1: ("service", "*ServiceResponse")}),
            Message("ServiceResponse", {1: ("name", "string")}),
            Message("ErrorResponse", {1: ("error_code", "int32"), 2: ("error_message", "string")}),
        ),
    )


# The older name of reflection is the one that most clients still ask for first.
REFLECTIONS = (_reflection("v1"), _reflection("v1alpha"))
FILES = (INFERENCE, HEALTH, *REFLECTIONS)
