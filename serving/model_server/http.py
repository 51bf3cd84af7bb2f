"""HTTP: routes, bodies in, responses out. What a body means is `protocol`'s business."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import msgspec

from model_server import protocol
from model_server.errors import RequestError
from model_server.model import Model
from model_server.settings import Settings

logger = logging.getLogger(__name__)

Handler = Callable[[bytes], bytes]
JSON = b"application/json"


class Application:
    """The ASGI application."""

    def __init__(self, model: Model, settings: Settings):
        self.model = model
        self.draining = False
        self._max_body_bytes = settings.max_body_bytes
        self._identity = [
            (b"x-model-name", model.name.encode()),
            (b"x-model-version", model.version.encode()),
            (b"x-model-sha256", model.sha256.encode()),
        ]
        model_path = f"/v2/models/{model.name}"
        self._routes: dict[str, dict[str, Handler]] = {
            "/predict": {"POST": self._predict},
            "/v2/health/live": {"GET": self._live},
            "/v2/health/ready": {"GET": self._ready},
            f"{model_path}/ready": {"GET": self._ready},
            model_path: {"GET": self._metadata},
            "/v2": {"GET": self._server_metadata},
        }

    async def __call__(self, scope: dict, receive: Callable[[], Awaitable], send) -> None:
        try:
            handler = self._find(scope)
            body = await self._body(scope, receive) if scope["method"] == "POST" else b""
            status, content = HTTPStatus.OK, handler(body)
        except RequestError as error:
            status, content = error.status, _error(error)
        except Exception:
            logger.exception("request failed", extra={"path": scope["path"]})
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            content = _error(RequestError(status, "internal", "the server failed; its log says why"))
        await self._respond(send, status, content)

    def _find(self, scope: dict) -> Handler:
        methods = self._routes.get(scope["path"])
        if methods is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "not_found", f"there is no {scope['path']} here")
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        handler = methods.get(method)
        if handler is None:
            allowed = ", ".join(methods)
            raise RequestError(
                HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", f"{scope['path']} takes {allowed}"
            )
        return handler

    async def _body(self, scope: dict, receive: Callable[[], Awaitable]) -> bytes:
        for name, value in scope["headers"]:
            if name == b"content-type":
                _check_content_type(value)
            elif name == b"content-length" and int(value) > self._max_body_bytes:
                raise self._too_large()
        message = await receive()
        if not message.get("more_body", False):
            return self._checked(message.get("body", b""))
        body = bytearray(message.get("body", b""))
        while message.get("more_body", False):
            self._checked(body)
            message = await receive()
            body += message.get("body", b"")
        return bytes(self._checked(body))

    def _checked(self, body: bytes) -> bytes:
        if len(body) > self._max_body_bytes:
            raise self._too_large()
        return body

    def _too_large(self) -> RequestError:
        return RequestError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_large",
            f"the body is larger than {self._max_body_bytes} bytes",
        )

    async def _respond(self, send, status: HTTPStatus, content: bytes) -> None:
        headers = [
            (b"content-type", JSON),
            (b"content-length", str(len(content)).encode()),
            *self._identity,
        ]
        # Keeping a connection to a server that goes away would only lose the request after this one.
        # An unread rest of a refused body must not be taken for the next request either.
        if self.draining or status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _predict(self, body: bytes) -> bytes:
        return protocol.predict(self.model, body)

    def _live(self, _body: bytes) -> bytes:
        return b'{"live":true}'

    def _ready(self, _body: bytes) -> bytes:
        if self.draining:
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "draining", "the server is shutting down")
        return b'{"ready":true}'

    def _server_metadata(self, _body: bytes) -> bytes:
        return msgspec.json.encode({"name": "model-server", "version": "0.1.0", "extensions": []})

    def _metadata(self, _body: bytes) -> bytes:
        return protocol.metadata(self.model)


def _check_content_type(value: bytes) -> None:
    media_type, _, parameters = value.partition(b";")
    charset = parameters.strip().lower().replace(b'"', b"")
    if media_type.strip().lower() != JSON or charset not in (b"", b"charset=utf-8"):
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            f"the body must be application/json in UTF-8, not {value.decode('latin-1')}",
            "content-type",
        )


def _error(error: RequestError) -> bytes:
    document = {"error": error.message, "code": error.code}
    if error.field:
        document["field"] = error.field
    return msgspec.json.encode(document)
