"""What is served, and what never becomes ready."""

import json
import os
import pickle
import subprocess

import joblib
import numpy
import pytest
import train
import xgboost
from conftest import command, environment, refused_start


def breast_cancer_sample() -> train.Sample:
    return train.SAMPLES[0]


@pytest.fixture(scope="module")
def fitted():
    return train.train(breast_cancer_sample())


@pytest.mark.parametrize("form", ["json", "ubj"])
@pytest.mark.parametrize("name", ["model.ubj", "model.bin"])
def test_recognises_xgboosts_own_formats_by_content(tmp_path, fitted, launch, form, name):
    model, held_out = fitted
    path = tmp_path / name
    path.write_bytes(bytes(model.get_booster().save_raw(raw_format=form)))
    server = launch(path, model_sha256="")
    answer = server.post("/predict", {"instances": held_out.astype(float).tolist()})
    assert answer.json["predictions"] == model.predict(held_out).tolist()
    assert server.get("/v2/models/sample").json["parameters"]["format"] == form


@pytest.mark.parametrize("compress", [("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 1), ("lzma", 1)])
def test_reads_compressed_pickles(tmp_path, fitted, launch, compress):
    model, held_out = fitted
    joblib.dump(model, tmp_path / "model.pkl", compress=compress)
    server = launch(tmp_path / "model.pkl")
    answer = server.post("/predict", {"instances": held_out.astype(float).tolist()})
    assert answer.json["predictions"] == model.predict(held_out).tolist()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_reads_plain_pickles_of_boosters(tmp_path, fitted, launch, protocol):
    model, held_out = fitted
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model.get_booster(), protocol=protocol))
    server = launch(tmp_path / "model.pkl")
    answer = server.post("/predict", {"instances": held_out.astype(float).tolist()})
    assert answer.json["predictions"] == model.predict(held_out).tolist()


def test_finds_the_one_model_in_a_folder(tmp_path, fitted, launch):
    fitted[0].save_model(tmp_path / "model.ubj")
    assert launch(tmp_path / "model.ubj", model_path=tmp_path).get("/v2/health/ready").status == 200


def test_two_models_in_a_folder(tmp_path, fitted):
    fitted[0].save_model(tmp_path / "model.ubj")
    fitted[0].save_model(tmp_path / "model.json")
    entry = refused_start(tmp_path / "model.ubj", model_path=tmp_path)
    assert entry["code"] == "no_model"
    assert "model.json, model.ubj" in entry["message"]


def test_wrong_sha256(breast_cancer):
    entry = refused_start(breast_cancer, model_sha256="0" * 64)
    assert (entry["level"], entry["code"]) == ("critical", "wrong_sha256")
    assert "0" * 64 in entry["message"]


def test_missing_model(breast_cancer):
    assert refused_start(breast_cancer, model_path="/nowhere/model.pkl")["code"] == "no_model"


def test_pickle_without_pinned_sha256(breast_cancer):
    assert refused_start(breast_cancer, model_sha256="")["code"] == "pickle_not_pinned"


def test_pickle_refused_altogether(breast_cancer):
    assert refused_start(breast_cancer, allow_pickle="false")["code"] == "pickle_refused"


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x80", b"\x80\x04.", b"{}", b'{"learner": 1}', b"{L\x00"]
)
def test_files_that_are_no_model(tmp_path, content):
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    assert refused_start(path)["code"] in ("unknown_format", "unreadable_model", "unsupported_model")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_truncated_models(tmp_path, fitted, share):
    for form in ("json", "ubj"):
        content = bytes(fitted[0].get_booster().save_raw(raw_format=form))
        path = tmp_path / "model"
        path.write_bytes(content[: int(len(content) * share)])
        assert refused_start(path)["code"] == "unreadable_model"


def test_unfitted_estimator(tmp_path):
    joblib.dump(xgboost.XGBClassifier(), tmp_path / "model.pkl")
    assert refused_start(tmp_path / "model.pkl")["code"] == "unfitted_model"


class Explosive:
    """Runs a command when it is unpickled in the usual way."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_a_pickle_cannot_run_code(tmp_path, fitted, launch):
    model, _ = fitted
    witness = tmp_path / "witness"
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Explosive(witness)))
    assert refused_start(tmp_path / "model.pkl", run_pickles="false")["code"] == "pickle_not_run"
    carrier = pickle.loads(pickle.dumps(model))
    carrier.callbacks = [Explosive(witness)]
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(carrier))
    launch(tmp_path / "model.pkl")
    assert not witness.exists()
    # The witness is a real one: the usual way of loading would have left it.
    joblib.load(tmp_path / "model.pkl")
    assert witness.exists()


def changed_golden(tmp_path, breast_cancer, change):
    document = json.loads((breast_cancer.parent / "golden.json").read_text())
    change(document)
    path = tmp_path / "golden.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    ("change", "code", "part"),
    [
        (lambda d: d["predictions"].__setitem__(5, 1 - d["predictions"][5]), "golden_mismatch", "row 5"),
        (lambda d: d["probabilities"][7].__setitem__(1, 0.5), "golden_mismatch", "row 7"),
        (lambda d: d["features"][2].reverse(), "golden_mismatch", "row 2"),
        (lambda d: d["features"][4].pop(), "golden_mismatch", "row 4 has 29 features"),
        (lambda d: d["predictions"].pop(), "invalid_golden", "31 predictions"),
        (lambda d: d["features"].clear(), "invalid_golden", "0 rows"),
        (lambda d: d.pop("predictions"), "invalid_golden", "predictions"),
    ],
)
def test_golden_requests_that_do_not_fit(tmp_path, breast_cancer, change, code, part):
    path = changed_golden(tmp_path, breast_cancer, change)
    entry = refused_start(breast_cancer, golden_path=path)
    assert entry["code"] == code
    assert part in entry["message"]


def test_golden_tolerance(tmp_path, breast_cancer, launch):
    def shift(document):
        document["tolerance"] = 0.01
        for row in document["probabilities"]:
            row[0] += 0.009

    launch(breast_cancer, golden_path=changed_golden(tmp_path, breast_cancer, shift))


def test_golden_requests_with_missing_values(tmp_path, breast_cancer, fitted, launch):
    """They are about the model, so they are replayed also where requests may hold none."""
    held_out = fitted[1][:10].copy()
    held_out[::2, ::3] = numpy.nan
    predictions = fitted[0].predict_proba(held_out).tolist()
    rows = [[None if value != value else float(value) for value in row] for row in held_out]

    def put(document: dict) -> None:
        labels = [int(answer[1] > 0.5) for answer in predictions]
        document.update(features=rows, predictions=labels, probabilities=predictions)

    path = changed_golden(tmp_path, breast_cancer, put)
    server = launch(breast_cancer, golden_path=path)
    assert server.post("/predict", {"features": rows[0]}).status == 422
    rows[0] = [value or 0.0 for value in rows[0]]
    entry = refused_start(breast_cancer, golden_path=changed_golden(tmp_path, breast_cancer, put))
    assert entry["code"] == "golden_mismatch"


def test_golden_of_another_version(models):
    other = models / "breast-cancer" / "2.0.0" / "golden.json"
    model = models / "breast-cancer" / "1.0.0" / "model.pkl"
    assert refused_start(model, golden_path=other)["code"] == "golden_mismatch"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "http"),
        ("port", "70000"),
        ("log_level", "loud"),
        ("model_sha256", "abc"),
        ("model_name", "A B"),
    ],
)
def test_invalid_settings(breast_cancer, name, value):
    entry = refused_start(breast_cancer, **{name: value})
    assert entry["code"] == "invalid_setting"
    assert name.upper() in entry["message"]


def test_port_that_is_taken(server, breast_cancer):
    entry = refused_start(breast_cancer, port=server.port)
    assert entry["code"] == "no_port"


def test_unknown_setting(breast_cancer):
    entry = refused_start(breast_cancer, modelpath="/model")
    assert entry["code"] == "unknown_setting"
    assert "MODEL_SERVER_MODELPATH" in entry["message"]


def check(model, **settings) -> subprocess.CompletedProcess:
    return subprocess.run(
        command("--check"),
        env=environment(model, **settings),
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
        check=False,
    )


def test_check_verifies_without_serving(breast_cancer):
    done = check(breast_cancer)
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["message"] == "model verified"
    assert check(breast_cancer, model_sha256="0" * 64).returncode == 1


@pytest.mark.parametrize("compress", [0, 3])
def test_pickles_that_also_hold_arrays(tmp_path, fitted, launch, compress):
    """As older versions of XGBoost leave them: classes, an encoder of labels."""
    model, held_out = fitted
    carrier = pickle.loads(pickle.dumps(model))
    carrier.feature_weights = numpy.arange(30, dtype=numpy.float32)
    carrier.extra_numbers = numpy.arange(12.0).reshape(3, 4)
    carrier.extra_names = numpy.array(["benign", "malignant"])
    carrier.extra_objects = numpy.array([None, {"a": numpy.ones(3)}], dtype=object)
    carrier.extra_records = numpy.zeros(2, dtype=[("a", "i4"), ("b", "f8")])
    joblib.dump(carrier, tmp_path / "model.pkl", compress=compress)
    server = launch(tmp_path / "model.pkl", run_pickles="false")
    answer = server.post("/predict", {"instances": held_out.astype(float).tolist()})
    assert answer.json["predictions"] == model.predict(held_out).tolist()
