"""Every part of a request that a client controls, in any size: a further part is one more row here."""

import json
import struct
from collections.abc import Callable

ROW = [1.0] * 30
ROW_TEXT = json.dumps(ROW).encode()
INFER = "/v2/models/breast-cancer/infer"
# Bytes of the largest request that is made of a part; a header is refused from a certain size on.
BODY, HEADER = 512 * 1024, 24 * 1024
# Brackets that are no text are refused from a certain number on.
BRACKETS = 9_000

# The bytes of a request whose part has about this size.
Make = Callable[[int], bytes]


def request(path: str, body: bytes = b"", headers: bytes = b"", method: bytes = b"POST") -> bytes:
    """The bytes of one, after which the connection is closed."""
    length = b"" if b"transfer-encoding" in headers else b"content-length: %d\r\n" % len(body)
    head = b"%s %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n" % (method, path.encode())
    return head + length + headers + b"\r\n" + body


def fill(unit: bytes, size: int) -> bytes:
    return unit * (size // len(unit))


def members(unit: bytes, size: int, separator: bytes = b",") -> bytes:
    """`unit` with a number of its own each time."""
    return separator.join(unit % number for number in range(size // (len(unit) + 4)))


def text(unit: bytes, size: int) -> bytes:
    return b'"%s"' % fill(unit, size)


def predict(document: Callable[[int], bytes]) -> Make:
    return lambda size: request("/predict", document(size))


def infer(
    tensor: Callable[[int], bytes] | None = None,
    more: Callable[[int], bytes] = lambda _: b"",
    **fields: Callable[[int], bytes],
) -> Make:
    """A request of the protocol with other fields of its tensor, or with more beside the tensor."""

    def make(size: int) -> bytes:
        made = {
            "name": b'"x"',
            "shape": b"[1, 30]",
            "datatype": b'"FP32"',
            "data": ROW_TEXT,
            **{name: field(size) for name, field in fields.items()},
        }
        inside = b", ".join(b'"%s": %s' % (name.encode(), value) for name, value in made.items())
        inputs = tensor(size) if tensor else b"{%s}" % inside
        return request(INFER, b'{"inputs": [%s]%s}' % (inputs, more(size)))

    return make


def beside(name: bytes, value: Callable[[int], bytes]) -> Make:
    """A field beside the tensor."""
    return infer(more=lambda size: b', "%s": %s' % (name, value(size)))


def sparse(lists: Callable[[int], tuple[bytes, bytes]]) -> Make:
    return predict(lambda size: b'{"sparse": {"indices": %s, "values": %s}}' % lists(size))


def entities(values: Callable[[int], bytes]) -> Make:
    return predict(lambda size: b'{"entities": {"key": %s}}' % values(size))


def header(lines: Callable[[int], bytes]) -> Make:
    return lambda size: request("/predict", b'{"features": %s}' % ROW_TEXT, lines(size))


def path(made: Callable[[int], bytes]) -> Make:
    return lambda size: request(made(size).decode(), method=b"GET")


def chunked(one: bytes, rest: bytes = b"") -> Make:
    """A body in as many chunks, the last of which holds what there is to predict."""

    def make(size: int) -> bytes:
        body = b'{"features": %s}' % ROW_TEXT
        end = b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(body), body, rest)
        return request("/predict", fill(one, size) + end, b"transfer-encoding: chunked\r\n")

    return make


def binary(rows: int, document: dict, tail: bytes = b"") -> bytes:
    tensor = {"name": "x", "shape": [rows, 30], "datatype": "FP32", **document}
    head = json.dumps({"inputs": [tensor]}).encode()
    tensors = struct.pack("<30f", *ROW) * rows + tail
    return request(INFER, head + tensors, b"inference-header-content-length: %d\r\n" % len(head))


def tensors(size: int) -> bytes:
    rows = size // 120
    return binary(rows, {"parameters": {"binary_data_size": rows * 120}})


def deep(opening: bytes, closing: bytes, inside: bytes = b"1") -> Callable[[int], bytes]:
    return lambda size: (
        opening * (size // len(opening + closing)) + inside + closing * (size // len(opening + closing))
    )


def opened(size: int) -> bytes:
    """A valid text full of brackets that look as if a list began, and never one that ends."""
    return b'"%s%s"' % (b"[" * min(size // 2, BRACKETS), b"a" * (size // 2))


TEXTS = {
    "letters": b"a",
    "opening brackets": b"[",
    "closing brackets": b"]",
    "lists": b"[1,2],",
    "braces": b"{}",
    "escaped quotes": b'\\"',
    "escaped backslashes": b"\\\\",
    "escapes": b"\\u00e9",
    "escaped pairs": b"\\ud83d\\ude00",
    "UTF-8": "é€😀".encode(),
    "spaces": b" ",
    "what looks like values": b'\\"data\\": [1, ',
}
NUMBERS = {
    "digits": lambda size: b"1" * size,
    "zeros behind the point": lambda size: b"0.%s1" % (b"0" * size),
    "digits behind the point": lambda size: b"0." + b"3" * size,
    "zeros of an exponent": lambda size: b"1e-%s5" % (b"0" * size),
    "digits that an exponent takes back": lambda size: b"1%se-%d" % (b"0" * size, size),
    "an exponent": lambda size: b"1e" + b"9" * size,
}
LISTS = {
    "numbers": lambda size: b"[%s1]" % fill(b"1.5, ", size),
    "long numbers": lambda size: b"[%s1]" % fill(b"0." + b"7" * 4000 + b", ", size),
    "long whole numbers": lambda size: b"[%s1]" % fill(b"7" * 4000 + b", ", size),
    "nulls": lambda size: b"[%s1]" % fill(b"null, ", size),
    "spaces": lambda size: b"[%s1%s]" % (fill(b" \t\r\n", size // 2), fill(b" ", size // 2)),
    "texts": lambda size: b"[%s1]" % fill(b'"[", ', size),
    "escaped texts": lambda size: b"[%s1]" % fill(b'"\\"[", ', size),
    "rows": lambda size: b"[%s]" % b", ".join([ROW_TEXT] * (size // len(ROW_TEXT))),
    "rows that are one too short": lambda size: (
        b"[%s]" % b", ".join([ROW_TEXT] * (size // len(ROW_TEXT)) + [b"[1.0]"])
    ),
    "empty rows": lambda size: b"[%s[]]" % fill(b"[], ", min(size, 4 * BRACKETS)),
    "more rows than allowed": lambda size: b"[%s[]]" % fill(b"[], ", size),
    "objects": lambda size: b"[%s{}]" % fill(b'{"a": 1}, ', size),
    "lists in lists": deep(b"[", b"]"),
    "lists that do not end": lambda size: b"[" * size,
    "lists that do not end, before text": lambda size: b"[" * min(size // 2, BRACKETS) + b"1" * (size // 2),
    "lists of a text that does not end": lambda size: b'["' + b'\\"[' * (size // 3),
    "objects in objects": deep(b'{"a":', b"}"),
    "pairs of lists and objects": deep(b'[{"a":', b"}]"),
}
OBJECTS = {
    "keys": lambda size: b"{%s}" % members(b'"k%d": 1', size),
    "keys, the last one twice": lambda size: b'{%s, "z": 1, "z": 2}' % members(b'"k%d": 1', size),
    "keys, the first one twice": lambda size: b'{"z": 1, %s, "z": 2}' % members(b'"k%d": 1', size),
    "one key": lambda size: b'{%s "a": 1}' % fill(b'"a": 1,', size),
    "every key twice": lambda size: b"{%s, %s}" % ((members(b'"k%d": 1', size // 2),) * 2),
    "escaped keys, one twice": lambda size: b'{%s, "\\u0061": 1, "a": 1}' % members(b'"\\u0061%d": 1', size),
    "texts": lambda size: b"{%s}" % members(b'"k%d": "["', size),
    "long numbers": lambda size: b"{%s}" % members(b'"k%d": 0.' + b"7" * 4000, size),
    "long whole numbers": lambda size: b"{%s}" % members(b'"k%d": ' + b"7" * 4000, size),
}
# What one of them is made of.
MEMBERS: dict[str, Callable[[int], bytes]] = {}
for kind, made in NUMBERS.items():
    MEMBERS[f"a number: {kind}"] = lambda size, made=made: b'{"a": %s}' % made(size)
for kind, unit in TEXTS.items():
    MEMBERS[f"a text: {kind}"] = lambda size, unit=unit: b'{"a": %s}' % text(unit, size)
    MEMBERS[f"a key: {kind}"] = lambda size, unit=unit: b"{%s: 1}" % text(unit, size)
    MEMBERS[f"a key twice: {kind}"] = lambda size, unit=unit: (
        b"{%s: 1, %s: 1}" % ((text(unit, size // 2),) * 2)
    )
ENTITIES = {
    "numbers": lambda size: b"[%s1]" % fill(b"1,", size),
    "texts": lambda size: b'[%s"b"]' % fill(b'"a[",', size),
    **{f"a text of {name}": lambda size, unit=unit: text(unit, size) for name, unit in TEXTS.items()},
}
TENSOR = {
    "many": lambda size: fill(b'{"name": "x", "shape": [1, 30], "datatype": "FP32"},', size)[:-1],
    "many, named otherwise": lambda size: members(b'{"name": "x%d", "shape": [], "datatype": ""}', size),
}


def bodies() -> dict[str, Make]:
    """Parts of bodies, by where they are and what they are made of."""
    found = {}
    for name, made in LISTS.items():
        found[f"features: {name}"] = predict(lambda size, made=made: b'{"features": %s}' % made(size))
        found[f"instances: {name}"] = predict(lambda size, made=made: b'{"instances": %s}' % made(size))
        found[f"data: {name}"] = infer(data=made)
        found[f"data, integers: {name}"] = infer(data=made, datatype=lambda _: b'"INT64"')
        found[f"shape: {name}"] = infer(shape=made)
    for name, made in NUMBERS.items():
        found[f"a feature: {name}"] = predict(lambda size, made=made: b'{"features": [%s]}' % made(size))
        found[f"a value: {name}"] = infer(data=lambda size, made=made: b"[%s]" % made(size))
        found[f"a size: {name}"] = infer(shape=lambda size, made=made: b"[%s]" % made(size))
        found[f"binary_data_size: {name}"] = infer(
            parameters=lambda size, made=made: b'{"binary_data_size": %s}' % made(size)
        )
    for name, made in OBJECTS.items():
        found[f"parameters: {name}"] = beside(b"parameters", made)
        found[f"parameters of the tensor: {name}"] = infer(parameters=made)
        found[f"a row: {name}"] = predict(lambda size, made=made: b'{"features": [%s]}' % made(size))
        found[f"the document: {name}"] = predict(made)
        found[f"entities: {name}"] = predict(lambda size, made=made: b'{"entities": %s}' % made(size))
        found[f"parameters of an output: {name}"] = beside(
            b"outputs", lambda size, made=made: b'[{"name": "predict", "parameters": %s}]' % made(size)
        )
    for name, made in MEMBERS.items():
        found[f"parameters: {name}"] = beside(b"parameters", made)
    for name, unit in TEXTS.items():
        made = lambda size, unit=unit: text(unit, size)  # noqa: E731
        for field in (b"id", b"model_name", b"model_version"):
            found[f"{field.decode()}: {name}"] = beside(field, made)
        for field in ("name", "datatype", "data"):
            found[f"{field} of the tensor: {name}"] = infer(**{field: made})
        found[f"an output: {name}"] = beside(
            b"outputs", lambda size, made=made: b'[{"name": %s}]' % made(size)
        )
        found[f"binary_data_size: {name}"] = infer(
            parameters=lambda size, made=made: b'{"binary_data_size": %s}' % made(size)
        )
    for name, made in ENTITIES.items():
        found[f"entities: {name}"] = entities(made)
    return found


PARTS: dict[str, tuple[Make, int]] = {
    **{name: (make, BODY) for name, make in bodies().items()},
    **{
        name: (make, BODY)
        for name, make in {
            "an id of brackets before much text": beside(b"id", opened),
            "inputs": infer(tensor=TENSOR["many"]),
            "inputs, each with a name of its own": infer(tensor=TENSOR["many, named otherwise"]),
            "outputs": beside(b"outputs", lambda size: b"[%s]" % fill(b'{"name": "predict"},', size)[:-1]),
            "unknown outputs": beside(b"outputs", lambda size: b"[%s]" % members(b'{"name": "p%d"}', size)),
            "spaces before the document": predict(
                lambda size: fill(b" \n", size) + b'{"features": %s}' % ROW_TEXT
            ),
            "spaces behind the document": predict(
                lambda size: b'{"features": %s}' % ROW_TEXT + fill(b" \n", size)
            ),
            "spaces behind the document, and no end": predict(
                lambda size: b'{"features": %s}' % ROW_TEXT + fill(b" \n", size) + b"x"
            ),
            "spaces everywhere": predict(
                lambda size: (
                    b'{%s"features"%s:%s%s%s,%s"probabilities"%s:%strue%s!'
                    % (*((b" " * (size // 9),) * 3), ROW_TEXT, *((b" " * (size // 9),) * 5))
                )
            ),
            "spaces before the values, again and again": infer(
                parameters=lambda size: b"{%s}" % members(b'"data"' + b" " * 500 + b': 1, "d%d": 1', size)
            ),
            "binary tensors": tensors,
            "binary tensors that are not declared": lambda size: binary(1, {}, b"\0" * size),
            "binary tensors of another size": lambda size: binary(
                1, {"parameters": {"binary_data_size": 120}}, b"\0" * size
            ),
            "binary tensors that are no numbers": lambda size: binary(
                size // 120,
                {"parameters": {"binary_data_size": size // 120 * 120 + size % 4 + 4}},
                b"\xff" * 4,
            ),
            "indices of a sparse row": sparse(
                lambda size: (b"[%s]" % members(b"%d", size), b"[%s1]" % fill(b"1,", size))
            ),
            "one index of a sparse row": sparse(
                lambda size: (b"[%s1]" % fill(b"1,", size), b"[%s1]" % fill(b"1,", size))
            ),
            "sparse rows": sparse(
                lambda size: (b"[%s[1]]" % fill(b"[1],", size // 4), b"[%s[1]]" % fill(b"[1],", size // 4))
            ),
            "zeros": lambda size: request("/predict", b"\0" * size),
            "bytes that are no text": lambda size: request(
                "/predict", b'{"features": ["%s"]}' % (b"\xff" * size)
            ),
            "chunks": chunked(b"1\r\n \r\n"),
            "extensions of chunks": chunked(b"1;a=b\r\n \r\n"),
            "requests, one behind the other": lambda size: (
                fill(request("/v2/health/live", method=b"GET").replace(b"close", b"keep-alive"), size // 4)
                + request("/v2/health/live", method=b"GET")
            ),
        }.items()
    },
    **{
        name: (make, HEADER)
        for name, make in {
            "a path": path(lambda size: b"/" + b"a" * size),
            "folders": path(lambda size: fill(b"/a", size)),
            "an escaped path": path(lambda size: b"/" + fill(b"%41", size)),
            "a path that is no UTF-8": path(lambda size: b"/" + fill(b"%ff", size)),
            "percent signs": path(lambda size: b"/" + fill(b"%", size)),
            "a query": path(lambda size: b"/v2?" + b"a" * size),
            "parts of a query": path(lambda size: b"/v2?" + fill(b"a=1&", size)),
            "headers": header(lambda size: members(b"x%d: 1\r\n", size, b"")),
            "one header": header(lambda size: fill(b"a: b\r\n", size)),
            "a header's name": header(lambda size: b"%s: 1\r\n" % (b"x" * size)),
            "a header's value": header(lambda size: b"x: %s\r\n" % (b"a" * size)),
            "spaces of a header": header(lambda size: b"x: %s1%s\r\n" % ((b" " * (size // 2),) * 2)),
            **{
                f"{name.decode()} again and again": header(
                    lambda size, name=name: fill(b"%s: application/json\r\n" % name, size)
                )
                for name in (
                    b"host",
                    b"content-type",
                    b"content-encoding",
                    b"x-request-id",
                    b"expect",
                    b"upgrade",
                )
            },
            **{
                f"{name.decode()}: {kind}": header(
                    lambda size, name=name, unit=unit: b"%s: %s\r\n" % (name, fill(unit, size))
                )
                for name in (
                    *(b"content-type", b"content-encoding", b"x-request-id", b"connection"),
                    *(b"inference-header-content-length", b"expect", b"upgrade", b"accept-encoding"),
                )
                for kind, unit in (
                    *(("letters", b"a"), ("digits", b"1"), ("semicolons", b";"), ("quotes", b'"')),
                    *(("spaces", b"a "), ("a list", b"gzip, ")),
                )
            },
            "content-length: zeros": lambda size: request("/predict").replace(
                b"content-length: 0", b"content-length: " + b"0" * size
            ),
            "trailers": chunked(b"1\r\n \r\n", b""),
        }.items()
    },
}
