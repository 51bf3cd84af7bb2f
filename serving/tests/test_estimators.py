"""Pickles of scikit-learn: served by the image that has it; the other one names the remedy."""

import ctypes
import json
import operator
import pickle
import subprocess
import sys

import joblib
import numpy
import pytest
from conftest import environment, refused_start
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler
from xgboost import XGBClassifier


@pytest.fixture(scope="module")
def pipeline():
    features, target = load_iris(return_X_y=True)
    fitted = make_pipeline(StandardScaler(), XGBClassifier(n_estimators=20, n_jobs=1)).fit(features, target)
    return fitted, features


def save(tmp_path, estimator):
    joblib.dump(estimator, tmp_path / "model.pkl")
    return tmp_path / "model.pkl"


def test_pipeline_predicts_as_in_scikit_learn(tmp_path, pipeline, launch):
    fitted, features = pipeline
    server = launch(save(tmp_path, fitted))
    answer = server.post("/predict", {"instances": features.tolist(), "probabilities": True}).json
    assert answer["predictions"] == fitted.predict(features).tolist()
    assert answer["probabilities"] == fitted.predict_proba(features).tolist()
    metadata = server.get("/v2/models/sample").json
    assert metadata["platform"] == "scikit-learn"
    assert metadata["outputs"][0]["datatype"] == "INT64"
    assert "Pipeline" in metadata["parameters"]["engine_reason"]


class Crashing:
    """Crashes the process that loads it, as functions of another Python may."""

    def __reduce__(self):
        return ctypes.string_at, (0,)


def crashing_pipeline(first) -> Pipeline:
    """It crashes for a row of which its first step makes 0: there is nothing to read at that address."""
    steps = [first, *map(FunctionTransformer, (operator.methodcaller("item"), int, ctypes.string_at))]
    for step in steps[1:]:
        step.fit([[1.0]])
    return make_pipeline(*steps, Ridge().fit([[1.0], [2.0]], [1.0, 2.0]))


def test_a_crash_of_what_a_pickle_brings_ends_in_a_sentence(tmp_path):
    path = save(tmp_path, Crashing())
    entry = refused_start(path)
    assert (entry["level"], entry["code"]) == ("critical", "crashed")
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    assert f"{python} crashed while it loaded the " in entry["message"]
    assert "cloudpickle, dill" in entry["message"]


@pytest.mark.parametrize(
    ("first", "doing"), [(FunctionTransformer(), "tried"), (OrdinalEncoder(), "asked golden requests of")]
)
def test_a_crash_while_it_predicts_ends_in_a_sentence(tmp_path, first, doing):
    """Rows of zeros and ones, which are tried, are none for the encoder."""
    path = save(tmp_path, crashing_pipeline(first.fit([[5.0], [6.0]])))
    (tmp_path / "golden.json").write_text(json.dumps({"features": [[5.0]], "predictions": [1.0]}))
    entry = refused_start(path)
    assert (entry["level"], entry["code"]) == ("critical", "crashed")
    assert f"crashed while it {doing} the " in entry["message"]


def test_names_as_labels(tmp_path, launch):
    features, target = load_iris(return_X_y=True)
    names = numpy.array(["setosa", "versicolor", "virginica"])[target]
    from sklearn.tree import DecisionTreeClassifier

    fitted = DecisionTreeClassifier(random_state=1).fit(features, names)
    path = save(tmp_path, fitted)
    golden = {"features": features[:3].tolist(), "predictions": ["setosa"] * 3}
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    server = launch(path)
    assert server.post("/predict", {"features": features[0].tolist()}).json == {"prediction": "setosa"}
    tensor = {"name": "x", "shape": [1, 4], "datatype": "FP64", "data": features[100].tolist()}
    (output,) = server.post("/v2/models/sample/infer", {"inputs": [tensor]}).json["outputs"]
    assert (output["datatype"], output["data"]) == ("BYTES", ["virginica"])


@pytest.mark.parametrize("form", ["json", "binary"])
def test_computes_in_float64(tmp_path, launch, form):
    features, target = load_diabetes(return_X_y=True)
    fitted = make_pipeline(StandardScaler(), Ridge()).fit(features, target)
    server = launch(save(tmp_path, fitted))
    rows = features[:20]
    if form == "json":
        answer = server.post("/predict", {"instances": rows.tolist()}).json["predictions"]
    else:
        binary = rows.tobytes()
        parameters = {"binary_data_size": len(binary)}
        tensor = {"name": "x", "shape": list(rows.shape), "datatype": "FP64", "parameters": parameters}
        response = server.post_tensors("/v2/models/sample/infer", {"inputs": [tensor]}, binary)
        answer = response.json["outputs"][0]["data"]
    assert answer == fitted.predict(rows).tolist()


def test_missing_values_that_an_estimator_does_not_take(tmp_path, launch):
    features, target = load_diabetes(return_X_y=True)
    path = save(tmp_path, make_pipeline(StandardScaler(), Ridge()).fit(features, target))
    server = launch(path, missing_values="null")
    answer = server.post("/predict", {"features": [None, *features[0, 1:]]})
    assert (answer.status, answer.json["code"]) == (422, "invalid_value")
    assert "Pipeline does not take the missing values: Input X contains NaN." in answer.json["error"]
    golden = {"features": [[None, *features[0, 1:]]], "predictions": [100]}
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    entry = refused_start(path)
    assert entry["code"] == "golden_mismatch"
    assert "does not take the missing values" in entry["message"]


def test_missing_values_that_an_estimator_takes(tmp_path, launch, pipeline):
    fitted, features = pipeline
    rows = features[:10].copy()
    rows[:, 1] = numpy.nan
    server = launch(save(tmp_path, fitted), missing_values="null")
    asked = [[None if value != value else value for value in row] for row in rows.tolist()]
    answer = server.post("/predict", {"instances": asked, "probabilities": True}).json
    assert answer["probabilities"] == fitted.predict_proba(rows).tolist()


def test_wrong_golden_label(tmp_path, pipeline):
    fitted, features = pipeline
    path = save(tmp_path, fitted)
    golden = {"features": features[:1].tolist(), "predictions": [2]}
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    assert refused_start(path)["code"] == "golden_mismatch"


def test_only_with_pinned_sha256(tmp_path, pipeline):
    path = save(tmp_path, pipeline[0])
    assert refused_start(path, model_sha256="")["code"] == "pickle_not_pinned"
    assert refused_start(path, allow_pickle="false")["code"] == "pickle_refused"
    assert refused_start(path, run_pickles="false")["code"] == "pickle_not_run"


@pytest.mark.parametrize(
    ("content", "code"),
    [({"a": 1}, "unsupported_model"), (StandardScaler(), "unsupported_model"), (Ridge(), "unfitted_model")],
)
def test_pickles_that_are_no_fitted_estimator(tmp_path, content, code):
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(content))
    assert refused_start(tmp_path / "model.pkl")["code"] == code


def test_image_without_scikit_learn_names_the_remedy(tmp_path, pipeline):
    path = save(tmp_path, pipeline[0])
    # Python's own way to make a package unavailable.
    hide = "import sys, runpy; sys.modules['sklearn'] = None; sys.argv[1:] = ['--check']; "
    done = subprocess.run(
        [sys.executable, "-c", hide + "runpy.run_module('model_server', run_name='__main__')"],
        env=environment(path),
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    entry = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, entry["code"]) == (1, "needs_scikit_learn")
    assert "REQUIREMENTS=requirements-scikit-learn.txt" in entry["message"]
