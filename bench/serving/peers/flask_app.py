"""What a team writes first: Flask, and scikit-learn's interface to XGBoost."""

import os

import joblib
import numpy
from flask import Flask, request

model = joblib.load(os.environ["MODEL"])
app = Flask(__name__)


@app.get("/ready")
def ready():
    return "ok"


@app.post("/predict")
def predict():
    body = request.get_json()
    rows = body["instances"] if "instances" in body else [body["features"]]
    return {"predictions": model.predict(numpy.array(rows)).tolist()}
