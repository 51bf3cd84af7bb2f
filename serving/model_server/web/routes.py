"""All routes of both ports, from which requests are dispatched and the OpenAPI description is made."""

from dataclasses import dataclass, replace
from enum import Enum, auto
from urllib.parse import quote

from model_server.models.model import Model
from model_server.service.service import INFER, INVOCATIONS, PREDICT
from model_server.settings import Settings

# In a path: that of the model, and where it has a version, once more that of this version.
MODEL = "{model}"
JSON, TEXT = "application/json", "text/plain"
METRICS = "metrics"


class Port(Enum):
    """Where a route is to be had."""

    # Predictions: on the server's own port.
    OWN = auto()
    BOTH = auto()
    # Nothing that clients of the model need: with a management port it is to be had there alone.
    OPERATORS = auto()


@dataclass(frozen=True)
class Route:
    """What a method on a path is called in metrics and logs, and what it is for."""

    path: str
    name: str
    summary: str
    port: Port = Port.BOTH
    method: str = "GET"
    # The schemas of the bodies of a request that has one, and of its answer.
    request: str = ""
    response: str = ""
    # Whether a request may bring entities, if there is a feature store.
    takes_entities: bool = False
    # Whether binary tensors may follow the document of a request.
    takes_binary: bool = False
    content: str = JSON
    # Behind the name of an operation, which has to be its own for each path.
    suffix: str = ""
    # The path as a URL has it, where that is another one.
    quoted: str = ""


ROUTES = (
    Route(
        *("/predict", PREDICT, "Predict one row or many.", Port.OWN, "POST"),
        *("PredictRequest", "PredictResponse"),
        takes_entities=True,
    ),
    Route(
        *(f"{MODEL}/infer", INFER, "Predict by the Open Inference Protocol.", Port.OWN, "POST"),
        *("InferRequest", "InferResponse"),
        takes_binary=True,
    ),
    Route(
        *("/invocations", INVOCATIONS, "Predict as MLflow's scoring server does.", Port.OWN, "POST"),
        *("InvocationsRequest", "InvocationsResponse"),
    ),
    Route("/ping", "ping", "Whether the server wants traffic, as MLflow's clients ask.", Port.OWN),
    Route("/version", "version", "The server's version, as MLflow's clients ask.", Port.OWN, content=TEXT),
    Route(MODEL, "model_metadata", "What the model takes and gives, and its identity."),
    Route(f"{MODEL}/ready", "model_ready", "Whether the model can predict."),
    Route("/v2", "server_metadata", "What the server is."),
    Route("/v2/health/live", "live", "Whether the process works."),
    Route("/v2/health/ready", "ready", "Whether the server wants traffic."),
    Route("/metrics", METRICS, "Metrics for Prometheus.", Port.OPERATORS, content=TEXT),
    Route("/openapi.json", "openapi", "This description.", Port.OPERATORS),
)


def of_own_port(model: Model, settings: Settings) -> list[Route]:
    """What the server's own port has."""
    elsewhere = (Port.OPERATORS,) if settings.management_port else ()
    return _of_model(model, [route for route in ROUTES if route.port not in elsewhere])


def of_management_port(model: Model) -> list[Route]:
    """What the management port has."""
    return _of_model(model, [route for route in ROUTES if route.port is not Port.OWN])


def is_for_operators(path: str) -> bool:
    """Whether it is to be had on the management port alone, if there is one."""
    return any(route.path == path and route.port is Port.OPERATORS for route in ROUTES)


def _of_model(model: Model, routes: list[Route]) -> list[Route]:
    """The routes with the paths of this model."""
    path = f"/v2/models/{model.name}"
    found = [replace(route, path=route.path.replace(MODEL, path)) for route in routes]
    if model.version:
        found += [
            replace(
                route,
                path=route.path.replace(MODEL, f"{path}/versions/{model.version}"),
                quoted=route.path.replace(MODEL, f"{path}/versions/{quote(model.version, safe='')}"),
                suffix="_of_version",
            )
            for route in routes
            if MODEL in route.path
        ]
    return found
