"""Features that are categories: as codes, and as texts where the model's file holds them."""

import json
from pathlib import Path

import numpy
import pytest
import xgboost
from in_process import Loaded, load, refusal

FOLDER = Path(__file__).parent / "models_with_categories"
ANSWERS = {name: json.loads((FOLDER / f"{name}.answers").read_text()) for name in ("gbtree", "dart")}
CITIES = ["oslo", "Paris, France", "Zürich", "東京", ""]


@pytest.fixture(scope="module", params=ANSWERS)
def served(request) -> tuple[Loaded, dict]:
    return load(FOLDER / f"{request.param}.json"), ANSWERS[request.param]


@pytest.mark.parametrize("kind", ["texts", "codes"])
def test_texts_and_codes_are_the_same(served, kind):
    server, answers = served
    batch = server.post("/predict", {"instances": answers[kind], "probabilities": True}).json
    assert batch["probabilities"] == answers["probabilities"]
    for row, expected in zip(answers[kind], answers["probabilities"], strict=True):
        single = server.post("/predict", {"features": row, "probabilities": True}).json
        assert single["probabilities"] == expected


def test_both_in_one_request(served):
    server, answers = served
    mixed = [
        texts if number % 2 else codes
        for number, (texts, codes) in enumerate(zip(answers["texts"], answers["codes"], strict=True))
    ]
    mixed[0] = [mixed[0][0], CITIES[int(mixed[0][1])], mixed[0][2]]
    batch = server.post("/predict", {"instances": mixed, "probabilities": True}).json
    assert batch["probabilities"] == answers["probabilities"]


UNKNOWN = {
    "a text": ([40.0, "Berlin", 0], "unknown_category", 1, 'the category "Berlin"'),
    "a text in other letters": ([40.0, "Oslo", 0], "unknown_category", 1, 'the category "Oslo"'),
    "a number as text": ([40.0, "oslo", "40"], "unknown_category", 2, 'the category "40"'),
    "a code too large": ([40.0, 99, 0], "unknown_category", 1, "the code 99"),
    "the next code": ([40.0, 5, 0], "unknown_category", 1, "the code 5"),
    "a code below zero": ([40.0, -1, 0], "unknown_category", 1, "the code -1"),
    "no whole code": ([40.0, 1.5, 0], "unknown_category", 1, "the code 1.5"),
    "a category for its code": ([40.0, 0, 20], "unknown_category", 2, "the code 20"),
    "a text for a number": (["old", 0, 0], "invalid_value", 0, "this feature is a number"),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_what_is_not_known_is_refused_by_row_and_feature(served, kind):
    server, answers = served
    row, code, feature, reason = UNKNOWN[kind]
    single = server.post("/predict", {"features": row})
    assert (single.status, single.json["code"], single.json["field"]) == (422, code, f"features[{feature}]")
    assert reason in single.json["error"]
    batch = server.post("/predict", {"instances": [*answers["texts"][:3], row]})
    assert (batch.status, batch.json["code"], batch.json["field"]) == (422, code, f"instances[3][{feature}]")
    if any(isinstance(value, str) for value in row):
        return
    tensor = {"name": "x", "shape": [2, 3], "datatype": "FP32", "data": [40.0, 0, 0, *row]}
    infer = server.post("/v2/models/sample/infer", {"inputs": [tensor]})
    assert (infer.status, infer.json["code"], infer.json["field"]) == (422, code, "inputs[0].data")
    assert f"row 1, feature {feature}: " in infer.json["error"]
    sparse = server.post(
        "/predict", {"sparse": {"indices": [[0], [0, 2, 1]], "values": [[1.0], [row[0], row[2], row[1]]]}}
    )
    place = {1: 2, 2: 1}[feature]
    assert (sparse.status, sparse.json["field"]) == (422, f"sparse.values[1][{place}]")


def test_what_is_known_is_told(served):
    server, _ = served
    error = server.post("/predict", {"features": [1.0, "x" * 5000, 0]}).json["error"]
    assert '"oslo", "Paris, France", "Zürich", "東京", "", or their codes from 0 to 4' in error
    assert len(error) < 500
    assert server.metadata["parameters"]["categories"] == {"1": CITIES, "2": ["10", "20", "30"]}
    items = server.schemas["Row"]["prefixItems"]
    assert items[0] == {"$ref": "#/components/schemas/Feature"}
    assert items[1]["anyOf"][0] == {"type": "integer", "minimum": 0, "maximum": 4}
    assert items[1]["anyOf"][1] == {"enum": CITIES}


def test_missing_categories(tmp_path):
    server = load(FOLDER / "gbtree.json", missing_values="null", missing_marker="-1")
    given = server.post(
        "/predict", {"instances": [[40.0, None, "20"], [40.0, -1, "20"]], "probabilities": True}
    )
    assert given.status == 200, given.content
    assert given.json["probabilities"][0] == given.json["probabilities"][1]


def test_golden_requests_hold_texts(tmp_path):
    answers = ANSWERS["gbtree"]
    path = tmp_path / "model.json"
    path.write_bytes((FOLDER / "gbtree.json").read_bytes())
    labels = [int(second > first) for first, second in answers["probabilities"]]
    golden = {"features": answers["texts"], "predictions": labels, "probabilities": answers["probabilities"]}
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    load(path)
    golden["features"][4][1] = "Berlin"
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    found = refusal(path)
    assert found["code"] == "golden_mismatch"
    assert "features[4][1]: " in found["message"]
    assert '"Berlin"' in found["message"]


def test_codes_without_texts(tmp_path):
    """As of files before 3.1, and of models that were trained on codes: how many there are is not known."""
    random = numpy.random.default_rng(3)
    rows = numpy.column_stack([random.normal(size=200), random.integers(0, 6, 200)])
    labels = (rows[:, 1] % 2 + rows[:, 0] > 0.5).astype(int)
    fitted = xgboost.XGBClassifier(
        n_estimators=4, enable_categorical=True, feature_types=["q", "c"], n_jobs=1
    )
    fitted.fit(rows, labels)
    fitted.save_model(tmp_path / "model.ubj")
    server = load(tmp_path / "model.ubj")
    answer = server.post("/predict", {"instances": rows.tolist(), "probabilities": True}).json
    assert answer["probabilities"] == fitted.predict_proba(rows).tolist()
    for code in (-1, 1.5, 2**24):
        answer = server.post("/predict", {"features": [0.0, code]})
        assert (answer.status, answer.json["code"], answer.json["field"]) == (
            422,
            "unknown_category",
            "features[1]",
        )
    answer = server.post("/predict", {"features": [0.0, "red"]})
    assert (answer.status, answer.json["code"]) == (422, "unknown_category")
    assert "does not hold the texts" in answer.json["error"]


def test_texts_that_were_cut_in_the_wrong_places_are_not_taken():
    """XGBoost 3.3 wrote "übe", "r" and "1" for "über", "1" and "2": the code of "1" would be that of "2"."""
    server = load(FOLDER / "cut.json")
    answers = json.loads((FOLDER / "cut.answers").read_text())
    # All of the other feature are ASCII, and right.
    rows = [[code, "br"[code % 2]] for code in answers["codes"]]
    assert server.post("/predict", {"instances": rows}).json["predictions"] == answers["predictions"]
    for text in ("über", "1", "2", "r"):
        answer = server.post("/predict", {"features": [text, "b"]})
        assert (answer.status, answer.json["code"]) == (422, "unknown_category")
        assert "give codes" in answer.json["error"]
    assert "whole numbers from 0 to 2" in server.post("/predict", {"features": [3, "b"]}).json["error"]
    assert server.metadata["parameters"]["categories"] == {"0": [], "1": ["b", "r"]}
    assert server.schemas["Row"]["prefixItems"][0]["anyOf"] == [
        {"type": "integer", "minimum": 0, "maximum": 2}
    ]


@pytest.mark.parametrize("texts", [["é", "è"], ["a", "café", "b"]])
def test_texts_of_no_characters_are_not_taken_whoever_wrote_them(tmp_path, texts):
    """A model of before 3.4 that 3.4 has saved anew says that 3.4 wrote it."""
    document = json.loads((FOLDER / "cut.json").read_text())
    document["version"] = [3, 4, 1]
    column = document["learner"]["gradient_booster"]["model"]["cats"]["enc"][0]
    content = "".join(texts).encode()
    ends = [sum(map(len, texts[:number])) for number in range(len(texts) + 1)]
    kept = {"offsets": ends, "values": list(content[: ends[-1]])}
    column.update(kept)
    document["learner"]["gradient_booster"]["model"]["cats"] |= {
        "feature_segments": [0, len(texts), len(texts) + 2],
        "sorted_idx": [*range(len(texts)), 0, 1],
    }
    path = tmp_path / "model.json"
    path.write_text(json.dumps(document))
    answer = load(path).post("/predict", {"features": [texts[0], "b"]})
    assert (answer.status, answer.json["code"]) == (422, "unknown_category")
    assert "give codes" in answer.json["error"]


def test_models_without_categories_take_no_text(tmp_path):
    fitted = xgboost.XGBRegressor(n_estimators=2, n_jobs=1).fit(numpy.eye(3), [1.0, 2.0, 3.0])
    fitted.save_model(tmp_path / "model.ubj")
    answer = load(tmp_path / "model.ubj").post("/predict", {"features": [0.0, "a", 1.0]})
    assert (answer.status, answer.json["code"], answer.json["field"]) == (422, "invalid_value", "features[1]")
