"""HTTP: routes, bodies in, responses out. What a body means is the protocols' business."""

import itertools
import logging
import os
import random
import re
from array import array
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

from model_server.errors import RequestError, error_document, malformed, shown
from model_server.feature_store.protocol import EntityProtocol
from model_server.models.model import Model
from model_server.protocols import open_inference
from model_server.protocols.open_inference import InferenceProtocol
from model_server.protocols.predict import PredictProtocol
from model_server.rows.row_errors import NOT_FINITE
from model_server.settings import Settings
from model_server.web.headers import JSON, KNOWN_HEADERS, Headers, check_media_type, refuse_repeated
from model_server.web.health import Health
from model_server.web.metrics import CONTENT_TYPE, Metrics
from model_server.web.openapi import describe
from model_server.web.refusals import RETRY_AFTER

if TYPE_CHECKING:
    # Imported only where one is configured.
    from model_server.feature_store.store import FeatureStore
    from model_server.payload_log.log import PayloadLog

logger = logging.getLogger(__name__)

REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
Answer = tuple[bytes, int]
# Nothing that clients of the model need: with a management port it is to be had there alone.
ONLY_FOR_OPERATORS = ("/metrics", "/openapi.json")


class ClientGoneError(Exception):
    """The client closed the connection, or was cut off, before its request was complete."""


@dataclass(frozen=True)
class Route:
    """What answers a method on a path. `answer` gives the response's body and how many rows it took.

    It gives a coroutine for them, and for what it was told, if it first has to ask somebody else.
    """

    name: str
    answer: Callable[[bytes, Headers], Answer | Coroutine[None, None, tuple[bytes, int, array]]]
    content_type: bytes = JSON
    predicts: bool = False


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


class Application:
    """The ASGI application."""

    def __init__(
        self,
        model: Model,
        settings: Settings,
        metrics: Metrics,
        health: Health,
        feature_store: "FeatureStore | None" = None,
        payload_log: "PayloadLog | None" = None,
    ):
        self.model = model
        self.metrics = metrics
        self.health = health
        self._counts = metrics.new_counts()
        self._settings = settings
        self._feature_store = feature_store
        self._payload_log = payload_log
        self._predict_protocol = (
            EntityProtocol(model, settings, feature_store)
            if feature_store
            else PredictProtocol(model, settings)
        )
        self._inference_protocol = InferenceProtocol(model, settings)
        self._identity = [
            (b"x-model-name", model.name.encode()),
            (b"x-model-version", model.version.encode()),
            (b"x-model-sha256", model.sha256.encode()),
        ]
        # Unique across restarts and replicas by the random part, cheap by the counter.
        self._id_prefix = os.urandom(6).hex()
        self._ids = itertools.count(1)
        self._routes = self._make_routes()

    def _make_routes(self) -> dict[str, dict[str, Route]]:
        predict = self._predict_protocol.predict
        infer = self._inference_protocol.infer

        def run_infer(body: bytes, headers: Headers) -> tuple[bytes, int]:
            length = headers.get(b"inference-header-content-length")
            return infer(body, open_inference.document_length(length))

        routes = self._routes_of_operators()
        if self._settings.management_port:
            for path in ONLY_FOR_OPERATORS:
                del routes[path]
        routes["/predict"] = {"POST": Route("predict", lambda body, _: predict(body), predicts=True)}
        for path in self._model_paths():
            routes[f"{path}/infer"] = {"POST": Route("infer", run_infer, predicts=True)}
        return routes

    def _routes_of_operators(self) -> dict[str, dict[str, Route]]:
        """All that says something about the server and its model, and predicts nothing."""
        server_metadata = open_inference.server_metadata()
        # What is the same until the format of the model's answers turns out to be another than was expected.
        description = Described(self.model, lambda: describe(self.model, self._settings))
        model_metadata = Described(self.model, lambda: open_inference.model_metadata(self.model))
        routes = {
            "/v2": {"GET": Route("server_metadata", lambda *_: (server_metadata, 0))},
            "/v2/health/live": {"GET": Route("live", self._live)},
            "/v2/health/ready": {"GET": Route("ready", self._ready)},
            "/metrics": {
                "GET": Route("metrics", lambda *_: (self.metrics.text(), 0), CONTENT_TYPE),
            },
            "/openapi.json": {"GET": Route("openapi", lambda *_: (description.content(), 0))},
        }
        for path in self._model_paths():
            routes[path] = {"GET": Route("model_metadata", lambda *_: (model_metadata.content(), 0))}
            routes[f"{path}/ready"] = {"GET": Route("model_ready", self._ready)}
        return routes

    def _model_paths(self) -> list[str]:
        path = f"/v2/models/{self.model.name}"
        return [path, f"{path}/versions/{self.model.version}"] if self.model.version else [path]

    def start(self) -> None:
        """Begin what goes on beside requests."""
        if self._payload_log:
            self._payload_log.start()

    async def close(self) -> None:
        """Let go of what was open for requests."""
        if self._feature_store:
            await self._feature_store.close()
        if self._payload_log:
            await self._payload_log.close()

    def _live(self, _body: bytes, _headers: Headers) -> tuple[bytes, int]:
        return b'{"live":true}', 0

    def _ready(self, _body: bytes, _headers: Headers) -> tuple[bytes, int]:
        self.health.check_draining()
        return b'{"ready":true}', 0

    async def __call__(self, scope: dict, receive: Callable[[], Awaitable[dict]], send: Callable) -> None:
        """Answer one request."""
        started = perf_counter()
        known = [header for header in scope["headers"] if header[0] in KNOWN_HEADERS]
        headers = dict(known)
        route, body, problem, content_type, fetched = None, b"", None, JSON, None
        try:
            if len(headers) != len(known):
                refuse_repeated([name for name, _ in known])
            if b"host" not in headers and scope["http_version"] == "1.1":
                raise malformed("there is no header host", "host")
            route = self._find(scope)
            if scope["method"] == "POST":
                body = await self._body(headers, receive)
            answer = route.answer(body, headers)
            if answer.__class__ is not tuple:
                # In a task of its own, because this code may run outside of any.
                *answer, fetched = await get_running_loop().create_task(answer)
            content, rows = answer
            status, content_type = 200, route.content_type
            self._counts.rows += rows
        except RequestError as error:
            problem, status, content = error, error.status.value, error_document(error)
            self._counts.not_finite += error.code == NOT_FINITE
        except ClientGoneError:
            return
        except Exception:
            logger.exception("request failed", extra={"path": shown(scope["path"])})
            problem = RequestError(
                HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "the server failed; its log says why"
            )
            status, content = 500, error_document(problem)
        request_id = self._request_id(headers)
        response_headers = [
            (b"content-type", content_type),
            (b"content-length", str(len(content)).encode()),
            *self._identity,
            (b"x-request-id", request_id),
        ]
        if status != 200:
            response_headers += _headers_of_refusal(problem)
        # A kept connection to a server that goes away would only lose the request after this one.
        if self.health.draining:
            response_headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": response_headers})
        await send({"type": "http.response.body", "body": content})
        seconds = perf_counter() - started
        self._counts.count(route.name if route else "none", status, seconds)
        if status != 200 or random.random() < self._settings.log_sample:  # noqa: S311
            self._log(scope, status, seconds, request_id, problem, body)
        if self._payload_log and route and route.predicts and self._payload_log.wants(request_id):
            length = headers.get(b"inference-header-content-length") if route.name == "infer" else None
            asked = (body, length, fetched)
            self._payload_log.take(request_id, scope["path"], seconds, asked, (status, content))

    def _find(self, scope: dict) -> Route:
        methods = self._routes.get(scope["path"])
        if methods is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "not_found", self._no_such_path(scope["path"]))
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        route = methods.get(method)
        if route is None:
            allowed = ", ".join(methods)
            raise RequestError(
                HTTPStatus.METHOD_NOT_ALLOWED,
                "method_not_allowed",
                f"{scope['path']} takes {allowed}",
                headers=[(b"allow", allowed.encode())],
            )
        return route

    def _no_such_path(self, path: str) -> str:
        elsewhere = f"; it is on the management port {self._settings.management_port}"
        hint = elsewhere if self._settings.management_port and path in ONLY_FOR_OPERATORS else ""
        return f"there is no {shown(path)} here{hint}"

    async def _body(self, headers: Headers, receive: Callable[[], Awaitable[dict]]) -> bytes:
        check_media_type(headers)
        length = headers.get(b"content-length")
        # The parser has refused what takes more than 64 bits, but not any number of zeros in front.
        if length is not None and int(length[-20:]) > self._settings.max_body_bytes:
            raise self._too_large()
        message = await receive()
        if not message.get("more_body", False):
            return self._complete(message, b"")
        body = bytearray()
        while True:
            body += message.get("body", b"")
            if len(body) > self._settings.max_body_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                return self._complete(message, bytes(body))
            message = await receive()

    def _complete(self, message: dict, body: bytes) -> bytes:
        if message["type"] != "http.request":
            raise ClientGoneError
        body = body or message.get("body", b"")
        if len(body) > self._settings.max_body_bytes:
            raise self._too_large()
        return body

    def _too_large(self) -> RequestError:
        return RequestError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_large",
            f"the body is larger than {self._settings.max_body_bytes} bytes",
            # The rest of the body must not be taken for the next request.
            headers=[(b"connection", b"close")],
        )

    def _request_id(self, headers: Headers) -> bytes:
        given = headers.get(b"x-request-id")
        if given is not None and REQUEST_ID.fullmatch(given):
            return given
        return f"{self._id_prefix}-{next(self._ids):x}".encode()

    def _log(
        self,
        scope: dict,
        status: int,
        seconds: float,
        request_id: bytes,
        problem: RequestError | None,
        body: bytes,
    ) -> None:
        entry = {
            "method": scope["method"],
            "path": shown(scope["path"]),
            "status": status,
            "seconds": round(seconds, 6),
            "request_id": request_id.decode(),
            "sha256": self.model.sha256,
        }
        if problem:
            entry["code"] = problem.code
            if problem.field:
                entry["field"] = problem.field
        if self._settings.log_features and body:
            entry["body"] = body.decode(errors="replace")
        logger.log(logging.ERROR if status == 500 else logging.INFO, "request", extra=entry)


class OperatorsApplication(Application):
    """The ASGI application of the management port. It runs in another thread than the one that predicts."""

    def _make_routes(self) -> dict[str, dict[str, Route]]:
        return self._routes_of_operators()

    def _live(self, body: bytes, headers: Headers) -> tuple[bytes, int]:
        # That this thread answers says nothing of the other one.
        self.health.check_progress()
        return super()._live(body, headers)

    def _ready(self, body: bytes, headers: Headers) -> tuple[bytes, int]:
        self.health.check_progress()
        return super()._ready(body, headers)

    def _no_such_path(self, path: str) -> str:
        predicts = path == "/predict" or path.endswith("/infer")
        hint = "; predictions are on the server's own port" if predicts else ""
        return f"there is no {shown(path)} on the management port{hint}"


def _headers_of_refusal(problem: RequestError) -> list[tuple[bytes, bytes]]:
    headers = list(problem.headers)
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE and b"retry-after" not in dict(headers):
        headers.append((b"retry-after", RETRY_AFTER))
    return headers
