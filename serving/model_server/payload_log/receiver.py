"""An address that takes CloudEvents over HTTP. Nothing it does or leaves undone costs more than payloads."""

import asyncio
import random
from itertools import chain
from time import perf_counter

import aiohttp

from model_server import outgoing
from model_server.payload_log import events
from model_server.payload_log.events import Events
from model_server.payload_log.metrics import PayloadLogMetrics
from model_server.payload_log.record import Record
from model_server.payload_log.sink import DeliveryError
from model_server.settings import credentials
from model_server.settings.payload_log import PREFIX, PayloadLogSettings

# What of an answer is read so that its connection can be kept; its content does not matter.
READ_OF_ANSWER = 64 * 1024
# For how many turns of the event loop a delivery waits before it has one itself, and for how many seconds at
# most: a turn in which the whole process was halted says nothing of the next ones.
YIELD_FACTOR = 5
MAX_YIELD_SECONDS = 0.5
FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 30.0
TRY_AGAIN = (408, 429)
FIRST_SERVER_ERROR = 500
FIRST_SUCCESS, FIRST_REDIRECT = 200, 300


class _LaterError(DeliveryError):
    """It may take it later."""


class Receiver:
    """Kept connections to one address."""

    def __init__(self, settings: PayloadLogSettings, make_events: Events, metrics: PayloadLogMetrics):
        batched = settings.format == "batch"
        self.max_records = settings.batch_requests if batched else 1
        self.max_wait = settings.batch_seconds if batched else 0.0
        self.deliveries = settings.connections
        self._batched = batched
        self._settings = settings
        self._events = make_events
        self._metrics = metrics
        self._headers = credentials.headers(settings)
        self._trust = outgoing.trust(settings.sink, settings.ca_file, f"{PREFIX}CA_FILE")
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, taken: list[Record]) -> None:
        made = chain.from_iterable(self._events.of(record) for record in taken)
        if self._batched:
            await self._send(*events.batch(list(made)))
        else:
            for event in made:
                await self._send(*events.binary(event))

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def _send(self, headers: dict[str, str], body: bytes) -> None:
        pause = FIRST_PAUSE_SECONDS
        for attempts_left in range(self._settings.retries, -1, -1):
            await _give_way()
            try:
                return await self._attempt(headers, body)
            except _LaterError:
                if not attempts_left:
                    raise
            self._metrics.retries += 1
            # Many servers whose receiver comes back must not all come back to it at once.
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(pause * 2, MAX_PAUSE_SECONDS)

    async def _attempt(self, headers: dict[str, str], body: bytes) -> None:
        timeout = self._settings.timeout
        try:
            async with asyncio.timeout(timeout):
                try:
                    status = await self._post(headers, body)
                except aiohttp.ClientConnectionError as error:
                    if not outgoing.is_stale(error):
                        raise
                    status = await self._post(headers, body)
        except TimeoutError:
            raise _LaterError("timeout", f"the sink did not answer within {timeout:g} s") from None
        except (aiohttp.ClientConnectionError, OSError) as error:
            raise _LaterError(
                "unavailable", f"the sink cannot be reached ({outgoing.reason(error)})"
            ) from None
        except (aiohttp.ClientError, ValueError) as error:
            raise _LaterError("failed", f"the sink speaks no valid HTTP ({type(error).__name__})") from None
        if FIRST_SUCCESS <= status < FIRST_REDIRECT:
            return
        message = f"the sink answered with status {status}"
        if status in TRY_AGAIN or status >= FIRST_SERVER_ERROR:
            raise _LaterError("failed", message)
        raise DeliveryError("refused", message)

    async def _post(self, headers: dict[str, str], body: bytes) -> int:
        if self._session is None:
            # Can be made only while the event loop runs.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.deliveries, ssl=self._trust),
                timeout=aiohttp.ClientTimeout(),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={**self._headers, "accept-encoding": "identity"},
                skip_auto_headers=("content-type",),
                auto_decompress=False,
            )
        # A redirect could lead the secret and the payload astray.
        response = await self._session.post(
            self._settings.sink, data=body, headers=headers, allow_redirects=False
        )
        try:
            read = 0
            async for part in response.content.iter_any():
                read += len(part)
                if read > READ_OF_ANSWER:
                    break
        except aiohttp.ClientError:
            pass  # the status has said what there is to know
        finally:
            if response.content.at_eof():
                response.release()
            else:
                response.close()
        return response.status


async def _give_way() -> None:
    """Leave most of the time to those who wait for answers: the more they are, the longer a turn takes."""
    before = perf_counter()
    await asyncio.sleep(0)
    await asyncio.sleep(min((perf_counter() - before) * YIELD_FACTOR, MAX_YIELD_SECONDS))
