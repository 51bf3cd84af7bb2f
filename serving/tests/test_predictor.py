"""Own code in a folder: what it is given, what it may answer, and every way in which it fails."""

import json
import math
from pathlib import Path

import pytest
from conftest import RunningServer
from folders import launch

from model_server.model_files import model_folder

ARRAYS = """
\"\"\"Sums of features, in tens.

More of it.
\"\"\"
import json

feature_names = ["a", "b"]

def load(folder):
    global factor
    factor = json.loads((folder / "factor.json").read_text())

def predict(rows):
    if (rows < 0).any():
        raise ValueError("a row is negative")
    return rows.sum(axis=1) * factor

def predict_proba(rows):
    return [[0.25, 0.75]] * len(rows)
"""
FRAMES = """
from helpers.rules import label

import numpy

columns = {"age": numpy.int64, "income": "float64", "member": bool, "plan": str, "other": "any"}

class Model:
    def __init__(self, folder):
        self.folder = folder

    def predict(self, rows):
        types = " ".join(str(each) for each in rows.dtypes)
        return [f"{label(age)} {plan} {types}" for age, plan in zip(rows["age"], rows["plan"])]

def load(folder):
    return Model(folder)
"""
RULES = {
    "helpers/__init__.py": "",
    "helpers/rules.py": "def label(age):\n    return 'old' if age > 60 else 'young'\n",
}
PRINTS = """
feature_count = 1
print("at the", "start")

def predict(rows):
    print("rows\\n")
    return rows[:, 0]
"""
PREDICT = "def predict(rows):\n    return rows\n"
NAMES_OF_ANOTHER_COUNT = "feature_count = 3\nfeature_names = ['a']\n"
ROW = {"age": 61, "income": 1.5, "member": True, "plan": "gold", "other": "x"}


def write(folder: Path, code: str, others: dict[str, str] | None = None) -> Path:
    for name, content in {"predictor.py": code, **(others or {})}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def refused(folder: Path, code: str, *parts: str, **settings) -> list[dict]:
    """The server does not start, for this reason."""
    process, log = launch(folder, **settings)
    assert process.wait(timeout=60) == 1
    assert (log[-1]["level"], log[-1]["code"]) == ("critical", code), log
    for part in parts:
        assert part in log[-1]["message"]
    return log


@pytest.fixture
def served(tmp_path):
    """Starts servers, which end with the test; `rest` is what they have logged since they were ready."""
    running = []

    def start(code: str, others: dict[str, str] | None = None, **settings) -> RunningServer:
        process, log = launch(write(tmp_path / "model", code, others), **settings)
        assert log[-1]["message"] == "ready", log
        server = RunningServer(process, log[-1]["port"])
        server.started = log
        running.append(server)
        return server

    yield start
    for server in running:
        assert server.stop() == 0


def rest(server: RunningServer) -> list[dict]:
    """What it has logged meanwhile: it is ended for that."""
    assert server.stop() == 0
    return [json.loads(line) for line in server.process.stdout]


class TestArrays:
    @pytest.fixture
    def server(self, served) -> RunningServer:
        return served(ARRAYS, {"factor.json": "10"})

    def test_rows_by_position_and_by_name(self, server):
        assert server.post("/predict", {"features": [1, 2]}).json == {"prediction": 30.0}
        assert server.post("/predict", {"features": {"b": 2, "a": 1}}).json == {"prediction": 30.0}
        many = server.post("/predict", {"instances": [[1, 2], [3, 4]], "probabilities": True})
        assert many.json == {
            "predictions": [30.0, 70.0],
            "probabilities": [[0.25, 0.75], [0.25, 0.75]],
        }

    def test_the_open_inference_protocol(self, server):
        tensor = {"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 2, 3, 4]}
        answer = server.post("/v2/models/sample/infer", {"inputs": [tensor]}).json
        assert answer["outputs"][0] == {
            "name": "predict",
            "shape": [2],
            "datatype": "FP64",
            "data": [30.0, 70.0],
        }

    def test_it_says_what_it_is(self, server):
        metadata = server.get("/v2/models/sample").json
        assert metadata["platform"] == "python"
        assert metadata["parameters"]["description"] == "Sums of features, in tens."
        loaded = next(entry for entry in server.started if entry["message"] == "model loaded")
        assert (loaded["format"], loaded["engine"], loaded["features"]) == ("predictor.py", "predictor.py", 2)

    def test_a_value_error_is_a_refusal(self, server):
        answer = server.post("/predict", {"features": [1, -2]})
        assert answer.status == 422
        assert answer.json == {"error": "a row is negative", "code": "refused_by_predictor"}

    def test_unknown_and_missing_names_are_refused(self, server):
        answer = server.post("/predict", {"features": {"a": 1, "c": 2}})
        assert answer.status == 422
        assert "c" in answer.json["error"]

    def test_the_whole_folder_identifies_it(self, server, tmp_path):
        (tmp_path / "model" / "factor.json").write_text("11")
        files = model_folder.files(tmp_path / "model")
        assert list(files) == ["factor.json", "predictor.py"]
        before = server.get("/v2/models/sample").headers["x-model-sha256"]
        assert before != model_folder.identity(files)


class TestFrames:
    @pytest.fixture
    def server(self, served) -> RunningServer:
        return served(FRAMES, RULES, missing_values="null")

    def test_columns_have_their_types(self, server):
        answer = server.post("/predict", {"features": ROW}).json["prediction"]
        kinds = answer.removeprefix("old gold ").split()
        assert kinds[:3] == ["int64", "float64", "bool"]

    def test_what_is_missing(self, server):
        row = ROW | {"income": None, "member": None, "other": None}
        answer = server.post("/predict", {"features": row}).json["prediction"]
        assert answer.startswith("old gold int64 float64 object")

    def test_a_missing_text_is_none_in_every_batch(self, served):
        server = served(
            'columns = {"plan": str, "member": bool, "other": "any"}\n'
            "def predict(rows):\n"
            "    return [repr(row) for row in rows.values.tolist()]\n",
            missing_values="null",
        )
        full, gaps = ["gold", True, "x"], [None, None, None]
        assert server.post("/predict", {"instances": [full, gaps]}).json["predictions"] == [
            "['gold', True, 'x']",
            "[None, None, None]",
        ]
        assert server.post("/predict", {"features": gaps}).json["prediction"].startswith("[None, None, ")

    def test_rows_by_position_and_by_column(self, server):
        assert server.post("/predict", {"features": list(ROW.values())}).json["prediction"].startswith("old")
        tensors = [
            {"name": name, "shape": [1], "datatype": datatype, "data": [ROW[name]]}
            for name, datatype in [
                *(("plan", "BYTES"), ("age", "INT64"), ("income", "FP64"), ("member", "BOOL")),
                ("other", "BYTES"),
            ]
        ]
        answer = server.post("/v2/models/sample/infer", {"inputs": tensors})
        assert answer.status == 200, answer.content
        assert answer.json["outputs"][0]["data"][0].startswith("old gold")

    @pytest.mark.parametrize(
        ("change", "part"),
        [
            ({"age": "old"}, "age"),
            ({"plan": 5}, "plan"),
            ({"member": "yes"}, "member"),
            ({"aeg": 61}, "aeg"),
        ],
    )
    def test_values_of_another_type_are_refused(self, server, change, part):
        answer = server.post("/predict", {"features": ROW | change})
        assert answer.status == 422
        assert part in answer.content.decode()


def test_golden_requests_decide(tmp_path):
    golden = {"features": [[1, 2]], "predictions": [30]}
    folder = write(tmp_path, ARRAYS, {"factor.json": "10", "golden.json": json.dumps(golden)})
    process, log = launch(folder)
    assert next(entry for entry in log if entry["message"] == "model loaded")["golden_rows"] == 1
    assert RunningServer(process, log[-1]["port"]).stop() == 0
    (folder / "golden.json").write_text(json.dumps(golden | {"predictions": [31]}))
    refused(folder, "golden_mismatch", "row 0: prediction is 30.0, expected 31")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise KeyError('plan')", "KeyError: 'plan'"),
        ("return [1, 2]", "predict of predictor.py has returned 2 values for 1 rows"),
        ("return 1", "has returned a int"),
        ("return None", "has returned a NoneType"),
        ("return [object()]", "has returned a object for row 0"),
        ("return [2**63]", "has returned a whole number of more than 64 bits for row 0"),
        ("import sys; sys.exit(3)", "predict of predictor.py has called sys.exit"),
    ],
)
def test_a_failure_is_a_500_with_a_trace_in_the_log(served, body, said):
    server = served(f"feature_count = 1\ndef predict(rows):\n    {body}\n")
    answer = server.request(
        "POST", "/predict", b'{"features": [1]}', {"content-type": "application/json", "x-request-id": "mine"}
    )
    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert answer.headers["x-request-id"] == "mine"
    assert said not in answer.content.decode()
    # The next request is answered all the same.
    assert server.post("/predict", {"features": ["x"]}).status == 422
    log = rest(server)
    (trace,) = [entry["exception"] for entry in log if "exception" in entry]
    assert said in trace
    assert any(entry.get("request_id") == "mine" and entry["status"] == 500 for entry in log)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_not_answered(served, value):
    server = served(f"feature_count = 1\ndef predict(rows):\n    return [float('{value}')] * len(rows)\n")
    answer = server.post("/predict", {"features": [1]})
    assert (answer.status, answer.json["code"]) == (422, "not_finite")


def test_a_reason_that_is_no_utf_8(served):
    server = served("feature_count = 1\ndef predict(rows): raise ValueError('no \\udce4')\n")
    answer = server.post("/predict", {"features": [1]})
    assert (answer.status, answer.json["error"]) == (422, "no \\udce4")


@pytest.mark.parametrize("value", ["0.5", "[]", "['high']", "[True]"])
def test_probabilities_are_lists_of_numbers(served, value):
    server = served(
        "feature_count = 1\n"
        "def predict(rows): return rows[:, 0]\n"
        f"def predict_proba(rows): return [{value}] * len(rows)\n"
    )
    assert server.post("/predict", {"features": [1], "probabilities": True}).status == 500
    assert server.post("/predict", {"features": [1]}).json == {"prediction": 1.0}
    told = f"has returned {value} for row 0; return a list of probabilities"
    assert any(told in json.dumps(entry) for entry in rest(server) if entry["level"] == "error")


@pytest.mark.parametrize(
    ("value", "expected", "datatype"),
    [
        ("numpy.float64(1.5)", 1.5, "FP64"),
        ("numpy.float32(1.5)", 1.5, "FP64"),
        ("numpy.int64(3)", 3, "INT64"),
        ("numpy.bool_(True)", True, "BOOL"),
        ("numpy.str_('high')", "high", "BYTES"),
        ("Level.HIGH", "high", "BYTES"),
        ("[numpy.float64(1.5), numpy.float64(2)]", [1.5, 2.0], "FP64"),
    ],
)
def test_values_of_numpy_in_a_list_are_plain_ones(served, value, expected, datatype):
    server = served(
        "import enum, numpy\n"
        "class Level(str, enum.Enum):\n"
        "    HIGH = 'high'\n"
        "feature_count = 1\n"
        "def predict(rows):\n"
        f"    return [{value} for row in rows]\n"
    )
    assert server.post("/predict", {"features": [1]}).json == {"prediction": expected}
    tensor = {"name": "rows", "shape": [1, 1], "datatype": "FP64", "data": [1]}
    output = server.post("/v2/models/sample/infer", {"inputs": [tensor]}).json["outputs"][0]
    assert output["datatype"] == datatype
    assert output["data"] == (expected if isinstance(expected, list) else [expected])


def test_what_it_prints_is_a_line_of_the_log(served):
    server = served(PRINTS)
    assert server.post("/predict", {"features": [1]}).json == {"prediction": 1.0}
    assert any(entry["message"] == "at the start" for entry in server.started)
    assert [entry["message"] for entry in rest(server)].count("rows") == 1


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("feature_count = 1\n", ["has no predict", "def predict(rows)"]),
        (PREDICT, ["does not say what rows it takes", "columns = ", "feature_count = "]),
        (f"columns = ['a']\nfeature_count = 1\n{PREDICT}", ["both columns and feature_count"]),
        (f"columns = ['a', 'a']\n{PREDICT}", ["columns are named twice: a"]),
        (f"columns = 'age'\n{PREDICT}", ["columns is 'age'", '["age", "plan"]']),
        (f"columns = {{'age': 'nummer', 'plan': bytes}}\n{PREDICT}", ["'age' is nummer", "'plan' is"]),
        (f"feature_count = True\n{PREDICT}", ["feature_count is 'True'"]),
        (f"feature_count = 0\n{PREDICT}", ["feature_count is '0'"]),
        (NAMES_OF_ANOTHER_COUNT + PREDICT, ["feature_count is 3, but feature_names are 1"]),
        ("feature_count = 1\npredict = 5\n", ["predict is a int and no function"]),
        ("feature_count = 1\nasync def predict(rows):\n    pass\n", ["predict is async"]),
        (
            "feature_count = 1\ndef predict(model, rows):\n    pass\n",
            ["predict is called with the rows"],
        ),
        (f"feature_count = 1\ndef load():\n    pass\n{PREDICT}", ["load is called with the folder alone"]),
    ],
)
def test_a_predictor_that_cannot_be_used(tmp_path, code, parts):
    refused(write(tmp_path, code), "invalid_predictor", *parts)


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("import no_such_package\n", ["importing it", "line 1", "no_such_package", "requirements.txt"]),
        ("x = 1\ny = x +\n", ["in predictor.py, line 2", "SyntaxError"]),
        ("\nimport helper\n", ["in helper.py, line 2: ZeroDivisionError"]),
        (
            f"feature_count = 1\ndef load(folder):\n    open(folder / 'scaler.pkl')\n{PREDICT}",
            ["load failed in predictor.py, line 3: FileNotFoundError", "scaler.pkl"],
        ),
        (f"feature_count = 1\ndef load(folder):\n    exit(0)\n{PREDICT}", ["load failed", "SystemExit"]),
    ],
)
def test_code_that_fails_at_the_start(tmp_path, code, parts):
    log = refused(write(tmp_path, code, {"helper.py": "\n1 / 0\n"}), "predictor_failed", *parts)
    assert any("exception" in entry for entry in log)


def test_modules_that_would_take_the_place_of_others(tmp_path):
    folder = write(tmp_path, f"feature_count = 1\n{PREDICT}", {"json.py": "", "uvicorn/__init__.py": ""})
    refused(folder, "invalid_predictor", "json, uvicorn", "rename them")


def test_it_is_code_and_runs_only_where_that_is_meant(tmp_path):
    folder = write(tmp_path, f"raise SystemExit('it ran')\nfeature_count = 1\n{PREDICT}")
    refused(folder, "code_refused", "own code", "MODEL_SERVER_ALLOW_PICKLE", allow_pickle="false")
    sha256 = model_folder.identity(model_folder.files(folder))
    refused(folder, "code_not_pinned", f"MODEL_SERVER_MODEL_SHA256={sha256}", model_sha256="")
    refused(folder, "wrong_sha256", sha256, model_sha256="0" * 64)


def test_a_marker_for_missing_values_is_of_no_use(tmp_path):
    folder = write(tmp_path, f"feature_count = 1\n{PREDICT}")
    refused(
        folder, "wrong_missing_marker", "MODEL_SERVER_MISSING_MARKER", "predictor.py", missing_marker="-999"
    )
