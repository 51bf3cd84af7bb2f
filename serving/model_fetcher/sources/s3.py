"""`s3://bucket/key`: an object of Amazon S3 or any server that speaks its protocol."""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore import exceptions
from obstore.store import S3Store

from model_fetcher.errors import FetchError, TransientError, UriError
from model_fetcher.redaction import redact
from model_fetcher.settings import Settings
from model_fetcher.sources.http_transfer import CHUNK, CONNECT_SECONDS, MAX_REASON_LENGTH, RETRIED
from model_fetcher.sources.source import Part

if TYPE_CHECKING:
    from obstore import GetResult

# What servers say of an access key they do not know; some with status 404.
UNKNOWN_KEY = ("InvalidAccessKeyId", "XAdminUserNotFound")
# What the library reads from the environment by itself.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_METADATA_ENDPOINT",
}
MAX_KEY_LENGTH = 200


@dataclass
class S3Source:
    """An object of a bucket."""

    store: S3Store
    key: str
    name: str

    def open(self, offset: int, version: str) -> Part:
        options = {"range": {"offset": offset}, "if_match": version} if offset else None
        try:
            answer = obstore.get(self.store, self.key, options=options)
        except Exception as error:
            raise problem_of(error, self.name) from None
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
            raise problem_of(error, self.name) from None


def source(uri: str, settings: Settings) -> S3Source:
    """The object; credentials are what the environment has: keys, a web identity, a role of the node."""
    # Not by urlsplit: a key may hold whatever means something else in other URIs.
    bucket, _, key = uri[len("s3://") :].partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
        raise UriError("names no valid bucket; it must look like s3://bucket/key")
    check_key(key)
    if bool(os.environ.get("AWS_ACCESS_KEY_ID")) != bool(os.environ.get("AWS_SECRET_ACCESS_KEY")):
        raise UriError("needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, but only one of them is set")
    endpoint = (settings.s3_endpoint or configured_endpoint("AWS_ENDPOINT_URL_S3")).rstrip("/")
    region = settings.s3_region or configured_region()
    virtual = settings.s3_addressing == "virtual" or (settings.s3_addressing == "auto" and not endpoint)
    if virtual and endpoint:
        endpoint = endpoint.replace("://", f"://{bucket}.", 1)
    authority = os.environ.get("SSL_CERT_FILE", "")
    try:
        with only_credentials():
            store = S3Store(
                bucket,
                region=region,
                virtual_hosted_style_request=virtual,
                **({"endpoint": endpoint} if endpoint else {}),
                **({"skip_signature": True} if settings.s3_anonymous else {}),
                client_options={
                    "allow_http": endpoint.startswith("http://"),
                    "connect_timeout": timedelta(seconds=min(CONNECT_SECONDS, settings.stall_seconds)),
                    "read_timeout": timedelta(seconds=settings.stall_seconds),
                    "timeout": timedelta(seconds=settings.timeout_seconds),
                    "user_agent": "model-fetcher",
                    **(
                        {"root_certificate": Path(authority).read_bytes()}
                        if Path(authority).is_file()
                        else {}
                    ),
                },
                # Attempts are counted in one place for all schemes.
                retry_config={"max_retries": 0},
            )
    except Exception as error:
        reason = redact(str(error)).partition("\n")[0]
        raise UriError(f"cannot be asked for: {reason[:MAX_REASON_LENGTH]}") from None
    return S3Source(store, key, f"s3://{bucket}/{key}")


def check_key(key: str) -> None:
    """Refuse keys that the library would ask for under another name, or not at all."""
    if not key or key.endswith("/"):
        raise UriError("names no object; it must look like s3://bucket/key")
    remedy = "; copy the object to a key without"
    parts = key.split("/")
    if "" in parts:
        where = "begins with a slash" if key.startswith("/") else "holds two slashes side by side"
        raise UriError(f"names the key {key[:MAX_KEY_LENGTH]!r}, which {where}{remedy}")
    for part in parts:
        if part in (".", ".."):
            raise UriError(f"names the key {key[:MAX_KEY_LENGTH]!r}, one part of which is {part!r}{remedy}")
    if re.search(r"[\x00-\x1f\x7f]", key):
        raise UriError(f"names the key {key[:MAX_KEY_LENGTH]!r}, which holds a control character{remedy}")


def configured_endpoint(name: str) -> str:
    """The address of a service that the AWS SDKs take: its own variable, else that of all services."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return ""
    for variable in (name, "AWS_ENDPOINT_URL"):
        if value := os.environ.get(variable):
            if not re.fullmatch(r"https?://[^/?#@\s]+/?", value):
                raise UriError(
                    f"needs an address such as https://minio.example.com in {variable}, "
                    "without path and account"
                )
            return value
    return ""


def configured_region() -> str:
    """The region as the AWS command line takes it: `AWS_REGION` before `AWS_DEFAULT_REGION`."""
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if value := os.environ.get(variable):
            if not re.fullmatch("[A-Za-z0-9-]+", value):
                raise UriError(f"needs a region such as eu-central-1 in {variable}")
            return value
    return "us-east-1"


@contextlib.contextmanager
def only_credentials() -> Iterator[None]:
    """Hide from the library what it would take from the environment before what is passed to it."""
    issuer = configured_endpoint("AWS_ENDPOINT_URL_STS")
    hidden = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in hidden:
        if name not in CREDENTIALS:
            del os.environ[name]
    if issuer:
        os.environ["AWS_ENDPOINT_URL_STS"] = issuer
    try:
        yield
    finally:
        os.environ.pop("AWS_ENDPOINT_URL_STS", None)
        os.environ.update(hidden)


def problem_of(error: Exception, name: str) -> FetchError:
    """What an error of the library means. It says status and S3's own code only as part of a text."""
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
    if "169.254.169.254" in text:
        return TransientError(
            "no_credentials",
            f"{name}: there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            "from a Secret, give the service account a role, or set MODEL_FETCHER_S3_ANONYMOUS=true",
        )
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
