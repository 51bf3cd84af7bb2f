"""`https://` and `http://`: a file on any web server, also by a signed address."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from model_fetcher.errors import UriError
from model_fetcher.settings import Settings
from model_fetcher.sources.http_transfer import Session, host, open_part, resume_headers
from model_fetcher.sources.source import Part


@dataclass
class WebSource:
    """A file that a GET gives."""

    url: str = field(repr=False)
    session: Session
    headers: dict[str, str] = field(repr=False)
    name: str

    def open(self, offset: int, version: str) -> Part:
        response = self.session.ask(self.url, self.headers | resume_headers(offset, version))
        return open_part(response, self.name, offset)


def source(uri: str, settings: Settings) -> WebSource:
    """The file at an address. The query may be a signature, so it is in no message."""
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        raise UriError("is no valid address") from None
    if not parts.hostname:
        raise UriError("names no host")
    headers = {"Authorization": settings.http_authorization} if settings.http_authorization else {}
    name = f"{host(uri)}{parts.path}"
    return WebSource(uri, Session(settings.stall_seconds), headers, name)
