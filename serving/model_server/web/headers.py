"""The headers of requests: which ones mean anything, and what is wrong with them."""

from model_server.errors import Kind, RequestError, malformed, shown

JSON = b"application/json"
# The headers that mean anything here; where one of the first kind is sent twice, it is unclear what holds.
SINGLE_HEADERS = (
    b"host",
    b"content-type",
    b"content-length",
    b"content-encoding",
    b"transfer-encoding",
    b"inference-header-content-length",
)
KNOWN_HEADERS = frozenset((*SINGLE_HEADERS, b"x-request-id"))
PLAIN_ENCODINGS = ((b"content-encoding", b"identity"), (b"transfer-encoding", b"chunked"))
Headers = dict[bytes, bytes]


def refuse_repeated(names: list[bytes]) -> None:
    """Refuse a request that says something twice."""
    for name in SINGLE_HEADERS:
        if names.count(name) > 1:
            raise malformed(f"the header {name.decode()} appears twice", name.decode())


def check_media_type(headers: Headers) -> None:
    """Refuse a body in another format than JSON or tensors as they are."""
    value = headers.get(b"content-type", JSON)
    if value != JSON and b"inference-header-content-length" not in headers:
        media_type, _, parameters = value.partition(b";")
        charset = parameters.strip().lower().replace(b'"', b"")
        if media_type.strip().lower() != JSON or charset not in (b"", b"charset=utf-8"):
            raise RequestError(
                Kind.UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                f"the body must be application/json in UTF-8, not {shown(value.decode('latin-1'))}",
                "content-type",
            )
    for name, plain in PLAIN_ENCODINGS:
        encoding = headers.get(name)
        if encoding is not None and encoding.lower() != plain:
            raise RequestError(
                Kind.UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                f"the body must not be compressed ({shown(encoding.decode('latin-1'))})",
                name.decode(),
            )
