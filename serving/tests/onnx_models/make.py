"""Writes the models beside it, with skl2onnx 1.20.0 and scikit-learn 1.9.1: `python make.py`.

They are kept, as the tests need a runtime for them and no converter.
"""

from pathlib import Path

import numpy
import pandas
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path(__file__).parent
generator = numpy.random.default_rng(0)
MATRIX = generator.normal(size=(200, 3)).astype("float32")
LABELS = numpy.array(["bad", "good", "best"])[(MATRIX[:, 0] > 0).astype(int) + (MATRIX[:, 0] > 1)]
TABLE = pandas.DataFrame(
    {
        "size": MATRIX[:, 0],
        "plan": generator.choice(["gold", "silver"], 200),
        "year": generator.integers(0, 9, 200),
    }
)


def write(name: str, model, types: list, **options) -> None:
    converted = to_onnx(model, initial_types=types, **options)
    (FOLDER / f"{name}.onnx").write_bytes(converted.SerializeToString())


MATRICES = [("X", FloatTensorType([None, 3]))]
sums = LinearRegression().fit(MATRIX, MATRIX.sum(axis=1))
write("regressor", sums, MATRICES)
write("unknown-width", sums, [("X", FloatTensorType([None, None]))])
write("two-targets", LinearRegression().fit(MATRIX, MATRIX[:, :2] * 2), MATRICES)
classifier = LogisticRegression().fit(MATRIX, LABELS)
write("classifier", classifier, MATRICES)
write("classifier-arrays", classifier, MATRICES, options={id(classifier): {"zipmap": False}})
transformer = ColumnTransformer(
    [
        ("texts", OneHotEncoder(handle_unknown="ignore"), ["plan"]),
        ("numbers", StandardScaler(), ["size", "year"]),
    ]
)
write(
    "columns",
    make_pipeline(transformer, LogisticRegression()).fit(TABLE, TABLE["size"] > 0),
    [
        ("size", FloatTensorType([None, 1])),
        ("plan", StringTensorType([None, 1])),
        ("year", Int64TensorType([None, 1])),
    ],
)
