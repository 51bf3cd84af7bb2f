"""Run with Feast's own Python: make a store in this folder and fill it. The rows come from `rows.json`.

{"wine": {"wine_id": [...], "alcohol": [...], ...}, "patient": {...}}
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.types import Bool, Float32, Float64, Int64, String

CONFIGURATION = """
project: samples
provider: local
registry: registry.db
online_store: {type: sqlite, path: online.db}
offline_store: {type: file}
entity_key_serialization_version: 3
telemetry: false
"""
TYPES = {int: (Int64, ValueType.INT64), str: (String, ValueType.STRING), bool: (Bool, ValueType.BOOL)}
KEYS = {"wine": ["wine_id"], "patient": ["clinic", "patient_id"]}
# float32 in the store, others with fractions are float64.
SMALL = {"alcohol", "bmi"}


def type_of(name: str, values: list):
    kind = type(next(value for value in values if value is not None))
    return TYPES[kind][0] if kind in TYPES else Float32 if name in SMALL else Float64


def main() -> None:
    folder = Path.cwd()
    (folder / "feature_store.yaml").write_text(CONFIGURATION)
    store = FeatureStore(repo_path=str(folder))
    frames = {}
    objects = []
    for name, columns in json.loads((folder / "rows.json").read_text()).items():
        keys = KEYS[name]
        frame = pandas.DataFrame(columns).assign(event_timestamp=datetime.now(UTC))
        # Asked for by Feast to define a view; nothing is ever read from it.
        offline = folder / f"{name}.parquet"
        frame.to_parquet(offline)
        entities = [
            Entity(name=key, join_keys=[key], value_type=TYPES[type(columns[key][0])][1]) for key in keys
        ]
        view = FeatureView(
            name=f"{name}_features",
            entities=entities,
            schema=[Field(name=column, dtype=type_of(column, values)) for column, values in columns.items()],
            source=FileSource(name=name, path=str(offline), timestamp_field="event_timestamp"),
        )
        inputs = [column for column in columns if column not in keys and not column.startswith("odd_")]
        objects += [*entities, view, FeatureService(name=f"{name}_model", features=[view[inputs]])]
        frames[view.name] = frame
    store.apply(objects)
    for view, frame in frames.items():
        store.write_to_online_store(view, frame)


if __name__ == "__main__":
    sys.exit(main())
