"""What operators rely on: metrics, logs, descriptions, missing values as configured."""

import json
import re

import numpy
import pytest
import train

ROW = [1.0] * 30


def metrics(server) -> dict[str, float]:
    lines = server.get("/metrics").content.decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


def test_metrics_count_requests_rows_and_time(breast_cancer, launch):
    server = launch(breast_cancer, model_version="1.0.0")
    server.post("/predict", {"features": ROW})
    server.post("/predict", {"instances": [ROW] * 5})
    server.post("/predict", {"features": []})
    server.get("/nowhere")
    found = metrics(server)
    assert found['model_server_requests_total{route="predict",status="200"}'] == 2
    assert found['model_server_requests_total{route="predict",status="422"}'] == 1
    assert found['model_server_requests_total{route="none",status="404"}'] == 1
    assert found["model_server_rows_total"] == 6
    assert found['model_server_request_duration_seconds_count{route="predict"}'] == 3
    assert found['model_server_request_duration_seconds_bucket{le="+Inf",route="predict"}'] == 3
    assert found['model_server_request_duration_seconds_sum{route="predict"}'] > 0
    (info,) = [name for name in found if name.startswith("model_server_model_info")]
    assert 'version="1.0.0"' in info
    assert 'engine="native"' in info
    assert "process_resident_memory_bytes" in found


def test_failures_are_counted_from_zero(breast_cancer, launch):
    found = metrics(launch(breast_cancer))
    for route in ("predict", "infer"):
        for status in (200, 500, 503):
            assert found[f'model_server_requests_total{{route="{route}",status="{status}"}}'] == 0


def test_paths_of_clients_do_not_become_labels(breast_cancer, launch):
    server = launch(breast_cancer)
    for number in range(20):
        server.get(f"/nowhere/{number}")
    labels = {re.search('route="([^"]*)"', name)[1] for name in metrics(server) if "route=" in name}
    assert labels == {"none", "predict", "infer", "invocations"}


def log_of(server) -> list[dict]:
    assert server.stop() == 0
    return [json.loads(line) for line in server.process.stdout]


def test_every_request_can_be_logged(breast_cancer, launch):
    server = launch(breast_cancer, log_sample=1, model_version="1.0.0")
    headers = {"content-type": "application/json", "x-request-id": "abc-1"}
    body = json.dumps({"features": ROW}).encode()
    answer = server.request("POST", "/predict", body, headers)
    assert answer.headers["x-request-id"] == "abc-1"
    entry = next(e for e in log_of(server) if e["message"] == "request")
    assert entry["request_id"] == "abc-1"
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/predict", 200)
    assert entry["version"] == "1.0.0"
    assert entry["sha256"] == answer.headers["x-model-sha256"]
    assert entry["seconds"] > 0
    assert "body" not in entry


def test_refusals_are_logged_without_what_was_sent(breast_cancer, launch):
    server = launch(breast_cancer, log_sample=0)
    server.post("/predict", {"features": ROW})
    server.post("/predict", {"features": [123456.5]})
    requests = [entry for entry in log_of(server) if entry["message"] == "request"]
    assert [(entry["status"], entry["code"]) for entry in requests] == [(422, "wrong_length")]
    assert "123456" not in json.dumps(requests)


def test_features_are_logged_only_when_asked(breast_cancer, launch):
    server = launch(breast_cancer, log_sample=1, log_features="true")
    server.post("/predict", {"features": ROW})
    entry = next(e for e in log_of(server) if e["message"] == "request")
    assert json.loads(entry["body"]) == {"features": ROW}


@pytest.mark.parametrize("given", ["with space", "x" * 129, "new\tline"])
def test_request_ids_that_could_spoil_a_log_are_replaced(server, given):
    answer = server.request("GET", "/v2/health/live", headers={"x-request-id": given})
    assert re.fullmatch("[0-9a-f]{12}-[0-9a-f]+", answer.headers["x-request-id"])


def test_request_ids_are_unique(server):
    identities = {server.get("/v2/health/live").headers["x-request-id"] for _ in range(10)}
    assert len(identities) == 10


def test_null_is_a_missing_value_when_configured(breast_cancer, launch):
    server = launch(breast_cancer, missing_values="null")
    model, held_out = train.train(train.SAMPLES[0])
    with_gaps = held_out.copy()
    with_gaps[numpy.random.default_rng(1).random(held_out.shape) < 0.3] = numpy.nan
    rows = [[None if value != value else float(value) for value in row] for row in with_gaps]
    answer = server.post("/predict", {"instances": rows, "probabilities": True})
    assert answer.json["probabilities"] == model.predict_proba(with_gaps).tolist()
    flat = [value for row in rows for value in row]
    inputs = {"name": "x", "shape": list(held_out.shape), "datatype": "FP32"}
    answer = server.post("/v2/models/sample/infer", {"inputs": [inputs | {"data": flat}]})
    assert answer.json["outputs"][0]["data"] == model.predict(with_gaps).tolist()
    # What is missing is said with null, and in no other way.
    assert server.post_bytes("/predict", b'{"features": [NaN]}').status == 400
    assert server.post("/predict", {"features": ["", *ROW[1:]]}).status == 422


def test_engine_can_be_chosen(breast_cancer, golden, launch):
    server = launch(breast_cancer, engine="xgboost", model_name="slow")
    assert server.get("/v2/models/slow").json["parameters"]["engine"].startswith("xgboost ")
    answer = server.post("/predict", {"instances": golden["features"], "probabilities": True})
    assert answer.json["probabilities"] == golden["probabilities"]


def test_openapi_describes_every_route_it_should(server):
    document = server.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method in methods:
            assert server.request(method.upper(), path).status != 404
    assert document["components"]["schemas"]["Row"]["minItems"] == 30


def test_head_has_no_body(server):
    answer = server.request("HEAD", "/v2/health/ready")
    assert (answer.status, answer.content) == (200, b"")
