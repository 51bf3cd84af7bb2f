#!/usr/bin/env bash
# Feast serves a feature past its ttl as present, and takes the row of the same entity out of the training data.
# Versions: feast 0.67.0 (sqlite online store, dask offline store: the defaults), pandas 2.3.3, Python 3.12 or later.
# Seen: online: fresh 0.7 PRESENT, past its ttl 0.5 PRESENT, unknown none NOT_FOUND; on-demand view of the unknown:
#   none PRESENT; historical: asked for fresh, past, unknown; answered fresh 0.7, unknown none (2 rows of 3)
#
# So a model is trained without any case whose features were old, with no null and no error for them, and is then
# served with old features as if they were fresh. An entity that does not exist keeps its row with a null. A status
# of NOT_FOUND does not get through an on-demand view, which answers PRESENT for whatever its function made of the
# nulls. What helps is to read `event_timestamps` of the response and compare with the ttl, to look at the values too
# and not only at the statuses, and to join the training data to the entities once more.
# Fails if one of these answers changes.
set -euo pipefail

PYTHON=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || {
  echo "needs Python 3.12 or later: PYTHON=/path/to/python3.13 $0" >&2
  exit 2
}
"$PYTHON" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  feast==0.67.0 pandas==2.3.3 numpy==2.5.5 pyarrow==26.0.1 dask==2026.8.0
mkdir "$folder/repository"
cat >"$folder/repository/feature_store.yaml" <<'YAML'
project: example
provider: local
registry: registry.db
online_store: {type: sqlite, path: online.db}
entity_key_serialization_version: 3
YAML

cat >"$folder/ask.py" <<'PYTHON'
import datetime, sys, warnings

warnings.simplefilter("ignore")
import pandas
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.on_demand_feature_view import on_demand_feature_view
from feast.protos.feast.serving.ServingService_pb2 import FieldStatus
from feast.types import Float64

repository = sys.argv[1]
fresh, past, unknown = 1, 2, 3
now = datetime.datetime.now(datetime.timezone.utc)
data = pandas.DataFrame(
    {
        "driver": [fresh, past],
        "rate": [0.7, 0.5],
        "event_timestamp": [now - datetime.timedelta(minutes=1), now - datetime.timedelta(days=2)],
    }
)
data.to_parquet(f"{repository}/rates.parquet")
driver = Entity(name="driver", join_keys=["driver"], value_type=ValueType.INT64)
rates = FeatureView(
    name="rates",
    entities=[driver],
    ttl=datetime.timedelta(days=1),
    schema=[Field(name="rate", dtype=Float64)],
    source=FileSource(path=f"{repository}/rates.parquet", timestamp_field="event_timestamp"),
)


@on_demand_feature_view(sources=[rates], schema=[Field(name="doubled", dtype=Float64)])
def double(inputs: pandas.DataFrame) -> pandas.DataFrame:
    return pandas.DataFrame({"doubled": inputs["rate"] * 2})


store = FeatureStore(repo_path=repository)
store.apply([driver, rates, double])
store.write_to_online_store("rates", data)

response = store.get_online_features(
    features=["rates:rate", "double:doubled"],
    entity_rows=[{"driver": entity} for entity in (fresh, past, unknown)],
)
columns = dict(zip(response.proto.metadata.feature_names.val, response.proto.results, strict=True))
values = response.to_dict()
held = True
for name, expected in (
    ("rate", [(0.7, "PRESENT"), (0.5, "PRESENT"), (None, "NOT_FOUND")]),
    ("doubled", [(1.4, "PRESENT"), (1.0, "PRESENT"), (None, "PRESENT")]),
):
    statuses = [FieldStatus.Name(status) for status in columns[name].statuses]
    got = list(zip(values[name], statuses, strict=True))
    print(f"online {name}: fresh, past its ttl, unknown: {got}")
    held &= got == expected

asked = pandas.DataFrame({"driver": [fresh, past, unknown], "event_timestamp": [now] * 3})
history = store.get_historical_features(entity_df=asked, features=["rates:rate"]).to_df()
got = {int(row.driver): None if pandas.isna(row.rate) else row.rate for row in history.itertuples()}
print(f"historical: asked for 3 drivers, answered {len(history)}: {dict(sorted(got.items()))}")
held &= got == {fresh: 0.7, unknown: None}
sys.exit(not held)
PYTHON
"$folder/venv/bin/python" "$folder/ask.py" "$folder/repository" 2>"$folder/log" || {
  tail -n 20 "$folder/log" >&2
  exit 1
}
