"""Processor time that XGBoost's own C library takes for a batch of rows, without any server around it.

python library.py MODEL_UBJ ROWS_FLOAT32 COUNT SECONDS
"""

import sys
import time
from array import array
from pathlib import Path

from model_server.models.xgboost.library import Booster


def main() -> None:
    model, rows_file, count, seconds = sys.argv[1:]
    booster = Booster(Path(model).read_bytes())
    rows = array("f", Path(rows_file).read_bytes())
    booster.predict(rows, int(count))
    started, calls = time.process_time(), 0
    while time.process_time() - started < float(seconds):
        booster.predict(rows, int(count))
        calls += 1
    print((time.process_time() - started) / calls * 1e6)


if __name__ == "__main__":
    main()
