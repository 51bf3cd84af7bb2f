"""A marker for missing values, for models whose file does not tell: XGBoost's own `missing=` is the judge."""

import hashlib
import json
import pickle
from array import array
from pathlib import Path

import numpy
import pytest
import xgboost
from conftest import RunningServer, refused_start
from sklearn.linear_model import LinearRegression

from model_server import settings
from model_server.errors import StartError
from model_server.models import loading
from model_server.models.xgboost.model import XGBoostModel

FEATURES, ROWS, ASKED = 6, 600, 80
MARKER = -999.0


def data() -> tuple[numpy.ndarray, numpy.ndarray]:
    generator = numpy.random.default_rng(21)
    # Halves, so that zero and other markers are also values on thresholds.
    features = (generator.normal(size=(ROWS, FEATURES)) * 4).round() / 2
    gaps = generator.random(features.shape) < 0.2
    # What is missing says much about the target: a marker that is taken for a number shows.
    target = features[:, 0] + 4 * gaps[:, 1] - 4 * gaps[:, 2] + generator.normal(size=ROWS)
    return numpy.where(gaps, numpy.nan, features), target


GAPS, TARGET = data()
ESTIMATORS = {
    "binary": (xgboost.XGBClassifier, TARGET > 0),
    "multi-class": (xgboost.XGBClassifier, numpy.digitize(TARGET, [-2, 2])),
    "regression": (xgboost.XGBRegressor, TARGET),
}


def marked(marker: float) -> numpy.ndarray:
    return numpy.where(numpy.isnan(GAPS), marker, GAPS)


def fit(kind: str, marker: float, **parameters) -> xgboost.XGBModel:
    estimator, target = ESTIMATORS[kind]
    common = {"n_estimators": 10, "max_depth": 4, "n_jobs": 1}
    return estimator(missing=marker, **common, **parameters).fit(marked(marker), target)


def save(fitted: xgboost.XGBModel, folder: Path) -> Path:
    """In XGBoost's own form, which leaves the marker out."""
    path = folder / "model.ubj"
    fitted.save_model(path)
    return path


def load(path: Path, marker: str, **given: str) -> XGBoostModel:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    variables = {"MODEL_PATH": str(path), "MODEL_SHA256": sha256, "MISSING_MARKER": marker, **given}
    return loading.load(settings.from_environment({f"MODEL_SERVER_{k}": v for k, v in variables.items()}))


def expected(fitted: xgboost.XGBModel, rows: numpy.ndarray) -> tuple[list, list | None]:
    """Labels or numbers, and probabilities."""
    is_classifier = isinstance(fitted, xgboost.XGBClassifier)
    return fitted.predict(rows).tolist(), fitted.predict_proba(rows).tolist() if is_classifier else None


def predicted(loaded: XGBoostModel, rows: numpy.ndarray) -> tuple[list, list | None]:
    given = array("f", rows.astype(numpy.float32).tobytes())
    answers = loaded.predict(given, len(rows), loaded.answer_format.gives_probabilities)
    return answers.predictions, answers.probabilities if loaded.answer_format.gives_probabilities else None


def outputs(server: RunningServer, rows: numpy.ndarray, wanted: list[str], binary: str = "") -> list:
    """The values of V2's tensors, asked as JSON, or as a binary tensor of this type of numpy's."""
    tensor = {"name": "features", "shape": list(rows.shape), "datatype": "FP32"}
    document = {"inputs": [tensor], "outputs": [{"name": name} for name in wanted]}
    if binary:
        content = rows.astype(binary).tobytes()
        tensor |= {
            "datatype": {"f4": "FP32", "f8": "FP64"}[binary],
            "parameters": {"binary_data_size": len(content)},
        }
        answer = server.post_tensors("/v2/models/sample/infer", document, content)
    else:
        tensor["data"] = rows.ravel().tolist()
        answer = server.post("/v2/models/sample/infer", document)
    assert answer.status == 200, answer.content
    return [output["data"] for output in answer.json["outputs"]]


@pytest.mark.parametrize("engine", ["auto", "xgboost"])
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_every_way_to_ask(tmp_path, launch, kind, engine):
    fitted = fit(kind, MARKER)
    server = launch(save(fitted, tmp_path), missing_marker="-999", engine=engine)
    parameters = server.get("/v2/models/sample").json["parameters"]
    assert parameters["missing_marker"] == MARKER
    assert parameters["engine"].partition(" ")[0] == {"auto": "native"}.get(engine, engine)
    rows = marked(MARKER)[:ASKED]
    labels, probabilities = expected(fitted, rows)
    wants = probabilities is not None
    batch = server.post("/predict", {"instances": rows.tolist(), "probabilities": wants}).json
    assert (batch["predictions"], batch.get("probabilities")) == (labels, probabilities)
    for index, row in enumerate(rows[:20]):
        single = server.post("/predict", {"features": row.tolist(), "probabilities": wants}).json
        assert single["prediction"] == labels[index]
        assert single.get("probabilities") == (probabilities[index] if wants else None)
    tensors = [labels, numpy.ravel(probabilities).tolist()] if wants else [labels]
    names = ["predict", "predict_proba"][: len(tensors)]
    for binary in ("", "f4", "f8"):
        assert outputs(server, rows, names, binary) == tensors
    # Not setting it makes a difference, or nothing of this would prove anything.
    without = launch(tmp_path / "model.ubj", engine=engine)
    assert "missing_marker" not in without.get("/v2/models/sample").json["parameters"]
    other = without.post("/predict", {"instances": rows.tolist(), "probabilities": wants}).json
    assert (other["predictions"], other.get("probabilities")) != (labels, probabilities)


@pytest.mark.parametrize("engine", ["auto", "xgboost"])
def test_beside_null(tmp_path, launch, engine):
    fitted = fit("binary", MARKER)
    path = save(fitted, tmp_path)
    rows = marked(MARKER)[:ASKED]
    labels, probabilities = expected(fitted, rows)
    # Every second gap is null, the others are the marker.
    mixed, gap = [], 0
    for row in GAPS[:ASKED]:
        mixed.append([])
        for value in row:
            gap += value != value
            mixed[-1].append(float(value) if value == value else None if gap % 2 else MARKER)
    body = {"instances": mixed, "probabilities": True}
    taken = launch(path, missing_marker="-999", missing_values="null", engine=engine)
    assert taken.post("/predict", body).json == {"predictions": labels, "probabilities": probabilities}
    assert outputs(taken, GAPS[:ASKED], ["predict"], "f4") == [labels]
    refused = launch(path, missing_marker="-999", engine=engine)
    assert refused.post("/predict", body).status == 422
    body["instances"] = rows.tolist()
    assert refused.post("/predict", body).json == {"predictions": labels, "probabilities": probabilities}
    feature = refused.get("/openapi.json").json["components"]["schemas"]["Feature"]
    assert feature["description"] == "-999.0 stands for a missing value."


MARKERS = ["0", "-0.0", "-999", "1.5", "nan", "-999.1", "16777217", "1e-50", "1e-40", "3.4028234e38", "-1e38"]


@pytest.mark.parametrize("engine", ["auto", "xgboost"])
@pytest.mark.parametrize("marker", MARKERS)
def test_numbers_of_every_kind(tmp_path, marker, engine):
    """Also those that float32 rounds, where XGBoost takes whatever rounds to the same for missing."""
    fitted = fit("binary", float(marker))
    loaded = load(save(fitted, tmp_path), marker, ENGINE=engine)
    rows = marked(float(marker))
    assert predicted(loaded, rows) == expected(fitted, rows)
    for row in rows[:20]:
        assert predicted(loaded, row[None]) == expected(fitted, row[None])


@pytest.mark.parametrize("booster", ["dart", "gblinear"])
@pytest.mark.parametrize("marker", ["0", "-999"])
def test_models_of_other_boosters(tmp_path, booster, marker):
    fitted = fit("regression", float(marker), booster=booster)
    loaded = load(save(fitted, tmp_path), marker)
    assert loaded.engine.name.startswith("xgboost" if booster == "gblinear" else "native")
    rows = marked(float(marker))
    assert predicted(loaded, rows) == expected(fitted, rows)


def pickled(fitted: object, folder: Path, protocol: int = 5) -> Path:
    (folder / "model.pkl").write_bytes(pickle.dumps(fitted, protocol=protocol))
    return folder / "model.pkl"


@pytest.mark.parametrize(("kept", "given"), [(MARKER, "0"), (MARKER, "nan"), (0, "-999"), (0, "nan")])
def test_refuses_to_contradict_a_pickle(tmp_path, kept, given):
    with pytest.raises(StartError, match=f"MODEL_SERVER_MISSING_MARKER is {given}") as raised:
        load(pickled(fit("binary", kept), tmp_path), given)
    assert raised.value.code == "wrong_missing_marker"
    assert f"missing={float(kept)}" in str(raised.value)


def test_agrees_with_a_pickle(tmp_path):
    fitted = fit("binary", -999.1)
    rows = marked(-999.1)
    # To float32 these are one number.
    assert predicted(load(pickled(fitted, tmp_path), "-999.10000001"), rows) == expected(fitted, rows)


@pytest.mark.parametrize("protocol", [2, 5])
@pytest.mark.parametrize("kind", [numpy.float64, numpy.float32, numpy.int64, int])
def test_pickles_with_numbers_of_numpy(tmp_path, kind, protocol):
    fitted = fit("binary", MARKER)
    rows = marked(MARKER)
    answers = expected(fitted, rows)
    fitted.missing = kind(MARKER)
    loaded = load(pickled(fitted, tmp_path, protocol), "")
    assert loaded.missing_marker == MARKER
    assert predicted(loaded, rows) == answers


def test_pickle_with_a_marker_that_is_no_number(tmp_path):
    fitted = fit("binary", MARKER)
    fitted.missing = "none"
    with pytest.raises(StartError, match="the `missing` of the estimator in the pickle is no number"):
        load(pickled(fitted, tmp_path), "")


def test_pickled_booster_does_not_tell_its_marker(tmp_path):
    fitted = fit("regression", MARKER)
    rows = marked(MARKER)
    loaded = load(pickled(fitted.get_booster(), tmp_path), "-999")
    assert predicted(loaded, rows) == expected(fitted, rows)


def test_is_for_models_of_xgboost(tmp_path):
    other = LinearRegression().fit(numpy.nan_to_num(GAPS), TARGET)
    entry = refused_start(pickled(other, tmp_path), missing_marker="-999")
    assert entry["code"] == "wrong_missing_marker"
    assert "LinearRegression" in entry["message"]


@pytest.mark.parametrize(
    "given", ["null", "minus", "1,5", "0x1", "-999 ", "1_000", "inf", "-inf", "1e39", "1e400"]
)
def test_what_is_no_marker(given):
    with pytest.raises(StartError, match="accepted is a number that float32 can hold") as raised:
        settings.from_environment({"MODEL_SERVER_MISSING_MARKER": given})
    assert raised.value.code == "invalid_setting"
    assert f"MODEL_SERVER_MISSING_MARKER is {given!r}" in str(raised.value)


def write_golden(folder: Path, fitted: xgboost.XGBModel, rows: numpy.ndarray) -> None:
    labels, probabilities = expected(fitted, rows)
    document = {"features": rows.tolist(), "predictions": labels, "probabilities": probabilities}
    (folder / "golden.json").write_text(json.dumps(document))


def test_golden_requests_tell_that_it_is_not_set(tmp_path, launch):
    fitted = fit("binary", MARKER)
    path = save(fitted, tmp_path)
    write_golden(tmp_path, fitted, marked(MARKER)[:ASKED])
    entry = refused_start(path)
    assert entry["code"] == "golden_mismatch"
    assert "set MODEL_SERVER_MISSING_MARKER" in entry["message"]
    assert refused_start(path, missing_marker="-99")["code"] == "golden_mismatch"
    launch(path, missing_marker="-999")


def test_golden_requests_do_not_blame_it_where_the_file_tells(tmp_path):
    fitted = fit("binary", MARKER)
    # Rows of another marker.
    write_golden(tmp_path, fit("binary", 0), marked(0)[:ASKED])
    entry = refused_start(pickled(fitted, tmp_path))
    assert entry["code"] == "golden_mismatch"
    assert "MISSING_MARKER" not in entry["message"]
