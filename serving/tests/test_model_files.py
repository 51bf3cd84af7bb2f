"""What model files say of themselves: versions, damage, labels, and which rounds predict."""

import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
from array import array
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
import xgboost
from conftest import SERVING, refused_start
from fuzz_model_files import MODELS, SOURCES, Pickled, decoded, encoded

from model_server.errors import StartError
from model_server.models import loading
from model_server.models.xgboost import library as xgboost_library
from model_server.models.xgboost import self_check
from model_server.models.xgboost.evaluator import Evaluator
from model_server.models.xgboost.library import Booster
from model_server.models.xgboost.model import XGBoostModel
from model_server.settings import Settings

CURRENT = MODELS / "3.4.1"
FOREST = CURRENT / "forest.ubj"


def load(path: Path, **settings) -> XGBoostModel:
    xgboost_library.set_quiet()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return loading.load(Settings(model_path=str(path), model_sha256=sha256, **settings))


def write(folder: Path, document: dict, form: str = "ubj") -> Path:
    path = folder / f"model.{form}"
    if form == "pkl":
        import pickle

        path.write_bytes(pickle.dumps(Pickled(encoded({"Model": document, "Config": {}}))))
    else:
        text = json.dumps(document, default=list).encode()
        path.write_bytes(encoded(document) if form == "ubj" else text)
    return path


def changed(folder: Path, change: Callable[[dict], object], source: Path = FOREST, form: str = "ubj") -> Path:
    document = decoded(source)
    change(document)
    return write(folder, document, form)


def trees_of(document: dict) -> list[dict]:
    return document["learner"]["gradient_booster"]["model"]["trees"]


@pytest.mark.parametrize("source", ["1.0.2/linear.json", "1.4.2/linear.json", "1.7.6/linear.json"])
@pytest.mark.parametrize("rounds", ["not counted", "not counted, and saved anew"])
@pytest.mark.parametrize("base_score", [0.5, 0.2])
def test_base_score_of_a_linear_model_whose_rounds_nobody_counted(tmp_path, source, rounds, base_score):
    """Before 1.5 nobody did; versions from 1.5 on load such a file as one of 0 rounds, and save that."""

    def made_logistic(document: dict) -> None:
        learner = document["learner"]
        learner["objective"]["name"] = "binary:logistic"
        learner["learner_model_param"]["base_score"] = str(base_score)
        learner["gradient_booster"]["model"].pop("boosted_rounds", None)
        if rounds != "not counted":
            learner["gradient_booster"]["model"]["boosted_rounds"] = 0

    document = decoded(MODELS / source)
    own = float(document["learner"]["learner_model_param"]["base_score"])
    said = recorded(MODELS / source)
    found = load(changed(tmp_path, made_logistic, MODELS / source, "json"))
    rows = array("f", [value for row in said["rows"] for value in row])
    values, _ = found.engine.values(rows, len(said["rows"]))
    margins = [value - own + math.log(base_score / (1 - base_score)) for value in said["values"]]
    assert values.tolist() == pytest.approx([1 / (1 + math.exp(-margin)) for margin in margins], rel=1e-5)


def recorded(path: Path) -> dict:
    document = json.loads((path.parent / "recorded.json").read_text())
    said = document["models"][path.name]
    return {**said, "rows": document["rows"][said["rows"]]}


def golden_of(said: dict) -> dict:
    answers = {key: said[key] for key in ("predictions", "probabilities") if key in said}
    return {"features": said["rows"], **answers}


def booster_golden(path: Path) -> dict:
    """For a booster of two classes, what was recorded are the probabilities of the second."""
    said = recorded(path)
    return {
        "features": said["rows"],
        "predictions": [int(value > 0.5) for value in said["values"]],
        "probabilities": [[1 - value, value] for value in said["values"]],
    }


def test_what_was_not_changed_is_served(tmp_path):
    for form in ("ubj", "json", "pkl"):
        assert load(changed(tmp_path, lambda _: None, form=form)).doubts == ()


# Versions and what they may have added.


def of_version(*version: object) -> Callable[[dict], object]:
    return lambda document: document.update(version=list(version))


def unknown_in(*path: str) -> Callable[[dict], object]:
    def change(document: dict) -> None:
        for key in path:
            document = document[int(key)] if key.isdigit() else document[key]
        document["leaf_scale"] = [0.5]

    return change


BOOSTER = ("learner", "gradient_booster")
DOUBTFUL = {
    "newer patch": (of_version(3, 4, 99), "XGBoost 3.4.99 wrote the model, and XGBoost 3.4.1 serves it"),
    "newer minor": (of_version(3, 5, 0), "XGBoost 3.5.0 wrote the model, and XGBoost 3.4.1 serves it"),
    "newer major": (of_version(10, 0, 0), "XGBoost 10.0.0 wrote the model"),
    "no version": (lambda document: document.pop("version"), "does not say which version"),
    "version zero": (of_version(0, 0, 0), "XGBoost 0.0.0 wrote it, which wrote no such files"),
    "before JSON": (of_version(0, 90, 0), "XGBoost 0.90.0 wrote it, which wrote no such files"),
    "negative version": (of_version(3, -1, 0), "XGBoost 3.-1.0 wrote it"),
    "unknown at the top": (unknown_in(), "the file holds leaf_scale"),
    "unknown in the learner": (unknown_in("learner"), "`learner` holds leaf_scale"),
    "unknown in the objective": (unknown_in("learner", "objective"), "`objective` holds leaf_scale"),
    "unknown in the booster": (unknown_in(*BOOSTER), "`gradient_booster` holds leaf_scale"),
    "unknown in the model": (unknown_in(*BOOSTER, "model"), "`model` holds leaf_scale"),
    "unknown in a tree": (unknown_in(*BOOSTER, "model", "trees", "2"), "tree 2 holds leaf_scale"),
    "unknown parameter": (
        unknown_in("learner", "learner_model_param"),
        "`learner_model_param` holds leaf_scale",
    ),
}


@pytest.mark.parametrize("form", ["ubj", "pkl"])
@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_cannot_be_proven_right_needs_golden_requests(tmp_path, name, form):
    change, reason = DOUBTFUL[name]
    if name == "unknown parameter":
        # XGBoost takes texts there.
        path = changed(
            tmp_path, lambda d: d["learner"]["learner_model_param"].update(leaf_scale="1"), form=form
        )
    else:
        path = changed(tmp_path, change, form=form)
    loaded = load(path)
    assert any(reason in doubt for doubt in loaded.doubts), loaded.doubts


def test_a_doubtful_model_is_served_behind_golden_requests_only(tmp_path, launch):
    path = changed(tmp_path, of_version(3, 5, 0))
    entry = refused_start(path)
    assert entry["code"] == "unproven_model"
    assert "XGBoost 3.5.0 wrote the model" in entry["message"]
    assert "golden requests with their answers (golden.json)" in entry["message"]
    golden = booster_golden(FOREST)
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    server = launch(path, missing_values="null")
    assert (
        server.post("/predict", {"instances": golden["features"]}).json["predictions"]
        == golden["predictions"]
    )
    golden["probabilities"][3][1] += 0.01
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    assert refused_start(path)["code"] == "golden_mismatch"


def test_an_estimator_of_another_kind_is_doubtful(tmp_path):
    def change(document: dict) -> None:
        document["learner"]["attributes"]["scikit_learn"] = json.dumps(
            {"_estimator_type": "outlier_detector"}
        )

    assert "outlier_detector" in load(changed(tmp_path, change)).doubts[0]


# Weights of dropout, in each place where they have been.


@pytest.mark.parametrize("place", ["3.3", "3.4", "dart"])
def test_weights_of_dropout_count_wherever_they_are(tmp_path, place):
    def move(document: dict) -> None:
        booster = document["learner"]["gradient_booster"]
        if place == "3.3":
            booster["weight_drop"] = booster["model"].pop("weight_drop")
            document["version"] = [3, 3, 0]
        elif place == "dart":
            weights = booster["model"].pop("weight_drop")
            inner = {"name": "gbtree", "model": booster["model"]}
            document["learner"]["gradient_booster"] = {
                "name": "dart",
                "gbtree": inner,
                "weight_drop": weights,
            }
            document["version"] = [3, 2, 0]

    source = CURRENT / "dropout.ubj"
    said = recorded(source)
    loaded = load(changed(tmp_path, move, source))
    assert loaded.engine.name == "native"
    rows = array("f", [float("nan") if value is None else value for row in said["rows"] for value in row])
    assert loaded.engine.values(rows, len(said["rows"]))[0].tolist() == said["values"]


def test_weights_of_dropout_make_a_difference(tmp_path):
    source = CURRENT / "dropout.ubj"
    said = recorded(source)
    bare = load(
        changed(tmp_path, lambda d: d["learner"]["gradient_booster"]["model"].pop("weight_drop"), source)
    )
    rows = array("f", [float("nan") if value is None else value for row in said["rows"] for value in row])
    assert bare.engine.values(rows, len(said["rows"]))[0].tolist() != said["values"]


# Labels.


@pytest.mark.parametrize(
    ("version", "name", "datatype"),
    [
        ("1.0.2", "classifier-labels.json", "INT64"),
        ("1.3.3", "classifier-labels.json", "INT64"),
        ("1.3.3", "classifier-text-labels.pkl", "BYTES"),
        ("1.5.2", "classifier-text-labels.json", "BYTES"),
        ("1.5.2", "classifier-labels.pkl", "INT64"),
    ],
)
def test_labels_of_the_file_are_the_answers(tmp_path, launch, version, name, datatype):
    source = MODELS / version / name
    said = recorded(source)
    path = tmp_path / f"model{source.suffix}"
    shutil.copy(source, path)
    (tmp_path / "golden.json").write_text(json.dumps(golden_of(said)))
    server = launch(path, missing_values="null")
    answer = server.post("/predict", {"instances": said["rows"]}).json
    assert answer["predictions"] == said["predictions"]
    full = [[value or 0.0 for value in row] for row in said["rows"]]
    tensor = {
        "name": "features",
        "shape": [len(full), 5],
        "datatype": "FP32",
        "data": numpy.ravel(full).tolist(),
    }
    output = server.post("/v2/models/sample/infer", {"inputs": [tensor]}).json["outputs"][0]
    expected = server.post("/predict", {"instances": full}).json["predictions"]
    assert (output["datatype"], output["data"]) == (datatype, expected)
    wrong = {**golden_of(said), "predictions": [*said["predictions"][1:], "other"]}
    (tmp_path / "golden.json").write_text(json.dumps(wrong))
    assert refused_start(path)["code"] == "golden_mismatch"


def test_what_is_made_up_for_in_a_binary_file_is_read_as_well(tmp_path):
    """What files of 1.0 lack is put in as JSON, whatever the file is."""

    def change(document: dict) -> None:
        document["version"] = [1, 2, 0]
        document["learner"]["objective"]["name"] = "binary:logitraw"
        document["learner"]["learner_model_param"]["base_score"] = "2.5E-1"

    loaded = load(changed(tmp_path, change))
    other = load(changed(tmp_path, lambda d: (change(d), d.update(version=[1, 3, 0])), form="pkl"))
    rows = array("f", bytes(20))
    # The logarithm of odds of one to three, and the probability itself.
    difference = loaded.engine.values(rows, 1)[0][0] - other.engine.values(rows, 1)[0][0]
    assert difference == pytest.approx(-numpy.log(3) - 0.25, abs=1e-6)


# Estimators and objectives, as XGBoost's own class answers.

TRAINING = numpy.random.default_rng(7).normal(size=(400, 4)).astype(numpy.float32)
TARGET = TRAINING[:, 0] - TRAINING[:, 1]
PAIRS = {
    "softmax": ("multi:softmax", numpy.digitize(TARGET, [-1, 1]), {}),
    "softprob": ("multi:softprob", numpy.digitize(TARGET, [-1, 1]), {}),
    "softprob of two classes": ("multi:softprob", TARGET > 0, {"num_class": 2}),
    "softmax of two classes": ("multi:softmax", TARGET > 0, {"num_class": 2}),
    "reg:logistic": ("reg:logistic", TARGET > 0, {}),
    "hinge": ("binary:hinge", TARGET > 0, {}),
    "raw": ("binary:logitraw", TARGET > 0, {}),
    "squared error": ("reg:squarederror", TARGET > 0, {}),
    "poisson": ("count:poisson", TARGET > 0, {}),
    "two labels": ("binary:logistic", numpy.stack([TARGET > 0, TARGET > 1], axis=1), {}),
    "three labels": ("binary:logistic", numpy.stack([TARGET > 0, TARGET > 1, TARGET > 2], axis=1), {}),
    "linear": ("binary:logistic", TARGET > 0, {"booster": "gblinear"}),
    "one class": ("binary:logistic", numpy.zeros(400), {}),
}


@pytest.mark.parametrize("form", ["ubj", "pkl"])
@pytest.mark.parametrize("engine", ["auto", "xgboost"])
@pytest.mark.parametrize("name", PAIRS)
def test_a_classifier_answers_as_its_own_class_does(tmp_path, name, engine, form):
    import pickle

    objective, labels, more = PAIRS[name]
    fitted = xgboost.XGBClassifier(objective=objective, n_estimators=5, n_jobs=1, **more)
    fitted.fit(TRAINING, labels.astype(int))
    path = tmp_path / f"model.{form}"
    if form == "pkl":
        path.write_bytes(pickle.dumps(fitted))
    else:
        fitted.save_model(path)
    loaded = load(path, engine=engine)
    asked = TRAINING[:50]
    answers = loaded.predict(array("f", asked.tobytes()), 50, True)
    assert answers.predictions == fitted.predict(asked).tolist()
    assert loaded.answer_format.gives_probabilities
    expected = fitted.predict_proba(asked)
    if "softmax" in objective:
        # scipy's, whose last bit depends on the processor.
        assert numpy.array(answers.probabilities) == pytest.approx(expected, rel=1e-6, abs=1e-7)
    else:
        assert answers.probabilities == expected.tolist()


def test_softmax_gives_probabilities_through_the_server(tmp_path, launch):
    source = CURRENT / "classifier-softmax.ubj"
    said = recorded(source)
    shutil.copy(source, tmp_path / "model.ubj")
    (tmp_path / "golden.json").write_text(json.dumps(golden_of(said)))
    server = launch(tmp_path / "model.ubj", missing_values="null")
    answer = server.post("/predict", {"instances": said["rows"], "probabilities": True}).json
    assert answer["predictions"] == said["predictions"]
    assert numpy.array(answer["probabilities"]) == pytest.approx(numpy.array(said["probabilities"]), abs=1e-6)
    outputs = server.get("/v2/models/sample").json["outputs"]
    assert [(each["name"], each["shape"]) for each in outputs] == [
        ("predict", [-1]),
        ("predict_proba", [-1, 3]),
    ]


# Damage.


def item(key: str, index: int, value: object, tree: int = 0) -> Callable[[dict], object]:
    return lambda document: trees_of(document)[tree][key].__setitem__(index, value)


def attribute(**attributes: str) -> Callable[[dict], object]:
    return lambda document: document["learner"]["attributes"].update(attributes)


def in_model(key: str, value: object) -> Callable[[dict], object]:
    return lambda document: document["learner"]["gradient_booster"]["model"].update({key: value})


def parameter(key: str, value: str) -> Callable[[dict], object]:
    return lambda document: document["learner"]["learner_model_param"].update({key: value})


def weights(values: list) -> Callable[[dict], object]:
    return lambda document: document["learner"]["gradient_booster"]["model"].update(weight_drop=values)


DAMAGE = {
    "a tree for an output that is not there": (
        lambda d: d["learner"]["gradient_booster"]["model"]["tree_info"].__setitem__(0, 5000),
        "tree_info names outputs that are not among the 1",
    ),
    "a tree for an output before the first": (
        lambda d: d["learner"]["gradient_booster"]["model"]["tree_info"].__setitem__(0, -1),
        "tree_info names outputs",
    ),
    "a feature too many": (item("split_indices", 0, 5), "splits by feature 5, and the model takes 5"),
    "a negative feature": (item("split_indices", 0, -1), "splits by feature -1"),
    "a root that is its own child": (item("left_children", 0, 0), "node 0 has the children 0 and 2"),
    "a child beyond the tree": (item("left_children", 0, 1000), "node 0 has the children 1000 and 2"),
    "a right child elsewhere": (item("right_children", 0, 3), "node 0 has the children 1 and 3"),
    "a circle": (
        lambda d: (item("left_children", 1, 1)(d), item("right_children", 1, 2)(d)),
        "tree 0: node 1",
    ),
    "a node less reached": (
        lambda d: (item("left_children", 1, -1)(d), item("right_children", 1, -1)(d)),
        "should be reached from its root",
    ),
    "another parent": (item("parents", 1, 100000), "node 0 is not the parent of its children"),
    "a list too short": (lambda d: trees_of(d)[1]["split_conditions"].pop(), "tree 1: it has 7 nodes"),
    "a list of statistics too short": (
        lambda d: trees_of(d)[1]["sum_hessian"].pop(),
        "tree 1: it has 7 nodes",
    ),
    "a threshold of NaN": (item("split_conditions", 0, float("nan")), "node 0 splits at NaN"),
    "default_left of 2": (item("default_left", 0, 2), "default_left holds more than 0 and 1"),
    "more nodes": (lambda d: trees_of(d)[0]["tree_param"].update(num_nodes="8"), "it has 8 nodes"),
    "nodes of text": (lambda d: trees_of(d)[0]["tree_param"].update(num_nodes="x"), "num_nodes is str 'x'"),
    "wide leaves": (
        lambda d: trees_of(d)[0]["tree_param"].update(size_leaf_vector="3"),
        "several values per leaf as XGBoost wrote them before 3.2",
    ),
    "another id": (lambda d: trees_of(d)[1].update(id=0), "tree 1: its id is 0"),
    "a tree too many": (lambda d: trees_of(d).append(trees_of(d)[0]), "num_trees is 9, there are 10 trees"),
    "rounds that fall": (in_model("iteration_indptr", [0, 6, 3, 9]), "iteration_indptr does not rise"),
    "rounds beyond": (in_model("iteration_indptr", [0, 3, 6, 90]), "iteration_indptr does not rise"),
    "weights too few": (weights([1.0]), "`weight_drop` is no list of 9 numbers"),
    "weights of text": (weights(["x"] * 9), "`weight_drop` holds more than numbers"),
    "weights that are infinite": (weights([float("inf")] * 9), "`weight_drop` is no list of 9 numbers"),
    "best_iteration of text": (attribute(best_iteration="x"), "attribute best_iteration is str 'x'"),
    "best_iteration negative": (attribute(best_iteration="-2"), "attribute best_iteration is str '-2'"),
    "an estimator of no JSON": (attribute(scikit_learn="{"), "attribute scikit_learn is no JSON"),
    "an estimator of a list": (attribute(scikit_learn="[]"), "attribute scikit_learn is list"),
    "no features": (parameter("num_feature", "0"), "num_feature is 0"),
    "billions of features": (parameter("num_feature", "4000000000"), "num_feature is 4000000000"),
    "other features than trees have": (parameter("num_feature", "6"), "it is made for 5 features"),
    "billions of classes": (parameter("num_class", "2000000000"), "it has 2000000000 outputs"),
    "a base score of text": (parameter("base_score", "x"), "base_score is 'x' instead of numbers"),
    "base scores too many": (parameter("base_score", "[1,2]"), "base_score has 2 values for 1 outputs"),
    "names too few": (lambda d: d["learner"].update(feature_names=["a"]), "1 feature_names for 5 features"),
    "a version of text": (of_version("3", "x", 1), "`version` holds more than integers"),
    "a version of two numbers": (of_version(3, 4), "`version` is [3, 4] instead of three numbers"),
    "no booster": (lambda d: d["learner"].pop("gradient_booster"), "`gradient_booster` is missing"),
    "another booster": (lambda d: d["learner"]["gradient_booster"].update(name="gbforest"), "'gbforest'"),
}


@pytest.mark.parametrize("form", ["ubj", "json", "pkl"])
@pytest.mark.parametrize("name", DAMAGE)
def test_damage_ends_in_a_sentence(tmp_path, name, form):
    change, reason = DAMAGE[name]
    path = changed(tmp_path, change, form=form)
    with pytest.raises(StartError) as raised:
        load(path)
    assert raised.value.code == "unreadable_model"
    assert reason in str(raised.value)


CATEGORIES = {
    "a segment beyond": ("categories_segments", 1000),
    "a segment before": ("categories_segments", -5),
    "an endless size": ("categories_sizes", 2**40),
    "no size": ("categories_sizes", 0),
    "a category of a billion": ("categories", 10**9),
    "a negative category": ("categories", -1),
    "another node": ("categories_nodes", 4000),
}


@pytest.mark.parametrize("name", CATEGORIES)
def test_damaged_categories_end_in_a_sentence(tmp_path, name):
    key, value = CATEGORIES[name]
    source = CURRENT / "categories.json"
    number = next(index for index, tree in enumerate(trees_of(decoded(source))) if tree[key])
    with pytest.raises(StartError, match=f"tree {number}: "):
        load(changed(tmp_path, item(key, 0, value, number), source, "json"))


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"{L" + (1).to_bytes(8) + b"a[$Z#L" + (2**60).to_bytes(8), "items are announced"),
        (b"{L" + (1).to_bytes(8) + b"a[$d#L" + (2**60).to_bytes(8), "items are announced"),
        (b"{L" + (1).to_bytes(8) + b"a[#L" + (2**60).to_bytes(8), "items are announced"),
        (b"{L" + (2**60).to_bytes(8) + b"a", "ends early"),
        (b"{L" + (1).to_bytes(8) + b"aSL" + (2**60).to_bytes(8), "ends early"),
        (b"{L" + (1).to_bytes(8) + b"a" + b"[" * 100_000, "unknown marker"),
        ((b"{L" + (1).to_bytes(8) + b"a") * 100_000, "unknown marker"),
        ((b"{L" + (1).to_bytes(8) + b"aZL" + (1).to_bytes(8) + b"aZ}"), "appears twice"),
    ],
)
def test_counts_and_depths_of_no_file_are_not_believed(tmp_path, start, reason):
    (tmp_path / "model.ubj").write_bytes(start)
    with pytest.raises(StartError, match=reason):
        load(tmp_path / "model.ubj")


def test_nested_json_ends_in_a_sentence(tmp_path):
    (tmp_path / "model.json").write_bytes(b'{"learner": ' + b"[" * 200_000)
    with pytest.raises(StartError) as raised:
        load(tmp_path / "model.json")
    assert raised.value.code == "unreadable_model"


def test_more_rounds_than_there_are(tmp_path):
    source = CURRENT / "regressor-stopped.ubj"
    with pytest.raises(StartError, match=r"first 78 rounds predict best, and has \d+; load it, remove"):
        load(changed(tmp_path, attribute(best_iteration="77"), source))


def test_the_remedy_for_too_many_rounds_works(tmp_path):
    source = changed(tmp_path, attribute(best_iteration="77"), CURRENT / "regressor-stopped.ubj")
    fitted = xgboost.XGBRegressor()
    fitted.load_model(source)
    fitted.get_booster().set_attr(best_iteration=None, best_ntree_limit=None)
    fitted.save_model(tmp_path / "again.ubj")
    assert load(tmp_path / "again.ubj").doubts == ()


def test_a_crash_of_the_library_ends_in_a_sentence(tmp_path):
    """With a real one: XGBoost reads beyond the memory of such a file, which is not let through to it."""
    path = MODELS / "3.1.3" / "vector-leaves.ubj"
    program = (
        "import sys; from model_server import server; "
        "from model_server.models.xgboost import model_document as d; "
        "d.read = lambda content, form: (d.ModelDocument(version=(3, 1, 3)), content); "
        "sys.exit(server.main(['--check'], {'MODEL_SERVER_MODEL_PATH': sys.argv[1]}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env={**os.environ, "PYTHONPATH": str(SERVING)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    entry = json.loads(done.stdout.splitlines()[-1])
    assert (entry["level"], entry["code"]) == ("critical", "crashed")
    assert f"crashed while it read {path}" in entry["message"]


# Very many features.


def test_the_self_check_of_very_many_features_is_bounded():
    features = 1_000_000
    rows = numpy.zeros((60, features), numpy.float32)
    rows[:, :5] = numpy.random.default_rng(3).normal(size=(60, 5))
    matrix = xgboost.DMatrix(rows, rows[:, 0] - rows[:, 4], nthread=1)
    trained = xgboost.train({"max_depth": 3, "nthread": 1, "tree_method": "exact"}, matrix, 5)
    booster = Booster(bytes(trained.save_raw("ubj")))
    evaluator = Evaluator(booster, float("nan"), 0)
    count = self_check.row_count(evaluator, features)
    assert self_check.MIN_ROWS <= count <= self_check.MAX_VALUES // features
    assert self_check.run(evaluator, booster, float("nan"), 0) == count


def test_the_self_check_tries_both_ways_of_the_evaluator():
    """Rows without missing values go another way than rows with them."""
    booster = Booster(FOREST.read_bytes())
    evaluator = Evaluator(booster, float("nan"), 0)
    rows = numpy.array(self_check.difficult_rows(evaluator, 5, float("nan"), 256)).reshape(256, 5)
    assert not numpy.isnan(rows[:128]).any()
    assert numpy.isnan(rows[128:]).sum() > 100


# At random.


def test_files_damaged_at_random(pytestconfig, tmp_path):
    """With an evaluator that finds each access beyond its memory, where a compiler can make one."""
    count = max(pytestconfig.getoption("mutations"), len(SOURCES))
    environment = {**os.environ, "PYTHONPATH": str(SERVING)}
    arguments = [sys.executable, SERVING / "tests" / "fuzz_model_files.py", "2026", str(count)]
    compiler = shutil.which("gcc")
    if compiler:
        library = tmp_path / "libevaluator.so"
        flags = ["-O1", "-shared", "-fPIC", "-std=c11", "-ffp-contract=off"]
        sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
        source = SERVING / "model_server" / "native" / "evaluator.c"
        subprocess.run([compiler, *flags, *sanitizers, "-o", library, source, "-lm"], check=True)
        # The sanitizer catches exceptions on their way, for which it needs C++ as well.
        runtimes = [
            subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
            for name in ("libasan.so", "libstdc++.so.6")
        ]
        environment["LD_PRELOAD"] = " ".join(each.stdout.strip() for each in runtimes)
        # What it says would be silent where a crash of XGBoost is expected.
        log = tmp_path / "sanitizer"
        environment["ASAN_OPTIONS"] = f"detect_leaks=0:log_path={log}"
        environment["UBSAN_OPTIONS"] = f"log_path={log}"
        arguments.append(str(library))
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    said = "".join(each.read_text() for each in tmp_path.glob("sanitizer*"))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:] + said[:4000]
    outcomes = json.loads(done.stdout.splitlines()[-1])
    assert sum(outcomes.values()) == count
    # Neither everything is refused nor everything taken.
    assert outcomes["unreadable_model"] > count / 5
    assert outcomes["loaded"] > 0
