"""The Open Inference Protocol, as KServe's and Triton's clients speak it."""

import json
import struct

import numpy
import pytest

PATH = "/v2/models/breast-cancer"
INFER = f"{PATH}/infer"


def tensor(rows: list[list[float]], **changes) -> dict:
    flat = [value for row in rows for value in row]
    return {
        "name": "features",
        "shape": [len(rows), len(rows[0])],
        "datatype": "FP32",
        "data": flat,
    } | changes


def test_metadata(server, golden):
    model = server.get(PATH).json
    assert model["name"] == "breast-cancer"
    assert model["versions"] == ["1.0.0"]
    assert model["inputs"] == [{"name": "features", "datatype": "FP32", "shape": [-1, 30]}]
    assert model["outputs"] == [
        {"name": "predict", "datatype": "INT64", "shape": [-1]},
        {"name": "predict_proba", "datatype": "FP32", "shape": [-1, 2]},
    ]
    assert model["parameters"]["engine"] == "native"
    assert server.get(f"{PATH}/versions/1.0.0").json == model
    assert server.get(f"{PATH}/versions/2.0.0").status == 404
    assert server.get("/v2").json["extensions"] == ["binary_tensor_data"]


def test_infers_labels(server, golden):
    answer = server.post(INFER, {"id": "a-1", "inputs": [tensor(golden["features"])]})
    assert answer.json == {
        "model_name": "breast-cancer",
        "model_version": "1.0.0",
        "id": "a-1",
        "outputs": [
            {
                "name": "predict",
                "shape": [32],
                "datatype": "INT64",
                "data": golden["predictions"],
            }
        ],
    }


def test_infers_probabilities(server, golden):
    outputs = [{"name": "predict"}, {"name": "predict_proba", "parameters": {"binary_data": False}}]
    answer = server.post(INFER, {"inputs": [tensor(golden["features"])], "outputs": outputs})
    labels, probabilities = answer.json["outputs"]
    assert labels["data"] == golden["predictions"]
    assert probabilities["shape"] == [32, 2]
    assert probabilities["data"] == [value for row in golden["probabilities"] for value in row]


@pytest.mark.parametrize(
    "form",
    [
        lambda rows: tensor(rows, data=rows),
        lambda rows: tensor(rows, datatype="FP64"),
        lambda rows: tensor(rows, name="anything"),
    ],
)
def test_other_forms_of_the_same_tensor(server, golden, form):
    answer = server.post(INFER, {"inputs": [form(golden["features"])]})
    assert answer.json["outputs"][0]["data"] == golden["predictions"]


def test_accepts_what_kserves_client_repeats(server, golden):
    document = {"inputs": [tensor(golden["features"])], "id": None, "parameters": {}, "outputs": []}
    answer = server.post(INFER, document | {"model_name": "breast-cancer", "model_version": None})
    assert answer.json["outputs"][0]["data"] == golden["predictions"]


def test_one_row_without_its_dimension(server, golden):
    answer = server.post(INFER, {"inputs": [tensor(golden["features"][:1], shape=[30])]})
    assert answer.json["outputs"][0]["data"] == golden["predictions"][:1]


@pytest.mark.parametrize(("datatype", "dtype"), [("FP32", numpy.float32), ("FP64", numpy.float64)])
def test_binary_tensors(server, golden, datatype, dtype):
    binary = numpy.array(golden["features"], dtype).tobytes()
    document = {
        "inputs": [
            {
                "name": "features",
                "shape": [32, 30],
                "datatype": datatype,
                "parameters": {"binary_data_size": len(binary)},
            }
        ],
        "outputs": [{"name": "predict_proba", "parameters": {"binary_data": True}}],
    }
    answer = server.post_tensors(INFER, document, binary)
    expected = [value for row in golden["probabilities"] for value in row]
    assert answer.json["outputs"][0]["data"] == expected


def test_binary_integers(server):
    binary = struct.pack("<30q", *range(30))
    inputs = {"name": "x", "shape": [1, 30], "datatype": "INT64", "parameters": {"binary_data_size": 240}}
    plain = server.post("/predict", {"features": list(range(30))}).json["prediction"]
    assert server.post_tensors(INFER, {"inputs": [inputs]}, binary).json["outputs"][0]["data"] == [plain]


def test_regression(models, launch):
    golden = json.loads((models / "diabetes" / "1.0.0" / "golden.json").read_text())
    server = launch(models / "diabetes" / "1.0.0" / "model.pkl")
    answer = server.post("/v2/models/sample/infer", {"inputs": [tensor(golden["features"])]})
    (output,) = answer.json["outputs"]
    assert (output["datatype"], output["data"]) == ("FP32", golden["predictions"])
    assert "model_version" not in answer.json


def test_multi_class(models, launch):
    golden = json.loads((models / "wine" / "1.0.0" / "golden.json").read_text())
    server = launch(models / "wine" / "1.0.0" / "model.pkl")
    document = {"inputs": [tensor(golden["features"])], "outputs": [{"name": "predict_proba"}]}
    (output,) = server.post("/v2/models/sample/infer", document).json["outputs"]
    assert output["shape"] == [32, 3]
    assert output["data"] == [value for row in golden["probabilities"] for value in row]


ROW = [1.0] * 30
BAD = {
    "no inputs": ({}, "inputs"),
    "empty inputs": ({"inputs": []}, "inputs"),
    "two inputs": ({"inputs": [tensor([ROW]), tensor([ROW])]}, "inputs"),
    "unknown key": ({"inputs": [tensor([ROW])], "input": 1}, "input"),
    "text tensor": ({"inputs": [tensor([ROW], datatype="BYTES")]}, "inputs[0].datatype"),
    "wrong width": ({"inputs": [tensor([ROW[1:]])]}, "inputs[0].shape"),
    "wrong dimensions": ({"inputs": [tensor([ROW], shape=[1, 30, 1])]}, "inputs[0].shape"),
    "negative shape": ({"inputs": [tensor([ROW], shape=[-1, 30])]}, "inputs[0].shape"),
    "too little data": ({"inputs": [tensor([ROW], shape=[2, 30])]}, "inputs[0].data"),
    "no data": ({"inputs": [{"name": "x", "shape": [1, 30], "datatype": "FP32"}]}, "inputs[0].data"),
    "null": ({"inputs": [tensor([[None, *ROW[1:]]])]}, "inputs[0].data[0]"),
    "true": ({"inputs": [tensor([[*ROW[1:], True]])]}, "inputs[0].data[29]"),
    "text": ({"inputs": [tensor([ROW], data=[["1.0", *ROW[1:]]])]}, "inputs[0].data[0][0]"),
    "beyond float32": ({"inputs": [tensor([[1e39, *ROW[1:]]], datatype="FP64")]}, "inputs[0].data[0]"),
    "ragged": ({"inputs": [tensor([ROW], data=[ROW[1:]])]}, "inputs[0].data[0]"),
    "another model": ({"inputs": [tensor([ROW])], "model_name": "other"}, "model_name"),
    "unknown output": ({"inputs": [tensor([ROW])], "outputs": [{"name": "y"}]}, "outputs[0].name"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_requests(server, name):
    document, field = BAD[name]
    answer = server.post(INFER, document)
    assert answer.status == 422
    assert answer.json.get("field") == field, answer.content


def test_a_key_twice(server):
    body = json.dumps({"inputs": [tensor([ROW])]}).encode()
    assert server.post_bytes(INFER, body[:-1] + b', "id": "1", "id": "2"}').status == 400
    # Names that look alike once the numbers between them are gone are no duplicates.
    document = {"inputs": [tensor([ROW])], "parameters": {"a[1]": 1, "a[2]": 2}}
    assert server.post(INFER, document).status == 200


BINARY_INPUT = {"name": "x", "shape": [1, 30], "datatype": "FP32", "parameters": {"binary_data_size": 120}}


@pytest.mark.parametrize(
    ("changes", "binary", "length", "status"),
    [
        ({}, b"\0" * 119, None, 400),
        ({}, b"\0" * 121, None, 400),
        ({}, b"\0" * 120, 10_000, 400),
        ({}, b"\0" * 120, 5, 400),
        ({"parameters": {"binary_data_size": -120}}, b"\0" * 120, None, 400),
        ({"parameters": {"binary_data_size": "120"}}, b"\0" * 120, None, 400),
        ({"parameters": {"binary_data_size": 117}}, b"\0" * 117, None, 400),
        ({"parameters": {"binary_data_size": 116}}, b"\0" * 116, None, 422),
        ({"data": [1.0] * 30}, b"\0" * 120, None, 422),
        ({}, struct.pack("<f", float("nan")) * 30, None, 422),
        ({}, struct.pack("<f", float("inf")) * 30, None, 422),
        (
            {"datatype": "FP64", "parameters": {"binary_data_size": 240}},
            struct.pack("<d", 1e39) * 30,
            None,
            422,
        ),
    ],
)
def test_bad_binary(server, changes, binary, length, status):
    answer = server.post_tensors(INFER, {"inputs": [BINARY_INPUT | changes]}, binary, length)
    assert answer.status == status, answer.content


def test_binary_without_a_tensor(server):
    assert server.post_tensors(INFER, {"inputs": [tensor([ROW])]}, b"\0").status == 400


def test_a_length_that_is_none(server):
    headers = {"Inference-Header-Content-Length": "-5"}
    assert server.request("POST", INFER, b"{}", headers).status == 400
