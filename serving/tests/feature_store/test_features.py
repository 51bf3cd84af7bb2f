"""Predictions by entity, with the features of a real Feast server."""

import json
import threading

import jsonschema
import numpy
import pytest
import train
from conftest import refused_start

from tests.feature_store.asking import about, metrics, outcomes, settings
from tests.feature_store.server import DIABETES, WINE, sample


@pytest.fixture(scope="module")
def expected() -> tuple[list, list]:
    model, held_out = train.train(sample("wine"))
    return model.predict(held_out).tolist(), model.predict_proba(held_out).tolist()


@pytest.fixture(scope="module")
def server(feast, wine):
    from conftest import start

    running = start(wine, **settings(feast.url), model_name="wine", log_sample=1)
    yield running
    assert running.stop() == 0


def test_one_entity(server, expected):
    predictions, probabilities = expected
    for number in (1, 2, len(predictions)):
        answer = server.post("/predict", {"entities": {"wine_id": number}, "probabilities": True})
        assert answer.json == {
            "prediction": predictions[number - 1],
            "probabilities": probabilities[number - 1],
        }


def test_many_entities_in_the_order_of_the_request(server, expected):
    predictions, probabilities = expected
    ids = [*range(len(predictions), 0, -1), 3, 3, 1]
    answer = server.post("/predict", {**about(*ids), "probabilities": True})
    assert answer.json["predictions"] == [predictions[number - 1] for number in ids]
    assert answer.json["probabilities"] == [probabilities[number - 1] for number in ids]


def test_features_go_on_as_before(server, expected):
    _, held_out = train.train(sample("wine"))
    answer = server.post("/predict", {"instances": held_out.astype(float).tolist()})
    assert answer.json["predictions"] == expected[0]


def test_feast_is_asked_once_and_over_kept_connections(between, wines, expected):
    server = wines(between.url)
    for _ in range(5):
        answer = server.post("/predict", about(*range(1, 51)))
        assert answer.json["predictions"] == expected[0][:50]
    assert [question["entities"]["wine_id"] for _, question in between.questions] == [list(range(1, 51))] * 5
    assert between.connections == 1


def test_a_model_with_names_has_them_from_a_feature_service(feast, diabetes, launch):
    """Two join keys, one of them a text; Feast orders neither features nor keys as it was asked."""
    model, held_out = train.train(sample("diabetes"))
    server = launch(
        diabetes,
        feature_store_url=feast.url,
        feature_store_entity_keys='{"patient_id": "string", "clinic": "integer"}',
        feature_store_feature_service="patient_model",
        feature_store_timeout=50,
    )
    ids = range(len(held_out))
    entities = {"patient_id": [f"p-{number}" for number in ids], "clinic": [number % 3 for number in ids]}
    answer = server.post("/predict", {"entities": entities})
    assert answer.json["predictions"] == model.predict(held_out).tolist()
    answer = server.post("/predict", {"entities": {"clinic": 2, "patient_id": "p-1"}})
    assert (answer.status, answer.json["code"], answer.json["field"]) == (422, "unknown_entity", "entities")
    assert "patient_id=p-1, clinic=2" in answer.json["error"]


def test_a_listed_feature_finds_its_place_by_name(feast, diabetes, launch):
    model, held_out = train.train(sample("diabetes"))
    renamed = [f"patient_features__{name}" for name in DIABETES]
    model.get_booster().feature_names = renamed
    path = diabetes.with_name("renamed.ubj")
    model.save_model(path)
    server = launch(
        path,
        feature_store_url=feast.url,
        feature_store_entity_keys='{"patient_id": "string", "clinic": "integer"}',
        feature_store_features=json.dumps([f"patient_features:{name}" for name in reversed(DIABETES)]),
        feature_store_full_feature_names="true",
        feature_store_timeout=50,
    )
    answer = server.post("/predict", {"entities": {"patient_id": "p-4", "clinic": 1}})
    assert answer.json == {"prediction": model.predict(held_out[4:5]).tolist()[0]}


def test_unknown_entities_are_named(server):
    answer = server.post("/predict", about(1, 4711))
    assert answer.status == 422
    assert answer.json == {
        "error": "the feature store has no alcohol for wine_id=4711",
        "code": "unknown_entity",
        "field": "entities.wine_id[1]",
    }
    answer = server.post("/predict", {"entities": {"wine_id": 4711}})
    assert answer.json["field"] == "entities.wine_id"


@pytest.mark.parametrize(
    ("document", "code", "field"),
    [
        ({"entities": {"wine_id": "1"}}, "invalid_value", "entities.wine_id"),
        ({"entities": {"wine_id": 1.5}}, "invalid_value", "entities.wine_id"),
        ({"entities": {"wine_id": True}}, "invalid_value", "entities.wine_id"),
        ({"entities": {"wine_id": None}}, "invalid_value", "entities.wine_id"),
        ({"entities": {"wine_id": 2**63}}, "invalid_value", "entities.wine_id"),
        ({"entities": {"wine_id": [1, "2"]}}, "invalid_value", "entities.wine_id[1]"),
        ({"entities": {"wine_id": [[1]]}}, "invalid_value", "entities.wine_id[0]"),
        ({"entities": {"wine_id": []}}, "wrong_length", "entities"),
        ({"entities": {"wine_id": [1] * 10_001}}, "too_many_rows", None),
        ({"entities": {}}, "missing_field", "entities.wine_id"),
        ({"entities": [{"wine_id": 1}]}, "invalid_value", "entities"),
        ({"entities": {"wine_id": 1, "wine": 1}}, "invalid_value", "entities.wine"),
        ({"entities": {"wine_id": 1}, "features": [1.0] * 13}, "missing_field", "entities"),
        ({"entities": {"wine_id": 1}, "instances": [[1.0] * 13]}, "missing_field", "entities"),
        ({"entities": {"wine_id": 1}, "what": 1}, "invalid_value", "what"),
        ({}, "missing_field", "features"),
    ],
)
def test_what_is_no_question_is_not_passed_on(server, document, code, field):
    before = outcomes(server)
    answer = server.post("/predict", document)
    assert (answer.status, answer.json["code"], answer.json.get("field")) == (422, code, field)
    assert outcomes(server) == before


def test_keys_written_with_escapes(server, expected):
    answer = server.post_bytes("/predict", b'{"\\u0065ntities": {"wine_id": 1}}')
    assert answer.json == {"prediction": expected[0][0]}
    answer = server.post_bytes("/predict", b'{"feature\\u0073": [1]}')
    assert (answer.status, answer.json["code"]) == (422, "wrong_length")


def test_a_key_given_twice(server):
    answer = server.post_bytes("/predict", b'{"entities": {"wine_id": 1, "wine_id": 2}}')
    assert (answer.status, answer.json["code"]) == (400, "malformed")


def test_keys_must_have_lists_of_one_length(feast, diabetes, launch):
    server = launch(
        diabetes,
        feature_store_url=feast.url,
        feature_store_entity_keys='{"patient_id": "string", "clinic": "integer"}',
        feature_store_feature_service="patient_model",
    )
    for entities, field in (
        ({"patient_id": "p-1", "clinic": [1]}, "entities.patient_id"),
        ({"patient_id": ["p-1", "p-2"], "clinic": [1]}, "entities.clinic"),
    ):
        answer = server.post("/predict", {"entities": entities})
        assert (answer.status, answer.json["code"], answer.json["field"]) == (422, "wrong_length", field)


def test_probabilities_that_the_model_does_not_give(feast, diabetes, launch):
    server = launch(
        diabetes,
        feature_store_url=feast.url,
        feature_store_entity_keys='{"patient_id": "string", "clinic": "integer"}',
        feature_store_feature_service="patient_model",
    )
    document = {"entities": {"patient_id": "p-1", "clinic": 1}, "probabilities": True}
    assert server.post("/predict", document).json["code"] == "no_probabilities"


def test_the_open_inference_protocol_says_where_entities_go(server):
    tensor = {"name": "wine_id", "shape": [1], "datatype": "INT64", "data": [1]}
    answer = server.post("/v2/models/wine/infer", {"inputs": [tensor]})
    assert (answer.status, answer.json["code"]) == (422, "entities_not_supported")
    assert "POST /predict" in answer.json["error"]


def test_without_a_feature_store_there_are_no_entities(wine, launch):
    answer = launch(wine).post("/predict", about(1))
    assert (answer.status, answer.json["code"]) == (422, "invalid_value")
    assert "entities" in answer.json["error"]


def test_null_is_a_missing_value_only_where_the_settings_say_so(feast, wines):
    """Wine 2 has a feature that is null in the store."""
    features = [f"wine_features:{name}" for name in WINE]
    features[3] = "wine_features:odd_null"
    answer = wines(feast.url, features=features).post("/predict", about(1, 2))
    assert (answer.status, answer.json["code"]) == (422, "missing_feature")
    assert answer.json["error"].startswith("in the feature store odd_null is null for wine_id=2")
    assert answer.json["field"] == "entities.wine_id[1]"
    server = wines(feast.url, {"missing_values": "null"}, features=features)
    model, held_out = train.train(sample("wine"))
    changed = held_out.copy()
    changed[:2, 3] = (0.5, numpy.nan)
    answer = server.post("/predict", {**about(1, 2), "probabilities": True})
    assert answer.json["probabilities"] == model.predict_proba(changed[:2]).tolist()
    # An entity that is not known at all is no row full of missing values.
    assert server.post("/predict", about(4711)).json["code"] == "unknown_entity"


def test_booleans_are_numbers_and_texts_are_not(feast, wines):
    features = [f"wine_features:{name}" for name in WINE]
    features[3] = "wine_features:odd_flag"
    model, held_out = train.train(sample("wine"))
    changed = held_out.copy()
    changed[:2, 3] = (0, 1)
    answer = wines(feast.url, features=features).post("/predict", {**about(1, 2), "probabilities": True})
    assert answer.json["probabilities"] == model.predict_proba(changed[:2]).tolist()
    for odd, words in (("odd_text", "does not hold numbers"), ("odd_huge", "beyond the range of float32")):
        features[3] = f"wine_features:{odd}"
        answer = wines(feast.url, features=features).post("/predict", about(1))
        assert (answer.status, answer.json["code"]) == (502, "feature_store_invalid")
        assert f"{odd} {words}" in answer.json["error"].replace("holds a value ", "")


def test_defaults_for_what_the_store_does_not_know(feast, wines):
    model, held_out = train.train(sample("wine"))
    defaults = dict(zip(WINE, held_out.mean(axis=0).astype(float).tolist(), strict=True))
    server = wines(feast.url, on_missing="defaults", defaults=defaults)
    usual = numpy.array([list(defaults.values())], numpy.float32)
    wanted = model.predict_proba(numpy.concatenate([held_out[:1], usual])).tolist()
    answer = server.post("/predict", {**about(1, 4711), "probabilities": True})
    assert answer.json["probabilities"] == wanted
    assert answer.json["defaulted"] == [False, True]
    answer = server.post("/predict", {"entities": {"wine_id": 4711}})
    assert answer.json["defaulted"] is True
    assert "defaulted" not in server.post("/predict", about(1)).json
    assert metrics(server)['defaults_total{feature="alcohol"}'] == 2
    assert outcomes(server) == {"ok": 3}


def test_what_is_documented_is_what_is_answered(server):
    document = server.get("/openapi.json").json
    schemas = {"components": document["components"]}
    operation = document["paths"]["/predict"]["post"]
    assert {"502", "504"} <= operation["responses"].keys()
    question = {**schemas, "$ref": "#/components/schemas/PredictRequest"}
    for valid in (about(1, 2), {"entities": {"wine_id": 1}, "probabilities": True}):
        jsonschema.validate(valid, question)
        jsonschema.validate(
            server.post("/predict", valid).json, {**schemas, "$ref": "#/components/schemas/PredictResponse"}
        )
    for wrong in ({"entities": {"wine_id": "1"}}, {"entities": {}}, {"entities": {"wine_id": []}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, question)


def test_many_at_once(server, expected):
    """Each client gets the answer to its own question."""
    wrong = []

    def ask(number: int) -> None:
        answer = server.post("/predict", {"entities": {"wine_id": number}, "probabilities": True})
        if answer.json.get("probabilities") != expected[1][number - 1]:
            wrong.append(answer.content)

    threads = [threading.Thread(target=ask, args=(1 + number % 50,)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"features": ["wine_features:alcohol"]}, "lists 1 features, the model takes 13"),
        ({"features": ["alcohol"]}, "FEATURE_STORE_FEATURES[0]"),
        ({"features": []}, "set either"),
        ({"features": "alcohol,ash"}, "FEATURE_STORE_FEATURES is no JSON"),
        ({"feature_service": "wine_model"}, "set either"),
        ({"feature_service": "wine_model", "features": ""}, "the model has no feature names"),
        ({"url": "feast:6566"}, "FEATURE_STORE_URL"),
        ({"url": ""}, "MODEL_SERVER_FEATURE_STORE_URL is not set"),
        ({"entity_keys": {}}, "FEATURE_STORE_ENTITY_KEYS"),
        ({"entity_keys": {"wine_id": "int"}}, "Invalid enum value 'int'"),
        ({"timeout": 60}, "must be less than RESPONSE_TIMEOUT"),
        ({"timeout": 0}, "FEATURE_STORE_TIMEOUT"),
        ({"on_failure": "defaults"}, "FEATURE_STORE_DEFAULTS is empty"),
        ({"defaults": {"alcohol": 1}}, "neither"),
        ({"on_failure": "defaults", "defaults": {"alcohol": 1}}, "DEFAULTS lacks alcalinity_of_ash, ash"),
        ({"on_missing": "defaults", "defaults": {"age": 1}}, "has age, which the model does not take"),
        ({"on_missing": "defaults", "defaults": {"alcohol": 1e39}}, "FEATURE_STORE_DEFAULTS"),
        ({"auth_header": "x-api-key"}, "FEATURE_STORE_TOKEN is empty"),
        ({"token": "a\nb"}, "characters that no header may hold"),
        ({"ca_file": "/nowhere"}, "there is no file /nowhere"),
        ({"ca_file": __file__, "url": "https://feast"}, "no certificates"),
    ],
)
def test_settings_that_cannot_work(wine, changes, part):
    entry = refused_start(wine, **settings(**{"url": "http://127.0.0.1:9", **changes}))
    assert entry["code"] == "invalid_setting"
    assert part in entry["message"]


def test_settings_that_are_misspelt(wine):
    entry = refused_start(wine, **settings("http://127.0.0.1:9", feature="x"))
    assert entry["code"] == "unknown_setting"
    assert "MODEL_SERVER_FEATURE_STORE_FEATURE;" in entry["message"]


def test_names_that_do_not_fit_the_model_are_all_listed(diabetes):
    features = [f"patient_features:{name}" for name in [*DIABETES[1:], "height"]]
    entry = refused_start(
        diabetes,
        feature_store_url="http://127.0.0.1:9",
        feature_store_entity_keys='{"patient_id": "string"}',
        feature_store_features=json.dumps(features),
    )
    assert "lacks age" in entry["message"]
    assert "has height, which the model does not take" in entry["message"]
