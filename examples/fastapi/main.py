"""A model behind FastAPI."""

import numpy
import xgboost
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
model = xgboost.Booster(model_file="model.ubj")


class Row(BaseModel):
    """What is asked for."""

    features: list[float]


@app.post("/predict")
def predict(row: Row) -> dict[str, float]:
    """Answers {"features": [...]} with {"prediction": ...}."""
    return {"prediction": float(model.inplace_predict(numpy.array([row.features]))[0])}
