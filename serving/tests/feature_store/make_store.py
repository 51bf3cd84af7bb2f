"""Run with Feast's own Python: make a store in this folder and fill it. The rows come from `rows.json`.

{"wine": {"wine_id": [...], "alcohol": [...], ...}, "patient": {...}}
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Bool, Float32, Float64, Int32, Int64, String

CONFIGURATION = """
project: samples
provider: local
registry: {path: registry.db, enable_online_feature_view_versioning: true}
online_store: {type: sqlite, path: online.db}
offline_store: {type: file}
entity_key_serialization_version: 3
telemetry: false
"""
TYPES = {int: (Int64, ValueType.INT64), str: (String, ValueType.STRING), bool: (Bool, ValueType.BOOL)}
KEYS = {
    "wine": ["wine_id"],
    "history": ["wine_id"],
    "small": ["small_id"],
    "patient": ["clinic", "patient_id"],
}
# float32 in the store, others with fractions are float64.
SMALL = {"alcohol", "bmi"}


def type_of(name: str, values: list):
    if name == "small_id":
        return Int32
    kind = type(next(value for value in values if value is not None))
    return TYPES[kind][0] if kind in TYPES else Float32 if name in SMALL else Float64


def on_demand(history: FeatureView) -> list:
    """Views that compute something of another one when they are asked for it."""

    @on_demand_feature_view(
        sources=[history], schema=[Field(name="double_price", dtype=Float64)], mode="pandas"
    )
    def by_pandas(frame):
        return pandas.DataFrame({"double_price": frame["price"] * 2})

    @on_demand_feature_view(
        sources=[history], schema=[Field(name="triple_price", dtype=Float64)], mode="python"
    )
    def by_python(inputs):
        return {"triple_price": [price * 3 for price in inputs["price"]]}

    return [by_pandas, by_python]


def main() -> None:
    folder = Path.cwd()
    (folder / "feature_store.yaml").write_text(CONFIGURATION)
    store = FeatureStore(repo_path=str(folder))
    entities: dict[str, Entity] = {}
    views = {}
    frames = {}
    objects = []
    now = datetime.now(UTC)
    for name, columns in json.loads((folder / "rows.json").read_text()).items():
        days_ago = columns.pop("days_ago", None)
        frame = pandas.DataFrame(columns)
        frame["event_timestamp"] = [now - timedelta(days=days) for days in days_ago or [0] * len(frame)]
        # Asked for by Feast to define a view; nothing is ever read from it.
        offline = folder / f"{name}.parquet"
        frame.to_parquet(offline)
        for key in KEYS[name]:
            value_type = ValueType.INT32 if key == "small_id" else TYPES[type(columns[key][0])][1]
            entities.setdefault(key, Entity(name=key, join_keys=[key], value_type=value_type))
        view = FeatureView(
            name=f"{name}_features",
            entities=[entities[key] for key in KEYS[name]],
            # Feast's server answers with what is older all the same.
            ttl=timedelta(hours=1),
            schema=[Field(name=column, dtype=type_of(column, values)) for column, values in columns.items()],
            source=FileSource(name=name, path=str(offline), timestamp_field="event_timestamp"),
        )
        inputs = [column for column in columns if column not in KEYS[name] and not column.startswith("odd_")]
        objects += [view, FeatureService(name=f"{name}_model", features=[view[inputs]])]
        views[name] = view
        frames[view.name] = frame
    computed = on_demand(views["history"])
    wine = views["wine"][["alcohol", "malic_acid"]]
    objects += [
        *entities.values(),
        *computed,
        FeatureService(name="computed", features=[wine, computed[0]]),
        # With what the on-demand view is computed of, which tells of an entity that is not there.
        FeatureService(name="computed_and_plain", features=[wine, computed[0], views["history"]]),
    ]
    store.apply(objects)
    for view, frame in frames.items():
        store.write_to_online_store(view, frame)


if __name__ == "__main__":
    sys.exit(main())
