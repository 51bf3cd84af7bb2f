"""Models of LightGBM, CatBoost, ONNX and skops: answers to the last bit as their libraries give them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import catboost
import lightgbm
import numpy
import onnxruntime
import pandas
import pytest
import skops.io
from conftest import RunningServer, command, environment, start
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

ONNX = Path(__file__).parent / "onnx_models"
generator = numpy.random.default_rng(7)
COUNT = 200
MATRIX = generator.normal(size=(COUNT, 3))
NUMBERS = pandas.DataFrame(MATRIX, columns=["a", "b", "c"])
TABLE = pandas.DataFrame(
    {
        "size": MATRIX[:, 0],
        "plan": pandas.Categorical(generator.choice(["gold", "silver", "bronze"], COUNT)),
        "year": pandas.Categorical(generator.choice([2010, 2020, 2030], COUNT)),
    }
)
YES = (MATRIX[:, 0] > 0).astype(int)
THREE = YES + (MATRIX[:, 0] > 1)
ROWS = MATRIX.tolist()
NAMED = [
    {"size": size, "plan": plan, "year": int(year)} for size, plan, year in TABLE.itertuples(index=False)
]


@pytest.fixture
def served():
    """Starts servers, which end with the test."""
    running = []

    def run(path: Path, **settings) -> RunningServer:
        running.append(start(path, missing_values="null", **settings))
        return running[-1]

    yield run
    for server in running:
        assert server.stop() == 0


def answers(server: RunningServer, rows: list, probabilities: bool = False) -> dict:
    given = server.post("/predict", {"instances": rows, "probabilities": probabilities})
    assert given.status == 200, given.content
    return given.json


def refusal(path: Path, **settings) -> dict:
    """Why a server does not start with this file."""
    done = subprocess.run(
        command(), env=environment(path, **settings), capture_output=True, text=True, cwd="/", check=False
    )
    assert done.returncode == 1
    return json.loads(done.stdout.splitlines()[-1])


class TestLightGBM:
    def train(self, path: Path, data: pandas.DataFrame, labels, **parameters) -> lightgbm.Booster:
        booster = lightgbm.train(
            {"verbosity": -1, "num_threads": 1, **parameters}, lightgbm.Dataset(data, labels), 20
        )
        booster.save_model(path)
        return booster

    def test_two_classes(self, served, tmp_path):
        booster = self.train(tmp_path / "model.txt", NUMBERS, YES, objective="binary")
        shares = booster.predict(NUMBERS)
        found = answers(served(tmp_path / "model.txt"), ROWS, probabilities=True)
        assert found["predictions"] == (shares > 0.5).astype(int).tolist()
        assert found["probabilities"] == [[1 - share, share] for share in shares.tolist()]

    def test_three_classes(self, served, tmp_path):
        booster = self.train(tmp_path / "model.txt", NUMBERS, THREE, objective="multiclass", num_class=3)
        shares = booster.predict(NUMBERS)
        found = answers(served(tmp_path / "model.txt"), ROWS, probabilities=True)
        assert found == {"predictions": shares.argmax(axis=1).tolist(), "probabilities": shares.tolist()}

    @pytest.mark.parametrize("objective", ["regression", "poisson", "quantile", "cross_entropy"])
    def test_numbers(self, served, tmp_path, objective):
        booster = self.train(tmp_path / "model.txt", NUMBERS, YES, objective=objective)
        server = served(tmp_path / "model.txt")
        assert answers(server, ROWS) == {"predictions": booster.predict(NUMBERS).tolist()}
        gaps = [[None, 1, 2], [0, None, None]]
        expected = booster.predict(numpy.array(gaps, dtype=float)).tolist()
        assert answers(server, gaps) == {"predictions": expected}

    def test_rows_by_name(self, served, tmp_path):
        booster = self.train(tmp_path / "model.txt", NUMBERS, YES, objective="regression")
        server = served(tmp_path / "model.txt")
        assert answers(server, [{"c": 1, "a": 3, "b": 2}]) == {
            "predictions": booster.predict([[3, 2, 1]]).tolist()
        }
        assert server.get("/v2/models/sample").json["parameters"]["feature_names"] == ["a", "b", "c"]

    def test_categories_as_in_the_table_that_it_was_trained_on(self, served, tmp_path):
        booster = self.train(tmp_path / "model.txt", TABLE, YES, objective="binary")
        server = served(tmp_path / "model.txt")
        expected = (booster.predict(TABLE) > 0.5).astype(int).tolist()
        assert answers(server, NAMED) == {"predictions": expected}
        assert answers(server, [list(row.values()) for row in NAMED]) == {"predictions": expected}
        wrong = server.post("/predict", {"features": NAMED[0] | {"plan": "iron", "year": 2011}})
        assert (wrong.status, wrong.json["code"]) == (422, "unknown_category")
        assert "iron" in wrong.json["error"]
        assert "2011" in wrong.json["error"]

    def test_a_damaged_file(self, tmp_path):
        self.train(tmp_path / "model.txt", NUMBERS, YES, objective="binary")
        (tmp_path / "model.txt").write_bytes((tmp_path / "model.txt").read_bytes()[:800])
        assert refusal(tmp_path / "model.txt")["code"] == "unreadable_model"


CATBOOST = {"iterations": 20, "verbose": 0, "allow_writing_files": False, "thread_count": 1}


class TestCatBoost:
    @pytest.mark.parametrize(
        "labels", [YES, THREE, numpy.array(["no", "yes"])[YES]], ids=["two", "three", "texts"]
    )
    def test_classes(self, served, tmp_path, labels):
        model = catboost.CatBoostClassifier(**CATBOOST).fit(NUMBERS, labels)
        model.save_model(tmp_path / "model.cbm")
        found = answers(served(tmp_path / "model.cbm"), ROWS, probabilities=True)
        assert found["predictions"] == model.predict(NUMBERS).ravel().tolist()
        assert found["probabilities"] == model.predict_proba(NUMBERS).tolist()

    def test_numbers(self, served, tmp_path):
        model = catboost.CatBoostRegressor(**CATBOOST).fit(NUMBERS, MATRIX[:, 1])
        model.save_model(tmp_path / "model.cbm")
        server = served(tmp_path / "model.cbm")
        assert answers(server, ROWS) == {"predictions": model.predict(NUMBERS).tolist()}
        assert answers(server, [[None, 1, 2]]) == {"predictions": model.predict([[None, 1, 2]]).tolist()}

    def test_categories(self, served, tmp_path):
        table = TABLE.assign(plan=TABLE["plan"].astype(str), year=TABLE["year"].astype(int))
        model = catboost.CatBoostClassifier(**CATBOOST, cat_features=["plan", "year"]).fit(table, YES)
        model.save_model(tmp_path / "model.cbm")
        server = served(tmp_path / "model.cbm")
        found = answers(server, NAMED, probabilities=True)
        assert found["predictions"] == model.predict(table).tolist()
        assert found["probabilities"] == model.predict_proba(table).tolist()
        for wrong in (1.5, None):
            answer = server.post("/predict", {"features": NAMED[0] | {"plan": wrong}})
            assert (answer.status, answer.json["field"]) == (422, "features.plan")

    def test_texts_are_for_own_code(self, tmp_path):
        table = pandas.DataFrame({"words": ["red wine", "white wine"] * 50, "size": MATRIX[:100, 0]})
        model = catboost.CatBoostClassifier(**CATBOOST, text_features=["words"]).fit(table, YES[:100])
        model.save_model(tmp_path / "model.cbm")
        found = refusal(tmp_path / "model.cbm")
        assert found["code"] == "unsupported_model"
        assert "predictor.py" in found["message"]

    def test_a_damaged_file(self, tmp_path):
        (tmp_path / "model.cbm").write_bytes(b"CBM1" + bytes(100))
        assert refusal(tmp_path / "model.cbm")["code"] == "unreadable_model"


class TestOnnx:
    def session(self, name: str) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(ONNX / f"{name}.onnx", options)

    def test_numbers(self, served):
        (expected,) = self.session("regressor").run(None, {"X": MATRIX.astype("float32")})
        assert answers(served(ONNX / "regressor.onnx"), ROWS) == {"predictions": expected.ravel().tolist()}

    def test_several_targets(self, served):
        (expected,) = self.session("two-targets").run(None, {"X": MATRIX.astype("float32")})
        assert answers(served(ONNX / "two-targets.onnx"), ROWS) == {"predictions": expected.tolist()}

    @pytest.mark.parametrize("name", ["classifier", "classifier-arrays"])
    def test_classes(self, served, name):
        labels, shares = self.session(name).run(None, {"X": MATRIX.astype("float32")})
        expected = [list(each.values()) for each in shares] if name == "classifier" else shares.tolist()
        server = served(ONNX / f"{name}.onnx")
        assert server.get("/v2/models/sample").json["outputs"][1]["shape"] == [-1, 3]
        assert answers(server, ROWS, probabilities=True) == {
            "predictions": labels.tolist(),
            "probabilities": expected,
        }

    def test_an_input_for_each_column(self, served):
        rows = [row | {"year": row["year"] % 9} for row in NAMED]
        given = {
            "size": numpy.array([[row["size"]] for row in rows], "float32"),
            "plan": numpy.array([[row["plan"]] for row in rows], object),
            "year": numpy.array([[row["year"]] for row in rows], "int64"),
        }
        labels, shares = self.session("columns").run(None, given)
        server = served(ONNX / "columns.onnx")
        assert answers(server, rows, probabilities=True) == {
            "predictions": labels.tolist(),
            "probabilities": [list(each.values()) for each in shares],
        }
        missing = server.post("/predict", {"features": rows[0] | {"plan": None}})
        assert (missing.status, missing.json["field"]) == (422, "features.plan")

    def test_a_model_that_does_not_say_how_many_features_it_takes(self):
        found = refusal(ONNX / "unknown-width.onnx")
        assert found["code"] == "unsupported_model"
        assert "how many features" in found["message"]

    def test_a_damaged_file(self, tmp_path):
        (tmp_path / "model.onnx").write_bytes((ONNX / "regressor.onnx").read_bytes()[:60])
        assert refusal(tmp_path / "model.onnx")["code"] == "unreadable_model"


class TestSkops:
    def test_a_pipeline_on_a_table(self, served, tmp_path):
        table = TABLE.astype({"plan": str, "year": int})
        transformer = ColumnTransformer([("texts", OneHotEncoder(), ["plan"])], remainder="passthrough")
        pipeline = make_pipeline(transformer, LogisticRegression(max_iter=1000)).fit(table, YES)
        skops.io.dump(pipeline, tmp_path / "model.skops")
        # It is no pickle: nothing in it runs.
        server = served(tmp_path / "model.skops", allow_pickle="false")
        assert server.get("/v2/models/sample").json["parameters"]["format"] == "skops"
        assert answers(server, NAMED, probabilities=True) == {
            "predictions": pipeline.predict(table).tolist(),
            "probabilities": pipeline.predict_proba(table).tolist(),
        }

    def test_types_that_nobody_vouches_for(self, tmp_path):
        pipeline = make_pipeline(FunctionTransformer(_doubled), LogisticRegression()).fit(MATRIX, YES)
        skops.io.dump(pipeline, tmp_path / "model.skops")
        found = refusal(tmp_path / "model.skops")
        assert found["code"] == "untrusted_types"
        assert "_doubled" in found["message"]
        assert "predictor.py" in found["message"]


def _doubled(rows):
    return rows * 2


WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({names!r}))
sys.argv[1:] = []
from model_server.server import main
sys.exit(main([], __import__("os").environ))
"""


@pytest.mark.parametrize(
    ("package", "make"),
    [
        (
            "lightgbm",
            lambda path: lightgbm.train({"verbosity": -1}, lightgbm.Dataset(NUMBERS, YES), 1).save_model(
                path
            ),
        ),
        ("catboost", lambda path: path.write_bytes(b"CBM1" + bytes(100))),
        ("onnxruntime", lambda path: path.write_bytes((ONNX / "regressor.onnx").read_bytes())),
        ("skops", lambda path: skops.io.dump(LogisticRegression().fit(MATRIX, YES), path)),
    ],
)
def test_a_package_that_is_not_there_is_named(tmp_path, package, make: Callable[[Path], object]):
    path = tmp_path / "model.bin"
    make(path)
    done = subprocess.run(
        [command()[0], "-c", WITHOUT.format(names=[package])],
        env=environment(path),
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["code"] == "missing_package", found
    assert f"put {package} into the requirements.txt beside the model" in found["message"]


def test_a_marker_for_missing_values_is_of_no_use(tmp_path):
    assert refusal(ONNX / "regressor.onnx", missing_marker="-999")["code"] == "wrong_missing_marker"
