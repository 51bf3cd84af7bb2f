#!/usr/bin/env bash
# LightGBM writes an underscore for each blank in a column's name: the model knows its columns by other names than the
# table, also in its scikit-learn interface, and a table with the columns "a b" and "a_b" cannot be trained on.
# Versions: lightgbm 4.7.0, pandas 3.1.1, scikit-learn 1.9.1, Python 3.12 or later.
# Seen: feature_names_in_ of LGBMRegressor: age, income_per_month (the table has "income per month"); that of
#   scikit-learn's LinearRegression: age, income per month; "a b" beside "a_b": Feature (a_b) appears more than one time.
#
# What goes by `feature_names_in_` (checks of a request's columns, signatures, generated schemas) asks for names that
# nobody's data has. Take the names from the table or from the signature that was saved with the model, by position.
# Fails if a name keeps its blank, or if such a table can be trained on.
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
  lightgbm==4.7.0 pandas==3.1.1 scikit-learn==1.9.1 numpy==2.5.5 scipy==1.18.1

cat >"$folder/train.py" <<'PYTHON'
import sys
import lightgbm, numpy, pandas
from sklearn.linear_model import LinearRegression

random = numpy.random.default_rng(0)
table = pandas.DataFrame({"age": random.integers(20, 70, 90), "income per month": random.normal(size=90)})
model = lightgbm.LGBMRegressor(n_estimators=3, verbosity=-1).fit(table, table["age"])
other = LinearRegression().fit(table, table["age"])
print("LightGBM:", list(model.feature_names_in_), "scikit-learn:", list(other.feature_names_in_))
held = list(model.feature_names_in_) == ["age", "income_per_month"] != list(other.feature_names_in_)
twins = pandas.DataFrame({"a b": random.normal(size=90), "a_b": random.normal(size=90)})
try:
    lightgbm.train({"verbosity": -1}, lightgbm.Dataset(twins, table["age"]), 3)
    held = False
except lightgbm.basic.LightGBMError as error:
    print("a b beside a_b:", error)
sys.exit(not held)
PYTHON
"$folder/venv/bin/python" "$folder/train.py"
