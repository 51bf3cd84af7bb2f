"""Records as CloudEvents 1.0, as KServe's logger makes them, so that what receives those receives these.

There, too, a request that first has its features fetched is seen twice: as it came in (component
`transformer`), and as the model got it (`predictor`). All events of a request have its id; KServe's have one
source as well, but of the two together CloudEvents wants no event to share both with another.
"""

import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import msgspec

from model_server.models.model import Model
from model_server.payload_log import record as records
from model_server.payload_log.record import Body, Record

REQUEST = "org.kubeflow.serving.inference.request"
RESPONSE = "org.kubeflow.serving.inference.response"
TRANSFORMER = "transformer"
PREDICTOR = "predictor"
# What may stand in a header as it is: printable ASCII but for these two.
PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
IS_PLAIN = re.compile(r"[!#$&-~]*").fullmatch

Event = tuple[dict[str, str], Body]


class Events:
    """Makes the events of one server."""

    def __init__(self, model: Model, host: str, max_bytes: int, attributes: dict[str, str]):
        self._width = model.feature_count
        self._max_bytes = max_bytes
        self._source = f"//{quote(host)}/models/{model.name}"
        self._common = {
            **attributes,
            "inferenceservicename": model.name,
            "modelsha256": model.sha256,
            # An attribute must not be empty.
            **({"modelversion": model.version} if model.version else {}),
        }

    def of(self, record: Record) -> Iterator[Event]:
        """The events of a request, in the order in which they happened."""
        begun = moment(record.time - record.seconds)
        if record.request:
            component = PREDICTOR if record.fetched is None else TRANSFORMER
            yield self._event(record, REQUEST, component, begun, record.request)
            if record.fetched is not None:
                body = records.as_request(record.fetched, self._width, self._max_bytes)
                yield self._event(record, REQUEST, PREDICTOR, begun, body)
        if record.response:
            event = self._event(record, RESPONSE, PREDICTOR, moment(record.time), record.response)
            event[0]["statuscode"] = str(record.status)
            yield event

    def _event(self, record: Record, kind: str, component: str, at: str, body: Body) -> Event:
        attributes = {
            "specversion": "1.0",
            "id": record.request_id,
            "source": f"{self._source}/{component}/{kind.rpartition('.')[2]}",
            "type": kind,
            "subject": record.path,
            "time": at,
            **self._common,
            "component": component,
        }
        if body.content is None:
            attributes["bodybytes"] = str(body.size)
        if body.document_length is not None:
            attributes["documentbytes"] = str(body.document_length)
        return attributes, body


def moment(seconds: float) -> str:
    """A Unix time as RFC 3339 writes it."""
    whole = int(seconds)
    microseconds = int((seconds - whole) * 1_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{microseconds:06d}Z"


def binary(event: Event) -> tuple[dict[str, str], bytes]:
    """An event in HTTP's binary mode: attributes as headers, and the body as it was sent."""
    attributes, body = event
    headers = {
        f"ce-{name}": value if IS_PLAIN(value) else quote(value, safe=PLAIN)
        for name, value in attributes.items()
    }
    if body.content is None:
        return headers, b""
    headers["content-type"] = body.media_type
    return headers, body.content


def structured(event: Event) -> dict[str, object]:
    """An event as a JSON document."""
    attributes, body = event
    document: dict[str, object] = dict(attributes)
    if body.content is not None:
        document["datacontenttype"] = body.media_type
        data = records.one_line(body)
        if data is None:
            # msgspec writes bytes as base64.
            document["data_base64"] = body.content
        else:
            document["data"] = data
    return document


def batch(events: list[Event]) -> tuple[dict[str, str], bytes]:
    """Many events in HTTP's batched mode."""
    headers = {"content-type": "application/cloudevents-batch+json; charset=UTF-8"}
    return headers, msgspec.json.encode([structured(event) for event in events])
