"""A folder to fetch into, and a web server to fetch from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fetcher.web_server import WebServer


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.stop()


# The same again: another server, on another port.
other_web = web
