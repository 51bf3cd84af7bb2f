"""Server reflection: tells clients, such as grpcurl, what can be called."""

from model_server.errors import shown
from model_server.grpc import wire
from model_server.grpc.descriptors import FILES
from model_server.grpc.wire import LENGTH, key

NOT_FOUND, UNIMPLEMENTED = 5, 12
# Fields of a request.
BY_NAME, BY_SYMBOL, LIST = key(3, LENGTH), key(4, LENGTH), key(7, LENGTH)
QUESTIONS = (BY_NAME, BY_SYMBOL, key(5, LENGTH), key(6, LENGTH), LIST)


def answer(message: bytes) -> bytes:
    """One message of a client, answered by one."""
    asked, named = 0, b""
    for tag, value in wire.fields(message):
        if tag in QUESTIONS:
            asked, named = tag, value
    return wire.content(2, message) + _answer(asked, wire.text(named, "message_request"))


def _answer(asked: int, name: str) -> bytes:
    if asked == LIST:
        names = sorted(file.full_service for file in FILES)
        return wire.content(6, b"".join(wire.content(1, wire.string(1, name)) for name in names))
    if asked == BY_NAME:
        return _file(next((file for file in FILES if file.name == name), None), name)
    if asked == BY_SYMBOL:
        return _file(next((file for file in FILES if name in file.symbols()), None), name)
    return _error(UNIMPLEMENTED, "there are no extensions")


def _file(file, name: str) -> bytes:
    if file is None:
        return _error(NOT_FOUND, f"there is no {shown(name)} here")
    return wire.content(4, wire.content(1, file.write()))


def _error(code: int, message: str) -> bytes:
    return wire.content(7, wire.number(1, code) + wire.string(2, message))
