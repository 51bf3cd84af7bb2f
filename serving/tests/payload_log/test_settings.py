"""Settings that cannot work are told by name."""

import json
import subprocess
import sys

import pytest
from conftest import SERVING, refused_start

from model_server.errors import StartError
from model_server.settings import from_environment


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"sample": "0.5"}, "MODEL_SERVER_PAYLOAD_LOG_SINK is not set"),
        ({"sink": "stderr"}, "MODEL_SERVER_PAYLOAD_LOG_SINK"),
        ({"sink": "http://user:password@host/"}, "MODEL_SERVER_PAYLOAD_LOG_SINK"),
        ({"sink": "http://host/?token=a"}, "MODEL_SERVER_PAYLOAD_LOG_SINK"),
        ({"sink": "stdout", "sample": "1.5"}, "MODEL_SERVER_PAYLOAD_LOG_SAMPLE"),
        ({"sink": "stdout", "mode": "both"}, "MODEL_SERVER_PAYLOAD_LOG_MODE"),
        ({"sink": "stdout", "queue_requests": "0"}, "MODEL_SERVER_PAYLOAD_LOG_QUEUE_REQUESTS"),
        ({"sink": "stdout", "colour": "red"}, "unknown setting MODEL_SERVER_PAYLOAD_LOG_COLOUR"),
        ({"sink": "stdout", "attributes": "{"}, "MODEL_SERVER_PAYLOAD_LOG_ATTRIBUTES is no JSON"),
        ({"sink": "stdout", "attributes": '{"a-b": "c"}'}, "'a-b' is not at most 20 lower-case"),
        ({"sink": "stdout", "attributes": '{"time": "c"}'}, "time is there already"),
        ({"sink": "stdout", "attributes": '{"process": "c"}'}, "process is there already"),
        ({"sink": "stdout", "attributes": '{"a": ""}'}, "the value of 'a' must be text"),
        ({"sink": "stdout", "attributes": '{"a": "b\\nc"}'}, "the value of 'a' must be text"),
        ({"sink": "http://host:99999/"}, "http://host:99999/ is no address"),
        ({"sink": "http://:80/"}, "http://:80/ is no address"),
        ({"sink": "http://[::1/"}, "http://[::1/ is no address"),
        ({"sink": "http://host", "token": "a", "auth_header": "CE-id"}, "CE-id is there already"),
        ({"sink": "http://host", "auth_header": "a"}, "MODEL_SERVER_PAYLOAD_LOG_TOKEN is empty"),
        ({"sink": "https://host", "ca_file": "/nowhere"}, "there is no file /nowhere"),
    ],
)
def test_wrong_settings(settings, says):
    given = {f"MODEL_SERVER_PAYLOAD_LOG_{name.upper()}": value for name, value in settings.items()}
    with pytest.raises(StartError) as error:
        from_environment(given)
    assert says in str(error.value)
    assert "password" not in str(error.value)


def test_nothing_is_imported_without_a_sink():
    script = "import sys, model_server.server; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=SERVING, capture_output=True, text=True, check=True
    )
    imported = done.stdout.split()
    assert "model_server.settings.payload_log" in imported
    assert not {"aiohttp", "model_server.payload_log.log", "model_server.payload_log.record_queue"} & set(
        imported
    )


def test_problems_of_all_groups_are_told_at_once():
    with pytest.raises(StartError) as error:
        from_environment(
            {
                "MODEL_SERVER_FEATURE_STORE_URL": "http://feast:6566",
                "MODEL_SERVER_FEATURE_STORE_ENTITY_KEYS": '{"wine_id": "integer"}',
                "MODEL_SERVER_PAYLOAD_LOG_SINK": "stdout",
                "MODEL_SERVER_PAYLOAD_LOG_CA_FILE": "/nowhere",
            }
        )
    for variable in ("FEATURE_STORE_FEATURES", "PAYLOAD_LOG_CA_FILE"):
        assert f"MODEL_SERVER_{variable}" in str(error.value)


def test_authorities_that_are_none_are_told_at_the_start(breast_cancer):
    last = refused_start(breast_cancer, payload_log_sink="https://host", payload_log_ca_file=__file__)
    assert "MODEL_SERVER_PAYLOAD_LOG_CA_FILE" in last["message"]
    assert "holds no certificates" in last["message"]


def test_secret_without_use_is_refused_and_not_told(breast_cancer):
    last = refused_start(breast_cancer, payload_log_sink="stdout", payload_log_token="t0ken")
    wanted = "MODEL_SERVER_PAYLOAD_LOG_TOKEN is set, but MODEL_SERVER_PAYLOAD_LOG_SINK is stdout"
    assert wanted in last["message"]
    assert "t0ken" not in json.dumps(last)
