"""Golden requests by position, by name and by column, replayed before the server is ready."""

import json

import joblib
import pandas
import pytest
import xgboost
from in_process import load, refusal
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from model_server.models import golden

FRAME = pandas.DataFrame(
    {
        "age": [31.0, 45.5, None, 20.0, 70.0, 33.0],
        "plan": ["gold", "bronze", "gold", "bronze", "bronze", "gold"],
        "is new": [True, False, True, True, False, False],
    }
)
LABELS = [0, 1, 1, 0, 1, 0]
ROWS = [[None if value != value else value for value in row] for row in FRAME.to_numpy(dtype=object).tolist()]
RECORDS = [dict(reversed(list(zip(FRAME, row, strict=True)))) for row in ROWS]
COLUMNS = {name: [row[name] for row in RECORDS] for name in reversed(list(FRAME))}


@pytest.fixture
def pipeline(tmp_path):
    steps = make_column_transformer(
        (SimpleImputer(), ["age"]), (OneHotEncoder(), ["plan"]), remainder="passthrough"
    )
    fitted = make_pipeline(steps, LogisticRegression()).fit(FRAME, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    return tmp_path / "model.pkl", fitted


@pytest.fixture
def booster(tmp_path):
    rows = FRAME[["age"]].assign(size=range(6))
    fitted = xgboost.XGBClassifier(n_estimators=3, n_jobs=1, min_child_weight=0).fit(rows, LABELS)
    fitted.save_model(tmp_path / "model.ubj")
    return tmp_path / "model.ubj", fitted, rows


def write(path, **document) -> None:
    (path.parent / golden.FILE_NAME).write_text(json.dumps(document))


FORMS = {
    "by position": {"features": ROWS},
    "by name": {"features": RECORDS},
    "by column": {"columns": COLUMNS},
}


@pytest.mark.parametrize("form", FORMS)
def test_of_a_pipeline(pipeline, form):
    path, fitted = pipeline
    answers = {
        "predictions": fitted.predict(FRAME).tolist(),
        "probabilities": fitted.predict_proba(FRAME).tolist(),
    }
    write(path, **FORMS[form], **answers)
    assert golden.replay(path.parent / golden.FILE_NAME, load(path).model) == 6
    answers["probabilities"][4] = [0.5, 0.5]
    write(path, **FORMS[form], **answers)
    found = refusal(path)
    assert found["code"] == "golden_mismatch"
    assert "row 4: probabilities" in found["message"]


@pytest.mark.parametrize("form", ["by name", "by column"])
def test_of_xgboost(booster, form):
    path, fitted, rows = booster
    columns = {"size": list(range(6)), "age": COLUMNS["age"]}
    documents = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    given = {"features": documents} if form == "by name" else {"columns": columns}
    answers = fitted.predict(rows).tolist()
    write(path, **given, predictions=answers)
    assert golden.replay(path.parent / golden.FILE_NAME, load(path).model) == 6
    write(path, **given, predictions=[*answers[:5], 1 - answers[5]])
    assert "row 5: prediction" in refusal(path)["message"]


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        ({"features": [{"age": 1, "plan": "gold"}]}, "golden_mismatch", 'the column "is new" is missing'),
        ({"features": [RECORDS[0], ROWS[1]]}, "golden_mismatch", "features[1] is by position"),
        (
            {"features": [RECORDS[0] | {"plan": "tin"}]},
            "golden_mismatch",
            'features[0].plan: the column "plan"',
        ),
        ({"features": [ROWS[0][:2]]}, "golden_mismatch", "the model takes 3 features, 2 were given"),
        ({"columns": {"age": [1]}}, "golden_mismatch", 'the columns "plan", "is new" are missing'),
        ({"columns": COLUMNS | {"age": [1]}}, "invalid_golden", "the columns have [1, 6] rows"),
        (
            {"columns": COLUMNS, "features": ROWS},
            "invalid_golden",
            "one of `features`, `columns` and `sparse`",
        ),
        ({"columns": {name: [] for name in COLUMNS}}, "invalid_golden", "0 rows of features"),
    ],
)
def test_wrong_files(pipeline, document, code, message):
    path, _ = pipeline
    rows = len(document.get("features") or document["columns"]["age"])
    write(path, **document, predictions=[0] * rows)
    found = refusal(path)
    assert found["code"] == code
    assert message in found["message"]
