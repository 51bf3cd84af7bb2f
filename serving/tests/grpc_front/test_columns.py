"""A tensor for each column over gRPC: texts, booleans and numbers, typed and raw."""

import json
import struct

import joblib
import numpy
import pandas
import pytest
from conftest import start
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from tests.grpc_front.client import INFERENCE, ModelInferRequest, connected, details, refusal
from tests.ports import free_port

COUNT = 20
RANDOM = numpy.random.default_rng(5)
FRAME = pandas.DataFrame(
    {
        "age": RANDOM.integers(18, 90, COUNT).astype(float),
        "plan": RANDOM.choice(["bronze", "größer", ""], COUNT),
        "new": RANDOM.random(COUNT) > 0.5,
        "visits": RANDOM.integers(0, 4, COUNT),
    }
)
TYPES = {
    "age": ("FP64", "fp64_contents"),
    "plan": ("BYTES", "bytes_contents"),
    "new": ("BOOL", "bool_contents"),
    "visits": ("INT64", "int64_contents"),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    steps = make_column_transformer(
        ("passthrough", ["age"]), (OneHotEncoder(), ["plan"]), (OrdinalEncoder(), ["new", "visits"])
    )
    fitted = make_pipeline(steps, LogisticRegression(max_iter=1000)).fit(FRAME, FRAME["age"] > 50)
    path = tmp_path_factory.mktemp("columns") / "model.pkl"
    joblib.dump(fitted, path)
    port = free_port()
    running = start(path, grpc_port=port)
    running.ignore_log()
    with connected(port) as client:
        yield running, client
    assert running.stop() == 0


def request(raw: bool):
    asked = ModelInferRequest(model_name="sample")
    asked.outputs.add(name="predict")
    for name in reversed(FRAME.columns):
        datatype, field = TYPES[name]
        tensor = asked.inputs.add(name=name, datatype=datatype, shape=[COUNT])
        values = [value.encode() for value in FRAME[name]] if name == "plan" else FRAME[name].tolist()
        if not raw:
            getattr(tensor.contents, field).extend(values)
        elif name == "plan":
            asked.raw_input_contents.append(b"".join(struct.pack("<I", len(v)) + v for v in values))
        else:
            asked.raw_input_contents.append(FRAME[name].to_numpy().tobytes())
    return asked


@pytest.mark.parametrize("raw", [False, True])
def test_answers_are_those_of_http(served, raw):
    http, client = served
    inputs = [
        {"name": name, "shape": [COUNT], "datatype": TYPES[name][0], "data": FRAME[name].tolist()}
        for name in FRAME
    ]
    told = http.post("/v2/models/sample/infer", {"inputs": inputs}).json["outputs"][0]
    (output,) = client.infer(request(raw)).outputs
    assert (output.name, output.datatype, list(output.shape)) == (
        told["name"],
        told["datatype"],
        told["shape"],
    )
    answer = client.infer(request(raw))
    if raw:
        assert list(answer.raw_output_contents[0]) == [int(value) for value in told["data"]]
    else:
        assert list(answer.outputs[0].contents.bool_contents) == told["data"]


def test_a_column_that_is_missing_is_named(served):
    asked = request(raw=False)
    del asked.inputs[0]
    error = refusal(lambda: served[1].infer(asked))
    assert error.code().name == "INVALID_ARGUMENT"
    assert "visits" in error.details() + details(error).decode(errors="replace")


def test_metadata_is_that_of_http(served):
    http, client = served
    told = json.loads(http.get("/v2/models/sample").content)
    model = client.call(INFERENCE, "ModelMetadata", name="sample")
    assert [(i.name, i.datatype, list(i.shape)) for i in model.inputs] == [
        (i["name"], i["datatype"], i["shape"]) for i in told["inputs"]
    ]
