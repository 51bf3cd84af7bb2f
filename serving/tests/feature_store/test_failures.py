"""A feature store that is dead, mute, slow, wrong or picky; a real one, with somebody in between."""

import json
import re
import signal
import socket
import threading
import time
from pathlib import Path

import numpy
import pytest
import train
from conftest import Answer, refused_start, start

from tests.feature_store.asking import about, breaker, outcomes, settings
from tests.feature_store.between import TIMEOUT, Between, other_entities
from tests.feature_store.server import WINE, sample
from tests.fetcher.local_server import certificate
from tests.ports import free_port


@pytest.fixture(scope="module")
def liar(feast, wine):
    """Somebody in between, and one server for all tests of single answers."""
    between = Between(feast.url)
    server = start(wine, **settings(between.url))
    yield between, server
    assert server.stop() == 0
    between.stop()


def defaults() -> dict[str, float]:
    _, held_out = train.train(sample("wine"))
    return dict(zip(WINE, held_out[0].astype(float).tolist(), strict=True))


def refusal(answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def until_refused(server, code: str) -> Answer:
    """The first answer that is a 503 for this reason."""
    answers = []
    until(lambda: answers.append(server.post("/predict", about(1))) or refusal(answers[-1]) == (503, code))
    return answers[-1]


def until(condition) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def log_of(server) -> list[dict]:
    assert server.stop() == 0
    return [json.loads(line) for line in server.process.stdout]


def test_feast_dies_and_comes_back(feast, wines):
    """The whole life of a breaker: closed, open, a failed trial, open, a good one, closed."""
    server = wines(feast.url, breaker_failures=3, breaker_pause=0.5)
    assert server.post("/predict", about(1)).status == 200
    feast.kill()
    try:
        refusals = [server.post("/predict", about(1)) for _ in range(3)]
        assert [refusal(answer) for answer in refusals] == [(503, "feature_store_unavailable")] * 3
        assert breaker(server) == "open"
        assert until_refused(server, "feature_store_paused").headers.get_all("retry-after") == ["1"]
        # What needs no store does not notice.
        assert server.get("/v2/health/ready").status == 200
        assert server.post("/predict", {"features": [1.0] * 13}).status == 200
        until_refused(server, "feature_store_unavailable")
        until_refused(server, "feature_store_paused")
    finally:
        feast.start()
    until(lambda: server.post("/predict", about(1)).status == 200)
    assert breaker(server) == "closed"
    entries = [e["message"] for e in log_of(server) if "breaker" in e["message"]]
    states = [re.search("is ([-a-z]+) now", message)[1] for message in entries]
    assert states[:3] == ["open", "half-open", "open"]
    assert states[-2:] == ["half-open", "closed"]


def test_feast_stops_answering(feast, wines):
    server = wines(feast.url, timeout=0.5, breaker_failures=2, breaker_pause=0.5)
    until(lambda: server.post("/predict", about(1)).status == 200)
    feast.halt()
    try:
        assert refusal(server.post("/predict", about(1))) == (504, "feature_store_timeout")
        until(lambda: refusal(server.post("/predict", about(1))) == (503, "feature_store_paused"))
        assert breaker(server) == "open"
    finally:
        feast.go_on()
    until(lambda: server.post("/predict", about(1)).status == 200)
    assert breaker(server) == "closed"


def test_nobody_is_there_from_the_start(wines):
    """The server is ready all the same, and answers who brings features."""
    server = wines(f"http://127.0.0.1:{free_port()}")
    assert server.get("/v2/health/ready").status == 200
    answer = server.post("/predict", about(1))
    assert refusal(answer) == (503, "feature_store_unavailable")
    assert "connection refused" in answer.json["error"]
    assert answer.headers["retry-after"] == "1"
    assert server.post("/predict", {"features": [1.0] * 13}).status == 200


def test_a_name_that_nobody_knows(wines):
    server = wines("http://feast.invalid:6566")
    answer = server.post("/predict", about(1))
    assert refusal(answer) == (503, "feature_store_unavailable")
    assert "its name is unknown" in answer.json["error"]


def test_defaults_instead_of_a_refusal(wines):
    model, held_out = train.train(sample("wine"))
    server = wines(
        f"http://127.0.0.1:{free_port()}",
        on_failure="defaults",
        defaults=defaults(),
        breaker_failures=2,
        breaker_pause=60,
    )
    for _ in range(4):
        answer = server.post("/predict", {**about(1, 2), "probabilities": True})
        assert answer.status == 200
        assert answer.json["probabilities"] == model.predict_proba(numpy.repeat(held_out[:1], 2, 0)).tolist()
        assert answer.json["defaulted"] == [True, True]
    assert outcomes(server) == {"unavailable": 2, "paused": 2}
    # A mistake of the client is none of the store's.
    assert server.post("/predict", {"entities": {"wine_id": "x"}}).status == 422


def test_defaults_are_no_excuse_for_unknown_entities(feast, wines):
    server = wines(feast.url, on_failure="defaults", defaults=defaults())
    assert server.post("/predict", about(4711)).json["code"] == "unknown_entity"


def cut_columns(document: dict) -> None:
    document["results"].pop()


def cut_values(document: dict) -> None:
    document["results"][3]["values"].pop()


def cut_statuses(document: dict) -> None:
    document["results"][3]["statuses"].pop()


def other_names(document: dict) -> None:
    document["metadata"]["feature_names"] = [
        name.replace("ash", "dust") for name in document["metadata"]["feature_names"]
    ]


def twice(document: dict) -> None:
    names = document["metadata"]["feature_names"]
    names[names.index("ash")] = "alcohol"


def in_place_of(value: object):
    def change(document: dict) -> None:
        position = document["metadata"]["feature_names"].index("alcohol")
        document["results"][position]["values"][0] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (cut_columns, "14 names for 13 columns"),
        (cut_values, "has 1 values and 2 statuses for 2 entities"),
        (cut_statuses, "has 2 values and 1 statuses for 2 entities"),
        (other_entities, "other entities than asked for (wine_id)"),
        (other_names, "there is no feature ash"),
        (twice, "a column appears twice"),
        (in_place_of("13.2"), "alcohol does not hold numbers"),
        (in_place_of([13.2]), "alcohol does not hold numbers"),
        (in_place_of("Infinity"), "alcohol does not hold numbers"),
        (in_place_of(-4e38), "alcohol holds a value beyond the range of float32"),
        (lambda _: {}, "no answer of Feast"),
        (lambda _: [], "no answer of Feast"),
        (lambda _: {"metadata": {"feature_names": 7}, "results": []}, "no answer of Feast"),
        (lambda _: b"", "no answer of Feast"),
        (lambda _: b"<html>Welcome</html>", "no answer of Feast"),
        (lambda _: b'{"results": [{"values": [\xff', "no answer of Feast"),
        (lambda document: json.dumps(document).encode()[:-1], "no answer of Feast"),
        (lambda _: b"[" * 100_000, "no answer of Feast"),
    ],
)
def test_wrong_answers_never_become_predictions(liar, change, words):
    between, server = liar
    before = outcomes(server)
    between.change = change
    answer = server.post("/predict", about(1, 2))
    assert refusal(answer) == (502, "feature_store_invalid")
    assert words in answer.json["error"]
    # It answers, so it is asked again, and believed when it is right.
    between.change = None
    assert server.post("/predict", about(1, 2)).status == 200
    after = outcomes(server)
    changed = {name: after[name] - before.get(name, 0) for name in after}
    assert {name: number for name, number in changed.items() if number} == {"invalid": 1, "ok": 1}


def test_order_and_further_columns_mean_nothing(between, wines):
    model, held_out = train.train(sample("wine"))

    def shuffle(document: dict) -> None:
        names, results = document["metadata"]["feature_names"], document["results"]
        names.append("embedding")
        results.append({"values": [[0.5, 1], {"a": None}], "statuses": ["PRESENT", "NOT_FOUND"]})
        names.reverse()
        results.reverse()
        for result in results:
            result.pop("event_timestamps", None)

    between.change = shuffle
    answer = wines(between.url).post("/predict", {**about(1, 2), "probabilities": True})
    assert answer.json["probabilities"] == model.predict_proba(held_out[:2]).tolist()


def test_feast_refuses(feast, wines):
    """A feature that is not there is a mistake in the settings: refused by Feast, and told."""
    features = [f"wine_features:{name}" for name in [*WINE[:-1], "price"]]
    server = wines(feast.url, features=features, breaker_failures=1)
    for _ in range(2):
        assert refusal(server.post("/predict", about(1))) == (502, "feature_store_failed")
    features = [f"beer_features:{name}" for name in WINE]
    server = wines(feast.url, features=features, breaker_failures=1)
    for _ in range(2):
        answer = server.post("/predict", about(1))
        assert answer.json["error"] == "the feature store answered with status 404"
    assert breaker(server) == "closed"


# Gateways in front of Feast answer with these, and Feast itself with a 500 to what it does not like.
STATES = {
    400: "closed",
    403: "closed",
    404: "closed",
    422: "closed",
    500: "closed",
    501: "closed",
} | dict.fromkeys((429, 502, 503, 504), "open")


@pytest.mark.parametrize("status", STATES)
def test_which_statuses_are_a_reason_to_pause(between, wines, status):
    between.status = status
    server = wines(between.url, breaker_failures=2, breaker_pause=60)
    for _ in range(2):
        assert refusal(server.post("/predict", about(1))) == (502, "feature_store_failed")
    assert breaker(server) == STATES[status]


# What Feast answers with a 500 to: a question, the settings of who asks it, and a question that is right.
DISLIKED = {
    "a number beyond the key's type": (
        {"entity_keys": {"small_id": "integer"}, "features": [f"small_features:{name}" for name in WINE]},
        {"small_id": 2**32},
        {"small_id": 1},
    ),
    "a batch with one": (
        {"entity_keys": {"small_id": "integer"}, "features": [f"small_features:{name}" for name in WINE]},
        {"small_id": [1, -(2**31) - 1]},
        {"small_id": [1, -(2**31)]},
    ),
    "an unknown entity of a view in Python mode": (
        {"features": [*(f"wine_features:{name}" for name in WINE[1:]), "by_python:triple_price"]},
        {"wine_id": 3},
        {"wine_id": 1},
    ),
}


@pytest.mark.parametrize("name", DISLIKED)
def test_one_client_cannot_make_the_store_be_left_alone(feast, wines, name):
    changes, disliked, right = DISLIKED[name]
    server = wines(feast.url, breaker_failures=2, breaker_pause=60, **changes)
    for _ in range(5):
        answer = server.post("/predict", {"entities": disliked})
        assert refusal(answer) == (502, "feature_store_failed")
        assert answer.json["error"] == "the feature store answered with status 500"
    assert breaker(server) == "closed"
    assert server.post("/predict", {"entities": right}).status in (200, 422)
    assert outcomes(server)["failed"] == 5


def test_an_answered_error_ends_a_pause(between, wines):
    """Whoever answers is there again."""
    server = wines(between.url, breaker_failures=2, breaker_pause=0.2)
    between.status = 503
    until(lambda: breaker(server) == "open" or not server.post("/predict", about(1)))
    between.status = 500
    until(lambda: server.post("/predict", about(1)).status == 502)
    until(lambda: breaker(server) == "closed")


def test_an_answer_that_breaks_off(between, wines):
    server = wines(between.url)
    between.breaks_off = True
    assert server.post("/predict", about(1)).status in (502, 503)
    between.breaks_off = False
    assert server.post("/predict", about(1)).status == 200


def test_kept_connections_that_feast_has_closed(between, wines):
    """Feast closes idle connections; a question on such a one is asked again on a new one."""
    server = wines(between.url)
    between.hangs_up = True
    for _ in range(20):
        assert server.post("/predict", about(1)).status == 200
    assert outcomes(server) == {"ok": 20}


def test_redirects_are_not_followed(between, wines):
    """The token is for this address only."""
    other = Between(between.url)
    between.status, between.headers = 307, {"location": other.url + "/get-online-features"}
    answer = wines(between.url, token="hush").post("/predict", about(1))
    assert refusal(answer) == (502, "feature_store_failed")
    assert other.questions == []
    other.stop()


def test_slow_but_in_time(between, wines):
    between.delay = 0.7
    assert wines(between.url).post("/predict", about(1)).status == 200


def test_who_needs_no_store_does_not_wait_for_those_who_do(between, wines):
    """One connection after the other, while many wait; those beyond the limit are refused at once."""
    server = wines(between.url, max_calls=3)
    between.answers.clear()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(server.post("/predict", about(1)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(between.questions) == 3 and len(answers) == 5)
    assert [server.post("/predict", {"features": [1.0] * 13}).status for _ in range(20)] == [200] * 20
    assert sum(thread.is_alive() for thread in threads) == 3
    between.answers.set()
    for thread in threads:
        thread.join()
    refused = [answer for answer in answers if answer.status != 200]
    assert sorted(answer.status for answer in answers) == [200] * 3 + [503] * 5
    assert {answer.json["code"] for answer in refused} == {"feature_store_busy"}
    assert outcomes(server) == {"ok": 3, "busy": 5}


def raw(server, *documents: dict, count: int) -> list[tuple[int, dict]]:
    """Send requests in one go over one connection; the answers as they come."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as connection:
        for document in documents:
            body = json.dumps(document).encode()
            head = f"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
        reader = connection.makefile("rb")
        answers = []
        for _ in range(count):
            status = int(reader.readline().split()[1])
            length = 0
            while (line := reader.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            answers.append((status, json.loads(reader.read(length))))
        return answers


def test_answers_keep_the_order_of_pipelined_requests(between, wines):
    between.delay = 0.3
    server = wines(between.url)
    documents = [about(1), {"features": [1.0] * 13}, {"entities": {"wine_id": 2}}, {"features": [1.0]}]
    answers = raw(server, *documents, count=4)
    assert [status for status, _ in answers] == [200, 200, 200, 422]
    assert ["predictions" in answer for _, answer in answers] == [True, False, False, False]


def test_a_request_that_begins_while_the_one_before_waits(between, wines):
    """Its header comes in two parts, with the end of the other one in between."""
    between.answers.clear()
    server = wines(between.url)
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as connection:
        body = json.dumps(about(1)).encode()
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        until(lambda: between.questions)
        connection.sendall(b"GET /v2/health/live HTTP/1.1\r\nx-first: a\r\n")
        between.answers.set()
        reader = connection.makefile("rb")
        assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
        connection.sendall(b"host: x\r\nconnection: close\r\n\r\n")
        assert reader.read().endswith(b'{"live":true}')


def test_clients_that_leave_while_they_wait(between, wines):
    between.answers.clear()
    server = wines(between.url)
    body = json.dumps(about(1)).encode()
    head = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
    for number in range(5):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head + body)
            until(lambda number=number: len(between.questions) == number + 1)
    between.answers.set()
    assert server.post("/predict", about(1)).status == 200
    assert not [entry for entry in log_of(server) if entry["level"] in ("error", "critical")]


def no_longer_listens(server) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) != 0


def test_who_waits_at_the_end_still_gets_an_answer(between, wines):
    between.answers.clear()
    server = wines(between.url)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(server.post("/predict", about(1))))
    thread.start()
    until(lambda: between.questions)
    server.process.send_signal(signal.SIGTERM)
    until(lambda: no_longer_listens(server))
    between.answers.set()
    thread.join()
    assert answers[0].status == 200
    assert server.process.wait(timeout=TIMEOUT) == 0


@pytest.mark.parametrize(
    ("given", "header", "value"),
    [
        ({"token": "hush-4711\n"}, "authorization", "Bearer hush-4711"),
        ({"token": "hush-4711", "auth_header": "X-Api-Key"}, "x-api-key", "hush-4711"),
    ],
)
def test_the_token_is_sent_and_never_told(between, wines, given, header, value):
    server = wines(between.url, {"log_level": "debug", "log_sample": 1}, **given)
    assert server.post("/predict", about(1)).status == 200
    assert between.questions[0][0][header] == value
    between.status = 401
    answer = server.post("/predict", about(1))
    assert refusal(answer) == (502, "feature_store_failed")
    told = [answer.content, *(server.get(path).content for path in ("/metrics", "/openapi.json"))]
    told += [json.dumps(log_of(server)).encode()]
    assert not any(b"hush" in text for text in told)


def test_a_token_that_cannot_be_sent_is_not_told_either(wine):
    entry = refused_start(wine, **settings("http://127.0.0.1:9", token="hush\r\nx: y"))
    assert "hush" not in json.dumps(entry)


def test_tls_with_an_authority_of_its_own(feast, wines, tmp_path):
    paths = certificate(tmp_path)
    between = Between(feast.url, paths)
    answer = wines(between.url).post("/predict", about(1))
    assert refusal(answer) == (503, "feature_store_unavailable")
    assert "its certificate is not trusted" in answer.json["error"]
    assert wines(between.url, ca_file=paths[0]).post("/predict", about(1)).status == 200
    between.stop()


def test_neither_entities_nor_features_are_logged(between, wines):
    server = wines(between.url, {"log_level": "debug", "log_sample": 1})
    between.change = in_place_of("secretive")
    server.post("/predict", about(918273))
    between.change = None
    server.post("/predict", about(918273))
    server.post("/predict", about(1))
    text = json.dumps(log_of(server))
    assert "918273" not in text
    assert "secretive" not in text


def test_nothing_of_it_is_loaded_without_a_feature_store(wine, launch):
    server = launch(wine)
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "httptools" in maps
    assert "aiohttp" not in maps
    assert "feature_store" not in server.get("/metrics").content.decode()
