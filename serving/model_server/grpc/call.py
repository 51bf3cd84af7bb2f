"""A call of gRPC, as the service knows requests."""

from model_server.grpc.tensors import Asked
from model_server.service.call import Call


class GrpcCall(Call):
    """What is known of it by now."""

    # What it asks to be predicted, once that has been read.
    asked: Asked | None = None
    # What was answered to that, as HTTP has it.
    answer: dict | None = None

    def __init__(self, path: str):
        super().__init__("POST", path)

    @property
    def body(self) -> bytes:
        """The same request as HTTP has it: made only if logs are to show it."""
        return self.asked.document() if self.asked else b""
