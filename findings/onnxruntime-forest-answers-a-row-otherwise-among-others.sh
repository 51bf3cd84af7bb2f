#!/usr/bin/env bash
# onnxruntime answers one row of a random forest with other probabilities alone than among 300 rows, if it has threads.
# Versions: onnxruntime 1.32.0, skl2onnx 1.20.0, onnx 1.23.2, scikit-learn 1.9.1, Python 3.12 or later.
# Seen: row 0 alone 1.0000001192 (above 1), among 300 rows 1.0000000000 with 2 and 4 threads, 1.0000001192 with 1
#
# Small batches are computed tree by tree and larger ones row by row, which adds the float32 answers of the trees in
# another order; with one thread both go the same way. So answers compared bit by bit (golden answers, caches, replicas
# with other numbers of processors) differ by the size of the batch that a row came in. `intra_op_num_threads = 1`
# makes them the same, and a bound of exactly 1 on a probability does not hold.
# Fails if the two differ with 1 thread, or do not with 2.
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
  onnxruntime==1.32.0 skl2onnx==1.20.0 onnx==1.23.2 scikit-learn==1.9.1 numpy==2.5.5 scipy==1.18.1

cat >"$folder/predict.py" <<'PYTHON'
import sys
import numpy, onnxruntime
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier

random = numpy.random.default_rng(0)
rows = random.normal(size=(300, 3)).astype("float32")
classes = (rows[:, 0] > 0).astype(int) + (rows[:, 0] > 1)
forest = RandomForestClassifier(10, random_state=0).fit(rows, classes)
converted = to_onnx(forest, rows[:1], options={"zipmap": False}).SerializeToString()
held = True
for threads in (1, 2, 4):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(converted, options)
    alone, among = (session.run(None, {"X": rows[:count]})[1][0].max() for count in (1, 300))
    print(f"{threads} threads: row 0 alone {alone:.10f}, among 300 rows {among:.10f}")
    held &= (alone == among) == (threads == 1)
sys.exit(not held)
PYTHON
"$folder/venv/bin/python" "$folder/predict.py"
