#!/usr/bin/env bash
# One fitted RandomForestRegressor of scikit-learn answers the same rows with other bits at every call in threads.
# Versions: scikit-learn 1.9.1, numpy 2.5.5, scipy 1.18.1, joblib 1.6.0, Python 3.12 or later.
# Seen: different answers of 100 calls: n_jobs=1: 1; n_jobs=2: 100; n_jobs=4: 100; two by up to 2.4e-14 relative
#
# Threads add the answers of their trees to one sum in the order in which they end, and addition of floating-point
# numbers depends on it; random_state has no say in that. So no comparison of answers bit by bit holds (golden answers,
# caches by content, two replicas). `set_params(n_jobs=1)` makes a fitted model reproducible; a pickle keeps the n_jobs
# that the model was fitted with.
# Fails if n_jobs=1 gives more than one answer, or n_jobs=2 only one.
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
  scikit-learn==1.9.1 numpy==2.5.5 scipy==1.18.1 joblib==1.6.0

cat >"$folder/predict.py" <<'PYTHON'
import pickle, sys
import numpy
from sklearn.ensemble import RandomForestRegressor

random = numpy.random.default_rng(5)
rows = random.normal(size=(300, 4))
model = RandomForestRegressor(100, random_state=1, n_jobs=2).fit(rows, rows[:, 0] * 3 + rows[:, 1])
model = pickle.loads(pickle.dumps(model))
assert model.n_jobs == 2
held = True
for jobs in (1, 2, 4):
    model.set_params(n_jobs=jobs)
    answers = {model.predict(rows).tobytes() for _ in range(100)}
    values = [numpy.frombuffer(answer) for answer in answers]
    distance = max((abs(value / values[0] - 1).max() for value in values), default=0)
    print(f"n_jobs={jobs}: {len(answers)} different answers of 100 calls, two by up to {distance:.1e} relative")
    held &= len(answers) == 1 if jobs == 1 else len(answers) > 1
sys.exit(not held)
PYTHON
"$folder/venv/bin/python" "$folder/predict.py"
