"""Pipelines that were fitted on DataFrames, and those that take texts: as scikit-learn itself answers."""

import json
from array import array

import joblib
import numpy
import pandas
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import Pipeline as SamplingPipeline
from in_process import load, refusal
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)
from xgboost import XGBClassifier

from model_server.models import frames
from model_server.models.row_reader import RowReader

RANDOM = numpy.random.default_rng(11)
COUNT = 200
FRAME = pandas.DataFrame(
    {
        "age": RANDOM.integers(18, 90, COUNT),
        "plan": RANDOM.choice(["bronze", "silver", "gold"], COUNT),
        "income": RANDOM.normal(50, 10, COUNT).round(2),
        "is new": RANDOM.random(COUNT) > 0.5,
        "region": RANDOM.choice(["north", "south"], COUNT),
    }
)
LABELS = numpy.where(FRAME["income"] + 20 * (FRAME["plan"] == "gold") > 55, "stays", "leaves")


def one_hot(**given) -> Pipeline:
    return make_pipeline(
        ColumnTransformer(
            [
                ("numbers", StandardScaler(), ["age", "income"]),
                ("texts", OneHotEncoder(**given), ["plan", "region"]),
                ("flag", "passthrough", ["is new"]),
            ]
        ),
        LogisticRegression(),
    )


def add_ratio(frame: pandas.DataFrame) -> pandas.DataFrame:
    return frame.assign(ratio=frame["income"] / frame["age"])


NUMERIC = ["age", "income"]
PIPELINES = {
    "one hot": one_hot(),
    "ordinal, unknown taken": make_pipeline(
        make_column_transformer(
            (
                OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
                make_column_selector(dtype_exclude="number"),
            ),
            remainder="passthrough",
        ),
        XGBClassifier(n_estimators=5, n_jobs=1),
    ),
    "set_output": make_pipeline(
        one_hot(sparse_output=False)[0].set_output(transform="pandas"),
        FunctionTransformer(lambda frame: frame.drop(columns="flag__is new")),
        RandomForestClassifier(5, random_state=0),
    ),
    "imputed": make_pipeline(
        ColumnTransformer(
            [
                ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), NUMERIC),
                (
                    "texts",
                    make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()),
                    ["plan", "region"],
                ),
            ]
        ),
        LogisticRegression(),
    ),
    "search": GridSearchCV(one_hot(handle_unknown="ignore"), {"logisticregression__C": [0.1, 1]}, cv=2),
    "voting": VotingClassifier([("a", one_hot()), ("b", one_hot(handle_unknown="ignore"))], voting="soft"),
    "stacking": StackingClassifier([("a", one_hot()), ("b", one_hot())], cv=2),
    "union": make_pipeline(
        FeatureUnion([("a", one_hot()[0]), ("b", make_column_transformer((StandardScaler(), ["age"])))]),
        LogisticRegression(),
    ),
    "target encoder": make_pipeline(
        make_column_transformer((TargetEncoder(cv=2, random_state=0), ["plan", "region"])),
        LogisticRegression(),
    ),
    "sampler": SamplingPipeline(
        [
            ("encode", one_hot()[0]),
            ("sample", RandomOverSampler(random_state=0)),
            ("fit", LogisticRegression()),
        ]
    ),
    "of its own": make_pipeline(FunctionTransformer(add_ratio), one_hot()),
}


def encoded(target) -> numpy.ndarray:
    return (target == "stays").astype(int)


@pytest.fixture(scope="module", params=PIPELINES)
def served(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("pipeline") / "model.pkl"
    fitted = PIPELINES[request.param].fit(FRAME, encoded(LABELS))
    try:
        joblib.dump(fitted, path)
    except Exception:
        import cloudpickle

        path.write_bytes(cloudpickle.dumps(fitted))
    return load(path, missing_values="null"), fitted


def records(frame: pandas.DataFrame) -> list[dict]:
    return json.loads(frame.to_json(orient="records"))


def test_answers_are_those_of_scikit_learn(served):
    server, fitted = served
    shuffled = FRAME[FRAME.columns[::-1]]
    for rows in (records(FRAME), records(shuffled), json.loads(FRAME.to_json(orient="values"))):
        answer = server.post("/predict", {"instances": rows, "probabilities": True}).json
        assert answer["predictions"] == fitted.predict(FRAME).tolist()
        assert answer["probabilities"] == fitted.predict_proba(FRAME).tolist()
    for number in range(3):
        row = FRAME.iloc[number : number + 1]
        answer = server.post("/predict", {"features": records(row)[0], "probabilities": True}).json
        assert answer["prediction"] == fitted.predict(row)[0]
        assert answer["probabilities"] == fitted.predict_proba(row)[0].tolist()


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    path = tmp_path_factory.mktemp("strict") / "model.pkl"
    joblib.dump(one_hot().fit(FRAME, LABELS), path)
    return path


ROW = {"age": 31, "plan": "gold", "income": 40.5, "is new": True, "region": "north"}


def test_columns_are_known_by_their_encoders(strict):
    server = load(strict)
    assert server.model.takes_tables
    kinds = {column.name: (column.kind, column.categories) for column in server.model.columns}
    assert kinds == {
        "age": ("number", ()),
        "plan": ("text", ("bronze", "gold", "silver")),
        "income": ("number", ()),
        "is new": ("any", ()),
        "region": ("text", ("north", "south")),
    }
    assert server.post("/predict", {"features": ROW}).json["prediction"] in ("stays", "leaves")


@pytest.mark.parametrize(
    ("name", "value", "code", "message"),
    [
        (
            "plan",
            "golf",
            "unknown_category",
            'the column "plan" has no category "golf" (did you mean "gold"?): it knows "bronze", "gold", '
            '"silver"',
        ),
        ("plan", 3, "invalid_value", 'the column "plan": the number 3 was given, and it takes a text'),
        ("plan", None, "invalid_value", 'the column "plan": null, but the model takes none there'),
        ("age", "old", "invalid_value", 'the column "age": the text "old" was given, and it takes a number'),
        ("income", 1e39, "out_of_range", "beyond the range of float32"),
        ("income", None, "invalid_value", "does not take the missing values"),
        ("is new", "maybe", "invalid_value", "does not take this row: could not convert string to float"),
        ("region", {"a": "north"}, "invalid_value", "an object was given"),
        ("region", "n" * 100_000, "unknown_category", 'has no category "nnn'),
    ],
)
def test_wrong_values(strict, name, value, code, message):
    server = load(strict, missing_values="null")
    answer = server.post("/predict", {"instances": [ROW, ROW | {name: value}, ROW]})
    assert (answer.status, answer.json["code"]) == (422, code), answer.json
    assert message in answer.json["error"]
    assert answer.json["field"].startswith("instances[1]")
    assert len(answer.content) < 1000
    assert server.post("/predict", {"features": ROW}).status == 200


def test_unknown_categories_where_the_encoder_takes_them(tmp_path):
    fitted = one_hot(handle_unknown="ignore").fit(FRAME, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    row = ROW | {"plan": "platinum"}
    answer = load(tmp_path / "model.pkl").post("/predict", {"features": row, "probabilities": True}).json
    assert answer["probabilities"] == fitted.predict_proba(pandas.DataFrame([row]))[0].tolist()


def test_missing_values(tmp_path):
    fitted = PIPELINES["imputed"].fit(FRAME, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    server = load(tmp_path / "model.pkl", missing_values="null")
    gaps = FRAME.astype({"age": float}).mask(RANDOM.random(FRAME.shape) < 0.3)
    rows = [
        {name: None if pandas.isna(value) else value for name, value in row.items()}
        for row in gaps.to_dict("records")
    ]
    answer = server.post("/predict", {"instances": rows, "probabilities": True}).json
    assert answer["probabilities"] == fitted.predict_proba(gaps).tolist()
    assert answer["predictions"] == fitted.predict(gaps).tolist()


@pytest.mark.parametrize("missing", [None, numpy.nan])
def test_a_missing_text_is_what_the_encoder_has_seen(tmp_path, missing):
    gaps = RANDOM.random(COUNT) < 0.3
    plans = [missing if gap else plan for plan, gap in zip(FRAME["plan"], gaps, strict=True)]
    frame = FRAME[["income"]].assign(plan=pandas.Series(plans, dtype=object))
    fitted = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["plan"]), remainder="passthrough"),
        LogisticRegression(max_iter=1000),
    ).fit(frame, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    server = load(tmp_path / "model.pkl", missing_values="null")
    rows = [
        {"income": row["income"], "plan": None if pandas.isna(row["plan"]) else row["plan"]}
        for row in frame.to_dict("records")
    ]
    expected = fitted.predict(frame).tolist()
    assert server.post("/predict", {"instances": rows}).json["predictions"] == expected
    # A batch in which all are missing is no column of numbers.
    first = gaps.tolist().index(True)
    assert server.post("/predict", {"features": rows[first]}).json == {"prediction": expected[first]}


def test_a_dropped_column_may_be_left_out(tmp_path):
    fitted = PIPELINES["imputed"].fit(FRAME, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    server = load(tmp_path / "model.pkl")
    without = {name: value for name, value in ROW.items() if name != "is new"}
    assert server.post("/predict", {"features": without}).content == (
        server.post("/predict", {"features": ROW}).content
    )
    answer = server.post("/predict", {"features": {"age": 1}}).json
    assert answer["error"] == 'the columns "plan", "income", "region" are missing'


def test_a_pipeline_on_an_array_of_texts(tmp_path):
    rows = FRAME[["plan", "region"]].to_numpy(dtype=object)
    fitted = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(rows, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    server = load(tmp_path / "model.pkl")
    answer = server.post("/predict", {"instances": rows.tolist(), "probabilities": True}).json
    assert answer["probabilities"] == fitted.predict_proba(rows).tolist()
    by_name = server.post("/predict", {"features": {"x1": "north", "x0": "gold"}})
    assert by_name.content == server.post("/predict", {"features": ["gold", "north"]}).content


def test_categories_that_are_numbers(tmp_path):
    frame = FRAME[["age", "plan"]].assign(age=FRAME["age"] % 3)
    fitted = make_pipeline(make_column_transformer((OneHotEncoder(), ["age", "plan"])), Ridge()).fit(
        frame, FRAME["income"]
    )
    joblib.dump(fitted, tmp_path / "model.pkl")
    server = load(tmp_path / "model.pkl")
    row = {"age": 2.0, "plan": "gold"}
    assert (
        server.post("/predict", {"features": row}).json["prediction"]
        == (fitted.predict(pandas.DataFrame([row]))[0])
    )
    answer = server.post("/predict", {"features": row | {"age": 7}}).json
    assert (answer["code"], answer["field"]) == ("unknown_category", "features.age")
    assert answer["error"] == 'the column "age" has no category 7: it knows 0, 1, 2'


def test_categories_of_gradient_boosting(tmp_path):
    frame = FRAME.astype({"plan": "category", "region": "category"})
    fitted = HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype").fit(frame, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    answer = load(tmp_path / "model.pkl").post(
        "/predict", {"instances": records(FRAME), "probabilities": True}
    )
    assert answer.json["probabilities"] == fitted.predict_proba(frame).tolist()


def test_numbers_alone_need_no_frame(tmp_path):
    frame = FRAME[NUMERIC]
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    server = load(tmp_path / "model.pkl")
    assert not server.model.takes_tables
    answer = server.post("/predict", {"instances": records(frame), "probabilities": True}).json
    assert answer["probabilities"] == fitted.predict_proba(frame).tolist()


def test_without_pandas(strict, monkeypatch):
    monkeypatch.setattr(frames, "find_pandas", lambda: None)
    found = refusal(strict)
    assert found["code"] == "needs_pandas"
    assert "add pandas to serving/requirements-scikit-learn.in" in found["message"]


def test_true_and_false_may_be_numbers(tmp_path):
    fitted = make_pipeline(make_column_transformer((OneHotEncoder(), ["is new"])), LogisticRegression())
    fitted.fit(FRAME, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    server = load(tmp_path / "model.pkl")
    flags = [True, False, True, False]
    expected = server.post("/predict", {"instances": [ROW | {"is new": flag} for flag in flags]}).content
    for given in ([1, 0, 1, 0], [1.0, False, True, 0], [True, 0, 1, 0.0]):
        rows = [ROW | {"is new": flag} for flag in given]
        assert server.post("/predict", {"instances": rows}).content == expected
    for wrong in (2, -1, 0.5, "true"):
        rows = [ROW, ROW | {"is new": wrong}]
        answer = server.post("/predict", {"instances": rows}).json
        assert answer["field"] == 'instances[1]["is new"]'
        assert answer["error"].endswith("was given, and it takes true or false")


def test_rows_that_a_feature_store_gives(tmp_path):
    frame = FRAME[NUMERIC]
    imputed = make_column_transformer((SimpleImputer(), ["age"]), (StandardScaler(), ["income"]))
    fitted = make_pipeline(imputed, LogisticRegression()).fit(frame, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    model = load(tmp_path / "model.pkl").model
    assert model.takes_tables
    gaps = frame.astype(float).where(FRAME.index.to_numpy()[:, None] % [3, COUNT] > 0)
    gaps["income"] = frame["income"]
    flat = array("d", gaps.to_numpy().ravel())
    answers = RowReader(model, allows_missing=True).predict(flat, COUNT, True)
    assert answers.probabilities == fitted.predict_proba(gaps).tolist()


def test_sparse_rows_are_refused(strict):
    answer = load(strict).post("/predict", {"sparse": {"indices": [0], "values": [1]}})
    assert (answer.status, answer.json["code"]) == (422, "no_sparse_rows")


def test_rows_of_both_forms_and_wrong_lengths(strict):
    server = load(strict)
    assert server.post("/predict", {"instances": [ROW, list(ROW.values())]}).json["code"] == "mixed_rows"
    assert server.post("/predict", {"features": list(ROW.values())[:-1]}).json["code"] == "wrong_length"
    answer = server.post("/predict", {"instances": [list(ROW.values()), [1, 2, 3, 4, 5]]}).json
    assert answer["field"] == "instances[1][1]"
