"""Payloads as lines of the log: on standard output, and in the file that the others are in as well."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from model_server.models.model import Model
from model_server.payload_log import record as records
from model_server.payload_log.record import Body, Record

# Lines that are written at once, and seconds for which they are gathered: waking up costs as much as a line.
MAX_LINES = 100
MAX_WAIT_SECONDS = 0.1


class Lines:
    """One line per request; `event` tells it from those of other kinds."""

    max_records = MAX_LINES
    max_wait = MAX_WAIT_SECONDS
    deliveries = 1

    def __init__(self, model: Model, max_bytes: int, attributes: dict[str, str]):
        self._width = model.feature_count
        self._max_bytes = max_bytes
        self._common = {"event": "payload", **attributes, "sha256": model.sha256}
        # Writing blocks while the reader of standard output does not read, and must not block requests.
        self._thread = ThreadPoolExecutor(1, "payload-log")

    async def deliver(self, taken: list[Record]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, taken)

    async def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _write(self, taken: list[Record]) -> None:
        log = logging.getLogger()
        for record in taken:
            fields = {
                **self._common,
                "request_id": record.request_id,
                "path": record.path,
                "status": record.status,
                "seconds": round(record.seconds, 6),
                **self._payloads(record),
            }
            # Whatever the least level of the others is: these are asked for.
            line = {"levelno": logging.INFO, "levelname": "INFO", "msg": "payload"}
            line |= {"created": record.time, "msecs": record.time % 1 * 1000}
            log.handle(logging.makeLogRecord({**fields, **line}))

    def _payloads(self, record: Record) -> dict[str, object]:
        fields: dict[str, object] = {}
        if record.request:
            fields |= _field("request", record.request)
        if record.fetched is not None:
            fields |= _field("fetched", records.as_request(record.fetched, self._width, self._max_bytes))
        if record.response:
            fields |= _field("response", record.response)
        return fields


def _field(name: str, body: Body) -> dict[str, object]:
    if body.content is None:
        return {f"{name}_bytes": body.size}
    content = records.one_line(body)
    if content is not None:
        return {name: content}
    # msgspec writes bytes as base64.
    fields: dict[str, object] = {f"{name}_base64": body.content}
    if body.document_length is not None:
        fields[f"{name}_document_bytes"] = body.document_length
    return fields
