"""A client that knows of the server no more than its reflection tells, as grpcurl does."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from model_server.grpc.descriptors import FILES

INFERENCE = "inference.GRPCInferenceService"
HEALTH = "grpc.health.v1.Health"
REFLECTION = "grpc.reflection.v1alpha.ServerReflection"
TIMEOUT = 60


def pool_of(files: list[bytes]) -> DescriptorPool:
    """Message types as protobuf itself makes them from descriptors."""
    pool = DescriptorPool()
    for file in files:
        pool.Add(FileDescriptorProto.FromString(file))
    return pool


OWN = pool_of([file.write() for file in FILES])


def message(name: str, pool: DescriptorPool = OWN):
    """The class of messages of this type."""
    return GetMessageClass(pool.FindMessageTypeByName(name))


ModelInferRequest = message("inference.ModelInferRequest")
ModelInferResponse = message("inference.ModelInferResponse")


class Client:
    """One connection."""

    def __init__(self, channel: grpc.Channel, pool: DescriptorPool = OWN):
        self.channel = channel
        self._pool = pool

    def method(self, service: str, name: str, /):
        """What calls a method with one message and has one back, unless its descriptor says otherwise."""
        described = self._pool.FindServiceByName(service).FindMethodByName(name)
        shape = f"{'stream' if described.client_streaming else 'unary'}_"
        shape += "stream" if described.server_streaming else "unary"
        return getattr(self.channel, shape)(
            f"/{service}/{name}",
            GetMessageClass(described.input_type).SerializeToString,
            GetMessageClass(described.output_type).FromString,
        )

    def request(self, service: str, name: str, /, **fields):
        """A message that this method takes."""
        described = self._pool.FindServiceByName(service).FindMethodByName(name)
        return GetMessageClass(described.input_type)(**fields)

    def call(self, service: str, name: str, /, **fields):
        """Ask, and wait for the answer."""
        return self.method(service, name)(self.request(service, name, **fields), timeout=TIMEOUT)

    def infer(self, request, **options):
        """ModelInfer."""
        return self.method(INFERENCE, "ModelInfer")(request, **{"timeout": TIMEOUT, **options})


@contextmanager
def connected(port: int, *options: tuple) -> Iterator[Client]:
    """A client with a connection of its own, which no other one shares."""
    own = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0), *options)
    with grpc.insecure_channel(f"127.0.0.1:{port}", own) as channel:
        yield Client(channel)


def refusal(called) -> grpc.RpcError:
    """What a call is refused with."""
    try:
        called()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call was answered")


def details(error: grpc.RpcError) -> bytes:
    """The google.rpc.Status of a refusal."""
    return dict(error.trailing_metadata() or ()).get("grpc-status-details-bin") or dict(
        error.initial_metadata() or ()
    ).get("grpc-status-details-bin")
