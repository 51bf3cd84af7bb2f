"""MLflow's protocol: /invocations as its scoring server answers it."""

import json

import joblib
import numpy
import pandas
import pytest
import xgboost
from in_process import load
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

RANDOM = numpy.random.default_rng(23)
COUNT = 40
FRAME = pandas.DataFrame(
    {
        "age": RANDOM.integers(18, 90, COUNT).astype(float),
        "my plan": RANDOM.choice(["bronze", "gold"], COUNT),
        "is new": RANDOM.random(COUNT) > 0.5,
    }
)
LABELS = numpy.where(FRAME["age"] > 50, "old", "young")


@pytest.fixture(scope="module")
def fitted():
    steps = make_column_transformer((OneHotEncoder(), ["my plan"]), remainder="passthrough")
    return make_pipeline(steps, LogisticRegression(max_iter=500)).fit(FRAME, LABELS)


@pytest.fixture(scope="module")
def server(tmp_path_factory, fitted):
    path = tmp_path_factory.mktemp("mlflow") / "model.pkl"
    joblib.dump(fitted, path)
    return load(path)


@pytest.fixture(scope="module")
def unnamed(tmp_path_factory):
    rows = RANDOM.normal(size=(COUNT, 3)).astype(numpy.float32)
    fitted = xgboost.XGBRegressor(n_estimators=3, n_jobs=1).fit(rows, rows[:, 0])
    path = tmp_path_factory.mktemp("unnamed") / "model.ubj"
    fitted.save_model(path)
    return load(path, missing_values="null"), fitted, rows


def split(frame: pandas.DataFrame) -> dict:
    return json.loads(frame.to_json(orient="split"))


def columns(frame: pandas.DataFrame) -> dict:
    return {name: frame[name].tolist() for name in frame}


REVERSED = FRAME[FRAME.columns[::-1]]
FORMS = {
    "split": {"dataframe_split": split(FRAME)},
    "split in another order": {"dataframe_split": split(REVERSED)},
    "split without index": {"dataframe_split": {k: v for k, v in split(FRAME).items() if k != "index"}},
    "split by position": {"dataframe_split": {"data": split(FRAME)["data"]}},
    "split by number": {"dataframe_split": {"columns": [0, 1, 2], "data": split(FRAME)["data"]}},
    "records": {"dataframe_records": REVERSED.to_dict("records")},
    "instances by name": {"instances": REVERSED.to_dict("records")},
    "instances by position": {"instances": split(FRAME)["data"]},
    "inputs by column": {"inputs": columns(REVERSED)},
    "inputs by column, in lists": {
        "inputs": {name: [[value] for value in values] for name, values in columns(FRAME).items()}
    },
    "inputs by position": {"inputs": split(FRAME)["data"]},
    "without params": {"inputs": columns(FRAME), "params": {}},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form(server, fitted, form):
    answer = server.post("/invocations", FORMS[form])
    assert (answer.status, answer.json) == (200, {"predictions": fitted.predict(FRAME).tolist()})


def test_numbers_without_names(unnamed):
    server, fitted, rows = unnamed
    expected = {"predictions": fitted.predict(rows).tolist()}
    frame = pandas.DataFrame(rows.astype(float))
    for document in (
        {"inputs": rows.tolist()},
        {"instances": rows.tolist()},
        {"dataframe_split": frame.to_dict(orient="split")},
    ):
        assert server.post("/invocations", document).json == expected


def test_nan_as_mlflows_client_writes_it(unnamed):
    server, fitted, rows = unnamed
    gaps = rows.copy()
    gaps[::2, 0] = numpy.nan
    body = json.dumps({"inputs": gaps.tolist()}).encode()
    assert b"NaN" in body
    assert server.post_bytes("/invocations", body).json["predictions"] == fitted.predict(gaps).tolist()
    infinite = server.post_bytes("/invocations", b'{"inputs": [[NaN, Infinity, 1]]}')
    assert (infinite.status, infinite.json["code"]) == (400, "out_of_range")


DATA = split(FRAME[:2])["data"]
WRONG = {
    "no form": ({}, "missing_field", "dataframe_split"),
    "two forms": ({"inputs": DATA, "instances": DATA}, "missing_field", "inputs"),
    "no rows": ({"inputs": []}, "wrong_length", "inputs"),
    "no columns": ({"inputs": {}}, "wrong_columns", "inputs"),
    "a name": (
        {"dataframe_split": {"columns": ["age", "plan", "is new"], "data": DATA}},
        "wrong_columns",
        "dataframe_split.columns",
    ),
    "a name twice": (
        {"dataframe_split": {"columns": ["age", "age", "is new"], "data": DATA}},
        "wrong_columns",
        "dataframe_split.columns",
    ),
    "a length": (
        {"dataframe_split": {"columns": list(FRAME), "data": [DATA[0], DATA[1][:2]]}},
        "wrong_length",
        "dataframe_split.data[1]",
    ),
    "a value": (
        {"dataframe_split": {"columns": ["is new", "age", "my plan"], "data": [[True, 1, "tin"]]}},
        "unknown_category",
        "dataframe_split.data[0][2]",
    ),
    "a record": (
        {"dataframe_records": [{"age": 1, "my plan": "tin", "is new": True}]},
        "unknown_category",
        'dataframe_records[0]["my plan"]',
    ),
    "a column's length": (
        {"inputs": {"age": [1, 2], "my plan": ["gold"], "is new": [True, False]}},
        "wrong_length",
        'inputs["my plan"]',
    ),
    "a column's value": (
        {"inputs": {"age": [1, 2], "my plan": ["gold", 5], "is new": [True, False]}},
        "invalid_value",
        'inputs["my plan"][1]',
    ),
    "both ways": ({"inputs": [DATA[0], {"age": 1}]}, "mixed_rows", "inputs[1]"),
    "no row": ({"instances": [DATA[0], 5]}, "invalid_value", "instances[1]"),
    "params": ({"inputs": DATA, "params": {"temperature": 1}}, "unsupported_parameter", "params"),
    "another key": ({"inputs": DATA, "signature_name": "x"}, "invalid_value", "signature_name"),
}


@pytest.mark.parametrize("name", WRONG)
def test_refusals(server, name):
    document, code, field = WRONG[name]
    answer = server.post("/invocations", document)
    found = answer.json
    assert (answer.status, found["code"], found["field"]) == (400, code, field), found
    # As MLflow's clients read it, and as all others do.
    assert found["error_code"] == "INVALID_PARAMETER_VALUE"
    assert found["message"] == found["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"inputs": [[1, "gold", true]], "inputs": [[1, "gold", true]]}',
        b'{"inputs": [{"age": 1, "my plan": "gold", "is new": true, "age": 2}]}',
        b'{"inputs": {"age": [1], "my plan": ["gold"], "is new": [true], "age": [2]}}',
        b'{"dataframe_split": {"data": [[1, "gold", true]], "data": [[2, "gold", true]]}}',
        b'{"inputs": [{"age": NaN, "my plan": "gold", "is new": true, "age": 2}]}',
        b'{"inputs": [NaN',
    ],
)
def test_malformed_documents(server, body):
    answer = server.post_bytes("/invocations", body)
    assert answer.status == 400
    assert answer.json["error_code"] in ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")


def test_too_many_rows(unnamed):
    server = load(unnamed[0].path, max_rows=5)
    assert server.post("/invocations", {"inputs": [[1, 2, 3]] * 5}).status == 200
    for rows in (6, 100_000):
        answer = server.post("/invocations", {"inputs": [[1, 2, 3]] * rows})
        assert (answer.status, answer.json["code"]) == (400, "too_many_rows")


def test_over_http(breast_cancer, golden, launch):
    server = launch(breast_cancer, log_sample=1)
    answer = server.post("/invocations", {"inputs": golden["features"]})
    assert answer.json == {"predictions": golden["predictions"]}
    assert answer.headers["x-model-name"] == "sample"
    refused = server.post("/invocations", {"inputs": [[1]]})
    assert refused.status == 400
    assert refused.json["message"] == "the model takes 30 features, 1 were given"
    assert server.post_bytes("/invocations", b"a,b\n1,2", "text/csv").status == 415
    assert server.get("/invocations").status == 405
    assert server.get("/ping").status == 200
    version = server.get("/version")
    assert version.headers["content-type"].startswith("text/plain")
    assert server.get("/v2").json["version"] == version.content.decode()
    metrics = server.get("/metrics").content.decode()
    assert 'model_server_requests_total{route="invocations",status="200"} 1.0' in metrics
    assert 'model_server_requests_total{route="invocations",status="400"} 1.0' in metrics
    paths = server.get("/openapi.json").json["paths"]
    assert {"/invocations", "/ping", "/version"} <= paths.keys()
    assert "422" not in paths["/invocations"]["post"]["responses"]


@pytest.mark.parametrize("form", ["dataframe_split", "dataframe_records", "instances", "inputs"])
def test_columns_that_the_model_does_not_know_are_left_out_as_mlflow_does(server, fitted, form):
    wider = FRAME.assign(note="x", **{"another age": 1})
    written = {
        "dataframe_split": split(wider),
        "dataframe_records": json.loads(wider.to_json(orient="records")),
        "instances": json.loads(wider.to_json(orient="records")),
        "inputs": columns(wider),
    }
    answer = server.post("/invocations", {form: written[form]})
    assert answer.json == {"predictions": fitted.predict(FRAME).tolist()}


def test_one_of_them_may_be_the_one_that_is_missing(server):
    answer = server.post("/invocations", {"dataframe_split": split(FRAME.rename(columns={"age": "agee"}))})
    assert answer.status == 400
    assert 'did you mean "age"?' in answer.json["message"]
