"""What the bodies of requests and responses look like, as JSON schemas for the OpenAPI description."""

from model_server.feature_store.entities import INTEGERS as INTEGER_KEYS
from model_server.models import categories
from model_server.models.model import Model
from model_server.models.row_reader import named_columns
from model_server.protocols.open_inference import outputs_of
from model_server.protocols.open_inference_request import BINARY_TYPES, INTEGERS
from model_server.rows import missing_marker
from model_server.settings import Settings
from model_server.web import openapi_columns

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
ENTITY_SCHEMAS = {
    **{
        name: {"type": "integer", "minimum": minimum, "maximum": maximum}
        for name, (minimum, maximum) in INTEGER_KEYS.items()
    },
    "string": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
}


def schemas(model: Model, settings: Settings) -> dict:
    """Each schema by its name."""
    count, answers = model.feature_count, model.answer_format
    number = {
        "type": ["number", "null"] if settings.missing_values == "null" else "number",
        "exclusiveMinimum": -3.4028235677973366e38,
        "exclusiveMaximum": 3.4028235677973366e38,
    }
    if missing_marker.is_number(model.missing_marker):
        number["description"] = f"{model.missing_marker!r} stands for a missing value."
    row = {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Feature"},
        "minItems": count,
        "maxItems": count,
    }
    values_row = row
    names = named_columns(model)
    if model.takes_tables:
        row = values_row = openapi_columns.row_of_columns(model.columns, settings)
    elif model.categories:
        # In tensors, which hold numbers of one type, a category is its code.
        values_row = _row_with_categories(model, row, texts=False)
        row = _row_with_categories(model, row, texts=True)
    label = LABEL_SCHEMAS[answers.label_type]
    if answers.classes_of_targets and answers.label_type == "BYTES":
        label = {"type": ["string", "number", "boolean"]}
    prediction = {"type": "array", "items": label} if answers.answers_with_lists else label
    probabilities = {"type": "array", "items": {"type": "number"}}
    # Of one row, and of many.
    probability = [{"type": "number"}, probabilities]
    if answers.classes_of_targets:
        probability = [probabilities, {"type": "array", "items": probabilities}]
    flag = {"type": "boolean", "default": False, "description": "Also give the probability of each class."}
    if not answers.gives_probabilities:
        flag = {"const": False, "description": "This model gives no probabilities."}
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
            "data": values_row if model.categories else {"$ref": "#/components/schemas/Row"},
        },
        # Numbers of an integer type are such, and in its range.
        "anyOf": [
            {"properties": {"datatype": {"enum": [name for name in BINARY_TYPES if name not in INTEGERS]}}},
            *(
                {
                    "properties": {
                        "datatype": {"const": name},
                        "data": {
                            "type": "array",
                            "items": {"type": "integer", "minimum": minimum, "maximum": maximum},
                        },
                    }
                }
                for name, (minimum, maximum) in INTEGERS.items()
            ),
        ],
    }
    parameters = {
        "type": ["object", "null"],
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
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
    found = {
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
                            "maxItems": settings.max_rows,
                            "items": {"$ref": "#/components/schemas/Row"},
                        },
                        "probabilities": flag,
                    },
                },
                {
                    "type": "object",
                    "required": ["sparse"],
                    "additionalProperties": False,
                    "properties": {"sparse": {"$ref": "#/components/schemas/Sparse"}, "probabilities": flag},
                },
            ]
        },
        "Sparse": _sparse(count),
        "PredictResponse": {
            "type": "object",
            "properties": {
                "prediction": prediction,
                "predictions": {"type": "array", "items": prediction},
                "probabilities": {"type": "array", "items": {"anyOf": probability}},
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
    if model.takes_tables:
        del found["PredictRequest"]["oneOf"][2], found["Sparse"]
    if names:
        record = openapi_columns.record(names, model, settings)
        found["Record"] = record
        openapi_columns.add_records(found)
        openapi_columns.add_column_tensors(found, record["properties"], model)
    found["InvocationsRequest"] = openapi_columns.invocations(model, settings)
    found["InvocationsResponse"] = {
        "type": "object",
        "required": ["predictions"],
        "properties": {"predictions": {"type": "array", "items": prediction}},
    }
    if settings.feature_store:
        _add_entities(found, settings.feature_store.entity_keys)
    return found


def _row_with_categories(model: Model, row: dict, texts: bool) -> dict:
    items = []
    for feature in range(model.feature_count):
        category = model.categories.features.get(feature)
        if category is None:
            items.append({"$ref": "#/components/schemas/Feature"})
            continue
        code = {"type": "integer", "minimum": 0, "maximum": (len(category.valid) or categories.MAX_CODE) - 1}
        known = [code, {"enum": category.texts}] if texts and category.codes else [code]
        items.append({"description": "A category: its code, or its text.", "anyOf": known})
    return {**row, "prefixItems": items}


def _sparse(count: int) -> dict:
    """As for tensors: what can be described is one entry."""
    return {
        "type": "object",
        "required": ["indices", "values"],
        "additionalProperties": False,
        "description": "The features that a row has, by index from 0; all others are absent, as in a sparse "
        "matrix. One entry of one row. For n entries both lists have n, each index once; many rows are lists "
        "of such lists.",
        "properties": {
            "indices": {
                "type": "array",
                "items": {"type": "integer", "minimum": 0, "maximum": count - 1},
                "minItems": 1,
                "maxItems": 1,
            },
            "values": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Feature"},
                "minItems": 1,
                "maxItems": 1,
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
