"""The Open Inference Protocol over gRPC, as its clients speak it."""

import json
import struct
import threading
from array import array

import grpc
import pytest
from conftest import refused_start

from tests.grpc_front.client import (
    HEALTH,
    INFERENCE,
    REFLECTION,
    TIMEOUT,
    Client,
    ModelInferRequest,
    connected,
    details,
    message,
    pool_of,
    refusal,
)

INFER = "/v2/models/breast-cancer/infer"
BOTH = ("predict", "predict_proba")


def raw(rows, datatype="FP32", code="f", shape=None):
    request = ModelInferRequest(model_name="breast-cancer")
    request.inputs.add(name="features", datatype=datatype, shape=shape or [len(rows), len(rows[0])])
    request.raw_input_contents.append(array(code, [value for row in rows for value in row]).tobytes())
    return request


def want(request, *names):
    for name in names:
        request.outputs.add(name=name)
    return request


def over_http(server, rows) -> list[dict]:
    tensor = {"name": "features", "shape": [len(rows), 30], "datatype": "FP64"}
    tensor["data"] = [value for row in rows for value in row]
    answer = server.http.post(INFER, {"inputs": [tensor], "outputs": [{"name": name} for name in BOTH]})
    return answer.json["outputs"]


def test_says_what_it_is(client, server):
    assert client.call(INFERENCE, "ServerLive").live
    assert client.call(INFERENCE, "ServerReady").ready
    assert client.call(INFERENCE, "ModelReady", name="breast-cancer").ready
    assert client.call(INFERENCE, "ModelReady", name="breast-cancer", version="1.0.0").ready
    told = server.http.get("/v2").json
    metadata = client.call(INFERENCE, "ServerMetadata")
    assert (metadata.name, metadata.version) == (told["name"], told["version"])


def test_describes_the_model_as_http_does(client, server):
    model = client.call(INFERENCE, "ModelMetadata", name="breast-cancer")
    told = server.http.get("/v2/models/breast-cancer").json
    assert (model.name, list(model.versions), model.platform) == ("breast-cancer", ["1.0.0"], "xgboost")
    for kind in ("inputs", "outputs"):
        tensors = [
            {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}
            for tensor in getattr(model, kind)
        ]
        assert tensors == told[kind]


def test_answers_typed_values_with_typed_ones_equal_to_those_of_http(client, server, typed, rows):
    typed.id = "a-1"
    answer = client.infer(want(typed, *BOTH))
    labels, probabilities = over_http(server, rows)
    assert (answer.id, answer.model_name, answer.model_version) == ("a-1", "breast-cancer", "1.0.0")
    assert list(answer.outputs[0].contents.int64_contents) == labels["data"]
    assert list(answer.outputs[0].shape) == [len(rows)]
    # Bit for bit: the same float32.
    given = array("f", answer.outputs[1].contents.fp32_contents)
    assert given.tobytes() == array("f", probabilities["data"]).tobytes()
    assert not answer.raw_output_contents


def test_answers_raw_values_with_raw_ones_equal_to_those_of_http(client, server, rows):
    answer = client.infer(want(raw(rows), *BOTH))
    labels, probabilities = over_http(server, rows)
    assert answer.raw_output_contents[0] == array("q", labels["data"]).tobytes()
    assert answer.raw_output_contents[1] == array("f", probabilities["data"]).tobytes()
    assert not any(output.HasField("contents") for output in answer.outputs)


@pytest.mark.parametrize(
    ("datatype", "code", "field"),
    [
        ("FP32", "f", "fp32_contents"),
        ("FP64", "d", "fp64_contents"),
        ("INT8", "b", "int_contents"),
        ("INT16", "h", "int_contents"),
        ("INT32", "i", "int_contents"),
        ("INT64", "q", "int64_contents"),
        ("UINT8", "B", "uint_contents"),
        ("UINT16", "H", "uint_contents"),
        ("UINT32", "I", "uint_contents"),
        ("UINT64", "Q", "uint64_contents"),
    ],
)
def test_takes_all_numbers_typed_and_raw(client, server, datatype, code, field):
    signed = datatype.startswith(("INT", "FP"))
    row = [(-1) ** value * value if signed else value for value in range(97, 127)]
    row = [float(value) for value in row] if code in "fd" else row
    asked = want(ModelInferRequest(model_name="breast-cancer"), *BOTH)
    tensor = asked.inputs.add(name="features", datatype=datatype, shape=[1, 30])
    getattr(tensor.contents, field).extend(row)
    _, probabilities = over_http(server, [[float(value) for value in row]])
    typed_answer = client.infer(asked)
    expected = array("f", probabilities["data"]).tobytes()
    assert array("f", typed_answer.outputs[1].contents.fp32_contents).tobytes() == expected
    raw_answer = client.infer(want(raw([row], datatype, code), *BOTH))
    assert raw_answer.raw_output_contents[1] == expected


def test_takes_missing_values_where_http_does(client, server, rows):
    row = [float("nan"), *rows[0][1:]]
    answer = client.infer(want(raw([row]), *BOTH))
    tensor = {"name": "features", "shape": [1, 30], "datatype": "FP32", "data": [None, *rows[0][1:]]}
    told = server.http.post(INFER, {"inputs": [tensor], "outputs": [{"name": "predict_proba"}]})
    assert answer.raw_output_contents[1] == array("f", told.json["outputs"][0]["data"]).tobytes()


def test_a_large_answer_takes_many_windows(client, server, rows):
    many = (rows * 400)[:10_000]
    with connected(server.port, ("grpc.http2.bdp_probe", 0)) as plain:
        for asking in (client, plain):
            answer = asking.infer(want(raw(many), *BOTH))
            assert len(answer.raw_output_contents[1]) == 10_000 * 2 * 4
            one = asking.infer(want(raw(rows), *BOTH)).raw_output_contents[1]
            assert answer.raw_output_contents[1].startswith(one)


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_takes_compressed_messages(client, typed, compression):
    plain = client.infer(typed)
    assert client.infer(typed, compression=compression) == plain


def test_headers_are_those_of_http(client, server, typed):
    method = client.method(INFERENCE, "ModelInfer")
    _, call = method.with_call(typed, metadata=(("x-request-id", "mine"),), timeout=TIMEOUT)
    given = dict(call.initial_metadata())
    told = server.http.post("/predict", {"features": [1.0] * 30}).headers
    assert given["x-request-id"] == "mine"
    for name in ("x-model-name", "x-model-version", "x-model-sha256"):
        assert given[name] == told[name]
    long = "x" * 128
    _, call = method.with_call(typed, metadata=(("x-request-id", long),), timeout=TIMEOUT)
    assert dict(call.initial_metadata())["x-request-id"] == long
    _, call = method.with_call(typed, metadata=(("x-request-id", "no id"),), timeout=TIMEOUT)
    assert dict(call.initial_metadata())["x-request-id"] not in ("no id", "")


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        (lambda r: setattr(r, "model_name", "other"), "NOT_FOUND", b"NOT_FOUND", b"model_name"),
        (lambda r: setattr(r, "model_name", ""), "NOT_FOUND", b"NOT_FOUND", b"model_name"),
        (lambda r: setattr(r, "model_version", "9"), "NOT_FOUND", b"NOT_FOUND", b"model_version"),
        (
            lambda r: setattr(r.inputs[0], "datatype", "FP16"),
            "INVALID_ARGUMENT",
            b"WRONG_DATATYPE",
            b"inputs[0].datatype",
        ),
        (
            lambda r: setattr(r.inputs[0], "datatype", "INT64"),
            "INVALID_ARGUMENT",
            b"WRONG_CONTENTS",
            b"inputs[0].contents",
        ),
        (
            lambda r: r.inputs[0].shape.__setitem__(1, 29),
            "INVALID_ARGUMENT",
            b"WRONG_SHAPE",
            b"inputs[0].shape",
        ),
        (
            lambda r: r.inputs[0].contents.fp32_contents.pop(),
            "INVALID_ARGUMENT",
            b"WRONG_LENGTH",
            b"inputs[0].data",
        ),
        (
            lambda r: r.inputs[0].contents.fp32_contents.__setitem__(3, float("inf")),
            "INVALID_ARGUMENT",
            b"OUT_OF_RANGE",
            b"inputs[0].data[3]",
        ),
        (lambda r: r.outputs.add(name="none"), "INVALID_ARGUMENT", b"UNKNOWN_OUTPUT", b"outputs[0].name"),
        (lambda r: r.ClearField("inputs"), "INVALID_ARGUMENT", b"WRONG_INPUTS", b"inputs"),
        (
            lambda r: r.raw_input_contents.append(bytes(4)),
            "INVALID_ARGUMENT",
            b"WRONG_INPUTS",
            b"inputs[0].contents",
        ),
        (
            lambda r: r.raw_input_contents.extend([b"", b""]),
            "INVALID_ARGUMENT",
            b"WRONG_INPUTS",
            b"raw_input_contents",
        ),
        (
            lambda r: r.inputs[0].parameters["shared_memory_region"].MergeFromString(b"\x1a\x01a"),
            "INVALID_ARGUMENT",
            b"UNSUPPORTED_PARAMETER",
            b"inputs[0].parameters.shared_memory_region",
        ),
    ],
)
def test_refuses_by_code_message_and_details(client, typed, change, status, code, field):
    change(typed)
    error = refusal(lambda: client.infer(typed))
    assert error.code() is grpc.StatusCode[status]
    assert error.details()
    assert code in details(error)
    assert field in details(error)
    assert b"model-server" in details(error)


def test_a_number_that_is_none_of_its_type_is_refused(client):
    request = ModelInferRequest(model_name="breast-cancer")
    tensor = request.inputs.add(name="features", datatype="INT8", shape=[1, 30])
    tensor.contents.int_contents.extend([1, 128, *[1] * 28])
    error = refusal(lambda: client.infer(request))
    assert error.details() == "128 is no INT8"
    assert b"inputs[0].contents.int_contents[1]" in details(error)


def test_an_error_names_what_is_accepted(client, typed):
    typed.model_name = "wine"
    assert refusal(lambda: client.infer(typed)).details() == (
        "there is no model wine here: this is breast-cancer"
    )
    error = refusal(lambda: client.call(INFERENCE, "ModelMetadata", name="breast-cancer", version="7"))
    assert error.details() == "there is no version 7 of breast-cancer here: this is 1.0.0"
    ümlaut = "wein 100 % ü"
    typed.model_name = ümlaut
    assert ümlaut in refusal(lambda: client.infer(typed)).details()


def test_a_method_that_is_not_there(client):
    error = refusal(lambda: client.channel.unary_unary("/inference.GRPCInferenceService/None")(b""))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("content", [b"\xff\xff", b"\x0a\x05a", b"\x0b", b"\x0a\x02\xff\xfe", b"\x00\x00"])
def test_what_is_no_message_is_refused(client, content):
    error = refusal(lambda: client.channel.unary_unary(f"/{INFERENCE}/ModelInfer")(content))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert b"MALFORMED" in details(error)


def test_a_message_that_is_too_large_is_refused(launch_grpc, rows):
    server = launch_grpc(max_body_bytes=10_000, max_rows=1000)
    with connected(server.port) as client:
        assert client.infer(raw(rows[:32]))
        for count in (100, 1000, 20_000):
            large = raw((rows * 700)[:count])
            error = refusal(lambda large=large: client.infer(large))
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert error.details() == "the message is larger than 10000 bytes"
        # What is small only while it is compressed is refused as well.
        zeros = raw([[0.0] * 30] * 900)
        error = refusal(lambda: client.infer(zeros, compression=grpc.Compression.Gzip))
        assert error.details() == "the message is larger than 10000 bytes"
        assert client.infer(raw(rows[:32]))


def test_too_many_rows_are_refused(launch_grpc, rows):
    server = launch_grpc(max_rows=10)
    with connected(server.port) as client:
        assert client.infer(raw(rows[:10]))
        assert b"TOO_MANY_ROWS" in details(refusal(lambda: client.infer(raw(rows[:11]))))


def test_a_call_whose_deadline_has_passed_is_not_answered(server, client, typed):
    # The server is halted: the deadline passes on the way.
    with server.http.halted():
        error = refusal(lambda: client.infer(typed, timeout=0.2))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert client.infer(typed)


def test_cancelled_calls_leave_nothing_behind(client, server, typed):
    method = client.method(INFERENCE, "ModelInfer")
    with server.http.halted():
        calls = [method.future(typed) for _ in range(50)]
        for call in calls:
            call.cancel()
    assert all(call.cancelled() for call in calls)
    assert client.infer(typed)


def test_many_calls_at_once_on_one_connection(client, typed):
    expected = client.infer(typed)
    method = client.method(INFERENCE, "ModelInfer")
    calls = [method.future(typed, timeout=TIMEOUT, wait_for_ready=True) for _ in range(1000)]
    assert all(call.result() == expected for call in calls)


def test_many_connections(server, typed):
    expected, found = None, []

    def ask() -> None:
        with connected(server.port) as client:
            found.extend(client.infer(typed) for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = found[0]
    assert len(found) == 400
    assert all(answer == expected for answer in found)


def test_reflection_tells_enough_to_call(client, server, typed):
    method = client.method(REFLECTION, "ServerReflectionInfo")

    def ask(**question):
        (answer,) = method(iter([client.request(REFLECTION, "ServerReflectionInfo", **question)]))
        return answer

    names = [service.name for service in ask(list_services="").list_services_response.service]
    assert names == sorted([INFERENCE, HEALTH, REFLECTION, REFLECTION.replace("v1alpha", "v1")])
    files = ask(file_containing_symbol=INFERENCE).file_descriptor_response.file_descriptor_proto
    again = ask(file_by_filename="open_inference_grpc.proto").file_descriptor_response
    assert again.file_descriptor_proto == files
    for symbol in ("inference.ModelInferRequest.InferInputTensor", f"{INFERENCE}.ModelInfer"):
        assert ask(file_containing_symbol=symbol).file_descriptor_response.file_descriptor_proto == files
    assert ask(file_containing_symbol="no.such.Thing").error_response.error_code == 5
    assert ask(all_extension_numbers_of_type="a.B").error_response.error_code == 12
    told = Client(client.channel, pool_of(list(files)))
    assert told.call(INFERENCE, "ServerReady").ready


def test_many_questions_of_one_reflection(client):
    method = client.method(REFLECTION, "ServerReflectionInfo")
    question = client.request(REFLECTION, "ServerReflectionInfo", list_services="")
    assert len(list(method(iter([question] * 50)))) == 50


def test_metrics_and_log_count_calls_as_requests(launch_grpc, typed):
    server = launch_grpc(log_sample=1, log_features=True)
    with connected(server.port) as client:
        client.infer(typed)
        typed.inputs[0].datatype = "FP16"
        refusal(lambda: client.infer(typed))
        metrics = server.http.get("/metrics").content.decode()
    assert 'model_server_requests_total{route="infer",status="200"} 1.0' in metrics
    assert 'model_server_requests_total{route="infer",status="422"} 1.0' in metrics
    assert f"model_server_rows_total {typed.inputs[0].shape[0]}.0" in metrics
    assert server.http.stop() == 0
    entries = [json.loads(line) for line in server.http.process.stdout]
    first, second, *_ = [entry for entry in entries if entry["message"] == "request"]
    assert first["path"] == f"/{INFERENCE}/ModelInfer"
    assert json.loads(first["body"])["inputs"][0]["data"] == list(typed.inputs[0].contents.fp32_contents)
    assert (second["status"], second["code"], second["field"]) == (
        422,
        "wrong_datatype",
        "inputs[0].datatype",
    )


def test_payload_log_has_calls_as_http_would(launch_grpc, typed):
    server = launch_grpc(payload_log_sink="stdout", payload_log_sample=1, log_sample=0)
    with connected(server.port) as client:
        client.infer(typed, metadata=(("x-request-id", "one"),))
        asked = json.loads(json.dumps({"inputs": [_as_json(typed.inputs[0])]}))
        told = server.http.request(
            "POST", INFER, json.dumps(asked).encode(), {"content-type": "application/json"}
        )
    assert server.http.stop() == 0
    entries = [json.loads(line) for line in server.http.process.stdout]
    over_grpc, _ = [entry for entry in entries if entry.get("event") == "payload"]
    assert over_grpc["request_id"] == "one"
    assert over_grpc["request"] == asked
    assert over_grpc["response"] == told.json


def _as_json(tensor) -> dict:
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "datatype": tensor.datatype,
        "data": list(tensor.contents.fp32_contents),
    }


def test_a_port_has_to_be_its_own(breast_cancer):
    line = refused_start(breast_cancer, port=7001, grpc_port=7001)
    assert "MODEL_SERVER_GRPC_PORT and MODEL_SERVER_PORT are both 7001" in line["message"]


def test_health(client):
    assert client.call(HEALTH, "Check").status == 1
    assert client.call(HEALTH, "Check", service=INFERENCE).status == 1
    error = refusal(lambda: client.call(HEALTH, "Check", service="other"))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    watching = client.method(HEALTH, "Watch")(client.request(HEALTH, "Watch", service="other"))
    assert next(watching).status == 3
    watching.cancel()


def test_bytes_of_contents_are_those_of_raw():
    from model_server.grpc.tensors import read_request

    request = ModelInferRequest(model_name="m")
    tensor = request.inputs.add(name="plan", datatype="BYTES", shape=[2])
    tensor.contents.bytes_contents.extend([b"gold", b""])
    flags = request.inputs.add(name="new", datatype="BOOL", shape=[3])
    flags.contents.bool_contents.extend([True, False, True])
    asked = read_request(request.SerializeToString())
    assert asked.binary == struct.pack("<I", 4) + b"gold" + struct.pack("<I", 0) + b"\x01\x00\x01"
    assert [tensor.parameters["binary_data_size"] for tensor in asked.request.inputs] == [12, 3]
    assert message("inference.InferTensorContents").DESCRIPTOR.fields_by_name["bytes_contents"].number == 8
