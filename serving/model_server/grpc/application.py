"""gRPC as a front of the service: messages to a call, and an answer to messages and trailers."""

import functools
from collections.abc import Callable
from time import perf_counter
from typing import Protocol

import msgspec

from model_server.errors import Kind, RequestError, malformed, shown
from model_server.grpc import descriptors, messages, reflection, tensors
from model_server.grpc.call import GrpcCall
from model_server.grpc.headers import (
    ACCEPT_ENCODING,
    CONTENT_TYPE_GRPC,
    STATUS_200,
    Headers,
    literal,
)
from model_server.grpc.health import HealthProtocol
from model_server.grpc.statuses import OK, trailers
from model_server.protocols import open_inference
from model_server.service.service import INFER, PredictionService
from model_server.settings import Settings
from model_server.web.application import Described
from model_server.web.statuses import STATUSES

# Head, message and trailers; a refusal has no message, and its trailers are part of the head.
Answer = tuple[bytes, bytes, bytes]
# The status of HTTP in a block of headers, for who does not speak gRPC.
STATUS_415 = b"\x08\x03415"
MODEL = "model_name"


class Sender(Protocol):
    """The answering side of a call that has many messages."""

    def send(self, head: bytes, message: bytes) -> None:
        """Send a message; the head goes before the first one."""

    def end(self, head: bytes, last: bytes) -> None:
        """Send the trailers; the head goes before them if there was no message."""


class Application:
    """Everything that can be called."""

    def __init__(self, service: PredictionService, settings: Settings):
        self.service = service
        self.max_message_bytes = settings.max_body_bytes
        model = service.model
        self._model = model
        self.health = HealthProtocol(service.health, tuple(file.full_service for file in descriptors.FILES))
        self._identity = b"".join(
            (
                literal(b"x-model-name", model.name.encode()),
                literal(b"x-model-version", model.version.encode()),
                literal(b"x-model-sha256", model.sha256.encode()),
                literal(b"x-request-id", b"")[:-1],
            )
        )
        self._head = STATUS_200 + CONTENT_TYPE_GRPC + ACCEPT_ENCODING + self._identity
        self._head_of_other = STATUS_415 + CONTENT_TYPE_GRPC + self._identity
        self._answers = tensors.Answers(model.name, model.version)
        self._metadata = Described(
            model, lambda: tensors.write_model_metadata(open_inference.model_metadata(model))
        )
        server = tensors.write_server_metadata(open_inference.server_metadata())
        inference = f"/{descriptors.INFERENCE.full_service}"
        self._unary: dict[str, tuple[str, Callable[[GrpcCall, bytes], bytes]]] = {
            f"{inference}/ModelInfer": (INFER, self._infer),
            f"{inference}/ServerLive": ("live", self._live),
            f"{inference}/ServerReady": ("ready", self._ready),
            f"{inference}/ServerMetadata": ("server_metadata", lambda _call, _message: server),
            f"{inference}/ModelReady": ("model_ready", self._model_ready),
            f"{inference}/ModelMetadata": ("model_metadata", self._model_metadata),
            "/grpc.health.v1.Health/Check": (
                "health",
                lambda _call, message: self.health.check(message),
            ),
        }
        self._streaming: dict[str, tuple[str, type[StreamingCall]]] = {
            "/grpc.health.v1.Health/Watch": ("health_watch", Watch),
            **{
                f"/{file.full_service}/ServerReflectionInfo": ("reflection", Reflection)
                for file in descriptors.REFLECTIONS
            },
        }

    def streams(self, headers: Headers) -> "StreamingCall | None":
        """What answers a call of many messages, if it is one."""
        found = headers.error is None and self._streaming.get(headers.path)
        if not found:
            return None
        operation, kind = found
        return kind(self, headers, operation)

    def answer(self, headers: Headers, data: bytes, is_late: bool) -> Answer:
        """Answer a call that has come as a whole."""
        call = GrpcCall(headers.path)
        service = self.service
        request_id = service.request_id(headers.request_id)
        try:
            if headers.error is not None:
                raise headers.error
            operation, handle = self._find(call)
            call.operation = operation
            if is_late:
                raise RequestError(Kind.TOO_SLOW, "timeout", "the deadline of the call has passed")
            message = handle(call, messages.only_one(data, headers.encoding, self.max_message_bytes))
        except Exception as error:
            return self._refuse(call, headers, request_id, error)
        head = self.head(request_id)
        # Logs take an answer as HTTP has it.
        service.finish(call, 200, request_id, functools.partial(_document, call, message))
        return head, messages.write(message), OK

    def refuse(self, headers: Headers, error: Exception) -> Answer:
        """Refuse a call that has not come as a whole."""
        call = GrpcCall(headers.path)
        known = self._unary.get(headers.path) or self._streaming.get(headers.path)
        call.operation = known[0] if known else None
        return self._refuse(call, headers, self.service.request_id(headers.request_id), error)

    def _refuse(self, call: GrpcCall, headers: Headers, request_id: bytes, error: Exception) -> Answer:
        content = self.service.fail(call, error)
        head = self.head(request_id, headers.is_grpc) + trailers(call.error)
        self.service.finish(call, STATUSES[call.error.kind].value, request_id, content)
        return head, b"", b""

    def head(self, request_id: bytes, is_grpc: bool = True) -> bytes:
        """The headers in front of an answer."""
        # Request ids are shorter than what takes another byte for its length, but for the longest.
        head = self._head if is_grpc else self._head_of_other
        if len(request_id) < 0x7F:
            return head + bytes((len(request_id),)) + request_id
        return head + b"\x7f" + bytes((len(request_id) - 0x7F,)) + request_id

    def _find(self, call: GrpcCall) -> tuple[str, Callable[[GrpcCall, bytes], bytes]]:
        found = self._unary.get(call.path)
        if found is None:
            raise RequestError(
                Kind.METHOD_NOT_ALLOWED,
                "unimplemented",
                f"there is no method {shown(call.path)} here; reflection tells which there are",
            )
        return found

    def _infer(self, call: GrpcCall, message: bytes) -> bytes:
        call.asked = asked = tensors.read_request(message)
        self._check_model(asked.model_name, asked.model_version, MODEL, "model_version")
        call.answer = answer = self.service.infer_tensors(asked.request, asked.binary)
        return self._answers.write(answer, asked.is_raw)

    def _live(self, _call: GrpcCall, _message: bytes) -> bytes:
        self.service.check_live()
        return tensors.write_flag(True)

    def _ready(self, _call: GrpcCall, _message: bytes) -> bytes:
        return tensors.write_flag(not self.service.health.draining)

    def _model_ready(self, call: GrpcCall, message: bytes) -> bytes:
        self._check_model(*tensors.read_name(message), "name", "version")
        return self._ready(call, message)

    def _model_metadata(self, _call: GrpcCall, message: bytes) -> bytes:
        self._check_model(*tensors.read_name(message), "name", "version")
        return self._metadata.content()

    def _check_model(self, name: str, version: str, name_field: str, version_field: str) -> None:
        model = self._model
        if name != model.name:
            given = f"there is no model {shown(name)} here" if name else "the model has to be named"
            raise RequestError(Kind.NOT_FOUND, "not_found", f"{given}: this is {model.name}", name_field)
        if version and version != model.version:
            raise RequestError(
                Kind.NOT_FOUND,
                "not_found",
                f"there is no version {shown(version)} of {model.name} here: "
                + (f"this is {model.version}" if model.version else "it has none"),
                version_field,
            )


def _document(call: GrpcCall, message: bytes) -> bytes:
    return msgspec.json.encode(call.answer) if call.answer is not None else message


class StreamingCall:
    """A call of many messages, from its headers to its end."""

    def __init__(self, application: Application, headers: Headers, operation: str):
        self._application = application
        self._headers = headers
        self._call = GrpcCall(headers.path)
        self._call.operation = operation
        self._request_id = application.service.request_id(headers.request_id)
        self._head = application.head(self._request_id)
        self._sender: Sender | None = None
        self._received = False
        self._over = False

    def begin(self, sender: Sender) -> None:
        """From now on it can be answered."""
        self._sender = sender
        self._call.started = perf_counter()

    def receive(self, message: bytes) -> None:
        """A message has come."""
        raise NotImplementedError

    def take(self, data: bytearray) -> None:
        """Take all messages that are here as a whole."""
        try:
            while not self._over:
                message = messages.take(data, self._headers.encoding, self._application.max_message_bytes)
                if message is None:
                    return
                self._received = True
                self.receive(message)
        except Exception as error:
            self._fail(error)

    def no_more(self, rest: bytearray) -> None:
        """The client sends nothing more than this, which is no whole message."""
        if rest or not self._received:
            self._fail(malformed("the message ends before its length" if rest else "the call has no message"))

    def leave(self) -> None:
        """The server ends."""
        self._fail(RequestError(Kind.UNAVAILABLE, "draining", "the server is shutting down"))

    def close(self) -> None:
        """The end, whoever wanted it."""
        if not self._over:
            self._over = True
            error = self._call.error
            status = STATUSES[error.kind].value if error else 200
            self._application.service.finish(self._call, status, self._request_id, b"")

    def _fail(self, error: Exception) -> None:
        self._application.service.fail(self._call, error)
        self._end(trailers(self._call.error))

    def _send(self, message: bytes) -> None:
        self._sender.send(self._head, messages.write(message))

    def _end(self, last: bytes) -> None:
        if not self._over:
            self._sender.end(self._head, last)
            self.close()


class Watch(StreamingCall):
    """The state of a service, and each one that follows."""

    _watches = False

    def receive(self, message: bytes) -> None:
        if not self._watches:
            self._watches = True
            self._application.health.watch(message, self._tell)

    def _tell(self, state: bytes) -> None:
        self._send(state)

    def close(self) -> None:
        self._application.health.forget(self._tell)
        super().close()


class Reflection(StreamingCall):
    """Questions and answers."""

    def receive(self, message: bytes) -> None:
        self._send(reflection.answer(message))

    def no_more(self, rest: bytearray) -> None:
        if rest:
            super().no_more(rest)
        self._end(OK)
