"""The service behind the protocols' fronts, such as HTTP.

A front makes a `Call` of what arrives, has it answered, and turns the answer, or the error, into what its
clients expect; at the end it says so with `finish`. Everything that is the same for all fronts happens here.
"""

import itertools
import logging
import os
import random
import re
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import TYPE_CHECKING

from model_server.errors import Kind, RequestError, error_document, shown
from model_server.feature_store.protocol import EntityProtocol, LaterAnswer
from model_server.models.model import Model
from model_server.protocols import mlflow
from model_server.protocols.mlflow import InvocationsProtocol
from model_server.protocols.open_inference import InferenceProtocol, document_length
from model_server.protocols.open_inference_request import InferRequest
from model_server.protocols.predict import PredictProtocol
from model_server.rows.row_errors import NOT_FINITE
from model_server.service.call import Call
from model_server.service.health import Health
from model_server.service.metrics import Metrics
from model_server.settings import Settings

if TYPE_CHECKING:
    # Imported only where one is configured.
    from model_server.feature_store.store import FeatureStore
    from model_server.payload_log.log import PayloadLog

logger = logging.getLogger(__name__)

REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
PREDICT, INFER, INVOCATIONS = "predict", "infer", "invocations"
PREDICTIONS = frozenset({PREDICT, INFER, INVOCATIONS})


class Service:
    """What can be asked about the server and its model. Each front in a thread of its own has its own."""

    def __init__(
        self,
        model: Model,
        settings: Settings,
        metrics: Metrics,
        health: Health,
        payload_log: "PayloadLog | None" = None,
    ):
        self.model = model
        self.health = health
        self._payload_log = payload_log
        self._settings = settings
        self._metrics = metrics
        self._counts = metrics.new_counts()
        # Unique across restarts and replicas by the random part, cheap by the counter.
        self._id_prefix = os.urandom(6).hex()
        self._ids = itertools.count(1)

    @property
    def answers_at_once(self) -> bool:
        """Whether nothing that is asked has to wait for others."""
        return True

    def check_live(self) -> None:
        """Refuse if the server does not live."""

    def check_ready(self) -> None:
        """Refuse if requests had better go elsewhere."""
        self.health.check_draining()

    def metrics(self) -> bytes:
        """All metrics as text."""
        return self._metrics.text()

    def request_id(self, given: bytes | None) -> bytes:
        """What a request is called: what its client calls it, if that can be logged."""
        if given is not None and REQUEST_ID.fullmatch(given):
            return given
        return f"{self._id_prefix}-{next(self._ids):x}".encode()

    def fail(self, call: Call, error: Exception) -> bytes:
        """Turn an exception into the error of the call, and into the document for its client."""
        if not isinstance(error, RequestError):
            logger.error("request failed", exc_info=error, extra={"path": shown(call.path)})
            error = RequestError(Kind.INTERNAL, "internal", "the server failed; its log says why")
        self._counts.not_finite += error.code == NOT_FINITE
        call.error = error
        return mlflow.error_document(error) if call.operation == INVOCATIONS else error_document(error)

    def finish(
        self, call: Call, status: int, request_id: bytes, content: bytes | Callable[[], bytes]
    ) -> None:
        """Count and log what has been answered. `status` is that of HTTP, `content` what HTTP answers."""
        seconds = perf_counter() - call.started
        self._counts.count(call.operation or "none", status, seconds)
        if call.error is not None or random.random() < self._settings.log_sample:  # noqa: S311
            self._log(call, status, seconds, request_id)
        if self._payload_log and call.operation in PREDICTIONS and self._payload_log.wants(request_id):
            asked = (call.body, call.document_length, call.fetched)
            if callable(content):
                content = content()
            self._payload_log.take(request_id, call.path, seconds, asked, (status, content))

    def _log(self, call: Call, status: int, seconds: float, request_id: bytes) -> None:
        entry = {
            "method": call.method,
            "path": shown(call.path),
            "status": status,
            "seconds": round(seconds, 6),
            "request_id": request_id.decode(),
            "sha256": self.model.sha256,
        }
        failed = False
        if call.error:
            failed = call.error.kind is Kind.INTERNAL
            entry["code"] = call.error.code
            if call.error.field:
                entry["field"] = call.error.field
        if self._settings.log_features and call.body:
            entry["body"] = call.body.decode(errors="replace")
        logger.log(logging.ERROR if failed else logging.INFO, "request", extra=entry)


class OperatorsService(Service):
    """The same for operators, asked in another thread than the one that predicts."""

    def check_live(self) -> None:
        # That this thread answers does not show that the other one does.
        self.health.check_progress()

    def check_ready(self) -> None:
        self.health.check_progress()
        super().check_ready()


class PredictionService(Service):
    """The same, and predictions."""

    def __init__(
        self,
        model: Model,
        settings: Settings,
        metrics: Metrics,
        health: Health,
        feature_store: "FeatureStore | None" = None,
        payload_log: "PayloadLog | None" = None,
    ):
        super().__init__(model, settings, metrics, health, payload_log)
        self._feature_store = feature_store
        self._predict = (
            EntityProtocol(model, settings, feature_store)
            if feature_store
            else PredictProtocol(model, settings)
        ).predict
        self._inference = InferenceProtocol(model, settings)
        self._infer = self._inference.infer
        self._invoke = InvocationsProtocol(model, settings).invoke

    def predict(self, call: Call) -> bytes | Coroutine[None, None, bytes]:
        """Answer by the plain protocol; later, if the feature store has to be asked first."""
        answer = self._predict(call.body)
        if answer.__class__ is not tuple:
            return self._answer_later(call, answer)
        content, rows = answer
        self._counts.rows += rows
        return content

    async def _answer_later(self, call: Call, answer: LaterAnswer) -> bytes:
        content, rows, call.fetched = await answer
        self._counts.rows += rows
        return content

    def infer(self, call: Call) -> bytes:
        """Answer by the Open Inference Protocol; binary tensors begin behind the document."""
        content, rows = self._infer(call.body, document_length(call.document_length))
        self._counts.rows += rows
        return content

    def infer_tensors(self, request: InferRequest, binary: bytes) -> dict:
        """The same for a request that is no JSON; the answer as the document it would be."""
        answer, rows = self._inference.answer(request, binary)
        self._counts.rows += rows
        return answer

    def invoke(self, call: Call) -> bytes:
        """Answer by MLflow's protocol."""
        content, rows = self._invoke(call.body)
        self._counts.rows += rows
        return content

    @property
    def answers_at_once(self) -> bool:
        """Whether no feature store has to be asked."""
        return self._feature_store is None

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
