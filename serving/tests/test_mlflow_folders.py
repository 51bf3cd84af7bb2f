"""Folders of MLflow: their `MLmodel` as MLflow 3.17.2 writes it, around models that are trained here."""

from pathlib import Path

import numpy
import pandas
import pytest
import skops.io
import xgboost
from conftest import RunningServer
from folders import launch
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from model_server.errors import StartError
from model_server.model_files import mlmodel, model_folder

generator = numpy.random.default_rng(3)
TABLE = pandas.DataFrame(
    {
        "age": generator.integers(20, 70, 100),
        "income per month": generator.normal(size=100),
        "plan": generator.choice(["gold", "silver: it's"], 100),
    }
)
NUMBERS = TABLE[["age", "income per month"]]
LABELS = (TABLE["age"] > 40).astype(int)
TAIL = """mlflow_version: 3.17.2
model_id: null
model_uuid: 3f03a013c96a4b94b0c03d2251fbb6bb
prompts: null
"""
SIGNATURE = """signature:
  inputs: '[{"type": "long", "name": "age", "required": true}, {"type": "double",
    "name": "income per month", "required": false}%s]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
utc_time_created: '2026-12-01 04:17:46.433686'
"""
OF_XGBOOST = """flavors:
  python_function:
    data: model.ubj
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.xgboost
    python_version: 3.13.0
  xgboost:
    code: null
    data: model.ubj
    model_class: xgboost.sklearn.XGBClassifier
    model_format: ubj
    xgb_version: 3.4.1
"""
OF_SCIKIT_LEARN = """flavors:
  python_function:
    loader_module: mlflow.sklearn
    model_path: model.skops
    predict_fn: predict
    python_version: 3.13.0
  sklearn:
    code: null
    pickled_model: model.skops
    serialization_format: skops
    sklearn_version: 1.9.1
    skops_trusted_types:%s
"""
OF_PYTHON = """flavors:
  python_function:
    cloudpickle_version: 3.1.3
    loader_module: mlflow.pyfunc.model
    python_model: python_model.pkl
    python_version: 3.13.0
"""
PLAN = ', {"type": "string", "name":\n    "plan", "required": true}'


@pytest.fixture
def folder(tmp_path) -> Path:
    """With what lies beside any model of MLflow."""
    path = tmp_path / "saved"
    path.mkdir()
    for name in ("conda.yaml", "python_env.yaml", "requirements.txt", "input_example.json"):
        (path / name).write_text("")
    return path


def refusal(folder: Path, **settings) -> dict:
    process, log = launch(folder, **settings)
    assert process.wait(timeout=60) == 1
    return log[-1]


@pytest.fixture
def served(folder):
    running = []

    def run(**settings) -> RunningServer:
        process, log = launch(folder, **settings)
        assert log[-1]["message"] == "ready", log
        running.append(RunningServer(process, log[-1]["port"]))
        return running[-1]

    yield run
    for server in running:
        assert server.stop() == 0


def test_a_model_of_xgboost_has_the_columns_of_its_signature(folder, served):
    # Trained on an array it knows no names itself.
    model = xgboost.XGBClassifier(n_estimators=5).fit(NUMBERS.to_numpy(), LABELS)
    model.save_model(folder / "model.ubj")
    (folder / "MLmodel").write_text(OF_XGBOOST + TAIL + SIGNATURE % "")
    server = served(missing_values="null")
    expected = {"predictions": model.predict(NUMBERS).tolist()}
    records = NUMBERS.to_dict("records")
    assert server.post("/predict", {"instances": records}).json == expected
    assert server.post("/invocations", {"dataframe_records": records}).json == expected
    assert server.post("/predict", {"instances": NUMBERS.to_numpy().tolist()}).json == expected
    # What is not required may be left out.
    assert server.post("/predict", {"features": {"age": 30}}).status == 200
    assert server.post("/predict", {"features": {"income per month": 1}}).status == 422
    assert server.get("/v2/models/sample").json["platform"] == "xgboost"


def test_a_pipeline_as_skops(folder, served):
    transformer = ColumnTransformer([("texts", OneHotEncoder(), ["plan"])], remainder="passthrough")
    model = make_pipeline(transformer, LogisticRegression(max_iter=1000)).fit(TABLE, LABELS)
    skops.io.dump(model, folder / "model.skops")
    (folder / "MLmodel").write_text(OF_SCIKIT_LEARN % " null" + TAIL + SIGNATURE % PLAN)
    found = served().post("/invocations", {"dataframe_split": TABLE.to_dict("split")})
    assert found.json == {"predictions": model.predict(TABLE).tolist()}


def doubled(rows):
    return rows * 2


def test_types_that_whoever_saved_it_trusts_are_code_that_may_run(folder, served):
    model = make_pipeline(FunctionTransformer(numpy.log1p), LogisticRegression()).fit(abs(NUMBERS), LABELS)
    skops.io.dump(model, folder / "model.skops")
    strange = skops.io.get_untrusted_types(file=folder / "model.skops")
    lists = "".join(f"\n    - {each}" for each in strange) or " null"
    (folder / "MLmodel").write_text(OF_SCIKIT_LEARN % lists + TAIL)
    rows = abs(NUMBERS).to_numpy().tolist()
    answer = served().post("/predict", {"instances": rows})
    assert answer.json == {"predictions": model.predict(abs(NUMBERS)).tolist()}
    if strange:
        assert refusal(folder, allow_pickle="false")["code"] == "untrusted_types"


def test_the_whole_folder_is_the_model(folder):
    xgboost.XGBClassifier(n_estimators=2).fit(NUMBERS, LABELS).save_model(folder / "model.ubj")
    (folder / "MLmodel").write_text(OF_XGBOOST + TAIL)
    found = refusal(folder, model_sha256="0" * 64)
    assert found["code"] == "wrong_sha256"
    assert model_folder.identity(model_folder.files(folder)) in found["message"]


def test_a_function_of_python_takes_mlflow_itself(folder):
    (folder / "python_model.pkl").write_bytes(b"")
    (folder / "MLmodel").write_text(OF_PYTHON + TAIL + SIGNATURE % "")
    found = refusal(folder)
    assert found["code"] == "missing_package"
    assert "put mlflow into the requirements.txt" in found["message"]
    (folder / "MLmodel").write_text(OF_PYTHON + TAIL)
    found = refusal(folder)
    assert found["code"] == "unsupported_model"
    assert "infer_signature" in found["message"]
    assert refusal(folder, allow_pickle="false")["code"] == "code_refused"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "unreadable_model"),
        ("just text", "unreadable_model"),
        ("flavors:\n  xgboost:\n    code: null\n", "unreadable_model"),
        (OF_XGBOOST + "signature:\n  inputs: '[{'\n", "unreadable_model"),
        (OF_XGBOOST, "no_model"),
        (OF_XGBOOST.replace("data: model.ubj", "data: ../other.ubj"), "no_model"),
    ],
)
def test_a_file_that_mlflow_did_not_write(folder, text, code):
    (folder.parent / "other.ubj").write_bytes(b"{")
    (folder / "MLmodel").write_text(text)
    with pytest.raises(StartError) as raised:
        mlmodel.read(folder / "MLmodel")
    assert raised.value.code == code
    assert str(folder / "MLmodel") in str(raised.value)


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("a: 'it''s'\n", {"a": "it's"}),
        ("a: 'one\n\n\n  two\n\n  three'\n", {"a": "one\n\ntwo\nthree"}),
        ('a: "\\u96EA\\n\\xE9 \\"x\\"\\\n  \\ y"\n', {"a": '雪\né "x" y'}),
        ("a: one\n  two\nb: null\nc: -5\nd: true\n", {"a": "one two", "b": None, "c": -5, "d": True}),
        (
            "a:\n- x\n- name: y\n  size: 2\nb:\n  c: []\n  d: {}\n",
            {"a": ["x", {"name": "y", "size": 2}], "b": {"c": [], "d": {}}},
        ),
        ("a:\n  b:\n    c: 1\n  d: 2\ne:\n", {"a": {"b": {"c": 1}, "d": 2}, "e": None}),
    ],
)
def test_yaml_as_it_is_dumped(text, document):
    assert mlmodel.parsed(text) == document
