"""What the server uses of uvicorn beyond its documented interface: a newer version has to have it as well."""

import inspect
import re
from importlib.metadata import version

import pytest
from conftest import SERVING
from uvicorn import Server
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from model_server.web.connection import Connection, Exchange

# Methods of `Connection` that are not uvicorn's: the parser calls them as well, and uvicorn leaves them out.
OF_HTTPTOOLS = {"on_chunk_header"}


def test_the_version_is_the_one_of_the_image():
    locked = (SERVING / "requirements.txt").read_text().splitlines()
    assert f"uvicorn=={version('uvicorn')} \\" in locked


@pytest.mark.parametrize(
    "name",
    [
        *("connection_made", "connection_lost", "data_received", "eof_received", "pause_writing"),
        *("resume_writing", "shutdown", "on_message_begin", "on_header", "on_headers_complete", "on_body"),
        *("on_message_complete", "on_response_complete"),
    ],
)
def test_an_overridden_method_is_one_of_uvicorns(name):
    own, theirs = getattr(Connection, name), getattr(HttpToolsProtocol, name)
    assert own is not theirs
    assert list(inspect.signature(own).parameters) == list(inspect.signature(theirs).parameters)


def test_every_overridden_method_is_explained():
    own = {name for name, value in vars(Connection).items() if inspect.isfunction(value)}
    shared = own & {name for name in dir(HttpToolsProtocol) if not name.startswith("__")}
    documented = inspect.getdoc(inspect.getmodule(Connection))
    assert shared
    assert {name for name in shared | (own & OF_HTTPTOOLS) if f"`{name}`" not in documented} == set()


def test_what_uvicorn_calls_is_still_called():
    source = inspect.getsource(HttpToolsProtocol)
    assert source.count("self._start_asgi_task(") >= 1
    assert "self.on_response_complete" in source
    for attribute in (
        "cycle",
        "flow",
        "expect_100_continue",
        "tasks",
        "server_state",
    ):
        assert f"self.{attribute}" in source, attribute
    assert list(inspect.signature(HttpToolsProtocol._start_asgi_task).parameters) == ["self", "cycle", "app"]
    cycle = inspect.getsource(RequestResponseCycle)
    for attribute in ("transport", "body", "more_body", "message_event", "response_complete"):
        assert f"self.{attribute}" in cycle, attribute
    assert hasattr(httptools_impl, "STATUS_LINE")
    assert {"read_paused", "write_paused"} <= set(inspect.getsource(FlowControl).replace(".", " ").split())


def test_an_exchange_has_all_that_uvicorns_cycle_has():
    ours = inspect.getsource(Exchange)
    theirs = set(
        re.findall(r"self\.(\w+)(?:: [^=\n]+)? = ", inspect.getsource(RequestResponseCycle.__init__))
    )
    assert {"scope", "message_event", "chunked_encoding"} <= theirs
    # Told only for uvicorn's own log of accesses, which is off.
    assert {
        name
        for name in theirs - {"access_logger"}
        if not hasattr(Exchange, name) and f"self.{name} = " not in ours and f"self.{name}: " not in ours
    } == set()


@pytest.mark.parametrize("name", ["startup", "shutdown", "handle_exit"])
def test_a_method_of_the_server_is_there(name):
    assert callable(getattr(Server, name))
