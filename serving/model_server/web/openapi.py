"""The OpenAPI description of a server and its model."""

from urllib.parse import quote

import msgspec

from model_server.models.model import Model
from model_server.protocols.open_inference import SERVER_VERSION
from model_server.settings import Settings
from model_server.web.openapi_schemas import schemas

REFUSALS = {
    "400": "The request is not valid HTTP or the body not valid JSON, or a key or header appears twice.",
    "408": "The request did not arrive in time.",
    "413": "The body is too large.",
    "415": "The body is not application/json in UTF-8.",
    "422": "The body is valid JSON, but not what the model takes.",
    "431": "The header is too large.",
    "503": "The server is overloaded or shutting down; see the header Retry-After.",
}
# Those that do not depend on a body.
REFUSALS_OF_ALL = {status: REFUSALS[status] for status in ("400", "408", "431", "503")}
# Further ones where requests may bring entities.
FEATURE_STORE_REFUSALS = {
    "422": REFUSALS["422"] + " Or the feature store does not know the entity.",
    "502": "The feature store answered wrongly.",
    "503": REFUSALS["503"] + " Or the feature store cannot be reached.",
    "504": "The feature store did not answer in time.",
}
REQUEST_ID = {
    "name": "x-request-id",
    "in": "header",
    "description": "Comes back, and stands in the log, if it has 1 to 128 visible characters of ASCII. "
    "Otherwise one of the server's own does.",
    "schema": {"type": "string"},
}


def _content(schema: dict) -> dict:
    return {"application/json": {"schema": schema}}


def _responses(content: dict, refusals: dict[str, str]) -> dict:
    headers = {
        name: {"$ref": f"#/components/headers/{name}"}
        for name in ("x-model-name", "x-model-version", "x-model-sha256", "x-request-id")
    }
    responses = {"200": {"description": "OK", "headers": headers, "content": content}}
    for status, description in refusals.items():
        refusal = {"description": description, "content": _content({"$ref": "#/components/schemas/Error"})}
        if status == "503":
            refusal["headers"] = {"retry-after": {"$ref": "#/components/headers/retry-after"}}
        responses[status] = refusal
    return responses


def _get(name: str, summary: str, content: dict) -> dict:
    responses = _responses(content, REFUSALS_OF_ALL)
    operation = {"operationId": name, "summary": summary, "responses": responses}
    return {"parameters": [REQUEST_ID], "get": operation}


def _post(name: str, summary: str, request: str, response: str, refusals: dict[str, str]) -> dict:
    operation = {
        "operationId": name,
        "summary": summary,
        "requestBody": {
            "required": True,
            "content": _content({"$ref": f"#/components/schemas/{request}"}),
        },
        "responses": _responses(_content({"$ref": f"#/components/schemas/{response}"}), refusals),
    }
    return {"parameters": [REQUEST_ID], "post": operation}


def _text(description: str, **schema: str) -> dict:
    return {"description": description, "required": True, "schema": {"type": "string", **schema}}


def _headers(model: Model) -> dict:
    return {
        "x-model-name": _text("The model that answered.", const=model.name),
        "x-model-version": _text("Its version.", const=model.version),
        "x-model-sha256": _text("The sha256 of its file.", const=model.sha256),
        "x-request-id": _text("What this request is called in the log.", pattern="^[!-~]{1,128}$"),
        "retry-after": _text("Seconds after which it is worth another try.", pattern="^[0-9]+$"),
    }


def _model_paths(model: Model, path: str, suffix: str) -> dict:
    anything = _content({"type": "object"})
    infer = _post(
        f"infer{suffix}",
        "Predict by the Open Inference Protocol.",
        "InferRequest",
        "InferResponse",
        REFUSALS,
    )
    what = "What the model takes and gives, and its identity."
    return {
        f"{path}/infer": infer,
        path: _get(f"model_metadata{suffix}", what, anything),
        f"{path}/ready": _get(f"model_ready{suffix}", "Whether the model can predict.", anything),
    }


def describe(model: Model, settings: Settings) -> bytes:
    """The description as JSON. Where a feature store is configured, requests may bring entities."""
    refusals = REFUSALS | FEATURE_STORE_REFUSALS if settings.feature_store else REFUSALS
    anything = _content({"type": "object"})
    text = {"text/plain": {"schema": {"type": "string"}}}
    path = f"/v2/models/{model.name}"
    paths = {
        "/predict": _post(
            "predict", "Predict one row or many.", "PredictRequest", "PredictResponse", refusals
        ),
        **_model_paths(model, path, ""),
        "/v2": _get("server_metadata", "What the server is.", anything),
        "/v2/health/live": _get("live", "Whether the process works.", anything),
        "/v2/health/ready": _get("ready", "Whether the server wants traffic.", anything),
    }
    if not settings.management_port:
        # Otherwise they are on that port, which this is no description of.
        paths["/metrics"] = _get("metrics", "Metrics for Prometheus.", text)
        paths["/openapi.json"] = _get("openapi", "This description.", anything)
    if model.version:
        paths |= _model_paths(model, f"{path}/versions/{quote(model.version, safe='')}", "_of_version")
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": f"{model.name} {model.version}".strip(),
            "version": SERVER_VERSION,
            "description": f"Predictions of the model with sha256 {model.sha256}.",
        },
        "paths": paths,
        "components": {"schemas": schemas(model, settings), "headers": _headers(model)},
    }
    return msgspec.json.encode(document)
