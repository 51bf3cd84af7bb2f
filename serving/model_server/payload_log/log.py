"""The payload log: takes samples while requests are answered, and hands them on in the background."""

import asyncio
import logging
import socket
import time
from array import array
from zlib import crc32

from model_server.models.model import Model
from model_server.payload_log.events import Events
from model_server.payload_log.lines import Lines
from model_server.payload_log.metrics import PayloadLogMetrics
from model_server.payload_log.record import Record, kept
from model_server.payload_log.record_queue import Queue
from model_server.payload_log.sink import DeliveryError, Sink
from model_server.settings.payload_log import STANDARD_OUTPUT, PayloadLogSettings

logger = logging.getLogger(__name__)

# Seconds between two lines that say that payloads are lost.
LOG_INTERVAL = 10.0
# What a record takes beside its bodies, roughly.
RECORD_BYTES = 500
TOO_LATE = "the server ends before the sink has taken them"


class PayloadLog:
    """One sink, and what waits for it."""

    def __init__(self, settings: PayloadLogSettings, model: Model, flush: float):
        # Seconds at the end for what waits then.
        self.flush = flush
        self._settings = settings
        self._asked = settings.mode != "response"
        self._answered = settings.mode != "request"
        # crc32 spreads counted and random ids alike, and takes a tenth of what a better hash does.
        self._threshold = round(settings.sample * 2**32)
        self._queue = Queue(settings.queue_requests, settings.queue_bytes)
        self.metrics = PayloadLogMetrics(self._queue)
        self._sink = self._make_sink(model)
        self._workers: list[asyncio.Task] = []
        self._silent_until = 0.0
        self._lost_in_silence = 0
        self._last_loss = ("", "")

    def _make_sink(self, model: Model) -> Sink:
        settings = self._settings
        if settings.sink == STANDARD_OUTPUT:
            return Lines(model, settings.max_body_bytes, settings.attributes)
        # Its HTTP client takes longer to import than all the rest.
        from model_server.payload_log.receiver import Receiver

        events = Events(model, socket.gethostname(), settings.max_body_bytes, settings.attributes)
        return Receiver(settings, events, self.metrics)

    def wants(self, request_id: bytes) -> bool:
        """Whether this request is one of the sample."""
        return crc32(request_id) < self._threshold

    def take(
        self,
        request_id: bytes,
        path: str,
        seconds: float,
        asked: tuple[bytes, bytes | None, array | None],
        answered: tuple[int, bytes],
    ) -> None:
        """Keep a request and its answer until the sink has them, or drop them: no request waits for it.

        `asked` are the body, where binary tensors begin in it, and the features that were fetched for it;
        `answered` are the status and the body.
        """
        body, document_length, fetched = asked
        status, content = answered
        max_bytes = self._settings.max_body_bytes
        # Without a body it was refused before one was read.
        request = kept(body, max_bytes, document_length) if self._asked and body else None
        response = kept(content, max_bytes) if self._answered else None
        size = RECORD_BYTES
        for part in (request, response):
            if part and part.content:
                size += part.size
        if not self._asked:
            fetched = None
        elif fetched is not None:
            size += len(fetched) * fetched.itemsize
        record = Record(
            request_id.decode(), path, time.time(), seconds, status, size, request, fetched, response
        )
        if not self._queue.put(record):
            self._count(1, "queue_full", "the sink does not keep up")

    def start(self) -> None:
        """Begin to deliver; called while the event loop runs."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._sink.deliveries)]

    async def close(self) -> None:
        """Deliver what waits, as far as there is time."""
        self._queue.close()
        # One line at the end says it all.
        self._silent_until = float("inf")
        if self._workers:
            _, late = await asyncio.wait(self._workers, timeout=self.flush)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)
        self._lose(self._queue.drain(), "shutdown", TOO_LATE)
        if self._lost_in_silence:
            self._tell()
        await self._sink.close()

    async def _work(self) -> None:
        while taken := await self._queue.next(self._sink.max_records, self._sink.max_wait):
            try:
                await self._sink.deliver(taken)
            except DeliveryError as error:
                self._lose(taken, error.reason, str(error))
            except asyncio.CancelledError:
                self._lose(taken, "shutdown", TOO_LATE)
                raise
            except Exception:
                logger.exception("payload log failed")
                self._lose(taken, "internal", "the server failed; its log says why")
            else:
                self.metrics.sent += len(taken)
                self._queue.release(taken)

    def _lose(self, records: list[Record], reason: str, message: str) -> None:
        """Give up what was in the queue."""
        self._queue.release(records)
        self._count(len(records), reason, message)

    def _count(self, number: int, reason: str, message: str) -> None:
        """Count what is lost, and say so, but not each time."""
        if not number:
            return
        self.metrics.dropped[reason] += number
        self._lost_in_silence += number
        self._last_loss = (reason, message)
        now = time.monotonic()
        if now >= self._silent_until:
            self._silent_until = now + LOG_INTERVAL
            self._tell()

    def _tell(self) -> None:
        code, reason = self._last_loss
        extra = {"code": code, "reason": reason, "dropped": self._lost_in_silence}
        self._lost_in_silence = 0
        logger.warning("payloads dropped", extra=extra)
