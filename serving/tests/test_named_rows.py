"""Rows by name: in any order, as the same rows by position; and every wrong name told at once."""

import json

import numpy
import pandas
import pytest
import xgboost
from in_process import load

from model_server.models.row_reader import named_columns

NAMES = ["age", "monthly income", "visits"]
RANDOM = numpy.random.default_rng(3)
ROWS = RANDOM.normal(size=(50, 3)).round(3)
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)


def named(row) -> dict:
    """In another order than the model's."""
    return dict(reversed(list(zip(NAMES, row, strict=True))))


@pytest.fixture(scope="module")
def fitted():
    model = xgboost.XGBClassifier(n_estimators=5, n_jobs=1).fit(ROWS, LABELS)
    model.get_booster().feature_names = NAMES
    return model


@pytest.fixture(scope="module")
def path(tmp_path_factory, fitted):
    path = tmp_path_factory.mktemp("named") / "model.ubj"
    fitted.save_model(path)
    return path


@pytest.fixture(scope="module")
def server(path):
    return load(path)


def refused(server, document) -> dict:
    answer = server.post("/predict", document)
    assert answer.status == 422, answer.content
    return answer.json


def test_as_rows_by_position(server):
    by_position = {"instances": ROWS.tolist(), "probabilities": True}
    by_name = {"probabilities": True, "instances": [named(row) for row in ROWS.tolist()]}
    assert server.post("/predict", by_name).content == server.post("/predict", by_position).content
    for row in ROWS[:5].tolist():
        single = server.post("/predict", {"features": named(row), "probabilities": True})
        assert single.content == server.post("/predict", {"features": row, "probabilities": True}).content


def test_numbers_are_read_as_in_lists(server):
    for texts in ("1", "-0.0", "16777217", "0.1", "3.402823567797336e38", "1e-400"):
        row = f"[{texts}, 2, {texts}]"
        document = f'{{"monthly income": 2, "visits": {texts}, "age": {texts}}}'
        assert (
            server.post_bytes("/predict", f'{{"features": {document}}}'.encode()).content
            == server.post_bytes("/predict", f'{{"features": {row}}}'.encode()).content
        )


def test_all_wrong_names_at_once_with_what_was_meant(server):
    error = refused(server, {"features": {"Age": 1, "monthly_income": 2, "colour": 3}})
    assert error["code"] == "wrong_columns"
    assert error["field"] == "features"
    assert error["error"] == (
        'there is no column "Age", did you mean "age"?; there is no column "monthly_income", did you mean '
        '"monthly income"?; there is no column "colour"; the column "visits" is missing'
    )


def test_wrong_names_of_some_rows(server):
    rows = [named([1, 2, 3]) for _ in range(4)]
    del rows[1]["age"], rows[3]["age"]
    rows[3]["visit"] = rows[3].pop("visits")
    error = refused(server, {"instances": rows})
    assert error["error"] == (
        'there is no column "visit" in instances[3], did you mean "visits"?; '
        'the column "age" is missing in instances[1] and 1 more row'
    )
    assert error["field"] == "instances[1]"


def test_a_name_too_many(server):
    error = refused(server, {"instances": [named([1, 2, 3]) | {"x" * 5000: 1}]})
    assert error["error"].startswith('there is no column "xxxx')
    assert len(error["error"]) < 200


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"features": {"age": 1, "monthly income": 2, "visits": 3, "age": 4}}', "age"),
        (b'{"features": {"age": 1, "monthly income": 2, "visits": 3, "\\u0061ge": 4}}', "age"),
        (b'{"instances": [{"age": 1, "visits": 2, "monthly income": 2, "visits": 3}]}', "visits"),
        (b'{"features": {"age": 1, "monthly income": 2, "visits": 3, "a\\"": 1, "a\\"": 1}}', 'a"'),
        (b'{"features": {"age": 1, "monthly income": 2, "visits": 3, "\\\\": 1, "\\\\": 1}}', "\\"),
        (
            b'{"features": {"age": 1, "monthly income": 2, "visits": 3}, "probabilities": true, '
            b'"probabilities": true}',
            "probabilities",
        ),
    ],
)
def test_a_name_twice(server, body, name):
    answer = server.post_bytes("/predict", body)
    assert answer.status == 400
    assert answer.json == {
        "error": f"the key {name!r} appears twice",
        "code": "malformed",
        "field": name,
    }


@pytest.mark.parametrize("by_name", [0, 1])
def test_rows_in_both_ways(server, by_name):
    rows = [[1, 2, 3], [1, 2, 3]]
    rows[by_name] = named([1, 2, 3])
    error = refused(server, {"instances": rows})
    assert error["code"] == "mixed_rows"
    assert error["field"] == "instances[1]"
    assert "instances[1] is by" in error["error"]


@pytest.mark.parametrize(
    ("value", "found", "code"),
    [
        ("1", 'the text "1" was given, and it takes a number', "invalid_value"),
        (True, "true was given, and it takes a number", "invalid_value"),
        (None, "null, but missing values are not accepted", "invalid_value"),
        ([1], "a list was given, and it takes a number", "invalid_value"),
        ({"a": 1}, "an object was given, and it takes a number", "invalid_value"),
        (4e38, "the value is beyond the range of float32, in which models compute", "out_of_range"),
        (-(10**400), "the value is beyond the range of float32, in which models compute", "out_of_range"),
    ],
)
def test_wrong_values(server, value, found, code):
    error = refused(server, {"instances": [named([1, 2, 3]), named([1, value, 3])]})
    assert error == {
        "error": f'the column "monthly income": {found}',
        "code": code,
        "field": 'instances[1]["monthly income"]',
    }
    single = refused(server, {"features": named([1, 2, value])})
    assert single["field"] == "features.visits"


def test_wrong_values_of_several_columns(server):
    error = refused(server, {"features": {"age": "x", "monthly income": 1, "visits": None}})
    assert error["error"] == (
        'the column "age": the text "x" was given, and it takes a number; '
        'the column "visits": null, but missing values are not accepted'
    )
    assert error["field"] == "features.age"


@pytest.mark.parametrize(
    "body",
    [
        b'{"features": {"age": NaN, "monthly income": 2, "visits": 3}}',
        b'{"features": {"age": 1e999, "monthly income": 2, "visits": 3}}',
        b'{"features": {"age": %s, "monthly income": 2, "visits": 3}}' % (b"1" * 5000),
        b'{"features": {"age": %s, "monthly income": 2, "visits": 3}}' % (b"[" * 5000),
        b'{"features": {"age": "\xff", "monthly income": 2, "visits": 3}}',
        b'{"features": {}}',
        b'{"instances": [{}, {}]}',
        b'{"instances": []}',
        b'{"features": {"age": 1, "monthly income": 2, "visits": 3}, "instances": [[1, 2, 3]]}',
    ],
)
def test_wrong_documents(server, body):
    assert server.post_bytes("/predict", body).status in (400, 422)


def test_missing_values(path, fitted):
    server = load(path, missing_values="null")
    rows = ROWS.copy()
    rows[::3, 1] = numpy.nan
    documents = [
        {name: None if numpy.isnan(value) else value for name, value in named(row).items()} for row in rows
    ]
    assert server.post("/predict", {"instances": documents}).json["predictions"] == (
        fitted.predict(rows).tolist()
    )


def test_too_many_rows(path):
    server = load(path, max_rows=10)
    assert server.post("/predict", {"instances": [named([1, 2, 3])] * 10}).status == 200
    assert refused(server, {"instances": [named([1, 2, 3])] * 11})["code"] == "too_many_rows"
    # Before they take memory: what is behind them has not been read.
    many = b'{"instances": [' + b"{}," * 100_000
    assert json.loads(server.post_bytes("/predict", many).content)["code"] == "too_many_rows"


def test_a_model_without_names(tmp_path):
    fitted = xgboost.XGBClassifier(n_estimators=2, n_jobs=1).fit(ROWS, LABELS)
    fitted.save_model(tmp_path / "model.ubj")
    server = load(tmp_path / "model.ubj")
    assert named_columns(server.model) is None
    error = refused(server, {"features": named([1, 2, 3])})
    assert error["code"] == "invalid_value"
    assert error["field"] == "features"
    assert error["error"] == (
        "the model does not know its features by name: give each row as a list of 3 values"
    )


def test_categories_by_name(tmp_path):
    pairs = RANDOM.integers(0, 3, size=60)
    rows = numpy.column_stack([RANDOM.normal(size=60), pairs])
    matrix = xgboost.DMatrix(
        rows,
        (pairs == 1).astype(int),
        feature_names=["size", "kind"],
        feature_types=["q", "c"],
        enable_categorical=True,
    )
    xgboost.train({"objective": "binary:logistic", "max_cat_to_onehot": 1}, matrix, 3).save_model(
        tmp_path / "model.ubj"
    )
    server = load(tmp_path / "model.ubj")
    by_position = server.post("/predict", {"features": [0.5, 1]}).content
    assert server.post("/predict", {"features": {"kind": 1, "size": 0.5}}).content == by_position
    error = refused(server, {"features": {"kind": 1.5, "size": 0.5}})
    assert (error["code"], error["field"]) == ("unknown_category", "features.kind")
    error = refused(server, {"features": {"kind": "x", "size": "y"}})
    assert error["field"] == "features.size"


def test_truth_values_where_the_table_had_some(tmp_path):
    rows = pandas.DataFrame({"member": RANDOM.random(60) > 0.5, "size": RANDOM.normal(size=60)})
    fitted = xgboost.XGBRegressor(n_estimators=3, n_jobs=1).fit(rows, rows["size"] + rows["member"])
    fitted.save_model(tmp_path / "model.ubj")
    server = load(tmp_path / "model.ubj")
    expected = {"predictions": fitted.predict(rows).tolist()}
    # As pandas writes them, and as numbers.
    records = json.loads(rows.to_json(orient="records", double_precision=15))
    assert {type(record["member"]) for record in records} == {bool}
    exact = [
        {"member": bool(member), "size": size}
        for member, size in zip(rows["member"], rows["size"], strict=True)
    ]
    for given in (exact, [{"member": int(row["member"]), "size": row["size"]} for row in exact]):
        assert server.post("/predict", {"instances": given}).json == expected
    by_position = [[int(row["member"]), row["size"]] for row in exact]
    assert server.post("/predict", {"instances": by_position}).json == expected
    error = refused(server, {"features": {"member": True, "size": True}})
    assert error["field"] == "features.size"
