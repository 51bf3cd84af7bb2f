"""Headers of calls: HPACK to what a call says, and what is answered to HPACK."""

import re
from dataclasses import dataclass

from hpack import Decoder
from hpack.exceptions import HPACKError, OversizedHeaderListError

from model_server.errors import Kind, RequestError, malformed, shown

MAX_HEADER_BYTES = 32 * 1024
# Of the table that clients may have kept for them; what HTTP/2 begins with.
TABLE_BYTES = 4096
# How many header blocks of a connection are remembered. A client that does the same again sends the same.
MAX_REMEMBERED = 64

TIMEOUT = re.compile(rb"(\d{1,8})([HMSmun])")
UNITS = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}
CONTENT_TYPE = b"application/grpc"
ENCODINGS = (b"identity", b"gzip", b"deflate")
ACCEPTED = "identity, gzip, deflate"


class BrokenHeadersError(Exception):
    """After this nothing that the connection brings can be understood."""


class TooLongHeadersError(BrokenHeadersError):
    """They are longer than is accepted."""


@dataclass(frozen=True)
class Headers:
    """What a call says of itself."""

    path: str
    # Seconds that the client waits for its answer, if it says so.
    timeout: float | None
    request_id: bytes | None
    encoding: bytes
    # Why it cannot be answered; and whether that is said in HTTP, as no gRPC was asked.
    error: RequestError | None = None
    is_grpc: bool = True


class HeaderDecoder:
    """Reads the header blocks of one connection.

    Most calls of a connection have the same headers, and the same bytes for them, as these name what the
    table has. Until something is added to the table, they mean the same.
    """

    def __init__(self) -> None:
        self._decoder = Decoder(max_header_list_size=MAX_HEADER_BYTES)
        self._decoder.max_allowed_table_size = TABLE_BYTES
        self._remembered: dict[bytes, Headers] = {}

    def decode(self, block: bytes) -> Headers:
        """What a call says."""
        known = self._remembered.get(block)
        if known is not None:
            return known
        found, leaves_the_table = self._decode(block)
        headers = _read(found)
        if leaves_the_table and len(self._remembered) < MAX_REMEMBERED:
            self._remembered[block] = headers
        return headers

    def skip(self, block: bytes) -> None:
        """Read what nobody needs: the table has to know it."""
        self._decode(block)

    def _decode(self, block: bytes) -> tuple[list[tuple[bytes, bytes]], bool]:
        """All headers, and whether the table is as before."""
        size, entries, newest = self._table()
        try:
            found = self._decoder.decode(block, raw=True)
        except OversizedHeaderListError as error:
            raise TooLongHeadersError(str(error)) from None
        except (HPACKError, UnicodeDecodeError) as error:
            raise BrokenHeadersError(str(error)) from None
        now = self._table()
        # What is added is another object in front, also where it equals the one before.
        if now[:2] == (size, entries) and now[2] is newest:
            return found, True
        self._remembered.clear()
        return found, False

    def _table(self) -> tuple[int, int, object]:
        table = self._decoder.header_table
        entries = table.dynamic_entries
        return table.maxsize, len(entries), entries[0] if entries else None


def _read(found: list[tuple[bytes, bytes]]) -> Headers:
    given: dict[bytes, bytes] = {}
    error: RequestError | None = None
    for name, value in found:
        if name in given and (name.startswith(b":") or name in (b"content-type", b"grpc-encoding")):
            error = malformed(f"the header {name.decode('latin-1')} appears twice", name.decode("latin-1"))
        given[name] = value
    path = given.get(b":path", b"").decode("latin-1")
    content_type = given.get(b"content-type", b"")
    is_grpc = content_type.startswith(CONTENT_TYPE) and given.get(b":method") == b"POST"
    if not is_grpc:
        error = RequestError(
            Kind.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "this port takes gRPC only: POST with content-type application/grpc",
            "content-type",
        )
    elif content_type.partition(b";")[0] not in (CONTENT_TYPE, b"application/grpc+proto"):
        error = RequestError(
            Kind.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            f"messages must be application/grpc+proto, not {shown(content_type.decode('latin-1'))}",
            "content-type",
        )
    encoding = given.get(b"grpc-encoding", b"identity")
    if encoding not in ENCODINGS:
        error = error or RequestError(
            Kind.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            f"messages may be {ACCEPTED}, not {shown(encoding.decode('latin-1'))}",
            "grpc-encoding",
        )
    timeout = None
    if b"grpc-timeout" in given:
        limit = TIMEOUT.fullmatch(given[b"grpc-timeout"])
        if limit:
            timeout = int(limit[1]) * UNITS[limit[2]]
        else:
            error = error or malformed("grpc-timeout is no time", "grpc-timeout")
    return Headers(path, timeout, given.get(b"x-request-id"), encoding, error, is_grpc)


def _integer(value: int, bits: int, first: int) -> bytes:
    """A number as HPACK has it, behind the bits of the first byte that are not its own."""
    limit = (1 << bits) - 1
    if value < limit:
        return bytes((first | value,))
    written = bytearray((first | limit,))
    value -= limit
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def literal(name: bytes, value: bytes) -> bytes:
    """A header that no table keeps: neither has this side to know what the other one has kept."""
    return b"\0" + _integer(len(name), 7, 0) + name + _integer(len(value), 7, 0) + value


# As the table that both sides know has it.
STATUS_200 = b"\x88"
CONTENT_TYPE_GRPC = literal(b"content-type", CONTENT_TYPE)
ACCEPT_ENCODING = literal(b"grpc-accept-encoding", b",".join(ENCODINGS))
