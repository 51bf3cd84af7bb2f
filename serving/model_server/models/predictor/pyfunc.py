"""Models of MLflow that have the flavor of Python functions alone: own code, which MLflow itself loads."""

import sys
from pathlib import Path

from model_server.errors import StartError
from model_server.models.packages import needed
from model_server.models.predictor.declaration import Declaration
from model_server.models.predictor.module import Loaded, told
from model_server.models.predictor.prints import PrintLog
from model_server.rows.columns import Columns


def load(path: Path, columns: Columns | None) -> Loaded:
    """Have MLflow load the folder of the file `MLmodel`; rows are DataFrames with its signature's columns."""
    if columns is None:
        raise StartError(
            "unsupported_model",
            f"{path} has no signature with columns, so that nobody knows what rows the model takes: save it "
            "with signature=infer_signature(rows, answers), or load it in a predictor.py",
        )
    mlflow = needed("mlflow.pyfunc", "the model is a Python function of MLflow", "mlflow")
    sys.stdout = PrintLog()
    with told(path, "mlflow.pyfunc.load_model"):
        model = mlflow.load_model(str(path.parent))
    return Loaded(model.predict, None, Declaration(columns=columns), "")
