"""Triton's and KServe's clients, as they come from PyPI, understand the server, and its refusals."""

import json
from pathlib import Path

import pytest

from tests.instruments import environment

HERE = Path(__file__).parent
MODEL, VERSION = "breast-cancer", "1.0.0"


def told(script: str, *arguments: str | Path) -> dict:
    done = environment.run("python", HERE / script, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def golden_file(breast_cancer) -> Path:
    return breast_cancer.parent / "golden.json"


@pytest.fixture(scope="module")
def triton(server, golden_file) -> dict:
    return told("triton.py", f"127.0.0.1:{server.port}", MODEL, VERSION, golden_file)


@pytest.fixture(scope="module")
def kserve(server, golden_file) -> dict:
    return told("kserve_rest.py", f"http://127.0.0.1:{server.port}", MODEL, golden_file)


def test_triton_sees_what_is_there(server, triton):
    assert all(triton[what] for what in ("live", "ready", "model ready", "version ready"))
    assert not triton["other model ready"]
    assert triton["server"]["name"] == "model-server"
    assert triton["model"] == server.get(f"/v2/models/{MODEL}").json


@pytest.mark.parametrize("form", ["FP32 binary", "FP32 JSON", "FP64 binary", "FP64 JSON"])
def test_triton_gets_predictions(triton, golden, form):
    assert triton[form] == {
        "id": "id-7",
        "predict": golden["predictions"],
        "predict_proba": golden["probabilities"],
    }


def test_triton_gets_labels_by_default_and_many_at_a_time(triton, golden):
    assert triton["nothing asked for"] == ["predict"]
    assert triton["at the same time"] == golden["predictions"]


REFUSALS = {
    "shape": ("422", "the model takes shape [rows, 30], not [32, 29]"),
    "NaN": ("422", "NaN, but missing values are not accepted"),
    "output": ("422", "the model gives predict, predict_proba, not margin"),
    "model": ("404", "there is no /v2/models/other/infer here"),
    "compressed": ("415", "the body must not be compressed (gzip)"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_triton_says_why_it_was_refused(triton, what):
    status, message = REFUSALS[what]
    assert triton["refused"][what] == {"status": status, "message": message}


def test_kserve_sees_what_is_there(kserve):
    assert all(kserve[what] for what in ("live", "ready", "model ready"))


@pytest.mark.parametrize("form", ["binary", "JSON"])
def test_kserve_gets_predictions(kserve, golden, form):
    assert kserve[form] == {
        "id": "id-7",
        "model": MODEL,
        "predict": golden["predictions"],
        "predict_proba": [pytest.approx(row, abs=0) for row in golden["probabilities"]],
    }


@pytest.mark.parametrize("what", ["shape", "output", "model"])
def test_kserve_says_why_it_was_refused(kserve, what):
    status, message = REFUSALS[what]
    assert str(kserve["refused"][what]["status"]) == status
    assert message in kserve["refused"][what]["message"]
