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
        ({"max_age": -1}, "FEATURE_STORE_MAX_AGE"),
        ({"max_ages": {"wine_features": -1}}, "FEATURE_STORE_MAX_AGES"),
        ({"max_ages": {"wines": 1, "history": 1}}, "MAX_AGES has history, wines, of which the model takes"),
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


# Of the last feature: what is asked for instead, the type of the key, and what a question gets.
TYPES = {
    "the largest of 32 bits": ("int32", 2**31 - 1, "unknown_entity"),
    "the smallest of 32 bits": ("int32", -(2**31), "unknown_entity"),
    "beyond the largest": ("int32", 2**31, "invalid_value"),
    "beyond the smallest": ("int32", -(2**31) - 1, "invalid_value"),
    "the one of the fault": ("int32", 4294967296, "invalid_value"),
    "among others": ("int32", [1, 2**31], "invalid_value"),
    "a fraction": ("int32", 1.5, "invalid_value"),
    "a text": ("int32", "1", "invalid_value"),
    "beyond 64 bits": ("integer", 2**63, "invalid_value"),
}


@pytest.fixture(scope="module")
def small(feast, wine):
    """A server for each type that the key of 32 bits may be given."""
    from conftest import start

    features = [f"small_features:{feature}" for feature in WINE]
    running = {
        kind: start(wine, **settings(feast.url, entity_keys={"small_id": kind}, features=features))
        for kind in ("int32", "integer")
    }
    yield running
    for server in running.values():
        assert server.stop() == 0


@pytest.mark.parametrize("name", TYPES)
def test_keys_of_32_bits(small, expected, name):
    kind, value, code = TYPES[name]
    server = small[kind]
    answer = server.post("/predict", {"entities": {"small_id": value}})
    assert (answer.status, answer.json["code"]) == (422, code)
    place = "entities.small_id[1]" if isinstance(value, list) else "entities.small_id"
    assert answer.json["field"] == place
    answer = server.post("/predict", {"entities": {"small_id": [1, 5]}})
    assert answer.json["predictions"] == [expected[0][0], expected[0][4]]
    described = server.get("/openapi.json").json["components"]["schemas"]
    assert str(2**31 - 1 if kind == "int32" else 2**63 - 1) in json.dumps(described)


def with_last(feature: str) -> list[str]:
    """The features of wines, the last one from elsewhere."""
    return [*(f"wine_features:{name}" for name in WINE[:-1]), feature]


PRICE = with_last("history_features:price")
HOUR = 3600
# How old features may be, and what a question about the wines 1 (now) and 2 (two days ago) gets.
AGES = {
    "never too old": ({}, None),
    "an hour": ({"max_age": HOUR}, "price"),
    "three days": ({"max_age": 72 * HOUR}, None),
    "an hour for its view": ({"max_ages": {"history_features": HOUR}}, "price"),
    "an hour for the other view": ({"max_ages": {"wine_features": HOUR}}, None),
    "an hour, and never for its view": ({"max_age": HOUR, "max_ages": {"history_features": 0}}, None),
    "a minute, and three days for its view": (
        {"max_age": 60, "max_ages": {"history_features": 72 * HOUR, "wine_features": HOUR}},
        None,
    ),
    "by full names": ({"full_feature_names": "true", "max_age": HOUR}, "history_features__price"),
    "by the latest version": (
        {"features": with_last("history_features@latest:price"), "max_ages": {"history_features": HOUR}},
        "price",
    ),
}


@pytest.mark.parametrize("name", AGES)
def test_features_that_are_too_old(feast, wines, name):
    """Feast itself answers with all of them, whatever their view's `ttl` is."""
    changes, old = AGES[name]
    server = wines(feast.url, **{"features": PRICE, **changes})
    assert server.post("/predict", about(1)).status == 200
    answer = server.post("/predict", about(1, 2, 1))
    if old is None:
        assert answer.status == 200, answer.content
        return
    assert (answer.status, answer.json["code"]) == (422, "stale_feature")
    assert answer.json["error"] == f"in the feature store {old} is too old for wine_id=2"
    assert answer.json["field"] == "entities.wine_id[1]"
    assert server.post("/predict", {"entities": {"wine_id": 2}}).json["field"] == "entities.wine_id"
    # What is not there has no age.
    assert server.post("/predict", about(3)).json["code"] == "unknown_entity"
    assert server.post("/predict", about(4)).json["code"] == "missing_feature"
    assert outcomes(server) == {"ok": 1, "missing": 4}


def test_defaults_for_what_is_too_old(feast, wines):
    features = dict.fromkeys([*WINE[:-1], "price"], 0.5)
    server = wines(feast.url, features=PRICE, max_age=HOUR, on_missing="defaults", defaults=features)
    assert server.post("/predict", about(1, 2)).json["defaulted"] == [False, True]
    assert metrics(server)['defaults_total{feature="price"}'] == 1


def test_ages_need_event_timestamps(between, wines):
    def without(document: dict) -> None:
        for result in document["results"]:
            del result["event_timestamps"]

    between.change = without
    answer = wines(between.url, max_age=HOUR).post("/predict", about(1))
    assert (answer.status, answer.json["code"]) == (502, "feature_store_invalid")
    assert "has no event timestamps for 1 entities" in answer.json["error"]
    assert wines(between.url).post("/predict", about(1)).status == 200


@pytest.mark.parametrize("feature", ["by_pandas:double_price", "by_python:triple_price"])
def test_what_an_on_demand_view_computes_has_no_age(feast, wines, feature):
    """All that has one is judged; who asks for the age of such a view is told that there is none."""
    server = wines(feast.url, features=with_last(feature), max_age=HOUR)
    assert server.post("/predict", about(1, 2)).status == 200
    view = feature.partition(":")[0]
    server = wines(feast.url, features=with_last(feature), max_ages={view: HOUR})
    answer = server.post("/predict", about(1))
    assert (answer.status, answer.json["code"]) == (502, "feature_store_invalid")
    assert "has no event timestamp to tell its age by" in answer.json["error"]


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """Makes a model of three features with these names."""

    def make(*names: str):
        model, _ = train.train(sample("diabetes"))
        folder = tmp_path_factory.mktemp("computed")
        regressor = type(model)(n_estimators=2)
        rows = numpy.array([[number, 1.0, number % 3] for number in range(20)])
        regressor.fit(rows, rows[:, 0])
        regressor.get_booster().feature_names = list(names)
        regressor.save_model(folder / "model.ubj")
        return folder / "model.ubj"

    return make


COMPUTED = ("alcohol", "malic_acid", "double_price")


@pytest.mark.parametrize("missing_values", ["reject", "null"])
@pytest.mark.parametrize(
    ("service", "unknown"), [("computed", "missing_feature"), ("computed_and_plain", "unknown_entity")]
)
def test_an_on_demand_view_of_nothing(feast, named, launch, service, unknown, missing_values):
    """Feast says that what it has computed of nothing is there, and null. Another feature can tell."""
    server = launch(
        named(*COMPUTED),
        missing_values=missing_values,
        **settings(feast.url, features="", feature_service=service),
    )
    assert server.post("/predict", about(1, 2, 5)).status == 200
    # Wine 3 has no price at all, that of wine 4 is null.
    answers = {number: server.post("/predict", about(1, number)) for number in (3, 4)}
    accepted = missing_values == "null"
    codes = {number: answer.json.get("code", answer.status) for number, answer in answers.items()}
    null = 200 if accepted else "missing_feature"
    assert codes == {3: null if unknown == "missing_feature" else unknown, 4: null}
    if unknown == "unknown_entity":
        assert answers[3].json["error"] == "the feature store has no price for wine_id=3"
        assert answers[3].json["field"] == "entities.wine_id[1]"


def test_a_row_that_is_in_one_view_only(feast, wines):
    """The feature of the on-demand view comes first, and is null; the one that is not there comes last."""
    others = [f"wine_features:{name}" for name in WINE[:11]]
    server = wines(feast.url, features=["by_pandas:double_price", *others, "history_features:price"])
    answer = server.post("/predict", about(3))
    assert (answer.status, answer.json["code"]) == (422, "unknown_entity")
    assert answer.json["error"] == "the feature store has no price for wine_id=3"


# Versions of views, and what Feast calls their features.
VERSIONS = {
    "wine_features@latest": "wine_features",
    "wine_features@LATEST": "wine_features",
    "wine_features@": "wine_features",
    "wine_features@v0": "wine_features@v0",
    "wine_features@V00": "wine_features@v0",
    "wine_features": "wine_features",
}


@pytest.mark.parametrize(
    ("view", "full"), [*((view, True) for view in VERSIONS), ("wine_features@v0", False)]
)
def test_versions_of_views(feast, named, launch, view, full):
    short = WINE[:3]
    names = [f"{VERSIONS[view]}__{name}" for name in short] if full else short
    changes = {"full_feature_names": str(full).lower(), "features": [f"{view}:{name}" for name in short]}
    server = launch(named(*names), **settings(feast.url, **changes, max_ages={"wine_features": HOUR}))
    answer = server.post("/predict", about(1))
    assert answer.status == 200, answer.content


def test_versions_of_views_that_a_model_does_not_name(diabetes):
    """What would be missing in every answer is said at the start."""
    entry = refused_start(
        diabetes,
        feature_store_url="http://127.0.0.1:9",
        feature_store_entity_keys='{"patient_id": "string"}',
        feature_store_features=json.dumps([f"patient_features@latest:{name}" for name in DIABETES]),
        feature_store_full_feature_names="true",
    )
    assert "has patient_features__age" in entry["message"]
    assert "@latest" not in entry["message"]


@pytest.mark.parametrize(("full", "status"), [("true", 200), ("false", None)])
def test_ages_of_views_of_a_feature_service(feast, named, launch, full, status):
    full_names = ("wine_features__alcohol", "wine_features__malic_acid", "by_pandas__double_price")
    names = full_names if full == "true" else COMPUTED
    changes = {
        "features": "",
        "feature_service": "computed",
        "full_feature_names": full,
        "max_ages": {"wine_features": HOUR},
    }
    if status is None:
        entry = refused_start(named(*names), **settings("http://127.0.0.1:9", **changes))
        assert "FULL_FEATURE_NAMES=true, or MODEL_SERVER_FEATURE_STORE_MAX_AGE for all" in entry["message"]
        return
    server = launch(named(*names), **settings(feast.url, **changes))
    assert server.post("/predict", about(1)).status == status


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
