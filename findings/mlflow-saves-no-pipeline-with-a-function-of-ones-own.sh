#!/usr/bin/env bash
# MLflow 3.17 refuses to save a pipeline of scikit-learn with a function of one's own, which it saved before.
# Versions: mlflow-skinny 3.17.2, scikit-learn 1.9.1, skops 0.16.0, Python 3.12 or later.
# Seen: a plain pipeline is saved as model.skops; one with a function of one's own: MlflowException, "references
#   untrusted types"; with serialization_format="cloudpickle" it is saved as model.pkl and loads.
#
# The default of `mlflow.sklearn.save_model` and `log_model` has become skops, whose own default is to trust no function
# or class that it does not know. Code that looks for model.pkl in such a folder finds none either: the file's name is
# `pickled_model` of the flavor `sklearn` in MLmodel, whatever its format. Name the format, or the types in
# `skops_trusted_types`.
# Fails if the default saves it, or if a plain pipeline becomes a pickle.
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
  mlflow-skinny==3.17.2 scikit-learn==1.9.1 skops==0.16.0 pandas==3.1.1 numpy==2.5.5 scipy==1.18.1

cat >"$folder/save.py" <<'PYTHON'
import logging, os, sys, warnings
import mlflow, numpy
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
rows = numpy.arange(8.0).reshape(4, 2)


def doubled(values):
    return values * 2


def saved(name, steps, **options):
    folder = os.path.join(sys.argv[1], name)
    try:
        mlflow.sklearn.save_model(make_pipeline(*steps).fit(rows, rows[:, 0]), folder, **options)
    except MlflowException as error:
        return "refused: references untrusted types" if "untrusted types" in str(error) else str(error)
    mlflow.sklearn.load_model(folder)
    return " ".join(file for file in os.listdir(folder) if file.startswith("model."))


own = [FunctionTransformer(doubled), LinearRegression()]
found = [
    saved("plain", [LinearRegression()]),
    saved("own", own),
    saved("own-pickle", own, serialization_format="cloudpickle"),
]
print("plain:", found[0], "- with a function:", found[1], "- as cloudpickle:", found[2])
sys.exit(found != ["model.skops", "refused: references untrusted types", "model.pkl"])
PYTHON
"$folder/venv/bin/python" "$folder/save.py" "$folder"
