"""Files of other libraries and versions: read where that is possible, and otherwise called what they are."""

import gzip
import io
import json
import pickle
import subprocess
import tarfile
import zipfile
from pathlib import Path

import cloudpickle
import joblib
import numpy
import pytest
import xgboost
from conftest import command, environment
from in_process import load, refusal
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from model_server.model_files import compression, lz4_frames

FOLDER = Path(__file__).parent / "foreign_models"
RANDOM = numpy.random.default_rng(3)
FEATURES = RANDOM.normal(size=(60, 3)).round(2)
TARGET = FEATURES[:, 1]


def answers(name: str) -> tuple[dict, list]:
    document = json.loads((FOLDER / f"{name}.answers").read_text())
    return {"instances": document["features"]}, document["predictions"]


@pytest.mark.parametrize(
    ("file", "recorded", "allowed"),
    [
        ("xgboost.lz4", "xgboost", False),
        ("pipeline.lz4", "pipeline", True),
        ("xgboost.dill", "xgboost-dill", False),
        ("scikit-learn-1.0.pkl", "scikit-learn-1.0", True),
    ],
)
def test_what_others_wrote_is_read(file, recorded, allowed):
    """XGBoost's own models also where no pickle may be run."""
    body, predictions = answers(recorded)
    found = load(FOLDER / file, run_pickles=str(allowed).lower()).post("/predict", body).json["predictions"]
    assert found == pytest.approx(predictions, rel=1e-12)


def fitted() -> xgboost.XGBRegressor:
    return xgboost.XGBRegressor(n_estimators=3, n_jobs=1).fit(FEATURES, TARGET)


@pytest.mark.parametrize("protocol", [0, 1])
@pytest.mark.parametrize("make", [fitted, lambda: fitted().get_booster()])
def test_old_protocols_are_read(tmp_path, protocol, make):
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(make(), protocol))
    server = load(tmp_path / "model.pkl", run_pickles="false")
    answer = server.post("/predict", {"instances": FEATURES.tolist()}).json["predictions"]
    assert answer == fitted().predict(FEATURES).tolist()


@pytest.mark.parametrize("protocol", [0, 1])
def test_old_protocols_of_estimators_are_read(tmp_path, protocol):
    model = Ridge().fit(FEATURES, TARGET)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model, protocol))
    answer = (
        load(tmp_path / "model.pkl").post("/predict", {"instances": FEATURES.tolist()}).json["predictions"]
    )
    assert answer == model.predict(FEATURES).tolist()


def test_functions_by_value(tmp_path):
    """cloudpickle takes an objective along: it is never called here, and the model is read all the same."""
    model = xgboost.XGBRegressor(n_estimators=3, n_jobs=1, base_score=0.5)
    model.set_params(objective=lambda y, p: (p - y, numpy.ones_like(y))).fit(FEATURES, TARGET)
    (tmp_path / "model.pkl").write_bytes(cloudpickle.dumps(model))
    server = load(tmp_path / "model.pkl", run_pickles="false")
    answer = server.post("/predict", {"instances": FEATURES.tolist()}).json["predictions"]
    assert answer == model.predict(FEATURES).tolist()


def test_functions_by_value_in_a_pipeline(tmp_path):
    model = make_pipeline(FunctionTransformer(lambda rows: rows * 2), Ridge()).fit(FEATURES, TARGET)
    (tmp_path / "model.pkl").write_bytes(cloudpickle.dumps(model))
    answer = (
        load(tmp_path / "model.pkl").post("/predict", {"instances": FEATURES.tolist()}).json["predictions"]
    )
    assert answer == model.predict(FEATURES).tolist()
    found = refusal(tmp_path / "model.pkl", run_pickles="false")
    assert (found["code"], "Pipeline" in found["message"]) == ("pickle_not_run", True)


def test_a_package_that_is_not_here_is_named():
    found = refusal(FOLDER / "pipeline.dill")
    assert found["code"] == "unreadable_model"
    assert "it needs the Python package dill" in found["message"]


def test_what_only_running_can_tell(tmp_path):
    path = tmp_path / "model.pkl"
    # A text that refers to what is kept outside of the pickle.
    path.write_bytes(b"\x80\x04\x8c\x01xQ.")
    found = refusal(path, run_pickles="false")
    assert found["code"] == "pickle_not_run"
    assert "it refers to data outside of the file" in found["message"]
    assert refusal(path)["code"] == "unreadable_model"


def test_an_old_xgboost_inside_a_pipeline_is_one_line():
    """Of the image's build: no stack trace of C++, and what to do."""
    path = FOLDER / "xgboost-1.5-inside.pkl"
    done = subprocess.run(
        command("--check"), env=environment(path), capture_output=True, text=True, cwd="/", check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    message = json.loads(done.stdout.splitlines()[-1])["message"]
    assert "a version that is too old pickled it" in message
    assert "pip install 'xgboost<3.1'" in message
    assert "\n" not in message
    assert "Stack trace" not in message
    assert len(done.stdout.splitlines()) <= 2


def test_another_version_of_scikit_learn(tmp_path, caplog):
    path = FOLDER / "scikit-learn-1.0.pkl"
    server = load(path)
    (entry,) = [record for record in caplog.records if "scikit-learn 1.0.2 made the pickle" in record.message]
    assert (entry.levelname, entry.made_by_scikit_learn) == ("WARNING", ["1.0.2"])
    assert "nothing shows that it predicts the same" in entry.message
    assert server.metadata["parameters"]["made_by_scikit_learn"] == ["1.0.2"]
    found = refusal(path, pickle_version_check="golden")
    assert found["code"] == "other_version"
    assert "MODEL_SERVER_PICKLE_VERSION_CHECK" in found["message"]
    body, predictions = answers("scikit-learn-1.0")
    golden = tmp_path / "golden.json"
    golden.write_text(json.dumps({"features": body["instances"], "predictions": predictions}))
    load(path, pickle_version_check="golden", golden_path=golden)
    predictions[0] += 1
    golden.write_text(json.dumps({"features": body["instances"], "predictions": predictions}))
    assert refusal(path, pickle_version_check="golden", golden_path=golden)["code"] == "golden_mismatch"


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


def tarred(**files: bytes) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name.replace("_", "-"))
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return content.getvalue()


OLD_BINARY = "xgboost.Booster(model_file='model.bst').save_model('model.ubj')"
NAMED = {
    "binary": ((FOLDER / "1.5.bst").read_bytes(), ["old binary format", "'xgboost<3.1'", OLD_BINARY]),
    "binary of 0.90": (
        (FOLDER / "0.90.bst").read_bytes(),
        ["old binary format", "'xgboost<3.1'", OLD_BINARY],
    ),
    "a dump": ((FOLDER / "0.90.txt").read_bytes(), ["XGBoost's text dump", "save_model('model.ubj')"]),
    "a dump as JSON": ((FOLDER / "dump.json").read_bytes(), ["dump_model", "save_model('model.ubj')"]),
    "SageMaker": (
        tarred(xgboost_model=(FOLDER / "1.5.bst").read_bytes()),
        ["a tar archive", "xgboost-model", "tar -xzf", "old binary format", OLD_BINARY],
    ),
    "a tar of something": (tarred(readme=b"hello"), ["a tar archive", "readme"]),
    "JSON in gzip": (gzip.compress(b'{"learner": {}}'), ["a compressed file of XGBoost's own", "gunzip"]),
    "Keras, HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(100), ["HDF5", "Keras"]),
    "Keras": (zipped("metadata.json", "config.json", "model.weights.h5"), ["a Keras model"]),
    "PyTorch": (zipped("archive/data.pkl", "archive/version"), ["a model of PyTorch"]),
    "safetensors": (b"\x40" + bytes(7) + b'{"weight":{"dtype":"F32"}}' + bytes(80), ["safetensors"]),
    "a zip": (zipped("model.ubj"), ["a zip archive that holds model.ubj", "unzip"]),
    "an array": (b"\x93NUMPY\x01\x00" + bytes(100), ["an array of numpy"]),
    "PMML": (b'<?xml version="1.0"?><PMML/>', ["PMML"]),
    "a web page": (b"<!DOCTYPE html><html></html>", ["a web page"]),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\n", ["a Git LFS pointer", "git lfs pull"]),
    "nothing": (b"", ["an empty file"]),
}


@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize("pinned", [True, False])
def test_what_it_is_called(tmp_path, kind, pinned):
    content, parts = NAMED[kind]
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    found = refusal(path, **({} if pinned else {"model_sha256": ""}))
    assert found["code"] == "unknown_format", found
    for part in parts:
        assert part in found["message"]


CONTAINERS = {
    "a dict": (
        lambda model: {"scaler": StandardScaler().fit(FEATURES), "model": model, "columns": ["a"]},
        "['model']",
    ),
    "a tuple": (lambda model: (StandardScaler().fit(FEATURES), model), "[1]"),
    "a list": (lambda model: [model], "[0]"),
    "a dict in a dict": (lambda model: {"run": {"best": [None, model]}}, "['run']['best'][1]"),
    "by number": (lambda model: {7: model}, "[7]"),
}


@pytest.mark.parametrize("make", [fitted, lambda: Ridge().fit(FEATURES, TARGET)])
@pytest.mark.parametrize("kind", CONTAINERS)
def test_what_is_around_a_model(tmp_path, monkeypatch, kind, make):
    """The command that is told is run, and what it leaves is served."""
    wrap, place = CONTAINERS[kind]
    model = make()
    joblib.dump(wrap(model), tmp_path / "model.pkl")
    for allowed in ("true", "false"):
        found = refusal(tmp_path / "model.pkl", run_pickles=allowed)
        assert found["code"] == "unsupported_model"
        assert f"joblib.load('model.pkl'){place}, 'model.pkl')" in found["message"]
        assert f"{place} is a {type(model).__module__}.{type(model).__name__}" in found["message"]
    monkeypatch.chdir(tmp_path)
    code = found["message"].partition('python3 -c "')[2].rpartition('"')[0]
    exec(code, {})
    answer = (
        load(tmp_path / "model.pkl").post("/predict", {"instances": FEATURES.tolist()}).json["predictions"]
    )
    assert answer == model.predict(FEATURES).tolist()


@pytest.mark.parametrize("content", [{"a": 1}, [1, 2], (), "text", 7, numpy.zeros(3), None])
def test_pickles_without_a_model(tmp_path, content):
    joblib.dump(content, tmp_path / "model.pkl")
    found = refusal(tmp_path / "model.pkl")
    assert found["code"] == "unsupported_model"
    assert "pickle the model itself" in found["message"]


@pytest.mark.parametrize("form", ["zlib", "gzip", "bz2", "xz", "lzma"])
@pytest.mark.parametrize("level", [1, 3, 6, 9])
def test_every_compression_of_joblib_is_known(tmp_path, form, level):
    joblib.dump(fitted(), tmp_path / "model.pkl", compress=(form, level))
    content = (tmp_path / "model.pkl").read_bytes()
    assert content.startswith(compression.STARTS)
    start = compression.start_of(content, 100)
    assert compression.is_plain_pickle(start)
    assert compression.decompressed(content).startswith(start)


@pytest.mark.parametrize("form", ["zlib", "gzip", "bz2", "xz", "lz4"])
def test_damaged_compression(tmp_path, form):
    path = tmp_path / "model.pkl"
    if form == "lz4":
        content = (FOLDER / "xgboost.lz4").read_bytes()
    else:
        joblib.dump(fitted(), path, compress=(form, 3))
        content = path.read_bytes()
    for share in (0.1, 0.5, 0.95):
        path.write_bytes(content[: int(len(content) * share)])
        assert refusal(path)["code"] in ("unreadable_model", "unknown_format")


def test_lz4_never_reads_what_is_not_there():
    content = (FOLDER / "xgboost.lz4").read_bytes()
    whole = lz4_frames.decompress(content)
    assert lz4_frames.decompress(content, 50)[:50] == whole[:50]
    random = numpy.random.default_rng(1)
    for _ in range(300):
        damaged = bytearray(content)
        damaged[random.integers(7, len(content))] = random.integers(0, 256)
        try:
            lz4_frames.decompress(bytes(damaged))
        except ValueError:
            continue
