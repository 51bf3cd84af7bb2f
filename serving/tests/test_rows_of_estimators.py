"""Rows that an estimator cannot answer: whose fault it is, and which row's."""

import json
import pickle
import subprocess
from pathlib import Path

import joblib
import numpy
import pytest
import threadpoolctl
from conftest import command, environment
from in_process import load, refusal
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier, XGBRegressor

from model_server.models.scikit_learn import threads as estimator_threads

RANDOM = numpy.random.default_rng(3)
# Two columns of categories 1, 2 and 3.
CODES = RANDOM.integers(1, 4, size=(120, 2)).astype(float)
POSITIVE = RANDOM.uniform(0.5, 4, size=(120, 2))
TARGET = CODES[:, 0] * 2 + CODES[:, 1] + RANDOM.normal(scale=0.1, size=120)
LABELS = (TARGET > 6).astype(int)


def save(folder, estimator):
    joblib.dump(estimator, folder / "model.pkl")
    return folder / "model.pkl"


def encoder():
    return make_pipeline(OneHotEncoder(), Ridge()).fit(CODES, TARGET)


# Pipelines with a row that they take, one that they do not, and for which zeros are no valid row.
PARTICULAR = {
    "one-hot": (encoder, [2.0, 3.0], [2.0, 7.0]),
    "ordinal": (
        lambda: make_pipeline(OrdinalEncoder(), Ridge()).fit(CODES + 5, TARGET),
        [6.0, 7.0],
        [6.0, 0.0],
    ),
    "logarithm": (
        lambda: make_pipeline(FunctionTransformer(numpy.log), LinearRegression()).fit(POSITIVE, TARGET),
        [2.0, 3.0],
        [2.0, 0.0],
    ),
    "box-cox": (
        lambda: make_pipeline(PowerTransformer(method="box-cox"), Ridge()).fit(POSITIVE, TARGET),
        [2.0, 3.0],
        [2.0, -1.0],
    ),
    "classes": (
        lambda: make_pipeline(OneHotEncoder(), LogisticRegression()).fit(
            CODES + 5, numpy.array(["no", "yes"])[LABELS]
        ),
        [7.0, 8.0],
        [7.0, 1.0],
    ),
}


@pytest.mark.parametrize("kind", PARTICULAR)
def test_learns_from_the_first_valid_row(tmp_path, kind):
    make, row, bad = PARTICULAR[kind]
    fitted = make()
    server = load(save(tmp_path, fitted))
    refused = server.post("/predict", {"features": bad})
    assert (refused.status, refused.json["code"], refused.json["field"]) == (422, "invalid_value", "features")
    expected = fitted.predict([row]).tolist()
    assert server.post("/predict", {"features": row}).json == {"prediction": expected[0]}
    (label, *_) = server.metadata["outputs"]
    kind_of_label = "BYTES" if isinstance(expected[0], str) else "FP64"
    assert (label["name"], label["datatype"], label["shape"]) == ("predict", kind_of_label, [-1])
    schemas = server.schemas
    wanted = {"type": "string" if isinstance(expected[0], str) else "number"}
    assert schemas["PredictResponse"]["properties"]["prediction"] == wanted


def test_learns_from_golden_requests(tmp_path):
    """How many targets a Ridge has is not known before it answers, but for golden requests."""
    targets = numpy.column_stack([TARGET, -TARGET])
    fitted = make_pipeline(OrdinalEncoder(), Ridge()).fit(CODES + 5, targets)
    path = save(tmp_path, fitted)
    rows = (CODES[:5] + 5).tolist()
    golden = {"features": rows, "predictions": fitted.predict(rows).tolist()}
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    server = load(path)
    assert server.metadata["outputs"][0]["shape"] == [-1, 2]
    schemas = server.schemas
    assert schemas["PredictResponse"]["properties"]["prediction"]["type"] == "array"
    (tmp_path / "golden.json").unlink()
    without = load(path)
    assert without.post("/predict", {"features": rows[0]}).json["prediction"] == golden["predictions"][0]
    assert without.metadata["outputs"][0]["shape"] == [-1, 2]
    assert without.schemas == schemas


@pytest.mark.parametrize("bad", [[0], [63], [99], [5, 40]])
@pytest.mark.parametrize("kind", ["one-hot", "logarithm"])
def test_a_batch_names_the_row(tmp_path, kind, bad):
    make, row, wrong = PARTICULAR[kind]
    server = load(save(tmp_path, make()))
    rows = [row] * 100
    for number in bad:
        rows[number] = wrong
    answer = server.post("/predict", {"instances": rows})
    assert (answer.status, answer.json["field"]) == (422, f"instances[{bad[0]}]")
    assert answer.json["error"].startswith(
        f"row {bad[0]}: the sklearn.pipeline.Pipeline does not take this row: "
    )
    tensor = {"name": "x", "shape": [100, 2], "datatype": "FP64", "data": numpy.ravel(rows).tolist()}
    answer = server.post("/v2/models/sample/infer", {"inputs": [tensor]})
    assert (answer.status, answer.json["field"]) == (422, "inputs[0].data")
    assert f"row {bad[0]}: " in answer.json["error"]


@pytest.mark.parametrize("kind", ["one-hot", "logarithm"])
def test_missing_values_in_a_batch_name_the_row(tmp_path, kind):
    make, row, _ = PARTICULAR[kind]
    server = load(save(tmp_path, make()), missing_values="null")
    answer = server.post("/predict", {"instances": [row, row, [None, row[1]]]})
    assert (answer.status, answer.json["field"]) == (422, "instances[2]")
    assert "row 2: the sklearn.pipeline.Pipeline does not take the missing values: " in answer.json["error"]


def test_a_broken_model_does_not_start(tmp_path):
    """An attribute is gone, as after a change of scikit-learn."""
    fitted = GaussianNB().fit(CODES, LABELS)
    del fitted.var_
    entry = refusal(save(tmp_path, fitted))
    assert entry["code"] == "unusable_model"
    assert "var_" in entry["message"]


def test_what_is_the_servers_own_fault_stays_so(tmp_path):
    """A model that has answered and does not any more: no row is to blame."""
    server = load(save(tmp_path, encoder()))
    assert server.post("/predict", {"features": [1.0, 2.0]}).status == 200
    server.model._estimator[-1].coef_ = numpy.zeros((1, 99))
    with pytest.raises(ValueError, match="dimension mismatch"):
        server.post("/predict", {"features": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"mismatch|unknown"):
        server.post("/predict", {"instances": [[1.0, 2.0], [1.0, 7.0]]})


def poisson():
    return PoissonRegressor().fit(CODES, numpy.abs(TARGET))


def xgboost_poisson():
    model = XGBRegressor(objective="count:poisson", n_estimators=3, min_child_weight=0)
    return model.fit(CODES, numpy.abs(TARGET))


def xgboost_linear():
    return XGBClassifier(booster="gblinear", n_estimators=20, learning_rate=1.0).fit(CODES, LABELS)


INFINITE = {
    "poisson": poisson,
    "tweedie": lambda: TweedieRegressor(power=1.5, link="log").fit(CODES, TARGET + 1),
    "in a pipeline": lambda: make_pipeline(StandardScaler(), poisson()).fit(CODES, TARGET + 1),
}


@pytest.mark.parametrize("kind", INFINITE)
def test_infinite_predictions_of_estimators(tmp_path, kind):
    fitted, row = INFINITE[kind](), [1.0, 1e6]
    with numpy.errstate(all="ignore"):
        assert not numpy.isfinite(fitted.predict([row])).all()
    refuses_not_finite(load(save(tmp_path, fitted)), [1.0, 2.0], row, "infinite")


def test_probabilities_that_are_no_numbers(tmp_path):
    """The label of such a row is one; asked for probabilities the server has none to give."""
    fitted = GaussianNB().fit(CODES, LABELS)
    fitted.class_prior_ = numpy.array([0.0, 0.0])
    with numpy.errstate(all="ignore"):
        assert numpy.isnan(fitted.predict_proba([[1.0, 2.0]])).all()
    server = load(save(tmp_path, fitted))
    answer = server.post("/predict", {"instances": [[1.0, 2.0]] * 3, "probabilities": True})
    assert (answer.status, answer.json["code"], answer.json["field"]) == (422, "not_finite", "instances[0]")
    assert "the model's probability is not a number (NaN)" in answer.json["error"]


def test_not_finite_predictions_are_counted_and_no_fault_of_the_server(tmp_path, launch):
    server = launch(save(tmp_path, poisson()))
    for number in range(3):
        answer = server.post("/predict", {"features": [1.0, 1e6 + number]})
        assert (answer.status, answer.json["code"]) == (422, "not_finite")
    metrics = server.get("/metrics").content.decode()
    assert "model_server_predictions_not_finite_total 3.0" in metrics
    assert 'model_server_requests_total{route="predict",status="500"} 0.0' in metrics


def refuses_not_finite(server, good, bad, found):
    single = server.post("/predict", {"features": bad})
    assert (single.status, single.json["code"], single.json["field"]) == (422, "not_finite", "features")
    assert found in single.json["error"]
    batch = server.post("/predict", {"instances": [good, good, bad, good, bad]})
    assert (batch.status, batch.json["field"]) == (422, "instances[2]")
    assert "row 2: " in batch.json["error"]
    rows = [good, bad]
    tensor = {"name": "x", "shape": [2, len(good)], "datatype": "FP64", "data": numpy.ravel(rows).tolist()}
    infer = server.post("/v2/models/sample/infer", {"inputs": [tensor]})
    assert (infer.status, infer.json["code"], infer.json["field"]) == (422, "not_finite", "inputs[0].data")
    assert "row 1: " in infer.json["error"]
    content = numpy.array(rows, "f8").tobytes()
    parameters = {"binary_data_size": len(content)}
    tensor = {"name": "x", "shape": [2, len(good)], "datatype": "FP64", "parameters": parameters}
    binary = server.post_tensors("/v2/models/sample/infer", {"inputs": [tensor]}, content)
    assert (binary.status, binary.json["code"]) == (422, "not_finite")
    assert server.post("/predict", {"features": good}).status == 200


class TestXGBoost:
    """Its own models, whose values are labels, numbers and probabilities."""

    @pytest.mark.parametrize("engine", ["auto", "xgboost"])
    def test_counts_that_overflow(self, tmp_path, engine):
        model = xgboost_poisson()
        document = json.loads(model.get_booster().save_raw("json"))
        (first, *_) = document["learner"]["gradient_booster"]["model"]["trees"]
        # The leaf of the largest rows, beyond what exp() of float32 can hold.
        leaves = [index for index, left in enumerate(first["left_children"]) if left == -1]
        first["split_conditions"][leaves[-1]] = 1000.0
        path = tmp_path / "model.json"
        path.write_text(json.dumps(document))
        server = load(path, engine=engine)
        answers = {tuple(row): server.post("/predict", {"features": row.tolist()}).status for row in CODES}
        bad = [list(row) for row, status in answers.items() if status == 422]
        good = [list(row) for row, status in answers.items() if status == 200]
        assert bad
        assert good
        refuses_not_finite(server, good[0], bad[0], "infinite")

    def test_labels_of_a_value_that_is_no_number(self, tmp_path):
        """A label would be 0, as NaN is not more than 0.5."""
        model = xgboost_linear()
        document = json.loads(model.get_booster().save_raw("json"))
        weights = document["learner"]["gradient_booster"]["model"]["weights"]
        weights[0], weights[1] = 1e30, -1e30
        (tmp_path / "model.json").write_text(json.dumps(document))
        server = load(tmp_path / "model.json")
        refuses_not_finite(server, [1.0, 1.0], [1e30, 1e30], "not a number (NaN)")


def two_labels():
    return numpy.column_stack(
        [numpy.array(["no", "yes"])[LABELS], numpy.array(["a", "b", "c"])[CODES[:, 1].astype(int) - 1]]
    )


SEVERAL = {
    "forest": lambda: RandomForestClassifier(10, random_state=1).fit(CODES, two_labels()),
    "tree": lambda: DecisionTreeClassifier(random_state=1).fit(CODES, two_labels()),
    "neighbours": lambda: KNeighborsClassifier().fit(CODES, two_labels()),
    "each target by itself": lambda: MultiOutputClassifier(LogisticRegression()).fit(CODES, two_labels()),
    "numbers": lambda: RandomForestClassifier(10, random_state=1).fit(
        CODES, numpy.column_stack([LABELS, CODES[:, 1].astype(int)])
    ),
    "in a pipeline": lambda: make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=1)).fit(
        CODES, two_labels()
    ),
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_classifiers_of_several_targets(tmp_path, kind):
    fitted = SEVERAL[kind]()
    rows = CODES[:6].tolist()
    labels = fitted.predict(rows).tolist()
    probabilities = [
        list(row) for row in zip(*(each.tolist() for each in fitted.predict_proba(rows)), strict=True)
    ]
    golden = {"features": rows, "predictions": labels, "probabilities": probabilities}
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    server = load(save(tmp_path, fitted))
    answer = server.post("/predict", {"instances": rows, "probabilities": True}).json
    assert answer == {"predictions": labels, "probabilities": probabilities}
    single = server.post("/predict", {"features": rows[0], "probabilities": True}).json
    assert single == {"prediction": labels[0], "probabilities": probabilities[0]}
    tensor = {"name": "x", "shape": [6, 2], "datatype": "FP64", "data": numpy.ravel(rows).tolist()}
    names = ["predict", "predict_proba_0", "predict_proba_1"]
    asked = {"inputs": [tensor], "outputs": [{"name": name} for name in names]}
    outputs = server.post("/v2/models/sample/infer", asked).json["outputs"]
    assert [output["name"] for output in outputs] == names
    assert outputs[0]["data"] == numpy.ravel(labels).tolist()
    for target in (0, 1):
        output = outputs[1 + target]
        assert output["shape"] == [6, len(probabilities[0][target])]
        assert output["data"] == [value for row in probabilities for value in row[target]]
    metadata = server.metadata["outputs"]
    assert [(each["name"], len(each["shape"])) for each in metadata] == [(name, 2) for name in names]
    golden["probabilities"][3][1][0] += 0.5
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    entry = refusal(tmp_path / "model.pkl")
    assert (entry["code"], "row 3" in entry["message"]) == ("golden_mismatch", True)


def test_a_chain_of_classifiers_gives_one_list(tmp_path):
    fitted = ClassifierChain(LogisticRegression(), random_state=1).fit(
        CODES, numpy.column_stack([LABELS, 1 - LABELS])
    )
    server = load(save(tmp_path, fitted))
    rows = CODES[:5].tolist()
    answer = server.post("/predict", {"instances": rows, "probabilities": True}).json
    assert answer["predictions"] == fitted.predict(rows).tolist()
    assert answer["probabilities"] == fitted.predict_proba(rows).tolist()


@pytest.mark.parametrize("make", [DecisionTreeClassifier, GaussianNB])
def test_golden_requests_of_labels_that_are_true_or_false(tmp_path, make):
    fitted = make().fit(CODES, LABELS.astype(bool))
    rows = CODES[:8].tolist()
    golden = {"features": rows, "predictions": fitted.predict(rows).tolist()}
    assert set(golden["predictions"]) == {True, False}
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    path = save(tmp_path, fitted)
    server = load(path)
    answer = server.post("/predict", {"instances": rows}).json["predictions"]
    assert answer == golden["predictions"]
    assert all(isinstance(label, bool) for label in answer)
    assert server.metadata["outputs"][0]["datatype"] == "BOOL"
    golden["predictions"][2] = not golden["predictions"][2]
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    assert refusal(path)["code"] == "golden_mismatch"


def test_isotonic_regression_takes_one_number(tmp_path):
    fitted = IsotonicRegression(out_of_bounds="clip").fit(CODES[:, 0], TARGET)
    server = load(save(tmp_path, fitted))
    answer = server.post("/predict", {"instances": [[1.0], [2.5], [9.0]]}).json["predictions"]
    assert answer == fitted.predict([1.0, 2.5, 9.0]).tolist()
    assert server.post("/predict", {"features": [1.0, 2.0]}).json["code"] == "wrong_length"


def test_what_is_said_of_pipelines_that_take_text(tmp_path):
    from sklearn.feature_extraction.text import TfidfVectorizer

    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(
        ["good", "bad", "good good"], [1, 0, 1]
    )
    entry = refusal(save(tmp_path, fitted))
    assert entry["code"] == "unsupported_model"
    assert "takes text (it begins with TfidfVectorizer)" in entry["message"]


@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(),
        make_pipeline(StandardScaler(), Ridge()),
        GridSearchCV(Ridge(), {"alpha": [1]}),
        IsotonicRegression(),
    ],
)
def test_what_was_never_fitted_is_said_to_be_so(tmp_path, estimator):
    entry = refusal(save(tmp_path, estimator))
    assert entry["code"] == "unfitted_model"
    assert "was never fitted" in entry["message"]


@pytest.mark.parametrize("estimator", [StandardScaler().fit(CODES), OneHotEncoder().fit(CODES)])
def test_what_cannot_predict_is_said_to_be_so(tmp_path, estimator):
    entry = refusal(save(tmp_path, estimator))
    assert entry["code"] == "unsupported_model"
    assert "cannot predict" in entry["message"]


def test_warnings_are_documents_of_the_log(tmp_path, launch):
    """A forest that tells its progress, and that was fitted on columns with names."""
    fitted = RandomForestRegressor(5, verbose=2, n_jobs=2, random_state=1).fit(CODES, TARGET)
    fitted.feature_names_in_ = numpy.array(["a", "b"], dtype=object)
    server = launch(save(tmp_path, fitted))
    for _ in range(5):
        assert server.post("/predict", {"features": [1.0, 2.0]}).status == 200
    server.process.terminate()
    entries = [json.loads(line) for line in server.process.stdout]
    named = [entry for entry in entries if "valid feature names" in entry["message"]]
    assert len(named) <= 1
    assert all(entry["level"] == "warning" and entry["category"] == "UserWarning" for entry in named)


def test_progress_and_warnings_leave_standard_error_alone(tmp_path):
    """Also while it starts, and of any category."""
    fitted = RandomForestRegressor(5, verbose=2, n_jobs=2, random_state=1).fit(CODES, TARGET)
    fitted.feature_names_in_ = numpy.array(["a", "b"], dtype=object)
    path = save(tmp_path, fitted)
    done = subprocess.run(
        command("--check"), env=environment(path), capture_output=True, text=True, cwd="/", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    (warned,) = [entry for entry in entries if "valid feature names" in entry["message"]]
    assert (warned["level"], warned["category"]) == ("warning", "UserWarning")
    assert warned["source"].startswith("validation.py:")


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    "make",
    [
        lambda: RandomForestClassifier(40, n_jobs=-1, random_state=1),
        lambda: make_pipeline(StandardScaler(), RandomForestClassifier(40, n_jobs=-1, random_state=1)),
        lambda: GridSearchCV(RandomForestClassifier(40, n_jobs=-1, random_state=1), {"max_depth": [3]}),
        lambda: make_pipeline(StandardScaler(), XGBClassifier(n_estimators=5, n_jobs=8)),
        lambda: KNeighborsClassifier(n_jobs=-1),
    ],
)
def test_threads_of_a_prediction(make, threads):
    """What is set is what the libraries themselves then report."""
    fitted = pickle.loads(pickle.dumps(make().fit(CODES, LABELS)))
    before = fitted.predict(CODES).tolist()
    try:
        estimator_threads.limit(fitted, threads)
        parts = [part for part in estimator_threads._parts(fitted, 0, set()) if "n_jobs" in vars(part)]
        assert parts
        assert {part.n_jobs for part in parts} == {threads}
        for pool in threadpoolctl.threadpool_info():
            assert pool["num_threads"] <= threads
        assert fitted.predict(CODES).tolist() == before
    finally:
        threadpoolctl.threadpool_limits(limits=2)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_of_the_server(tmp_path, launch, threads):
    """Counted by the system, after a batch that a forest of all cores would have shared."""
    fitted = RandomForestRegressor(50, n_jobs=16, random_state=1).fit(CODES, TARGET)
    server = launch(save(tmp_path, fitted), estimator_threads=threads)

    def count() -> int:
        return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))

    at_rest = count()
    rows = numpy.repeat(CODES, 20, axis=0).tolist()
    answer = server.post("/predict", {"instances": rows}).json["predictions"]
    # Threads add the trees of a forest in the order in which they happen to end.
    assert answer == pytest.approx(fitted.predict(rows).tolist(), rel=1e-12)
    if threads == 1:
        assert answer == fitted.set_params(n_jobs=1).predict(rows).tolist()
    # joblib keeps the threads of a pool only while it computes; what stays must not be one for each core.
    assert count() <= at_rest + threads
