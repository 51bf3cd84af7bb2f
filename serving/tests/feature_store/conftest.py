"""A running Feast, and servers that ask it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import train
from conftest import RunningServer

from tests.feature_store.asking import settings
from tests.feature_store.between import Between
from tests.feature_store.server import DIABETES, FeastServer, sample


@pytest.fixture(scope="session")
def feast(tmp_path_factory) -> Iterator[FeastServer]:
    server = FeastServer(tmp_path_factory.mktemp("feast"))
    server.make_store()
    server.start()
    yield server
    server.go_on()
    server.kill()


@pytest.fixture
def between(feast) -> Iterator[Between]:
    standing = Between(feast.url)
    yield standing
    standing.stop()


@pytest.fixture(scope="session")
def wine(models) -> Path:
    """A model without feature names."""
    return models / "wine" / "1.0.0" / "model.pkl"


@pytest.fixture(scope="session")
def diabetes(tmp_path_factory) -> Path:
    """A model that knows its features by name."""
    model, _ = train.train(sample("diabetes"))
    model.get_booster().feature_names = DIABETES
    path = tmp_path_factory.mktemp("named") / "model.ubj"
    model.save_model(path)
    return path


@pytest.fixture
def wines(wine, launch) -> Callable[..., RunningServer]:
    """Starts a server that has the features of wines from the store at this address."""

    def start(url: str, server: dict | None = None, **others) -> RunningServer:
        return launch(wine, **settings(url, **others), **(server or {}))

    return start
