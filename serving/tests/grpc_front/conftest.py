"""A server with a port for gRPC."""

from collections.abc import Callable, Iterator

import pytest
from conftest import RunningServer, start

from tests.grpc_front.client import Client, ModelInferRequest, connected
from tests.ports import free_port

MODEL = {"model_name": "breast-cancer", "model_version": "1.0.0"}


class GrpcServer:
    """A running server and its second port."""

    def __init__(self, http: RunningServer, port: int):
        self.http = http
        self.port = port


@pytest.fixture(scope="session")
def server(breast_cancer) -> Iterator[GrpcServer]:
    port = free_port()
    running = start(breast_cancer, grpc_port=port, missing_values="null", **MODEL)
    running.ignore_log()
    yield GrpcServer(running, port)
    assert running.stop() == 0


@pytest.fixture
def launch_grpc(breast_cancer, launch) -> Callable[..., GrpcServer]:
    def launch_one(**settings) -> GrpcServer:
        port = free_port()
        return GrpcServer(launch(breast_cancer, grpc_port=port, **{**MODEL, **settings}), port)

    return launch_one


@pytest.fixture
def client(server) -> Iterator[Client]:
    with connected(server.port) as connection:
        yield connection


@pytest.fixture
def rows(golden) -> list[list[float]]:
    return golden["features"]


@pytest.fixture
def typed(rows):
    """A request whose values are typed contents."""
    request = ModelInferRequest(model_name="breast-cancer")
    tensor = request.inputs.add(name="features", datatype="FP32", shape=[len(rows), 30])
    tensor.contents.fp32_contents.extend(value for row in rows for value in row)
    return request
