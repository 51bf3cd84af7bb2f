"""Rows of which most features are absent: as scipy's matrices are for XGBoost and for scikit-learn."""

import json
import math
import pickle

import joblib
import numpy
import pytest
import xgboost
from in_process import load, refusal
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from model_server.rows import sparse_rows

RANDOM = numpy.random.default_rng(5)
WIDTH, COUNT = 40, 300
MATRIX = sparse.random(COUNT, WIDTH, density=0.15, format="csr", random_state=5)
MATRIX.data = RANDOM.normal(size=MATRIX.nnz)
# A zero that is there is no absent value.
MATRIX.data[::7] = 0.0
DENSE = MATRIX.toarray()
LABELS = (DENSE[:, :20].sum(axis=1) + RANDOM.normal(scale=0.1, size=COUNT) > 0).astype(int)


def asked(matrix: sparse.csr_matrix) -> dict:
    rows = [matrix[number] for number in range(matrix.shape[0])]
    return {"indices": [row.indices.tolist() for row in rows], "values": [row.data.tolist() for row in rows]}


def fit(**given) -> xgboost.XGBClassifier:
    return xgboost.XGBClassifier(n_estimators=15, n_jobs=1, random_state=1, **given).fit(MATRIX, LABELS)


def save(folder, fitted, form: str):
    path = folder / f"model.{form}"
    if form == "pkl":
        path.write_bytes(pickle.dumps(fitted))
    else:
        fitted.save_model(path)
    return path


@pytest.mark.parametrize("engine", ["auto", "xgboost"])
@pytest.mark.parametrize("form", ["pkl", "ubj"])
@pytest.mark.parametrize("missing", [math.nan, 0.0])
def test_as_xgboost_with_a_sparse_matrix(tmp_path, form, missing, engine):
    fitted = fit(missing=missing)
    marker = "0" if missing == 0 and form == "ubj" else ""
    server = load(save(tmp_path, fitted, form), missing_marker=marker, engine=engine)
    answer = server.post("/predict", {"sparse": asked(MATRIX), "probabilities": True}).json
    assert answer["predictions"] == fitted.predict(MATRIX).tolist()
    assert answer["probabilities"] == fitted.predict_proba(MATRIX).tolist()
    for number in range(10):
        row = {"indices": asked(MATRIX)["indices"][number], "values": asked(MATRIX)["values"][number]}
        single = server.post("/predict", {"sparse": row, "probabilities": True}).json
        assert single == {
            "prediction": answer["predictions"][number],
            "probabilities": answer["probabilities"][number],
        }


@pytest.mark.parametrize("booster", ["dart", "gblinear"])
def test_models_that_only_xgboost_predicts(tmp_path, booster):
    fitted = fit(booster=booster)
    server = load(save(tmp_path, fitted, "ubj"))
    answer = server.post("/predict", {"sparse": asked(MATRIX), "probabilities": True}).json
    assert answer["probabilities"] == fitted.predict_proba(MATRIX).tolist()


@pytest.mark.parametrize("form", ["pkl", "ubj", "json"])
def test_dense_rows_of_a_model_that_was_trained_on_a_sparse_matrix(tmp_path, form):
    """Its zeros were absent. Nothing in the file says so, a pickle's `missing=nan` neither."""
    fitted = xgboost.XGBClassifier(n_estimators=15, n_jobs=1).fit(sparse.csr_matrix(DENSE), LABELS)
    expected = fitted.predict_proba(sparse.csr_matrix(DENSE)).tolist()
    path = save(tmp_path, fitted, form)
    body = {"instances": DENSE.tolist(), "probabilities": True}
    assert load(path, missing_marker="0").post("/predict", body).json["probabilities"] == expected
    # Not setting it makes a difference, and golden requests tell.
    assert load(path).post("/predict", body).json["probabilities"] != expected
    golden = {
        "features": DENSE[:40].tolist(),
        "predictions": fitted.predict(sparse.csr_matrix(DENSE[:40])).tolist(),
    }
    golden["probabilities"] = expected[:40]
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    found = refusal(path)
    assert found["code"] == "golden_mismatch"
    assert "on a sparse matrix" in found["message"]
    assert "MODEL_SERVER_MISSING_MARKER" in found["message"]
    load(path, missing_marker="0")


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_pipeline(MaxAbsScaler(), LogisticRegression()),
        LogisticRegression,
        lambda: make_pipeline(MaxAbsScaler(), xgboost.XGBClassifier(n_estimators=9, n_jobs=1)),
    ],
)
def test_as_scikit_learn_with_a_sparse_matrix(tmp_path, make):
    fitted = make().fit(MATRIX, LABELS)
    joblib.dump(fitted, tmp_path / "model.pkl")
    server = load(tmp_path / "model.pkl")
    answer = server.post("/predict", {"sparse": asked(MATRIX), "probabilities": True}).json
    assert answer["predictions"] == fitted.predict(MATRIX).tolist()
    assert answer["probabilities"] == fitted.predict_proba(MATRIX).tolist()


def test_estimators_that_take_no_sparse_matrix_say_so(tmp_path):
    joblib.dump(GaussianNB().fit(DENSE, LABELS), tmp_path / "model.pkl")
    answer = load(tmp_path / "model.pkl").post("/predict", {"sparse": {"indices": [1], "values": [2.0]}})
    assert (answer.status, answer.json["code"], answer.json["field"]) == (422, "no_sparse_rows", "sparse")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    return load(save(tmp_path_factory.mktemp("model"), fit(), "ubj"), max_rows=50)


WRONG = {
    "an index too large": ([[1], [2, WIDTH]], [[1.0], [1.0, 1.0]], "invalid_index", "indices[1][1]"),
    "an index below zero": ([[1], [-1]], [[1.0], [1.0]], "invalid_index", "indices[1][0]"),
    "an index that is none": ([[1.5]], [[1.0]], "invalid_index", "indices[0][0]"),
    "an index of text": (["a"], [1.0], "invalid_value", "indices[0]"),
    "an index of truth": ([True], [1.0], "invalid_value", "indices[0]"),
    "an index beyond 64 bits": ([2**70], [1.0], "invalid_index", "indices[0]"),
    "an index twice": ([3, 5, 3], [1.0, 2.0, 3.0], "invalid_index", "indices[2]"),
    "an index twice in a row": ([[1], [5, 5]], [[1.0], [2.0, 2.0]], "invalid_index", "indices[1][1]"),
    "a value too few": ([[1], [2, 3]], [[1.0], [2.0]], "wrong_length", "values[1]"),
    "a value too many": ([1], [1.0, 2.0], "wrong_length", "values"),
    "a row too few": ([[1], [2]], [[1.0]], "wrong_length", "values"),
    "a value of text": ([1], ["1"], "invalid_value", "values[0]"),
    "a value of nothing": ([[1]], [[None]], "invalid_value", "values[0][0]"),
    "a value too large": ([[1], [2]], [[1.0], [1e39]], "out_of_range", "values[1][0]"),
    "a number among rows": ([[1], 2], [[1.0], [2.0]], "invalid_value", "indices[1]"),
    "a row among numbers": ([1, 2], [1.0, [2.0]], "invalid_value", "values[1]"),
    "one row and many": ([[1]], [1.0], "invalid_value", "values"),
    "an object": ({"0": 1}, [1.0], "invalid_value", "indices"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said_by_field(served, kind):
    indices, values, code, field = WRONG[kind]
    answer = served.post("/predict", {"sparse": {"indices": indices, "values": values}})
    assert (answer.status, answer.json["code"], answer.json["field"]) == (422, code, f"sparse.{field}")


def test_indices_with_a_point_are_whole_numbers_to_json(served):
    texts = (
        b'{"sparse": {"indices": [4.0, 1e1], "values": [1, 2]}}',
        b'{"sparse": {"indices": [4, 10], "values": [1, 2]}}',
    )
    assert served.post_bytes("/predict", texts[0]).json == served.post_bytes("/predict", texts[1]).json


def test_further_things_that_are_wrong(served):
    row = {"indices": [1], "values": [1.0]}
    for document, code, field in (
        ({"sparse": {"indices": [1]}}, "missing_field", "sparse.values"),
        ({"sparse": row | {"shape": [1, 40]}}, "invalid_value", "sparse.shape"),
        ({"sparse": row, "features": [0.0] * WIDTH}, "missing_field", "features"),
        ({"sparse": row, "instances": [[0.0] * WIDTH]}, "missing_field", "features"),
        ({"sparse": [[1, 1.0]]}, "invalid_value", "sparse"),
    ):
        answer = served.post("/predict", document)
        assert (answer.status, answer.json["code"], answer.json["field"]) == (422, code, field)
    twice = b'{"sparse": {"indices": [1], "values": [1.0], "values": [2.0]}}'
    answer = served.post_bytes("/predict", twice)
    assert (answer.status, answer.json["code"]) == (400, "malformed")


def test_as_many_rows_as_dense_ones(served):
    document = asked(MATRIX[:50])
    assert len(served.post("/predict", {"sparse": document}).json["predictions"]) == 50
    answer = served.post("/predict", {"sparse": asked(MATRIX[:51])})
    assert (answer.status, answer.json["code"]) == (422, "too_many_rows")
    many = served.post("/predict", {"sparse": {"indices": [[]] * 5000, "values": [[]] * 5000}})
    assert (many.status, many.json["code"]) == (422, "too_many_rows")


def test_rows_without_any_feature(served):
    empty = {"indices": [], "values": []}
    alone = served.post("/predict", {"sparse": empty, "probabilities": True}).json["probabilities"]
    nothing = sparse.csr_matrix((1, WIDTH))
    assert alone == fit().predict_proba(nothing).tolist()[0]
    batch = {"indices": [[], [3], []], "values": [[], [1.0], []]}
    assert served.post("/predict", {"sparse": batch, "probabilities": True}).json["probabilities"][2] == alone


def test_null_is_missing_where_that_is_taken(tmp_path):
    fitted = fit()
    server = load(save(tmp_path, fitted, "ubj"), missing_values="null")
    given = server.post(
        "/predict", {"sparse": {"indices": [3, 4], "values": [None, 1.0]}, "probabilities": True}
    )
    absent = server.post("/predict", {"sparse": {"indices": [4], "values": [1.0]}, "probabilities": True})
    assert given.json == absent.json


@pytest.mark.parametrize("many", [True, False])
def test_golden_requests(tmp_path, many):
    fitted = fit()
    path = save(tmp_path, fitted, "pkl")
    count = 20 if many else 1
    document = asked(MATRIX[:count])
    rows = document if many else {name: lists[0] for name, lists in document.items()}
    golden = {
        "sparse": rows,
        "predictions": fitted.predict(MATRIX[:count]).tolist(),
        "probabilities": fitted.predict_proba(MATRIX[:count]).tolist(),
    }
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    load(path)
    golden["predictions"][0] = 1 - golden["predictions"][0]
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    assert refusal(path)["code"] == "golden_mismatch"
    golden["sparse"]["indices"] = [[WIDTH]] * count if many else [WIDTH]
    golden["sparse"]["values"] = [[1.0]] * count if many else [1.0]
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    found = refusal(path)
    assert found["code"] == "golden_mismatch"
    assert "sparse.indices" in found["message"]
    golden["features"] = [[0.0] * WIDTH]
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    assert refusal(path)["code"] == "invalid_golden"


def test_memory_is_bounded_whatever_the_width(tmp_path):
    """246,664 features, as of a vocabulary: a batch of them all dense would take gigabytes."""
    width = 246_664
    matrix = sparse.random(60, width, density=0.0002, format="csr", random_state=1)
    labels = numpy.arange(60) % 2
    fitted = xgboost.XGBClassifier(n_estimators=2, n_jobs=1).fit(matrix, labels)
    server = load(save(tmp_path, fitted, "ubj"))
    answer = server.post("/predict", {"sparse": asked(matrix), "probabilities": True}).json
    assert answer["probabilities"] == fitted.predict_proba(matrix).tolist()
    allowed = sparse_rows.max_rows(width, 10_000)
    assert allowed == 136
    assert (
        server.post("/predict", {"sparse": {"indices": [[]] * allowed, "values": [[]] * allowed}}).status
        == 200
    )
    answer = server.post("/predict", {"sparse": {"indices": [[]] * 137, "values": [[]] * 137}})
    assert (answer.status, answer.json["code"]) == (422, "too_many_rows")
    assert "at most 136 sparse rows of 246664 features" in answer.json["error"]
    rows = sparse_rows.SparseRows(width, [[]] * allowed, [[]] * allowed)
    assert max(len(dense) for _, dense, _ in rows.dense("f")) <= max(width, sparse_rows.CHUNK)


def test_is_described(served):
    found = served.schemas
    assert found["Sparse"]["properties"]["indices"]["items"]["maximum"] == WIDTH - 1
    (form,) = [each for each in found["PredictRequest"]["oneOf"] if "sparse" in each["properties"]]
    assert form["required"] == ["sparse"]
