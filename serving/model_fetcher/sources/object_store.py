"""Objects in the stores of the clouds, and what they have in common: reading, keys, environment, errors."""

import contextlib
import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore import exceptions

from model_fetcher.errors import FetchError, TransientError, UriError
from model_fetcher.redaction import redact
from model_fetcher.settings import Settings
from model_fetcher.sources.http_transfer import CHUNK, CONNECT_SECONDS, MAX_REASON_LENGTH, RETRIED
from model_fetcher.sources.keys import check_key
from model_fetcher.sources.source import Part

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import ObjectStore

# What servers say of an access key they do not know; some with status 404.
UNKNOWN_KEY = ("InvalidAccessKeyId", "XAdminUserNotFound")
# Where the library asks for credentials of the node or the service account once it has found no others.
METADATA = re.compile(r"169\.254\.16[89]\.254|metadata\.google\.internal|metadata/identity")


@dataclass
class ObjectSource:
    """An object of a bucket or container."""

    store: "ObjectStore"
    key: str
    name: str
    # What to do where no credentials are found.
    remedy: str

    def open(self, offset: int, version: str) -> Part:
        options = {"range": {"offset": offset}, "if_match": version} if offset else None
        try:
            answer = obstore.get(self.store, self.key, options=options)
        except Exception as error:
            raise problem_of(error, self) from None
        return Part(
            self.chunks(answer),
            lambda: None,
            answer.range[0],
            answer.meta["size"],
            answer.meta["e_tag"] or "",
        )

    def chunks(self, answer: "GetResult") -> Iterator[bytes]:
        try:
            for chunk in answer.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)
        except Exception as error:
            raise problem_of(error, self) from None


def open_store(
    build: Callable[..., "ObjectStore"], settings: Settings, *, allow_http: bool, **options: object
) -> "ObjectStore":
    """A store, with what is the same for all: time-outs, authorities, no attempts of its own.

    Raises UriError for what the library refuses, such as a key that is none.
    """
    authority = os.environ.get("SSL_CERT_FILE", "")
    try:
        return build(
            **options,
            client_options={
                "allow_http": allow_http,
                "connect_timeout": timedelta(seconds=min(CONNECT_SECONDS, settings.stall_seconds)),
                "read_timeout": timedelta(seconds=settings.stall_seconds),
                "timeout": timedelta(seconds=settings.timeout_seconds),
                "user_agent": "model-fetcher",
                **({"root_certificate": Path(authority).read_bytes()} if Path(authority).is_file() else {}),
            },
            # Attempts are counted in one place for all schemes.
            retry_config={"max_retries": 0},
        )
    except Exception as error:
        reason = redact(str(error)).partition("\n")[0]
        raise UriError(f"cannot be asked for: {reason[:MAX_REASON_LENGTH]}") from None


def split_uri(uri: str, form: str, container: str, pattern: str) -> tuple[str, str]:
    """Bucket and key of a URI of this form. Not by urlsplit: a key may hold what others mean."""
    bucket, _, key = uri.partition("://")[2].partition("/")
    if not re.fullmatch(pattern, bucket):
        raise UriError(f"names no valid {container}; it must look like {form}")
    check_key(key, form)
    return bucket, key


@contextlib.contextmanager
def only(prefix: str, credentials: Collection[str]) -> Iterator[None]:
    """Hide from the library what it would take from the environment before what is passed to it."""
    hidden = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(prefix) and name not in credentials
    }
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


def problem_of(error: Exception, source: ObjectSource) -> FetchError:
    """What an error of the library means. It says status and the store's own code only as part of a text."""
    name = source.name
    text = str(error)
    status = int(match[1]) if (match := re.search(r"status code: (\d{3})", text)) else 0
    code = match[1] if (match := re.search(r"<Code>(\w+)</Code>", text)) else ""
    said = f"{name}: the server answers {status or ''} {code}".rstrip()
    refused = isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError)
    if refused or code in UNKNOWN_KEY:
        return FetchError("forbidden", f"{name}: the server refuses the credentials ({code or status})")
    if isinstance(error, exceptions.NotFoundError | FileNotFoundError):
        return FetchError("not_found", f"{name}: there is no such object or bucket ({code or 404})")
    if isinstance(error, exceptions.PreconditionError):
        return TransientError("changed", f"{name}: the object has changed meanwhile", restart=True)
    if METADATA.search(text):
        return TransientError("no_credentials", f"{name}: there are no credentials; {source.remedy}")
    if status == 416:
        return TransientError("wrong_range", said, restart=True)
    if status in RETRIED:
        return TransientError("unavailable", said)
    if status:
        return FetchError("unexpected_answer", said)
    if re.search(r"TimedOut|kind: Timeout", text):
        return TransientError("stalled", f"{name}: nothing came in time")
    if "InvalidCertificate" in text:
        return FetchError("untrusted_certificate", f"{name}: the server's certificate is not trusted")
    reason = match[1] if (match := re.search(r'message: "([^"]+)"', text)) else "the connection broke"
    return TransientError("interrupted", f"{name}: {reason}")
