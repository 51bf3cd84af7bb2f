"""The server's own code without its process: for many models whose answers are the point, not the wire."""

import json
from dataclasses import dataclass
from pathlib import Path

from conftest import Answer, environment

from model_server import server, settings
from model_server.errors import RequestError, StartError, error_document
from model_server.protocols import mlflow, open_inference
from model_server.protocols.mlflow import InvocationsProtocol
from model_server.protocols.open_inference import InferenceProtocol
from model_server.protocols.predict import PredictProtocol
from model_server.web.openapi import describe
from model_server.web.statuses import MLFLOW_STATUSES, STATUSES


def given_settings(path: Path, **given) -> settings.Settings:
    """As the process reads them."""
    return settings.from_environment(environment(path, **given))


@dataclass
class Loaded:
    """A model that has been loaded and verified, asked as over HTTP."""

    path: Path
    given: settings.Settings

    def __post_init__(self):
        self.model = server.load(self.given)
        self._predict = PredictProtocol(self.model, self.given)
        self._infer = InferenceProtocol(self.model, self.given)
        self._invoke = InvocationsProtocol(self.model, self.given)

    def post(self, path: str, document: dict) -> Answer:
        return self.post_bytes(path, json.dumps(document).encode())

    def post_bytes(self, path: str, body: bytes, length: int | None = None) -> Answer:
        if path == "/invocations":
            return self._invocation(body)
        try:
            content, _ = (
                self._predict.predict(body) if path == "/predict" else self._infer.infer(body, length)
            )
        except RequestError as error:
            return Answer(STATUSES[error.kind].value, None, error_document(error))
        return Answer(200, None, content)

    def _invocation(self, body: bytes) -> Answer:
        try:
            content, _ = self._invoke.invoke(body)
        except RequestError as error:
            return Answer(MLFLOW_STATUSES[error.kind].value, None, mlflow.error_document(error))
        return Answer(200, None, content)

    def post_tensors(self, path: str, document: dict, tensors: bytes) -> Answer:
        text = json.dumps(document).encode()
        return self.post_bytes(path, text + tensors, len(text))

    @property
    def metadata(self) -> dict:
        return json.loads(open_inference.model_metadata(self.model))

    @property
    def schemas(self) -> dict:
        return json.loads(describe(self.model, self.given))["components"]["schemas"]


def load(path: Path, **given) -> Loaded:
    """Load a model as the server does."""
    return Loaded(path, given_settings(path, **given))


def refusal(path: Path, **given) -> dict:
    """What the server would say of a model that it does not serve."""
    try:
        load(path, **given)
    except StartError as error:
        return {"code": error.code, "message": str(error)}
    raise AssertionError("it is served")
