"""The Open Inference Protocol with a tensor for each column, in JSON and binary."""

import struct

import joblib
import numpy
import pandas
import pytest
import xgboost
from in_process import load
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

RANDOM = numpy.random.default_rng(17)
COUNT = 60
FRAME = pandas.DataFrame(
    {
        "age": RANDOM.integers(18, 90, COUNT).astype(float),
        "plan": RANDOM.choice(["bronze", "größer"], COUNT),
        "new": RANDOM.random(COUNT) > 0.5,
        "visits": RANDOM.integers(0, 4, COUNT),
    }
)
LABELS = ((FRAME["age"] > 50) ^ FRAME["new"]).astype(int)
INFER = "/v2/models/sample/infer"
DATATYPES = {"age": "FP64", "plan": "BYTES", "new": "BOOL", "visits": "INT64"}


@pytest.fixture(scope="module")
def fitted():
    steps = make_column_transformer(
        (SimpleImputer(), ["age"]), (OneHotEncoder(), ["plan"]), (OrdinalEncoder(), ["new", "visits"])
    )
    return make_pipeline(steps, LogisticRegression()).fit(FRAME, LABELS)


@pytest.fixture(scope="module")
def path(tmp_path_factory, fitted):
    path = tmp_path_factory.mktemp("columns") / "model.pkl"
    joblib.dump(fitted, path)
    return path


@pytest.fixture(scope="module")
def server(path):
    return load(path)


def column(name: str, /, count: int = COUNT, **given) -> dict:
    values = {"name": name, "shape": [count, 1], "datatype": DATATYPES[name]}
    return values | {"data": FRAME[name][:count].tolist()} | given


def in_binary(name: str) -> tuple[dict, bytes]:
    values = FRAME[name]
    if name == "plan":
        content = b"".join(
            struct.pack("<I", len(text)) + text for text in (value.encode() for value in values)
        )
    else:
        content = values.to_numpy().tobytes()
    tensor = {key: value for key, value in column(name).items() if key != "data"}
    return tensor | {"parameters": {"binary_data_size": len(content)}}, content


def outputs(answer) -> dict:
    assert answer.status == 200, answer.content
    return {output["name"]: output["data"] for output in answer.json["outputs"]}


def refused(answer, code: str, field: str) -> str:
    assert (answer.status, answer.json["code"], answer.json.get("field")) == (
        400 if code == "malformed" else 422,
        code,
        field,
    ), answer.content
    return answer.json["error"]


WANTED = {"outputs": [{"name": "predict"}, {"name": "predict_proba"}]}


@pytest.mark.parametrize("shape", [[COUNT], [COUNT, 1]])
@pytest.mark.parametrize("nested", [False, True])
def test_columns_in_json(server, fitted, shape, nested):
    inputs = [column(name, shape=shape) for name in reversed(FRAME.columns)]
    if nested:
        for tensor in inputs:
            tensor["data"] = [[value] for value in tensor["data"]]
    found = outputs(server.post(INFER, {"inputs": inputs, **WANTED, "parameters": {"content_type": "pd"}}))
    assert found["predict"] == fitted.predict(FRAME).tolist()
    assert found["predict_proba"] == fitted.predict_proba(FRAME).ravel().tolist()


def test_as_mlservers_client_writes_them(server, fitted):
    parameters = {"content_type": "pd", "headers": None}
    inputs = [column(name, parameters=parameters) for name in FRAME]
    inputs[1]["parameters"] = None
    document = {"id": None, "parameters": parameters, "inputs": inputs, "outputs": None}
    assert outputs(server.post(INFER, document))["predict"] == fitted.predict(FRAME).tolist()


@pytest.mark.parametrize("binary", [list(FRAME), ["plan"], ["new", "age"]])
def test_columns_in_binary(server, fitted, binary):
    inputs, contents = [], []
    for name in ("visits", "plan", "age", "new"):
        if name in binary:
            tensor, content = in_binary(name)
            inputs.append(tensor)
            contents.append(content)
        else:
            inputs.append(column(name))
    found = outputs(server.post_tensors(INFER, {"inputs": inputs, **WANTED}, b"".join(contents)))
    assert found["predict_proba"] == fitted.predict_proba(FRAME).ravel().tolist()


def test_the_models_columns_are_described(server):
    assert server.metadata["inputs"] == [
        {"name": name, "datatype": DATATYPES[name], "shape": [-1, 1]} for name in FRAME
    ]
    assert server.metadata["parameters"]["categories"] == {
        "plan": ["bronze", "größer"],
        "new": [False, True],
        "visits": [0, 1, 2, 3],
    }


def test_wrong_names(server):
    inputs = [column("age"), column("plan", name="Plan"), column("new"), column("new", name="old")]
    error = refused(server.post(INFER, {"inputs": inputs}), "wrong_columns", "inputs")
    assert error == (
        'there is no column "Plan", did you mean "plan"?; there is no column "old"; '
        'the column "visits" is missing'
    )
    twice = [*map(column, FRAME), column("age")]
    error = refused(server.post(INFER, {"inputs": twice}), "wrong_columns", "inputs")
    assert error == 'columns appear twice: "age"'


def with_plan(**given) -> dict:
    return {"inputs": [column("age"), column("plan", **given), column("new"), column("visits")]}


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"shape": [COUNT - 1, 1]}, "wrong_shape", "inputs[1].shape"),
        ({"shape": [COUNT, 2]}, "wrong_shape", "inputs[1].shape"),
        ({"shape": [COUNT, 1, 1]}, "wrong_shape", "inputs[1].shape"),
        ({"shape": []}, "wrong_shape", "inputs[1].shape"),
        ({"shape": [0]}, "wrong_shape", "inputs[1].shape"),
        ({"shape": [-1]}, "wrong_shape", "inputs[1].shape"),
        ({"data": ["bronze"] * (COUNT - 1)}, "wrong_length", "inputs[1].data"),
        ({"data": ["bronze"] * (COUNT - 1) + [1]}, "invalid_value", f"inputs[1].data[{COUNT - 1}]"),
        ({"data": ["bronze"] * (COUNT - 1) + ["tin"]}, "unknown_category", f"inputs[1].data[{COUNT - 1}]"),
        ({"data": ["bronze", None] * (COUNT // 2)}, "invalid_value", "inputs[1].data[1]"),
        ({"data": [["bronze"]] * (COUNT - 1) + ["bronze"]}, "invalid_value", f"inputs[1].data[{COUNT - 1}]"),
        ({"data": [[["bronze"]]] * COUNT}, "invalid_value", "inputs[1].data[0]"),
        ({"data": [{"a": 1}] * COUNT}, "invalid_value", "inputs[1].data[0]"),
        ({"data": "bronze"}, "invalid_value", "inputs[1].data"),
        ({"data": [1.5] * COUNT, "datatype": "INT32"}, "invalid_value", "inputs[1].data[0]"),
        ({"data": [1] * COUNT, "datatype": "INT32"}, "invalid_value", "inputs[1].data[0]"),
        ({"datatype": "STRING"}, "wrong_datatype", "inputs[1].datatype"),
        ({"parameters": {"binary_data_size": 5}}, "malformed", "inputs[1].parameters.binary_data_size"),
        (
            {"parameters": {"content_type": "base64"}},
            "unsupported_parameter",
            "inputs[1].parameters.content_type",
        ),
    ],
)
def test_wrong_columns(server, given, code, field):
    refused(server.post(INFER, with_plan(**given)), code, field)


@pytest.mark.parametrize(
    ("content", "code", "field"),
    [
        (
            b"\x06\0\0\0bronze" * (COUNT - 1) + b"\x07\0\0\0bronze",
            "malformed",
            f"inputs[1].data[{COUNT - 1}]",
        ),
        (b"\x06\0\0\0bronze" * COUNT + b"\0\0", "malformed", f"inputs[1].data[{COUNT}]"),
        (b"\x01\0\0\0\xff" * COUNT, "malformed", "inputs[1].data[0]"),
        (b"\xff\xff\xff\xff" * COUNT, "malformed", "inputs[1].data[0]"),
        (b"\0\0\0\0" * COUNT, "unknown_category", "inputs[1].data[0]"),
        (b"", "wrong_length", "inputs[1].data"),
    ],
)
def test_wrong_binary_texts(server, content, code, field):
    document = with_plan(parameters={"binary_data_size": len(content)})
    del document["inputs"][1]["data"]
    refused(server.post_tensors(INFER, document, content), code, field)
    refused(server.post_tensors(INFER, document, content + b"\0"), "malformed", "inputs")


def test_wrong_flags(server):
    tensor, content = in_binary("new")
    inputs = [column("age"), column("plan"), tensor, column("visits")]
    wrong = content[:7] + b"\x02" + content[8:]
    refused(server.post_tensors(INFER, {"inputs": inputs}, wrong), "invalid_value", "inputs[2].data[7]")


def test_missing_values(path, fitted):
    server = load(path, missing_values="null")
    gaps = FRAME.assign(age=FRAME["age"].where(FRAME.index % 3 > 0))
    expected = fitted.predict_proba(gaps).ravel().tolist()
    in_json = column("age", data=[None if value != value else value for value in gaps["age"]])
    others = [column(name) for name in ("plan", "new", "visits")]
    assert outputs(server.post(INFER, {"inputs": [in_json, *others], **WANTED}))["predict_proba"] == expected
    content = gaps["age"].to_numpy().tobytes()
    tensor, _ = in_binary("age")
    answer = server.post_tensors(INFER, {"inputs": [tensor, *others], **WANTED}, content)
    assert outputs(answer)["predict_proba"] == expected
    refused(
        load(path).post_tensors(INFER, {"inputs": [tensor, *others]}, content),
        "invalid_value",
        "inputs[0].data[0]",
    )


def test_all_columns_in_one_tensor(tmp_path):
    rows = FRAME[["plan", "plan"]].to_numpy(dtype=object)
    fitted = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(rows, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    server = load(tmp_path / "model.pkl")
    tensor = {"name": "x", "shape": [COUNT, 2], "datatype": "BYTES", "data": rows.ravel().tolist()}
    assert outputs(server.post(INFER, {"inputs": [tensor]}))["predict"] == fitted.predict(rows).tolist()
    tensor["data"][5] = "tin"
    refused(server.post(INFER, {"inputs": [tensor]}), "unknown_category", "inputs[0].data[5]")


def test_numbers_of_xgboost_by_column(tmp_path):
    rows = RANDOM.normal(size=(COUNT, 3)).astype(numpy.float32)
    fitted = xgboost.XGBClassifier(n_estimators=4, n_jobs=1).fit(rows, LABELS)
    fitted.get_booster().feature_names = ["a", "b", "c"]
    fitted.save_model(tmp_path / "model.ubj")
    server = load(tmp_path / "model.ubj")
    by_column = [
        {"name": name, "shape": [COUNT], "datatype": "FP32", "data": rows[:, place].tolist()}
        for place, name in ((2, "c"), (0, "a"), (1, "b"))
    ]
    found = outputs(server.post(INFER, {"inputs": by_column, **WANTED}))
    assert found["predict_proba"] == fitted.predict_proba(rows).ravel().tolist()
    wide = {"name": "a", "shape": [COUNT, 3], "datatype": "FP32", "data": rows.ravel().tolist()}
    assert outputs(server.post(INFER, {"inputs": [wide], **WANTED})) == found
    by_column[1]["data"][4] = 1e39
    refused(server.post(INFER, {"inputs": by_column}), "out_of_range", "inputs[1].data[4]")
    assert server.metadata["inputs"] == [{"name": "features", "datatype": "FP32", "shape": [-1, 3]}]


@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_one_column_of_two_is_no_row(tmp_path, shape):
    frame = FRAME[["age", "visits"]]
    xgboost.XGBClassifier(n_estimators=3).fit(frame, LABELS).save_model(tmp_path / "model.ubj")
    server = load(tmp_path / "model.ubj")
    tensor = {"name": "age", "shape": shape, "datatype": "FP64", "data": [30, 40]}
    told = refused(server.post(INFER, {"inputs": [tensor]}), "wrong_columns", "inputs")
    assert told == 'the column "visits" is missing'
    whole = tensor | {"shape": [1, 2]}
    expected = outputs(server.post(INFER, {"inputs": [whole]}))
    assert outputs(server.post(INFER, {"inputs": [tensor | {"name": "rows", "shape": [2]}]})) == expected


def test_the_one_column_that_is_not_dropped(tmp_path):
    steps = make_column_transformer((OneHotEncoder(), ["plan"]))
    fitted = make_pipeline(steps, LogisticRegression()).fit(FRAME, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    found = outputs(load(tmp_path / "model.pkl").post(INFER, {"inputs": [column("plan")]}))
    assert found["predict"] == fitted.predict(FRAME).tolist()


def test_texts_of_categories_of_xgboost(tmp_path):
    frame = FRAME[["age", "plan"]].astype({"plan": "category"})
    fitted = xgboost.XGBClassifier(n_estimators=4, n_jobs=1, enable_categorical=True).fit(frame, LABELS)
    fitted.save_model(tmp_path / "model.ubj")
    server = load(tmp_path / "model.ubj")
    found = outputs(server.post(INFER, {"inputs": [column("plan"), column("age")], **WANTED}))
    assert found["predict_proba"] == fitted.predict_proba(frame).ravel().tolist()
    wrong = column("plan", data=["tin"] * COUNT)
    refused(server.post(INFER, {"inputs": [wrong, column("age")]}), "unknown_category", "inputs[0].data[0]")
    rows = [{"plan": plan, "age": age} for age, plan in zip(frame["age"], frame["plan"], strict=True)]
    named = server.post("/predict", {"instances": rows}).json
    assert named["predictions"] == found["predict"]


def test_one_column(tmp_path):
    rows = RANDOM.normal(size=(COUNT, 1)).astype(numpy.float32)
    fitted = xgboost.XGBClassifier(n_estimators=4, n_jobs=1).fit(rows, LABELS)
    fitted.get_booster().feature_names = ["a"]
    fitted.save_model(tmp_path / "model.ubj")
    server = load(tmp_path / "model.ubj")
    expected = fitted.predict(rows).tolist()
    for name, shape in (("a", [COUNT]), ("a", [COUNT, 1]), ("features", [COUNT, 1])):
        tensor = {"name": name, "shape": shape, "datatype": "FP32", "data": rows.ravel().tolist()}
        assert outputs(server.post(INFER, {"inputs": [tensor]}))["predict"] == expected
