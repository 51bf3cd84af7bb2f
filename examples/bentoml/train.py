"""Trains a small model, and writes rows with the predictions that a server must give for them."""

import json
from pathlib import Path

import numpy
import xgboost

random = numpy.random.default_rng(7)
rows = random.normal(size=(400, 3)).round(3)
targets = 2 * rows[:, 0] - rows[:, 1] + (rows[:, 2] > 0)
model = xgboost.train({"max_depth": 3, "nthread": 1}, xgboost.DMatrix(rows[:380], targets[:380]), 20)

folder = Path(__file__).parent
model.save_model(folder / "model.ubj")
golden = {
    "features": rows[380:].tolist(),
    "predictions": model.inplace_predict(rows[380:]).astype(float).tolist(),
    "tolerance": 1e-5,
}
(folder / "golden.json").write_text(json.dumps(golden))
