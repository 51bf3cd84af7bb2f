"""The OpenAPI description of a server and its model."""

import msgspec

from model_server.models.model import Model
from model_server.protocols.open_inference import SERVER_VERSION
from model_server.service.service import INVOCATIONS
from model_server.settings import Settings
from model_server.web import routes
from model_server.web.openapi_schemas import schemas
from model_server.web.routes import TEXT, Route

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
# As MLflow's clients know them.
MLFLOW_REFUSALS = {status: text for status, text in REFUSALS.items() if status != "422"}
MLFLOW_REFUSALS["400"] += f" {REFUSALS['422']}".replace("The body is", "Or it is")
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
        refusal = {"description": description, "content": _content(_reference("Error"))}
        if status == "503":
            refusal["headers"] = {"retry-after": {"$ref": "#/components/headers/retry-after"}}
        responses[status] = refusal
    return responses


def _operation(route: Route, settings: Settings) -> dict:
    operation = {"operationId": f"{route.name}{route.suffix}", "summary": route.summary}
    refusals, schema = REFUSALS_OF_ALL, {"type": "object"}
    if route.request:
        operation["requestBody"] = {"required": True, "content": _content(_reference(route.request))}
        refusals, schema = REFUSALS, _reference(route.response)
    if route.name == INVOCATIONS:
        refusals = MLFLOW_REFUSALS
    if route.takes_entities and settings.feature_store:
        refusals = REFUSALS | FEATURE_STORE_REFUSALS
    content = {TEXT: {"schema": {"type": "string"}}} if route.content == TEXT else _content(schema)
    operation["responses"] = _responses(content, refusals)
    return operation


def _reference(schema: str) -> dict:
    return {"$ref": f"#/components/schemas/{schema}"}


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


def describe(model: Model, settings: Settings) -> bytes:
    """The description of the server's own port as JSON."""
    paths = {
        route.quoted or route.path: {
            "parameters": [REQUEST_ID],
            route.method.lower(): _operation(route, settings),
        }
        for route in routes.of_own_port(model, settings)
    }
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
