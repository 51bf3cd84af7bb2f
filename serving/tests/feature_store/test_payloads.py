"""What a log of payloads holds of requests whose features were fetched."""

import json

from tests.feature_store.asking import about
from tests.payload_log.conftest import ask, receiver  # noqa: F401, a fixture
from tests.payload_log.receiver import REQUEST


def document_of(event) -> dict:
    data = event.get_data()
    return json.loads(data) if isinstance(data, str | bytes) else data


def test_fetched_features_are_logged_as_the_model_got_them(receiver, feast, wines):  # noqa: F811
    """As KServe shows a transformer and a predictor."""
    server = wines(feast.url, server={"payload_log_sink": receiver.url, "log_sample": 0})
    answer = ask(server, about(17, 18), "a-1")
    assert answer.status == 200, answer.content
    ask(server, {"entities": {"wine_id": 17}}, "a-2")
    receiver.wait_for(6)
    requests = {
        (event.get_id(), event.get_extension("component")): event
        for event in receiver.events
        if event.get_type() == REQUEST
    }
    assert document_of(requests["a-1", "transformer"]) == about(17, 18)
    fetched = document_of(requests["a-1", "predictor"])
    assert [len(row) for row in fetched["instances"]] == [13, 13]
    # The same prediction comes of them.
    assert ask(server, fetched, "again").json == answer.json
    assert document_of(requests["a-2", "predictor"]) == {"features": fetched["instances"][0]}
    assert len({event.get_source() for event in receiver.events if event.get_id() == "a-1"}) == 3


def test_fetched_features_are_in_the_line(feast, wines):
    server = wines(feast.url, server={"payload_log_sink": "stdout", "log_sample": 0})
    assert ask(server, about(17), "a-1").status == 200
    assert server.stop() == 0
    (line,) = [entry for entry in map(json.loads, server.process.stdout) if entry.get("event") == "payload"]
    assert line["request"] == about(17)
    assert len(line["fetched"]["features"]) == 13
