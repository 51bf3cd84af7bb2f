"""Train the sample models on datasets that ship inside scikit-learn.

Each model becomes a folder `models/<name>/<version>/` with the model file and `golden.json`: rows the
model never saw in training, and what plain XGBoost predicts for them. The same locked versions give the
same bytes on every run, so that a model's sha256 can be written down.

    python models/train.py                          every sample, as model.pkl
    python models/train.py breast-cancer 2.0.0      one of them
    python models/train.py --format ubj wine 1.0.0  in XGBoost's own binary form
"""

import argparse
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import joblib
import numpy
import xgboost
from sklearn import datasets
from sklearn.model_selection import train_test_split

# Enough that 1.0.0 and 2.0.0 of breast-cancer differ in class labels.
GOLDEN_ROWS = 32
# The server's answer is XGBoost's own; the room left is for another build of its C library.
TOLERANCE = 1e-6
FORMATS = ("pkl", "json", "ubj")

Estimator = type[xgboost.XGBClassifier] | type[xgboost.XGBRegressor]


@dataclass(frozen=True)
class Sample:
    """One version of one sample model."""

    name: str
    version: str
    dataset: Callable
    estimator: Estimator
    parameters: dict = field(default_factory=dict)


SAMPLES = (
    Sample(
        "breast-cancer",
        "1.0.0",
        datasets.load_breast_cancer,
        xgboost.XGBClassifier,
        {"n_estimators": 100, "max_depth": 6, "learning_rate": 0.3},
    ),
    # Shallow and slow to learn on purpose: it answers some held-out rows differently from 1.0.0,
    # so that a roll-out from one to the other can be seen in a prediction.
    Sample(
        "breast-cancer",
        "2.0.0",
        datasets.load_breast_cancer,
        xgboost.XGBClassifier,
        {"n_estimators": 20, "max_depth": 1, "learning_rate": 0.1},
    ),
    Sample(
        "diabetes",
        "1.0.0",
        datasets.load_diabetes,
        xgboost.XGBRegressor,
        {"n_estimators": 80, "max_depth": 3, "learning_rate": 0.1},
    ),
    Sample(
        "wine",
        "1.0.0",
        datasets.load_wine,
        xgboost.XGBClassifier,
        {"n_estimators": 40, "max_depth": 4, "learning_rate": 0.2},
    ),
    # Small enough to be read: the model of `template/`, as model.json.
    Sample(
        "iris",
        "1.0.0",
        datasets.load_iris,
        xgboost.XGBClassifier,
        {"n_estimators": 3, "max_depth": 2, "learning_rate": 0.5},
    ),
)


def train(sample: Sample) -> tuple[xgboost.XGBModel, numpy.ndarray]:
    """Fit the sample; return it with the rows it has not seen."""
    features, target = sample.dataset(return_X_y=True)
    # The server takes float32, as XGBoost does: rounding here keeps golden rows exact in JSON.
    features = features.astype(numpy.float32)
    seen, held_out, seen_target, _ = train_test_split(features, target, test_size=0.3, random_state=7)
    # One thread and the exact order of rows: histogram sums must not depend on the machine's cores.
    model = sample.estimator(n_jobs=1, random_state=7, tree_method="hist", **sample.parameters)
    model.fit(seen, seen_target)
    return model, held_out


def golden(sample: Sample, model: xgboost.XGBModel, held_out: numpy.ndarray) -> dict:
    """What plain XGBoost answers for the first held-out rows."""
    rows = held_out[:GOLDEN_ROWS]
    document = {
        "model": {"name": sample.name, "version": sample.version},
        "tolerance": TOLERANCE,
        "features": rows.astype(float).tolist(),
        "predictions": model.predict(rows).tolist(),
    }
    if isinstance(model, xgboost.XGBClassifier):
        document["probabilities"] = model.predict_proba(rows).tolist()
    return document


def write(sample: Sample, file_format: str, root: Path) -> Path:
    """Train the sample and write its folder; return the path of the model file."""
    model, held_out = train(sample)
    folder = root / sample.name / sample.version
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("model.*"):
        stale.unlink()
    path = folder / f"model.{file_format}"
    if file_format == "pkl":
        joblib.dump(model, path)
    else:
        model.save_model(path)
    text = json.dumps(golden(sample, model, held_out), indent=1)
    (folder / "golden.json").write_text(text + "\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", choices=sorted({s.name for s in SAMPLES}))
    parser.add_argument("version", nargs="?")
    parser.add_argument("--format", choices=FORMATS, default="pkl")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    chosen = [
        sample
        for sample in SAMPLES
        if arguments.name in (None, sample.name) and arguments.version in (None, sample.version)
    ]
    if not chosen:
        parser.error(f"there is no sample {arguments.name} {arguments.version}")
    for sample in chosen:
        path = write(sample, arguments.format, arguments.output)
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path}")


if __name__ == "__main__":
    main()
