"""Models that other versions of XGBoost made predict what those versions said, or are refused.

`make.py` made them. `--models FOLDER` tries what it wrote there instead: every model in every form.
"""

import hashlib
import json
import math
from array import array
from pathlib import Path

import pytest
import xgboost

from model_server.errors import StartError
from model_server.models import loading
from model_server.models.xgboost import library as xgboost_library
from model_server.models.xgboost.model import XGBoostModel
from model_server.settings import Settings

HERE = Path(__file__).parent
TOLERANCE = 1e-6
# What `make.py` trained some with.
MARKER = "-999"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wanted = {"path", "path_without_marker", "old_path"} & set(metafunc.fixturenames)
    if not wanted:
        return
    root = metafunc.config.getoption("models") or HERE
    files = [
        folder.parent / name
        for folder in sorted(root.glob("*/recorded.json"))
        for name in json.loads(folder.read_text())["models"]
    ]
    if "path_without_marker" in metafunc.fixturenames:
        files = [path for path in files if has_lost_its_marker(path)]
    if "old_path" in metafunc.fixturenames:
        files = [path for path in files if is_asked_the_same_when_saved_anew(path)]
    metafunc.parametrize(*wanted, files, ids=lambda path: f"{path.parent.name} {path.name}")


def version_of(path: Path) -> tuple[int, ...]:
    return tuple(map(int, path.parent.name.split(".")))


def load(path: Path, marker: str = "") -> XGBoostModel:
    xgboost_library.set_quiet()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return loading.load(Settings(model_path=str(path), model_sha256=sha256, missing_marker=marker))


def recorded(path: Path) -> dict:
    document = json.loads((path.parent / "recorded.json").read_text())
    said = document["models"][path.name]
    return {**said, "rows": document["rows"][said["rows"]]}


def refusal_of(path: Path) -> str | None:
    """What XGBoost 3.4 does not read: the server has to say so in a sentence."""
    if path.suffix == ".pkl" and version_of(path) < (1, 3):
        return r"binary format of XGBoost before 1\.3"
    if path.stem.startswith("vector-leaves") and version_of(path) < (3, 2):
        # XGBoost ends the process that loads them.
        return r"several values per leaf as XGBoost wrote them before 3\.2"
    return None


def is_exact(path: Path) -> bool:
    """Whether 3.4 computes in the same order as the version that said it."""
    version = version_of(path)
    if version < (1, 3):
        # The leaves of a row were added up before the base score was.
        return False
    if path.stem == "classifier-softmax":
        # Its probabilities come from scipy, whose last bit depends on the processor; before 1.6 from XGBoost.
        return version < (1, 6)
    if "dart" in path.stem:
        # Weights of dropout were applied to sums: by `predict` until 1.3, by `inplace_predict` until 3.2.
        is_estimator = path.stem.startswith(("regressor", "classifier"))
        return version >= ((3, 3) if is_estimator else (1, 4))
    return True


def is_asked_the_same_when_saved_anew(path: Path) -> bool:
    """Files of before 1.6, of which a newer version loses what it does not know."""
    if path.suffix != ".json" or version_of(path) >= (1, 6):
        return False
    # XGBoost 3.4 refuses a pruned tree of 1.0, and base_score of a raw score has another meaning since 1.3.
    return not (version_of(path) < (1, 3) and path.stem in ("pruned", "binary-raw", "classifier-raw"))


def has_lost_its_marker(path: Path) -> bool:
    """XGBoost leaves the marker for missing values out of its own files since 2.0."""
    return path.stem == "classifier-marker" and path.suffix != ".pkl" and version_of(path) >= (2, 0)


def flat(values: list | float) -> list[float]:
    return [each for value in values for each in flat(value)] if isinstance(values, list) else [values]


def given(loaded: XGBoostModel, said: dict) -> dict[str, list]:
    """What the server says to the rows that the other version was asked about."""
    rows = [math.nan if value is None else value for value in flat(said["rows"])]
    count = len(said["rows"])
    if "values" in said:
        return {"values": loaded.engine.values(array("f", rows), count)[0].tolist()}
    answers = loaded.predict(array("f", rows), count, "probabilities" in said)
    return {"predictions": answers.predictions, "probabilities": answers.probabilities}


def test_predicts_the_same_when_a_newer_version_saves_it_anew(old_path, tmp_path):
    """Trees stay counted as they were, and labels what they were."""
    anew = tmp_path / "model.ubj"
    xgboost.Booster(model_file=old_path).save_model(anew)
    said = recorded(old_path)
    assert given(load(anew), said) == given(load(old_path), said)


def test_predicts_what_the_other_version_said(path):
    refusal = refusal_of(path)
    if refusal:
        with pytest.raises(StartError, match=refusal):
            load(path)
        return
    said = recorded(path)
    loaded = load(path, MARKER if has_lost_its_marker(path) else "")
    assert loaded.doubts == ()
    answers = given(loaded, said)
    for what, expected in said.items():
        if what == "rows":
            continue
        if path.stem == "quantiles" and version_of(path) < (3, 4):
            # Since 3.4 they come in ascending order.
            assert loaded.warnings
            expected = [sorted(row) for row in expected]
        expected, found = flat(expected), flat(answers[what])
        if is_exact(path) or isinstance(expected[0], str):
            assert found == expected
        else:
            assert found == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE)
        # A label of 1 is no label of 1.0, and true is neither.
        if what == "predictions" and loaded.is_classifier and not loaded.answer_format.answers_with_lists:
            assert [type(each) for each in found] == [type(each) for each in expected]


def test_a_marker_that_the_file_has_lost_makes_a_difference(path_without_marker):
    said = recorded(path_without_marker)
    assert given(load(path_without_marker), said)["probabilities"] != said["probabilities"]


def test_every_version_is_there():
    folders = {path.parent.name.rpartition(".")[0] for path in HERE.glob("*/recorded.json")}
    assert folders >= {
        *("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"),
        *("2.0", "2.1", "3.0", "3.1", "3.2", "3.3", "3.4"),
    }


def test_models_that_quantiles_cross_in_are_among_them():
    """Else nothing would show that they are put in order."""
    crossing = [
        path
        for path in HERE.glob("*/quantiles.ubj")
        if any(row != sorted(row) for row in recorded(path)["values"])
    ]
    assert crossing
