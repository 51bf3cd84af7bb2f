"""Settings of the payload log, and what is wrong with them."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from model_server.process import logs
from model_server.settings import credentials

PREFIX = "MODEL_SERVER_PAYLOAD_LOG_"
STANDARD_OUTPUT = "stdout"
# What CloudEvents allows as the name of an attribute.
ATTRIBUTE = re.compile("[a-z0-9]{1,20}")
# Attributes and fields that are there already.
TAKEN = frozenset(
    (
        *("specversion", "id", "type", "source", "subject", "time", "datacontenttype", "dataschema", "data"),
        *("inferenceservicename", "component", "modelversion", "modelsha256", "statuscode"),
        *("bodybytes", "documentbytes"),
        *("level", "message", "model", "version", "event", "path", "status", "seconds", "sha256"),
        *("request", "fetched", "response"),
        *logs.STANDARD_FIELDS,
    )
)

# Headers that say what a delivery is; a secret must take the place of none.
NO_PLACE_FOR_A_SECRET = re.compile("(?i)ce-.*|content-.*|accept-encoding|connection|host|transfer-encoding")

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]


class PayloadLogSettings(credentials.Credentials, msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """Every setting, its default and its limits. Mappings are written as JSON."""

    sink: Annotated[
        str,
        Meta(
            pattern=r"^(stdout|https?://[^\s/?#@]+(/[^\s?#]*)?)$",
            description="Where payloads go: `stdout`, beside the other lines of the log, or an address such "
            "as `http://receiver:8080/` that takes CloudEvents.",
        ),
    ]
    sample: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Share of the requests for predictions whose payloads are logged. The request id "
            "decides, so that wherever the same id comes by, the decision is the same.",
        ),
    ] = 1.0
    mode: Annotated[
        Literal["all", "request", "response"],
        Meta(description="Which payloads: what was asked, what was answered, or both."),
    ] = "all"
    format: Annotated[
        Literal["binary", "batch"],
        Meta(
            description="How an address gets them: `binary` one by one, as KServe's logger sends them, or "
            "`batch` many at once, for a fraction of the cost."
        ),
    ] = "binary"
    max_body_bytes: Annotated[
        Count,
        Meta(
            description="Largest body that is logged, in bytes. Of a larger one only the size is. Not "
            "everything that passes CloudEvents on takes more than 64 KiB."
        ),
    ] = 64 * 1024
    queue_requests: Annotated[
        Count,
        Meta(description="Most requests that wait for the sink; the payloads of further ones are dropped."),
    ] = 1000
    queue_bytes: Annotated[Count, Meta(description="Most bytes that their payloads hold.")] = 8 * 1024 * 1024
    batch_requests: Annotated[Count, Meta(description="Most requests in one batch.")] = 100
    batch_seconds: Annotated[Seconds, Meta(description="Seconds after which a batch goes as it is.")] = 1.0
    connections: Annotated[
        Count, Meta(description="Most connections to the address, and deliveries at the same time.")
    ] = 4
    timeout: Annotated[Seconds, Meta(description="Seconds the sink gets to take a delivery.")] = 5.0
    retries: Annotated[
        int,
        Meta(
            ge=0,
            description="How often a delivery is tried again that was not taken: after half a second, and "
            "each time after twice as long. A refusal (a 4xx other than 408 and 429) is final.",
        ),
    ] = 3
    attributes: Annotated[
        dict[str, str],
        Meta(
            description='What else each payload is to carry, as JSON: `{"namespace": "models"}`. Names are '
            "those of CloudEvents: at most 20 lower-case letters and digits."
        ),
    ] = {}


def problems(given: PayloadLogSettings) -> list[str]:
    """What cannot work."""
    found = credentials.problems(PREFIX, given)
    if not _is_address(given.sink):
        found.append(f"{PREFIX}SINK: {given.sink} is no address")
    if NO_PLACE_FOR_A_SECRET.fullmatch(given.auth_header):
        found.append(f"{PREFIX}AUTH_HEADER: {given.auth_header} is there already")
    for name, value in given.attributes.items():
        if not value or not value.isprintable():
            found.append(f"{PREFIX}ATTRIBUTES: the value of {name!r} must be text that can be printed")
        if not ATTRIBUTE.fullmatch(name):
            found.append(f"{PREFIX}ATTRIBUTES: {name!r} is not at most 20 lower-case letters and digits")
        elif name in TAKEN:
            found.append(f"{PREFIX}ATTRIBUTES: {name} is there already")
    if given.sink == STANDARD_OUTPUT:
        for name in ("token", "auth_header", "ca_file"):
            if getattr(given, name):
                found.append(f"{PREFIX}{name.upper()} is set, but {PREFIX}SINK is {STANDARD_OUTPUT}")
    return found


def _is_address(sink: str) -> bool:
    if sink == STANDARD_OUTPUT:
        return True
    try:
        address = urlsplit(sink)
        return bool(address.hostname) and address.port != 0
    except ValueError:
        return False
