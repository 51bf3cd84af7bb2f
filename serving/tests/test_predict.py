"""POST /predict against plain XGBoost."""

import json

import numpy
import pytest
import train
from conftest import start


def sample(name: str, version: str) -> train.Sample:
    return next(s for s in train.SAMPLES if (s.name, s.version) == (name, version))


@pytest.mark.parametrize(("name", "version"), [(s.name, s.version) for s in train.SAMPLES])
def test_answers_every_held_out_row_as_xgboost_does(models, name, version):
    model, held_out = train.train(sample(name, version))
    expected = model.predict(held_out).tolist()
    server = start(models / name / version / "model.pkl", model_name=name)
    try:
        rows = held_out.astype(float).tolist()
        answers = [server.post("/predict", {"features": row}).json["prediction"] for row in rows]
        assert answers == expected
        assert server.post("/predict", {"instances": rows}).json == {"predictions": expected}
    finally:
        assert server.stop() == 0


def test_gives_probabilities_when_asked(server, golden):
    answer = server.post("/predict", {"instances": golden["features"], "probabilities": True})
    assert answer.json["predictions"] == golden["predictions"]
    assert answer.json["probabilities"] == golden["probabilities"]
    single = server.post("/predict", {"features": golden["features"][0], "probabilities": True})
    assert single.json == {
        "prediction": golden["predictions"][0],
        "probabilities": golden["probabilities"][0],
    }


def test_regression_has_no_probabilities(models, launch):
    server = launch(models / "diabetes" / "1.0.0" / "model.pkl")
    answer = server.post("/predict", {"features": [0.0] * 10, "probabilities": True})
    assert (answer.status, answer.json["code"]) == (422, "no_probabilities")


def test_versions_differ_in_a_label(models):
    first, second = (
        json.loads((models / "breast-cancer" / version / "golden.json").read_text())
        for version in ("1.0.0", "2.0.0")
    )
    assert first["features"] == second["features"]
    # On which rows is a matter of the XGBoost that trains them.
    assert first["predictions"] != second["predictions"]


def test_rounds_to_float32_as_xgboost_does(server, breast_cancer, golden):
    model, held_out = train.train(sample("breast-cancer", "1.0.0"))
    # float64 values that are not float32 values, near to those that splits were made from
    rows = held_out.astype(float) * (1 + 1e-9)
    expected = model.predict_proba(rows.astype(numpy.float32)).tolist()
    answer = server.post("/predict", {"instances": rows.tolist(), "probabilities": True})
    assert answer.json["probabilities"] == expected


def test_every_response_names_the_model(server, breast_cancer):
    import hashlib

    sha256 = hashlib.sha256(breast_cancer.read_bytes()).hexdigest()
    for answer in (server.get("/v2/health/ready"), server.post("/predict", {}), server.get("/nowhere")):
        assert answer.headers["x-model-name"] == "breast-cancer"
        assert answer.headers["x-model-version"] == "1.0.0"
        assert answer.headers["x-model-sha256"] == sha256
