"""HTTP as the sources need it: one request, told apart into parts of a file and problems."""

import email.utils
import os
import re
import time
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from model_fetcher.errors import FetchError, TransientError
from model_fetcher.sources.source import Part

CHUNK = 256 * 1024
CONNECT_SECONDS = 10
MAX_REDIRECTS = 5
MAX_REASON_LENGTH = 100
RETRIED = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
    *(status for status in HTTPStatus if status >= 500),
}


class Session(requests.Session):
    """A session that answers in time or not at all, and never leaves TLS."""

    def __init__(self, stall_seconds: float):
        super().__init__()
        self.stall_seconds = stall_seconds
        # One that adds nothing: without any the library looks for logins in a ~/.netrc.
        self.auth = unchanged
        self.max_redirects = MAX_REDIRECTS
        # The variable all of OpenSSL's users know; the library reads only one of its own.
        self.verify = os.environ.get("SSL_CERT_FILE") or True
        # Compressed on the way, a file would have neither the length nor the offsets it has at rest.
        self.headers.update({"Accept-Encoding": "identity", "User-Agent": "model-fetcher"})

    def get_redirect_target(self, response: requests.Response) -> str | None:
        target = super().get_redirect_target(response)
        if target and urlsplit(response.url).scheme == "https":
            try:
                scheme = urlsplit(urljoin(response.url, target)).scheme
            except ValueError:
                raise FetchError(
                    "invalid_request", f"{host(response.url)} redirects to what is no address"
                ) from None
            if scheme == "http":
                raise FetchError("insecure_redirect", f"{host(response.url)} redirects from https to http")
        return target

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """What was for one server is not for the one that it redirects to."""
        if host(prepared_request.url or "") != host(response.url):
            prepared_request.headers.pop("Authorization", None)

    def ask(self, url: str, headers: dict[str, str], **arguments: object) -> requests.Response:
        """GET, streamed; problems of the connection become errors of ours."""
        timeout = (min(CONNECT_SECONDS, self.stall_seconds), self.stall_seconds)
        try:
            return self.get(url, headers=headers, stream=True, timeout=timeout, **arguments)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise problem_of(error, host(url)) from None


def unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """A way to log in that is none."""
    return request


def open_part(response: requests.Response, name: str, offset: int) -> Part:
    """The answer to a request for a file from `offset` on."""
    status = response.status_code
    if status == HTTPStatus.PARTIAL_CONTENT:
        start, total = content_range(response)
        if start != offset:
            raise TransientError(
                "wrong_range", f"{name}: asked from byte {offset}, got {start}", restart=True
            )
    elif status == HTTPStatus.OK:
        start, total = 0, content_length(response)
    else:
        raise problem_of_status(response, name)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise FetchError(
            "encoded",
            f"{name}: the server compresses the file on the way, though asked not to; switch that off",
        )
    return Part(chunks(response, name), response.close, start, total, version_of(response))


def resume_headers(offset: int, version: str) -> dict[str, str]:
    """Ask for the rest of the file, if it still is the same; else for all of it."""
    return {"Range": f"bytes={offset}-", "If-Range": version} if offset else {}


def version_of(response: requests.Response) -> str:
    """What tells one state of the file from another, byte by byte; a weak ETag does not."""
    tag, modified = response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")
    if tag.startswith('"'):
        return tag
    # A date counts in whole seconds: it is only good for a file that has been left alone for one.
    aged = moment(response.headers.get("Date", "")) - moment(modified) >= 1
    return modified if modified and aged else ""


def moment(given: str) -> float:
    """Seconds since the epoch of a date in a header; 0 if it is none."""
    try:
        return email.utils.parsedate_to_datetime(given).timestamp()
    except ValueError:
        return 0.0


def chunks(response: requests.Response, name: str) -> Iterator[bytes]:
    """The body as it comes in: whatever has arrived is passed on, at most CHUNK at once."""
    while True:
        try:
            chunk = response.raw.read1(CHUNK, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise problem_of(error, name) from None
        if not chunk:
            return
        yield chunk


def content_length(response: requests.Response) -> int | None:
    """Size of the file, if the answer says it."""
    given = response.headers.get("Content-Length", "")
    return int(given) if given.isdecimal() else None


def content_range(response: requests.Response) -> tuple[int, int | None]:
    """Where the answer starts in the file, and the file's size if it says it."""
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    if not match:
        raise TransientError("wrong_range", f"{host(response.url)}: no valid Content-Range", restart=True)
    start, total = match.groups()
    return int(start), int(total) if total.isdecimal() else None


def problem_of_status(response: requests.Response, name: str) -> FetchError:
    """What an answer other than the file means."""
    status = response.status_code
    reason = "".join(filter(str.isprintable, str(response.reason or "")))[:MAX_REASON_LENGTH]
    said = f"{name}: {host(response.url)} answers {status} {reason}".rstrip()
    response.close()
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return TransientError("wrong_range", said, restart=True)
    if status in RETRIED:
        return TransientError(
            "unavailable", said, retry_after=retry_after(response.headers.get("Retry-After", ""))
        )
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED):
        return FetchError(
            "forbidden", f"{said}; check the credentials, and whether a signed address has expired"
        )
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return FetchError("not_found", said)
    return FetchError("unexpected_answer", said)


def retry_after(given: str) -> float:
    """Seconds from a Retry-After header; 0 if it says nothing sensible."""
    if given.isdecimal():
        return float(given)
    return max(0.0, moment(given) - time.time())


def problem_of(error: Exception, name: str) -> FetchError:
    """What a failed connection means. Messages of the libraries are not passed on: they show whole URLs."""
    causes = list(causes_of(error))
    if any(isinstance(cause, requests.TooManyRedirects) for cause in causes):
        return FetchError("too_many_redirects", f"{name}: more than {MAX_REDIRECTS} redirects")
    for cause in causes:
        # Only here the text of the TLS library is wanted: it says what is wrong with the certificate.
        if verify_message := getattr(cause, "verify_message", ""):
            return FetchError("untrusted_certificate", f"{name}: {verify_message}")
    invalid = (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.InvalidHeader,
    )
    if isinstance(error, invalid):
        return FetchError("invalid_request", f"{name}: {type(error).__name__}")
    # Before the time-outs: the library counts a refused connection as one of those.
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return TransientError("interrupted", f"{name}: {cause.strerror}")
    if any(isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError) for cause in causes):
        return TransientError("stalled", f"{name}: nothing came in time")
    return TransientError("interrupted", f"{name}: the connection broke")


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """An error and everything behind it, in whatever way the libraries have wrapped it."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and cause not in seen:
            seen.append(cause)
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
    return iter(seen)


def host(url: str) -> str:
    """The part of a URL that may be shown wherever it comes from."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
