"""grpc.health.v1.Health: whether calls are welcome, asked or watched."""

from collections.abc import Callable

from model_server.errors import Kind, RequestError, shown
from model_server.grpc import wire
from model_server.service.health import Health

NAME = "grpc.health.v1.Health"
SERVING, NOT_SERVING, SERVICE_UNKNOWN = 1, 2, 3


class HealthProtocol:
    """The state of the server as that of each of its services."""

    def __init__(self, health: Health, services: tuple[str, ...]):
        self._health = health
        # The empty name is the server as a whole.
        self._services = frozenset(("", *services))
        self._watchers: dict[Callable[[bytes], None], bool] = {}

    def check(self, message: bytes) -> bytes:
        """The state now."""
        service = _service(message)
        if service not in self._services:
            known = ", ".join(sorted(self._services - {""}))
            raise RequestError(
                Kind.NOT_FOUND, "not_found", f"there is no service {shown(service)} here; there are {known}"
            )
        return self._state(is_known=True)

    def watch(self, message: bytes, send: Callable[[bytes], None]) -> None:
        """The state now, and each one that follows."""
        is_known = _service(message) in self._services
        self._watchers[send] = is_known
        send(self._state(is_known))

    def forget(self, send: Callable[[bytes], None]) -> None:
        """Nobody watches any more."""
        self._watchers.pop(send, None)

    def tell(self) -> None:
        """The state has changed."""
        for send, is_known in list(self._watchers.items()):
            if is_known:
                send(self._state(is_known))

    def _state(self, is_known: bool) -> bytes:
        if not is_known:
            return wire.number(1, SERVICE_UNKNOWN)
        return wire.number(1, NOT_SERVING if self._health.draining else SERVING)


def _service(message: bytes) -> str:
    named = b""
    for tag, value in wire.fields(message):
        if tag == wire.key(1, wire.LENGTH):
            named = value
    return wire.text(named, "service")
