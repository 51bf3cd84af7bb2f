"""What arrives at a receiver of CloudEvents."""

import base64
import json
import math
import struct
from array import array

import pytest

from model_server.payload_log.record import as_request
from tests.payload_log.conftest import ask, ask_many, payload_metrics, wait_until
from tests.payload_log.receiver import BATCH, REQUEST, RESPONSE

FORMATS = ("binary", "batch")
SOON = {"batch_seconds": 0.05}


def document_of(event):
    """An event's data, which the SDK leaves as text in one mode and reads in the other."""
    data = event.get_data()
    return json.loads(data) if isinstance(data, str | bytes) else data


@pytest.mark.parametrize("form", FORMATS)
def test_request_and_answer_arrive_as_they_were(form, receiver, logging_to, golden):
    server = logging_to(receiver.url, format=form, **SOON, attributes='{"namespace": "models"}')
    answer = ask(server, {"features": golden["features"][0]}, "a-1")
    receiver.wait_for(2)
    request, response = receiver.of("a-1", REQUEST), receiver.of("a-1", RESPONSE)
    assert document_of(request) == {"features": golden["features"][0]}
    assert document_of(response) == answer.json == {"prediction": golden["predictions"][0]}
    for event in (request, response):
        assert event.get_datacontenttype() == "application/json"
        assert event.get_subject() == "/predict"
        assert event.get_extension("inferenceservicename") == "sample"
        assert event.get_extension("component") == "predictor"
        assert event.get_extension("modelversion") == "1.0.0"
        assert event.get_extension("modelsha256") == answer.headers["x-model-sha256"]
        assert event.get_extension("namespace") == "models"
    assert response.get_extension("statuscode") == "200"
    assert request.get_time() <= response.get_time()
    # No two events share both.
    assert request.get_source() != response.get_source()
    # The server hears of it a little later.
    wait_until(lambda: payload_metrics(server)["s_sent_total"] == 1)


def test_body_arrives_byte_by_byte_in_binary_mode(receiver, logging_to, golden):
    server = logging_to(receiver.url, mode="request")
    body = json.dumps({"features": golden["features"][0]}, indent=3).encode()
    ask(server, body, "a-1")
    receiver.wait_for(1)
    assert receiver.deliveries[0].data == body
    assert receiver.deliveries[0].path == "/events"


@pytest.mark.parametrize(("mode", "kinds"), [("request", {REQUEST}), ("response", {RESPONSE})])
def test_mode_chooses(mode, kinds, receiver, logging_to, golden):
    server = logging_to(receiver.url, mode=mode)
    ask_many(server, golden["features"][0], ["a", "b", "c"])
    server.stop()
    assert len(receiver.events) == 3
    assert {event.get_type() for event in receiver.events} == kinds


def test_many_go_in_one_delivery(receiver, logging_to, golden):
    server = logging_to(receiver.url, format="batch", batch_seconds=60, batch_requests=20)
    ids = [f"id-{number}" for number in range(40)]
    ask_many(server, golden["features"][0], ids)
    receiver.wait_for(80)
    assert [len(delivery.events) for delivery in receiver.deliveries] == [40, 40]
    assert {delivery.headers["content-type"].split(";")[0] for delivery in receiver.deliveries} == {BATCH}
    assert {event.get_id() for event in receiver.events} == set(ids)


def test_large_payloads_do_not_wait_for_more(receiver, logging_to):
    """A batch is full by its bytes as well: the queue never fills while a batch is waited for."""
    server = logging_to(receiver.url, format="batch", batch_seconds=60, mode="request")
    for number in range(40):
        ask(server, {"instances": [[0.123456789] * 30] * 140}, f"id-{number}")
    server.stop()
    assert len(receiver.events) == 40
    assert max(len(delivery.body) for delivery in receiver.deliveries) < 300_000


@pytest.mark.parametrize("form", FORMATS)
def test_refused_requests_are_logged_as_well(form, receiver, logging_to):
    server = logging_to(receiver.url, format=form, **SOON)
    answer = ask(server, {"features": [1]}, "short")
    not_json = b'{"features": [1, \xff'
    ask(server, not_json, "broken")
    receiver.wait_for(4)
    assert receiver.of("short", RESPONSE).get_extension("statuscode") == "422"
    assert document_of(receiver.of("short", RESPONSE)) == answer.json
    assert receiver.of("broken", RESPONSE).get_extension("statuscode") == "400"
    if form == "binary":
        assert not_json in [delivery.data for delivery in receiver.deliveries]
    else:
        assert receiver.of("broken", REQUEST).get_data() == not_json


@pytest.mark.parametrize("form", FORMATS)
def test_a_large_body_is_left_out_and_said_to_be(form, receiver, logging_to, golden):
    server = logging_to(receiver.url, format=form, **SOON, max_body_bytes=100)
    body = json.dumps({"features": golden["features"][0]}).encode()
    ask(server, body, "a-1")
    receiver.wait_for(2)
    request = receiver.of("a-1", REQUEST)
    assert not request.get_data()
    assert request.get_extension("bodybytes") == str(len(body))
    assert receiver.of("a-1", RESPONSE).get_extension("bodybytes") is None
    assert document_of(receiver.of("a-1", RESPONSE))["prediction"] == golden["predictions"][0]


@pytest.mark.parametrize("form", FORMATS)
def test_binary_tensors_stay_binary(form, receiver, logging_to, golden):
    server = logging_to(receiver.url, format=form, **SOON)
    values = struct.pack("<30f", *golden["features"][0])
    tensor = {
        "name": "x",
        "shape": [1, 30],
        "datatype": "FP32",
        "parameters": {"binary_data_size": len(values)},
    }
    document = json.dumps({"inputs": [tensor]}).encode()
    headers = {
        "content-type": "application/octet-stream",
        "inference-header-content-length": str(len(document)),
        "x-request-id": "a-1",
    }
    path = "/v2/models/sample/infer"
    assert server.request("POST", path, document + values, headers).status == 200
    receiver.wait_for(2)
    request = receiver.of("a-1", REQUEST)
    assert request.get_datacontenttype() == "application/octet-stream"
    assert request.get_extension("documentbytes") == str(len(document))
    assert request.get_subject() == path
    if form == "binary":
        assert document + values in [delivery.data for delivery in receiver.deliveries]
    else:
        (sent,) = [e for e in json.loads(receiver.deliveries[0].body) if e["type"] == REQUEST]
        assert base64.b64decode(sent["data_base64"]) == document + values


def test_lengths_that_are_none_do_no_harm(receiver, logging_to, golden):
    server = logging_to(receiver.url, mode="request")
    for number, length in enumerate(("9" * 5000, "x", "-1", "999999999999")):
        headers = {"inference-header-content-length": length, "x-request-id": f"a-{number}"}
        assert server.request("POST", "/v2/models/sample/infer", b"{}", headers).status == 400
    assert len(receiver.wait_for(4)) == 4
    assert ask(server, {"features": golden["features"][0]}, "b").status == 200


def test_ids_that_no_header_may_hold_as_they_are(receiver, logging_to, golden):
    server = logging_to(receiver.url, mode="request")
    ask(server, {"features": golden["features"][0]}, 'a"%41~')
    (event,) = receiver.wait_for(1)
    assert event.get_id() == 'a"%41~'
    assert receiver.deliveries[0].headers["ce-id"] == "a%22%2541~"


def test_only_predictions_are_logged(receiver, logging_to, golden):
    server = logging_to(receiver.url)
    for path in ("/v2", "/v2/health/ready", "/metrics", "/openapi.json", "/nowhere", "/predict"):
        server.get(path)
    ask(server, {"features": golden["features"][0]}, "a-1")
    server.stop()
    assert {event.get_id() for event in receiver.events} == {"a-1"}


def test_fetched_rows_that_are_too_many_are_not_even_written():
    assert as_request(array("f", [0.5, 2]), 2, 100).content == b'{"features":[0.5,2.0]}'
    assert as_request(array("f", [0.5, 2]), 1, 100).content == b'{"instances":[[0.5],[2.0]]}'
    assert as_request(array("f", [math.nan]), 1, 100).content == b'{"features":[null]}'
    # What is left out is left out whether it was written for it or not.
    for rows in (24, 26):
        left_out = as_request(array("f", [0.5] * rows), 1, 100)
        assert left_out.content is None
        assert left_out.size > 100
