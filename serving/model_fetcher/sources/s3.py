"""`s3://bucket/key`: an object of Amazon S3 or any server that speaks its protocol."""

import os
import re

from obstore.store import S3Store

from model_fetcher.errors import UriError
from model_fetcher.settings import Settings
from model_fetcher.sources.object_store import ObjectSource, only, open_store, split_uri

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
NO_CREDENTIALS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from a Secret, give the service account a role, or set "
    "MODEL_FETCHER_S3_ANONYMOUS=true"
)


def source(uri: str, settings: Settings) -> ObjectSource:
    """The object; credentials are what the environment has: keys, a web identity, a role of the node."""
    bucket, key = split_uri(uri, "s3://bucket/key", "bucket", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
    if bool(os.environ.get("AWS_ACCESS_KEY_ID")) != bool(os.environ.get("AWS_SECRET_ACCESS_KEY")):
        raise UriError("needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, but only one of them is set")
    endpoint = (settings.s3_endpoint or configured_endpoint("AWS_ENDPOINT_URL_S3")).rstrip("/")
    region = settings.s3_region or configured_region()
    virtual = settings.s3_addressing == "virtual" or (settings.s3_addressing == "auto" and not endpoint)
    if virtual and endpoint:
        endpoint = endpoint.replace("://", f"://{bucket}.", 1)
    issuer = configured_endpoint("AWS_ENDPOINT_URL_STS")
    with only("AWS_", CREDENTIALS):
        if issuer:
            os.environ["AWS_ENDPOINT_URL_STS"] = issuer
        try:
            store = open_store(
                S3Store,
                settings,
                allow_http=endpoint.startswith("http://"),
                bucket=bucket,
                region=region,
                virtual_hosted_style_request=virtual,
                **({"endpoint": endpoint} if endpoint else {}),
                **({"skip_signature": True} if settings.s3_anonymous else {}),
            )
        finally:
            os.environ.pop("AWS_ENDPOINT_URL_STS", None)
    return ObjectSource(store, key, f"s3://{bucket}/{key}", NO_CREDENTIALS)


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
