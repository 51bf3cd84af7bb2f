"""A model behind Flask, as one writes it in an afternoon."""

import joblib
import numpy
from flask import Flask, jsonify, request

app = Flask(__name__)
model = joblib.load("model.pkl")


@app.post("/predict")
def predict():
    """Answers {"features": [...]} with {"prediction": ...}."""
    features = numpy.array([request.get_json()["features"]], dtype=float)
    return jsonify({"prediction": float(model.inplace_predict(features)[0])})


@app.get("/health")
def health():
    """Answers once the model is loaded."""
    return "ok"


if __name__ == "__main__":
    # Without the host Flask listens on 127.0.0.1, where nobody outside of the container reaches it.
    app.run(host="0.0.0.0", port=5000)
