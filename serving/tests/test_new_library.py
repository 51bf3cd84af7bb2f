"""What it takes to serve models of another library: one folder, put beside the others."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import SERVING, Answer, RunningServer, command, environment

TOY = b"toy\nlength width\nshort 1 3\nlong 3 1\n"


@pytest.fixture
def with_toy(tmp_path) -> Path:
    """The server's code as it is, and the folder."""
    root = tmp_path / "server"
    shutil.copytree(SERVING / "model_server", root / "model_server")
    shutil.copytree(SERVING / "tests" / "toy_library", root / "model_server" / "models" / "toy")
    return root


@pytest.fixture
def toy(tmp_path) -> Path:
    path = tmp_path / "model" / "model.toy"
    path.parent.mkdir()
    path.write_bytes(TOY)
    (path.parent / "golden.json").write_text(
        json.dumps({"features": [[1, 0], [0, 1]], "predictions": ["long", "short"]})
    )
    return path


def launch(root: Path, model: Path) -> tuple[subprocess.Popen, list[dict]]:
    """A server of this code, and its log until it is ready or has ended."""
    given = environment(model, model_name="toy", model_version="7") | {"PYTHONPATH": str(root)}
    process = subprocess.Popen(command(), env=given, stdout=subprocess.PIPE, cwd="/", text=True)
    log = []
    for line in process.stdout:
        log.append(json.loads(line))
        if log[-1]["message"] == "ready":
            break
    return process, log


@pytest.fixture
def server(with_toy, toy):
    process, log = launch(with_toy, toy)
    assert log[-1]["message"] == "ready", log
    running = RunningServer(process, log[-1]["port"])
    running.loaded = next(entry for entry in log if entry["message"] == "model loaded")
    yield running
    assert running.stop() == 0


def test_it_is_served_by_all_protocols(server):
    assert (server.loaded["format"], server.loaded["engine"], server.loaded["golden_rows"]) == (
        "toy",
        "toy 1.0",
        2,
    )
    assert server.post("/predict", {"features": [2, 1]}).json == {"prediction": "long"}
    many = server.post("/predict", {"instances": [[1, 0], [0, 1]], "probabilities": True}).json
    assert many == {"predictions": ["long", "short"], "probabilities": [[0.25, 0.75], [0.75, 0.25]]}
    tensor = {"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 0, 0, 1]}
    inferred = server.post("/v2/models/toy/versions/7/infer", {"inputs": [tensor]}).json
    assert inferred == {
        "model_name": "toy",
        "outputs": [{"name": "predict", "shape": [2], "datatype": "BYTES", "data": ["long", "short"]}],
        "model_version": "7",
    }


def test_it_is_described(server):
    metadata = server.get("/v2/models/toy").json
    assert metadata["platform"] == "toy"
    assert metadata["inputs"] == [{"name": "features", "datatype": "FP32", "shape": [-1, 2]}]
    assert [output["name"] for output in metadata["outputs"]] == ["predict", "predict_proba"]
    assert metadata["parameters"]["feature_names"] == ["length", "width"]
    assert metadata["parameters"]["toy_classes"] == 2
    schemas = server.get("/openapi.json").json["components"]["schemas"]
    assert schemas["Row"]["minItems"] == 2
    assert schemas["PredictResponse"]["properties"]["prediction"] == {"type": "string"}
    assert 'engine="toy 1.0"' in server.get("/metrics").content.decode()


def refusal(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.json["code"], answer.json["field"]


def test_what_it_cannot_do_is_refused(server):
    assert refusal(server.post("/predict", {"features": [1]})) == (422, "wrong_length", "features")
    sparse = server.post("/predict", {"sparse": {"indices": [0], "values": [1]}})
    assert refusal(sparse) == (422, "no_sparse_rows", "sparse")
    assert sparse.json["error"] == "the largest does not take sparse rows: give all features"


@pytest.mark.parametrize(
    ("content", "golden", "code", "message"),
    [
        (TOY + b"wide 1\n", True, "unreadable_model", "give 2 weights a class"),
        (TOY, False, "unproven_model", "only with golden requests"),
        (
            b"nonsense",
            True,
            "unknown_format",
            "neither a pickle nor skops nor XGBoost's .json or .ubj nor a toy",
        ),
    ],
)
def test_it_has_its_own_say_at_the_start(with_toy, toy, content, golden, code, message):
    toy.write_bytes(content)
    if not golden:
        (toy.parent / "golden.json").unlink()
    process, log = launch(with_toy, toy)
    assert process.wait() == 1
    assert log[-1]["code"] == code
    assert message in log[-1]["message"]


def test_the_others_are_served_as_before(with_toy, breast_cancer):
    process, log = launch(with_toy, breast_cancer)
    running = RunningServer(process, log[-1]["port"])
    assert running.get("/v2/models/toy").json["platform"] == "xgboost"
    assert running.stop() == 0


def test_without_the_folder_it_is_no_model(toy):
    done = subprocess.run(
        command("--check"), env=environment(toy), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["message"].endswith(
        "the model file is neither a pickle nor skops nor XGBoost's .json or .ubj nor ONNX nor LightGBM's "
        "text nor CatBoost's .cbm (it starts with b'toy\\nleng')"
    )
