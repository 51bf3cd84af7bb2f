"""Compare recorded answers with what plain XGBoost says to the same features.

`check_record.py FOLDER RECORD…`: the folder holds each version of the model as `VERSION/model.pkl`.
"""

import functools
import hashlib
import json
import sys
from pathlib import Path

import joblib
import numpy as np


@functools.cache
def model_of(folder: Path, version: str) -> tuple[object, str]:
    """The estimator as it was trained, and the sha256 of its file."""
    file = folder / version / "model.pkl"
    return joblib.load(file), hashlib.sha256(file.read_bytes()).hexdigest()


@functools.cache
def prediction(folder: Path, version: str, features: tuple[float, ...]) -> float:
    """What the estimator's own `predict` gives."""
    return float(model_of(folder, version)[0].predict(np.array([features]))[0])


def main(folder: Path, records: list[Path]) -> int:
    """Count what was checked; print what is wrong."""
    checked = wrong = unanswered = 0
    for record in records:
        with record.open() as lines:
            for number, line in enumerate(lines, 1):
                exchange = json.loads(line)
                if exchange.get("status") != 200:
                    unanswered += 1
                    continue
                version, features = exchange["version"], tuple(exchange["features"])
                expected = prediction(folder, version, features)
                given = json.loads(exchange["body"])["prediction"]
                checked += 1
                if given != expected or exchange["sha256"] != model_of(folder, version)[1]:
                    wrong += 1
                    print(f"{record}:{number}: {given}, expected {expected}")
    print(f"{checked} answers compared with plain XGBoost, {wrong} wrong, {unanswered} requests without one")
    return 1 if wrong or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
