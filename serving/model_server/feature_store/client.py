"""Asks a Feast feature server over HTTP."""

import asyncio

import aiohttp
import msgspec

from model_server import outgoing
from model_server.feature_store import failures
from model_server.settings import credentials
from model_server.settings.feature_store import PREFIX, FeatureStoreSettings

# What an answer may hold at most: 10,000 rows of 100 features take 55 MB.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
OK = 200


class Client:
    """Kept connections to one server."""

    def __init__(self, settings: FeatureStoreSettings):
        self._url = settings.url.rstrip("/") + "/get-online-features"
        self._settings = settings
        self._headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            **credentials.headers(settings),
        }
        self._question = {"full_feature_names": settings.full_feature_names}
        if settings.feature_service:
            self._question["feature_service"] = settings.feature_service
        else:
            self._question["features"] = settings.features
        self._trust = outgoing.trust(settings.url, settings.ca_file, f"{PREFIX}CA_FILE")
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, entities: dict[str, list]) -> bytes:
        """The answer's body; every failure is one of `failures`."""
        body = msgspec.json.encode({**self._question, "entities": entities})
        try:
            async with asyncio.timeout(self._settings.timeout):
                try:
                    return await self._post(body)
                except aiohttp.ClientConnectionError as error:
                    if not outgoing.is_stale(error):
                        raise
                    # A kept connection that its server was just closing: asking again changes nothing there.
                    return await self._post(body)
        except TimeoutError:
            raise failures.late(self._settings.timeout) from None
        except (aiohttp.ClientConnectionError, OSError) as error:
            raise failures.unavailable(outgoing.reason(error)) from None
        except aiohttp.ClientError as error:
            raise failures.invalid(f"no valid HTTP ({type(error).__name__})") from None

    async def close(self) -> None:
        """End all connections."""
        if self._session:
            await self._session.close()

    async def _post(self, body: bytes) -> bytes:
        if self._session is None:
            # Can be made only while the event loop runs.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._settings.max_calls, ssl=self._trust),
                timeout=aiohttp.ClientTimeout(),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        # A redirect could lead the secret astray.
        async with self._session.post(
            self._url, data=body, headers=self._headers, allow_redirects=False
        ) as response:
            if response.status != OK:
                raise failures.failed(response.status)
            answer = bytearray()
            async for part in response.content.iter_any():
                answer += part
                if len(answer) > MAX_ANSWER_BYTES:
                    raise failures.invalid(f"more than {MAX_ANSWER_BYTES} bytes")
            return bytes(answer)
