#!/usr/bin/env bash
# MLflow's client for a scoring server cannot send a dict of numpy arrays, and sends nothing at all without scipy.
# Versions: mlflow-skinny 3.17.2, numpy 2.5.5, pandas 3.1.1, scipy 1.18.1; Python 3.12 or later.
# Seen: without scipy: a DataFrame ends in ModuleNotFoundError (scipy); with it the DataFrame is sent,
#   {"age": array} ends in ValueError (too many values to unpack), {"ab": array} in MlflowException (str for input a)
#
# `invoke` documents "pandas dataframe or numpy array or a dict of numpy arrays". `dump_input_data` goes through a dict
# without `.items()`, so that each name is unpacked as if it were a pair; and it looks for scipy.sparse with
# `find_spec`, which raises where scipy itself is not installed. scipy is no requirement of mlflow-skinny. Send a
# DataFrame or a dict of `inputs` by hand (`{"inputs": {"age": [31.0]}}` as JSON), with scipy installed.
# Fails if one of the three is sent, or the DataFrame is not.
set -euo pipefail

PYTHON=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -m venv "$folder/venv"
install=("$folder/venv/bin/pip" install --quiet --disable-pip-version-check)
"${install[@]}" mlflow-skinny==3.17.2 numpy==2.5.5 pandas==3.1.1
cat >"$folder/send.py" <<'PYTHON'
import numpy
import pandas
from mlflow.utils.proto_json_utils import dump_input_data

ages = numpy.array([31.0])
for name, data in {
    "DataFrame": pandas.DataFrame({"age": ages}),
    "age": {"age": ages},
    "ab": {"ab": ages},
}.items():
    try:
        print(f"{name}: {dump_input_data(data)}")
    except Exception as error:
        print(f"{name}: {type(error).__name__}")
PYTHON
without=$("$folder/venv/bin/python" "$folder/send.py")
"${install[@]}" scipy==1.18.1
with=$("$folder/venv/bin/python" "$folder/send.py")
printf 'without scipy\n%s\nwith scipy\n%s\n' "$without" "$with"
grep -q '^DataFrame: ModuleNotFoundError' <<<"$without"
grep -q '^DataFrame: {"dataframe_split"' <<<"$with"
grep -q '^age: ValueError' <<<"$with"
grep -q '^ab: MlflowException' <<<"$with"
