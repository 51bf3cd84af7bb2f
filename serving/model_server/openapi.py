"""The OpenAPI description of a server and its model."""

import msgspec

from model_server.inference_protocol import BINARY_TYPES, SERVER_VERSION, outputs_of
from model_server.model import AnyModel

# Whatever goes wrong, this is the body.
ERROR = {
    "type": "object",
    "required": ["error", "code"],
    "properties": {
        "error": {"type": "string", "description": "For people."},
        "code": {"type": "string", "description": "For programs."},
        "field": {"type": "string", "description": "Where, for example features[3]."},
    },
}
LABEL_SCHEMAS = {
    "FP32": {"type": "number"},
    "FP64": {"type": "number"},
    "INT64": {"type": "integer"},
    "BOOL": {"type": "boolean"},
    "BYTES": {"type": "string"},
}
REFUSALS = {
    "400": "The body is not valid JSON, or a key appears twice.",
    "408": "The request did not arrive in time.",
    "413": "The body is too large.",
    "415": "The body is not application/json in UTF-8.",
    "422": "The body is valid JSON, but not what the model takes.",
    "503": "The server is overloaded or shutting down; see the header Retry-After.",
}
# Further ones where requests may bring entities.
FEATURE_STORE_REFUSALS = {
    "422": REFUSALS["422"] + " Or the feature store does not know the entity.",
    "502": "The feature store answered wrongly.",
    "503": REFUSALS["503"] + " Or the feature store cannot be reached.",
    "504": "The feature store did not answer in time.",
}
ENTITY_SCHEMAS = {
    "integer": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "string": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
}


def _content(schema: dict) -> dict:
    return {"application/json": {"schema": schema}}


def _refused(description: str) -> dict:
    return {"description": description, "content": _content({"$ref": "#/components/schemas/Error"})}


def _get(summary: str, schema: dict, *refusals: str) -> dict:
    responses = {"200": {"description": "OK", "content": _content(schema)}}
    responses |= {status: _refused(REFUSALS[status]) for status in refusals}
    return {"get": {"summary": summary, "responses": responses}}


def _post(summary: str, request: str, response: str, refusals: dict[str, str]) -> dict:
    responses = {
        "200": {"description": "OK", "content": _content({"$ref": f"#/components/schemas/{response}"})}
    }
    responses |= {status: _refused(text) for status, text in refusals.items()}
    body = {"required": True, "content": _content({"$ref": f"#/components/schemas/{request}"})}
    return {"post": {"summary": summary, "requestBody": body, "responses": responses}}


def _schemas(model: AnyModel) -> dict:
    count = model.feature_count
    number = {
        "type": "number",
        "exclusiveMinimum": -3.4028235677973366e38,
        "exclusiveMaximum": 3.4028235677973366e38,
    }
    row = {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Feature"},
        "minItems": count,
        "maxItems": count,
    }
    label = LABEL_SCHEMAS[model.label_type]
    prediction = {"type": "array", "items": label} if model.answers_with_lists else label
    probabilities = {"type": "array", "items": {"type": "number"}}
    flag = {"type": "boolean", "default": False, "description": "Also give the probability of each class."}
    tensor = {
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "additionalProperties": False,
        "description": f"One row. For n rows the shape is [n, {count}] and the data n times as long, flat or "
        "nested, or binary behind the document.",
        "properties": {
            "name": {"type": "string"},
            "shape": {
                "type": "array",
                "prefixItems": [{"const": 1}, {"const": count}],
                "minItems": 2,
                "maxItems": 2,
            },
            "datatype": {"enum": list(BINARY_TYPES)},
            "data": {"$ref": "#/components/schemas/Row"},
        },
    }
    parameters = {
        "type": "object",
        "additionalProperties": {"type": ["string", "number", "boolean"]},
    }
    answer = {
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "properties": {
            "name": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer"}},
            "datatype": {"enum": list(LABEL_SCHEMAS)},
            "data": {"type": "array"},
        },
    }
    return {
        "Error": ERROR,
        "Feature": number,
        "Row": row,
        "PredictRequest": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["features"],
                    "additionalProperties": False,
                    "properties": {"features": {"$ref": "#/components/schemas/Row"}, "probabilities": flag},
                },
                {
                    "type": "object",
                    "required": ["instances"],
                    "additionalProperties": False,
                    "properties": {
                        "instances": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"$ref": "#/components/schemas/Row"},
                        },
                        "probabilities": flag,
                    },
                },
            ]
        },
        "PredictResponse": {
            "type": "object",
            "properties": {
                "prediction": prediction,
                "predictions": {"type": "array", "items": prediction},
                "probabilities": {"type": "array", "items": {"anyOf": [{"type": "number"}, probabilities]}},
            },
        },
        "InferRequest": {
            "type": "object",
            "required": ["inputs"],
            "additionalProperties": False,
            "properties": {
                "id": {"type": ["string", "null"]},
                "model_name": {"enum": [model.name, None]},
                "model_version": {"enum": [model.version, None]},
                "parameters": parameters,
                "inputs": {"type": "array", "minItems": 1, "maxItems": 1, "items": tensor},
                "outputs": {
                    "type": ["array", "null"],
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "additionalProperties": False,
                        "properties": {
                            "name": {"enum": [name for name, _, _ in outputs_of(model)]},
                            "parameters": parameters,
                        },
                    },
                },
            },
        },
        "InferResponse": {
            "type": "object",
            "required": ["model_name", "outputs"],
            "properties": {
                "model_name": {"type": "string"},
                "model_version": {"type": "string"},
                "id": {"type": "string"},
                "outputs": {"type": "array", "items": answer},
            },
        },
    }


def _add_entities(schemas: dict, entity_keys: dict[str, str]) -> None:
    flag = schemas["PredictRequest"]["oneOf"][0]["properties"]["probabilities"]
    for is_list in (False, True):
        values = {key: ENTITY_SCHEMAS[kind] for key, kind in entity_keys.items()}
        if is_list:
            values = {key: {"type": "array", "minItems": 1, "items": item} for key, item in values.items()}
        entities = {
            "type": "object",
            "description": "Lists of one length." if is_list else "One entity.",
            "required": list(values),
            "additionalProperties": False,
            "properties": values,
        }
        schemas["PredictRequest"]["oneOf"].append(
            {
                "type": "object",
                "required": ["entities"],
                "additionalProperties": False,
                "properties": {"entities": entities, "probabilities": flag},
            }
        )
    schemas["PredictResponse"]["properties"]["defaulted"] = {
        "description": "Which predictions were made from defaults, because the feature store had no values. "
        "Left out if there are none.",
        "anyOf": [{"const": True}, {"type": "array", "items": {"type": "boolean"}}],
    }


def describe(model: AnyModel, entity_keys: dict[str, str] | None = None) -> bytes:
    """The description as JSON. With entity keys, requests may bring entities."""
    schemas = _schemas(model)
    refusals = REFUSALS
    if entity_keys:
        _add_entities(schemas, entity_keys)
        refusals = REFUSALS | FEATURE_STORE_REFUSALS
    anything = {"type": "object"}
    path = f"/v2/models/{model.name}"
    text = {"text/plain": {"schema": {"type": "string"}}}
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": f"{model.name} {model.version}".strip(),
            "version": SERVER_VERSION,
            "description": f"Predictions of the model with sha256 {model.sha256}.",
        },
        "paths": {
            "/predict": _post("Predict one row or many.", "PredictRequest", "PredictResponse", refusals),
            f"{path}/infer": _post(
                "Predict by the Open Inference Protocol.", "InferRequest", "InferResponse", REFUSALS
            ),
            path: _get("What the model takes and gives, and its identity.", anything),
            f"{path}/ready": _get("Whether the model can predict.", anything, "503"),
            "/v2": _get("What the server is.", anything),
            "/v2/health/live": _get("Whether the process works.", anything),
            "/v2/health/ready": _get("Whether the server wants traffic.", anything, "503"),
            "/metrics": {
                "get": {
                    "summary": "Metrics for Prometheus.",
                    "responses": {"200": {"description": "OK", "content": text}},
                }
            },
        },
        "components": {"schemas": schemas},
    }
    return msgspec.json.encode(document)
