"""What is told of the text of others, by the examples that the tests in TypeScript go by, too."""

import json
import time
from pathlib import Path

import pytest

from model_fetcher import redaction

EXAMPLES = json.loads(
    (Path(__file__).parents[3] / "test" / "shared" / "redaction.json").read_text(encoding="utf-8")
)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(redaction, "known", set())


@pytest.mark.parametrize(("text", "told"), EXAMPLES)
def test_text_is_told_without_secrets(text, told):
    assert redaction.redact(text) == told
    assert redaction.redact(told) == told


def test_what_is_known_is_hidden_wherever_it_is():
    redaction.remember("plain words", "a/b&c", "one")
    assert redaction.redact("said plain words, a%2Fb%26c and one more") == "said ***, *** and one more"


def test_the_secrets_of_the_environment_are_known():
    redaction.remember_all(
        {
            "AWS_SECRET_ACCESS_KEY": "first-thing",
            "MODEL_FETCHER_HTTP_AUTHORIZATION": "Basic bWU6c2Vjb25kLXRoaW5n",
            "MODEL_FETCHER_URI": "https://host/m?X-Amz-Signature=third-and-long-thing&x=fourth",
            "HTTPS_PROXY": "http://me:fifth-thing@proxy:3128",
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token",
            "PATH": "/usr/bin",
        }
    )
    text = (
        "first-thing second-thing bWU6c2Vjb25kLXRoaW5n third-and-long-thing fourth fifth-thing /var/run/token"
    )
    assert redaction.redact(text) == "*** *** *** *** fourth *** /var/run/token"


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "=",
        ":",
        "@",
        "a:",
        ",a:",
        "://",
        "a://",
        '"',
        "\\",
        "token ",
        "password='",
        "-----BEGIN PRIVATE KEY",
    ],
)
def test_the_time_does_not_grow_faster_than_the_text(part):
    def seconds(length):
        text = part * (length // len(part))
        times = []
        for _ in range(3):
            began = time.process_time()
            redaction.redact(text)
            times.append(time.process_time() - began)
        return min(times)

    small, large = seconds(20_000), seconds(160_000)
    # Eight times the text: 64 times the time if it were quadratic.
    assert large < 30 * small + 0.2, (small, large)
