"""Which requests are logged."""

import math
import random
import uuid

import pytest

from model_server.payload_log.log import PayloadLog
from model_server.settings.payload_log import PayloadLogSettings
from tests.payload_log.conftest import ask_many

NUMBER = 100_000
chance = random.Random(7)
IDS = {
    "random": [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(NUMBER)],
    "the server's own": [f"{chance.getrandbits(48):012x}-{number:x}" for number in range(NUMBER)],
    "counted": [f"a1b2c3d4e5f6-{number:x}" for number in range(NUMBER)],
    "decimal": [f"request-{number}" for number in range(NUMBER)],
}


class Model:
    """All that sampling has to know of a model."""

    name, version, sha256, feature_count = "sample", "", "", 30


def log(sample: float) -> PayloadLog:
    return PayloadLog(PayloadLogSettings(sink="stdout", sample=sample), Model(), 1.0)


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("sample", [0.001, 0.01, 0.1, 0.5])
def test_share_is_as_asked_for_whatever_ids_look_like(kind, sample):
    wants = log(sample).wants
    chosen = sum(wants(request_id.encode()) for request_id in IDS[kind])
    # Five standard deviations; with these seeds the outcome is always the same.
    assert abs(chosen - NUMBER * sample) < 5 * math.sqrt(NUMBER * sample * (1 - sample))


def test_none_and_all_are_exact():
    assert not any(log(0).wants(request_id.encode()) for request_id in IDS["random"])
    assert all(log(1).wants(request_id.encode()) for request_id in IDS["random"])


def test_a_larger_sample_holds_the_smaller():
    small, large = log(0.01).wants, log(0.1).wants
    ids = [request_id.encode() for request_id in IDS["counted"]]
    assert all(large(request_id) for request_id in ids if small(request_id))


def test_every_server_decides_alike(receiver, logging_to, golden):
    ids = IDS["random"][:200]
    for _ in range(2):
        receiver.deliveries.clear()
        server = logging_to(receiver.url, sample=0.3, mode="request", format="batch")
        ask_many(server, golden["features"][0], ids)
        server.stop()
        assert {e.get_id() for e in receiver.events} == {i for i in ids if log(0.3).wants(i.encode())}
    assert 30 < len(receiver.events) < 90
