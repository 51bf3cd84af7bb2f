"""Rows by name, tensors by column and MLflow's forms, as JSON schemas for the OpenAPI description."""

from model_server.models import categories
from model_server.models.model import Model
from model_server.models.row_reader import named_columns
from model_server.protocols.open_inference import COLUMN_TYPES
from model_server.rows.column_values import MAX_INTEGER, MIN_INTEGER
from model_server.rows.columns import Column, Columns
from model_server.settings import Settings

# What a tensor holds where that is less than a row by name may.
IN_TENSORS = {"any": {"$ref": "#/components/schemas/Feature"}, "boolean": {"type": "boolean"}}


def record(names: Columns, model: Model, settings: Settings) -> dict:
    """A row by name."""
    properties = {column.name: _value(column, settings) for column in names}
    for feature, category in model.categories.features.items() if model.categories else ():
        code = {"type": "integer", "minimum": 0, "maximum": (len(category.valid) or categories.MAX_CODE) - 1}
        known = [code, {"enum": category.texts}] if category.codes else [code]
        properties[names[feature].name] = {"anyOf": known}
    return {
        "type": "object",
        "description": "A row by name, in any order.",
        "required": [column.name for column in names if not column.is_optional],
        "additionalProperties": False,
        "properties": properties,
    }


def _value(column: Column, settings: Settings) -> dict:
    if column.is_closed:
        # To the server, 0 and 1 say the same as true and false; to JSON schema they do not.
        numbers = [int(each) for each in column.categories if isinstance(each, bool)]
        found = {"enum": [*column.categories, *numbers]}
    else:
        found = {
            "number": {"$ref": "#/components/schemas/Feature"},
            "integer": {"type": "integer", "minimum": MIN_INTEGER, "maximum": MAX_INTEGER},
            "boolean": {"enum": [False, True, 0, 1]},
            "text": {"type": "string"},
            "any": {"anyOf": [{"$ref": "#/components/schemas/Feature"}, {"type": ["string", "boolean"]}]},
        }[column.kind]
    takes_null = settings.missing_values == "null" and column.takes_missing
    if column.is_optional or (takes_null and column.kind not in ("number", "any")):
        return {"anyOf": [found, {"type": "null"}]}
    return found


def row_of_columns(columns: Columns, settings: Settings) -> dict:
    """A row by position, where columns are of several kinds."""
    return {
        "type": "array",
        "prefixItems": [_value(column, settings) | {"title": column.name} for column in columns],
        "items": False,
        "minItems": len(columns),
        "maxItems": len(columns),
    }


def add_records(schemas: dict) -> None:
    """Rows by name beside those by position, but not among them."""
    one, many = schemas["PredictRequest"]["oneOf"][:2]
    record = {"$ref": "#/components/schemas/Record"}
    one["properties"]["features"] = {"anyOf": [one["properties"]["features"], record]}
    lists = many["properties"]["instances"]
    many["properties"]["instances"] = {"anyOf": [lists, lists | {"items": record}]}


def add_column_tensors(schemas: dict, values: dict, model: Model) -> None:
    """A tensor for each column, in any order; here in the model's and with one row."""
    tensors = [
        {
            "type": "object",
            "required": ["name", "shape", "datatype", "data"],
            "additionalProperties": False,
            "properties": {
                "name": {"const": column.name},
                "shape": {"enum": [[1], [1, 1]]},
                "datatype": {"const": COLUMN_TYPES[column.kind]},
                "data": {
                    "type": "array",
                    "items": IN_TENSORS.get(column.kind, values[column.name]),
                    "minItems": 1,
                    "maxItems": 1,
                },
            },
        }
        for column in named_columns(model)
    ]
    by_column = {
        "type": "array",
        "description": "A tensor for each column, in any order. One row: for n rows the shapes are [n] or "
        "[n, 1].",
        "prefixItems": tensors,
        "minItems": len(tensors),
        "maxItems": len(tensors),
    }
    properties = schemas["InferRequest"]["properties"]
    others = [] if model.takes_tables else [properties["inputs"]]
    properties["inputs"] = {"anyOf": [*others, by_column]}


def invocations(model: Model, settings: Settings) -> dict:
    """The forms of MLflow's scoring server."""
    names = named_columns(model)
    rows = {
        "type": "array",
        "minItems": 1,
        "maxItems": settings.max_rows,
        "items": {"$ref": "#/components/schemas/Row"},
    }
    called = [column.name for column in names] if names else list(range(model.feature_count))
    split = {
        "type": "object",
        "required": ["data"],
        "additionalProperties": False,
        "properties": {"columns": {"const": called}, "index": {"type": "array"}, "data": rows},
    }
    forms = {"dataframe_split": split, "instances": rows, "inputs": rows}
    if names:
        records = rows | {"items": {"$ref": "#/components/schemas/Record"}}
        forms["dataframe_records"] = records
        forms["instances"] = {"anyOf": [rows, records]}
        forms["inputs"] = {"anyOf": [rows, records]}
    params = {"type": ["object", "null"], "maxProperties": 0}
    return {
        "oneOf": [
            {
                "type": "object",
                "required": [form],
                "additionalProperties": False,
                "properties": {form: schema, "params": params},
            }
            for form, schema in forms.items()
        ]
    }
