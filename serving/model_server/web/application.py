"""HTTP as a front of the service: bytes and headers to a call, and an answer to a response."""

from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Protocol

from model_server.errors import Kind, RequestError, malformed, shown
from model_server.models.model import Model
from model_server.protocols import open_inference
from model_server.service.call import Call
from model_server.service.metrics import CONTENT_TYPE
from model_server.service.service import INFER, INVOCATIONS, PREDICT, PredictionService, Service
from model_server.settings import Settings
from model_server.web import routes
from model_server.web.headers import (
    JSON,
    KNOWN_HEADERS,
    Headers,
    check_media_type,
    refuse_repeated,
)
from model_server.web.openapi import describe
from model_server.web.refusals import RETRY_AFTER
from model_server.web.routes import METRICS, Route
from model_server.web.statuses import MLFLOW_STATUSES, STATUSES

# A header that ends the connection.
CLOSE = (b"connection", b"close")
Handler = Callable[[Call], bytes | Coroutine[None, None, bytes]]


class ClientGoneError(Exception):
    """The client closed the connection, or was cut off, before its request was complete."""


class HttpError(RequestError):
    """A request that is refused for what only HTTP has, with headers that say more."""

    def __init__(self, kind: Kind, code: str, message: str, header: tuple[bytes, bytes]):
        super().__init__(kind, code, message)
        self.header = header


@dataclass(frozen=True)
class Operation:
    """What answers a method on a path. `handle` gives the body, or a coroutine if that takes a while."""

    name: str
    handle: Handler
    content_type: bytes
    takes_binary: bool


class Asked(Protocol):
    """A request, as the front sees it, and the way for its answer."""

    method: str
    path: str
    http_version: str
    headers: list[tuple[bytes, bytes]]

    def whole_body(self) -> bytes:
        """All of it."""

    def respond(self, status: int, fields: bytes, content: bytes, more: list[tuple[bytes, bytes]]) -> None:
        """Send an answer; `fields` are lines of its header, and `more` are further ones, not yet lines."""


class Described:
    """A description of the model, made anew when the format of its answers has become known."""

    def __init__(self, model: Model, make: Callable[[], bytes]):
        self._model = model
        self._make = make
        self._format = model.answer_format
        self._content = make()

    def content(self) -> bytes:
        if self._format is not self._model.answer_format:
            self._format = self._model.answer_format
            self._content = self._make()
        return self._content


class Front:
    """The ASGI application of a port."""

    def __init__(self, service: Service, settings: Settings, found: list[Route]):
        self.service = service
        self._max_body_bytes = settings.max_body_bytes
        self._management_port = settings.management_port
        model = service.model
        self._identity = [
            (b"x-model-name", model.name.encode()),
            (b"x-model-version", model.version.encode()),
            (b"x-model-sha256", model.sha256.encode()),
        ]
        self._identity_fields = b"".join(b"%b: %b\r\n" % header for header in self._identity)
        handlers = self._handlers(settings)
        self._operations: dict[str, dict[str, Operation]] = {}
        # As they usually come.
        self.paths = {route.path.encode(): route.path for route in found}
        for route in found:
            content_type = CONTENT_TYPE if route.name == METRICS else route.content.encode()
            operation = Operation(route.name, handlers[route.name], content_type, route.takes_binary)
            self._operations.setdefault(route.path, {})[route.method] = operation

    def _handlers(self, settings: Settings) -> dict[str, Handler]:
        """What answers each route, by its name."""
        service = self.service
        model = service.model
        server_metadata = open_inference.server_metadata()
        # What is the same until the format of the model's answers turns out to be another than was expected.
        description = Described(model, lambda: describe(model, settings))
        model_metadata = Described(model, lambda: open_inference.model_metadata(model))

        def live(_: Call) -> bytes:
            service.check_live()
            return b'{"live":true}'

        def ready(_: Call) -> bytes:
            service.check_ready()
            return b'{"ready":true}'

        return {
            "live": live,
            "ready": ready,
            "model_ready": ready,
            "server_metadata": lambda _: server_metadata,
            "model_metadata": lambda _: model_metadata.content(),
            METRICS: lambda _: service.metrics(),
            "ping": ready,
            "version": lambda _: open_inference.SERVER_VERSION.encode(),
            "openapi": lambda _: description.content(),
        }

    def answer(self, asked: Asked) -> None:
        """Answer a request that is here as a whole, if `service.answers_at_once`."""
        service = self.service
        call = Call(asked.method, asked.path)
        known = [header for header in asked.headers if header[0] in KNOWN_HEADERS]
        headers = dict(known)
        more: list[tuple[bytes, bytes]] = []
        try:
            operation = self._operation(call, headers, known, asked.http_version)
            if call.method == "POST":
                self._check_header_of_body(headers)
                call.body = self._checked(asked.whole_body())
                if operation.takes_binary:
                    call.document_length = headers.get(b"inference-header-content-length")
            content = operation.handle(call)
            status, content_type = 200, operation.content_type
        except Exception as error:
            status, content_type, content = self._failed(call, error)
            more = _headers_of_refusal(call.error)
        request_id = service.request_id(headers.get(b"x-request-id"))
        if service.health.draining:
            more.append(CLOSE)
        fields = b"content-type: %b\r\ncontent-length: %d\r\n%bx-request-id: %b\r\n" % (
            *(content_type, len(content), self._identity_fields, request_id),
        )
        asked.respond(status, fields, content, more)
        service.finish(call, status, request_id, content)

    def is_right_so_far(self, asked: Asked) -> bool:
        """Whether the rest of the body is wanted: the header is right, and says how long the body is."""
        known = [header for header in asked.headers if header[0] in KNOWN_HEADERS]
        headers = dict(known)
        try:
            self._operation(Call(asked.method, asked.path), headers, known, asked.http_version)
            self._check_header_of_body(headers)
        except RequestError:
            return False
        return b"content-length" in headers and b"transfer-encoding" not in headers

    def _operation(self, call: Call, headers: Headers, known: list, version: str) -> Operation:
        """What is asked for."""
        if len(headers) != len(known):
            refuse_repeated([name for name, _ in known])
        if b"host" not in headers and version == "1.1":
            raise malformed("there is no header host", "host")
        operation = self._find(call)
        call.operation = operation.name
        return operation

    def _failed(self, call: Call, error: Exception) -> tuple[int, bytes, bytes]:
        """Status, media type and document of a refusal."""
        content = self.service.fail(call, error)
        statuses = MLFLOW_STATUSES if call.operation == INVOCATIONS else STATUSES
        return statuses[call.error.kind].value, JSON, content

    async def __call__(self, scope: dict, receive: Callable[[], Awaitable[dict]], send: Callable) -> None:
        """Answer one request, by ASGI: of large bodies, and where something has to be waited for."""
        service = self.service
        call = Call(scope["method"], scope["path"])
        known = [header for header in scope["headers"] if header[0] in KNOWN_HEADERS]
        headers = dict(known)
        try:
            operation = self._operation(call, headers, known, scope["http_version"])
            if call.method == "POST":
                call.body = await self._body(headers, receive)
                if operation.takes_binary:
                    call.document_length = headers.get(b"inference-header-content-length")
            content = operation.handle(call)
            if content.__class__ is not bytes:
                # In a task of its own, because this code may run outside of any.
                content = await get_running_loop().create_task(content)
            status, content_type = 200, operation.content_type
        except ClientGoneError:
            return
        except Exception as error:
            status, content_type, content = self._failed(call, error)
        request_id = service.request_id(headers.get(b"x-request-id"))
        response_headers = [
            (b"content-type", content_type),
            (b"content-length", b"%d" % len(content)),
            *self._identity,
            (b"x-request-id", request_id),
        ]
        if call.error is not None:
            response_headers += _headers_of_refusal(call.error)
        # A kept connection to a server that goes away would only lose the request after this one.
        if service.health.draining:
            response_headers.append(CLOSE)
        await send({"type": "http.response.start", "status": status, "headers": response_headers})
        await send({"type": "http.response.body", "body": content})
        service.finish(call, status, request_id, content)

    def _find(self, call: Call) -> Operation:
        methods = self._operations.get(call.path)
        if methods is None:
            raise RequestError(Kind.NOT_FOUND, "not_found", self._no_such_path(call.path))
        operation = methods.get("GET" if call.method == "HEAD" else call.method)
        if operation is None:
            allowed = ", ".join(methods)
            raise HttpError(
                Kind.METHOD_NOT_ALLOWED,
                "method_not_allowed",
                f"{call.path} takes {allowed}",
                (b"allow", allowed.encode()),
            )
        return operation

    def _no_such_path(self, path: str) -> str:
        raise NotImplementedError

    async def _body(self, headers: Headers, receive: Callable[[], Awaitable[dict]]) -> bytes:
        self._check_header_of_body(headers)
        message = await receive()
        if not message.get("more_body", False):
            return self._complete(message, b"")
        body = bytearray()
        while True:
            body += message.get("body", b"")
            if len(body) > self._max_body_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                return self._complete(message, bytes(body))
            message = await receive()

    def _check_header_of_body(self, headers: Headers) -> None:
        check_media_type(headers)
        length = headers.get(b"content-length")
        # The parser has refused what takes more than 64 bits, but not any number of zeros in front.
        if length is not None and int(length[-20:]) > self._max_body_bytes:
            raise self._too_large()

    def _complete(self, message: dict, body: bytes) -> bytes:
        if message["type"] != "http.request":
            raise ClientGoneError
        return self._checked(body or message.get("body", b""))

    def _checked(self, body: bytes) -> bytes:
        if len(body) > self._max_body_bytes:
            raise self._too_large()
        return body

    def _too_large(self) -> RequestError:
        return HttpError(
            Kind.TOO_LARGE,
            "too_large",
            f"the body is larger than {self._max_body_bytes} bytes",
            # The rest of the body must not be taken for the next request.
            CLOSE,
        )


class Application(Front):
    """The server's own port."""

    def __init__(self, service: PredictionService, settings: Settings):
        super().__init__(service, settings, routes.of_own_port(service.model, settings))

    def _handlers(self, settings: Settings) -> dict[str, Handler]:
        service = self.service
        return {
            **super()._handlers(settings),
            PREDICT: service.predict,
            INFER: service.infer,
            INVOCATIONS: service.invoke,
        }

    def _no_such_path(self, path: str) -> str:
        port = self._management_port
        hint = f"; it is on the management port {port}" if port and routes.is_for_operators(path) else ""
        return f"there is no {shown(path)} here{hint}"


class OperatorsApplication(Front):
    """The management port. It runs in another thread than the one that predicts."""

    def __init__(self, service: Service, settings: Settings):
        super().__init__(service, settings, routes.of_management_port(service.model))

    def _no_such_path(self, path: str) -> str:
        predicts = path in ("/predict", "/invocations") or path.endswith("/infer")
        hint = "; predictions are on the server's own port" if predicts else ""
        return f"there is no {shown(path)} on the management port{hint}"


def _headers_of_refusal(error: RequestError) -> list[tuple[bytes, bytes]]:
    headers = [error.header] if isinstance(error, HttpError) else []
    if error.kind is Kind.UNAVAILABLE:
        seconds = error.retry_after
        headers.append((b"retry-after", RETRY_AFTER if seconds is None else str(seconds).encode()))
    return headers
