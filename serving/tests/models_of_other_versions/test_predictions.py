"""Models that other versions of XGBoost made predict what those versions said, or are refused.

`make.py` made them. `--models FOLDER` tries what it wrote there instead: every model in every form.
"""

import hashlib
import json
import math
from array import array
from pathlib import Path

import pytest

from model_server import model, xgboost_library
from model_server.errors import StartError
from model_server.settings import Settings

HERE = Path(__file__).parent
TOLERANCE = 1e-6
# What `make.py` trained some with.
MARKER = "-999"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    root = metafunc.config.getoption("models") or HERE
    files = [
        folder.parent / name
        for folder in sorted(root.glob("*/recorded.json"))
        for name in json.loads(folder.read_text())
    ]
    metafunc.parametrize("path", files, ids=lambda path: f"{path.parent.name} {path.name}")


def load(path: Path, marker: str = "") -> model.Model:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return model.load(Settings(model_path=str(path), model_sha256=sha256, missing_marker=marker))


def has_lost_its_marker(path: Path) -> bool:
    """XGBoost leaves the marker for missing values out of its own files since 2.0."""
    is_own_form = path.suffix != ".pkl" and not path.parent.name.startswith("1.")
    return path.stem == "classifier-marker" and is_own_form


def flat(values: list | float) -> list[float]:
    return [each for value in values for each in flat(value)] if isinstance(values, list) else [values]


def given(loaded: model.Model, said: dict) -> dict[str, list]:
    """What the server says to the rows that the other version was asked about."""
    rows = [math.nan if value is None else value for value in flat(said["features"])]
    count = len(said["features"])
    if "values" in said:
        return {"values": loaded.engine.values(array("f", rows), count)[0].tolist()}
    answers = loaded.predict(array("f", rows), count, "probabilities" in said)
    return {"predictions": answers.predictions, "probabilities": answers.probabilities}


def test_predicts_what_the_other_version_said(path):
    xgboost_library.set_quiet()
    said = json.loads((path.parent / "recorded.json").read_text())[path.name]
    if path.stem == "vector-leaves":
        # XGBoost ends the process that loads them.
        with pytest.raises(StartError, match=r"several values per leaf as XGBoost wrote them before 3\.2"):
            load(path)
        return
    if has_lost_its_marker(path):
        assert given(load(path), said) != {what: said[what] for what in ("predictions", "probabilities")}
        # To the last bit.
        assert given(load(path, MARKER), said).items() <= said.items()
        return
    answers = given(load(path), said)
    for what, expected in said.items():
        if what != "features":
            assert flat(answers[what]) == pytest.approx(flat(expected), rel=TOLERANCE, abs=TOLERANCE)
