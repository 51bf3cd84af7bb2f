"""What the server's HTTP clients have in common. It brings aiohttp: imported only where one is needed."""

import ssl

import aiohttp

from model_server.errors import StartError


def trust(url: str, ca_file: str, variable: str) -> ssl.SSLContext | bool:
    """Whose certificates are accepted from this address."""
    if not url.startswith("https:"):
        return True
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError as error:
        raise StartError(
            "invalid_setting", f"{variable}: {ca_file} holds no certificates in PEM form ({error.reason})"
        ) from None


def is_stale(error: Exception) -> bool:
    """Whether a kept connection failed that its server was perhaps just closing."""
    return isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)) and not isinstance(
        error, aiohttp.ClientConnectorError
    )


def reason(error: Exception) -> str:
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
