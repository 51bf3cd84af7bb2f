"""FastAPI as its tutorial shows it: a plain function, which it runs in a thread."""

import os

import joblib
import numpy
from fastapi import FastAPI
from pydantic import BaseModel

model = joblib.load(os.environ["MODEL"])
app = FastAPI()


class Rows(BaseModel):
    instances: list[list[float]]


@app.get("/ready")
def ready():
    return "ok"


@app.post("/predict")
def predict(rows: Rows):
    return {"predictions": model.predict(numpy.array(rows.instances)).tolist()}
