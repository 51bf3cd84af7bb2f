"""Asks a Feast feature server over HTTP."""

import asyncio
import ssl

import aiohttp
import msgspec

from model_server.errors import StartError
from model_server.feature_store import failures
from model_server.feature_store.settings import PREFIX, FeatureStoreSettings

# What an answer may hold at most: 10,000 rows of 100 features take 55 MB.
LARGEST_ANSWER = 64 * 1024 * 1024
OK = 200


class Client:
    """Kept connections to one server."""

    def __init__(self, settings: FeatureStoreSettings):
        self._url = settings.url.rstrip("/") + "/get-online-features"
        self._settings = settings
        self._headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            **_authorization(settings),
        }
        self._question = {"full_feature_names": settings.full_feature_names}
        if settings.feature_service:
            self._question["feature_service"] = settings.feature_service
        else:
            self._question["features"] = settings.features
        self._context = _trust(settings.ca_file) if settings.url.startswith("https:") else None
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, entities: dict[str, list]) -> bytes:
        """The answer's body; every failure is one of `failures`."""
        body = msgspec.json.encode({**self._question, "entities": entities})
        try:
            async with asyncio.timeout(self._settings.timeout):
                try:
                    return await self._post(body)
                except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                    if isinstance(error, aiohttp.ClientConnectorError):
                        raise
                    # A kept connection that its server was just closing: asking again changes nothing there.
                    return await self._post(body)
        except TimeoutError:
            raise failures.late(self._settings.timeout) from None
        except (aiohttp.ClientConnectionError, OSError) as error:
            raise failures.unavailable(_reason(error)) from None
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
                connector=aiohttp.TCPConnector(limit=self._settings.max_calls, ssl=self._context or True),
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
                if len(answer) > LARGEST_ANSWER:
                    raise failures.invalid(f"more than {LARGEST_ANSWER} bytes")
            return bytes(answer)


def _authorization(settings: FeatureStoreSettings) -> dict[str, str]:
    # Secrets made from files usually end with a line break.
    token = settings.token.rstrip()
    if not token:
        return {}
    if settings.auth_header:
        return {settings.auth_header: token}
    return {"authorization": f"Bearer {token}"}


def _trust(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError as error:
        raise StartError(
            "invalid_setting",
            f"{PREFIX}CA_FILE: {ca_file} holds no certificates in PEM form ({error.reason})",
        ) from None


def _reason(error: Exception) -> str:
    """Words for people that name no address: clients see them."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is unknown"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted"
    if isinstance(error, aiohttp.ClientSSLError):
        return "no TLS connection"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "it closed the connection"
    if isinstance(error, OSError) and isinstance(error.__cause__, ConnectionRefusedError):
        return "connection refused"
    return "no connection"
