"""`gs://bucket/key`: an object of Google Cloud Storage."""

import json
import os

from obstore.store import GCSStore

from model_fetcher.errors import UriError
from model_fetcher.settings import Settings
from model_fetcher.sources.object_store import ObjectSource, only, open_store, split_uri

# What the library reads from the environment by itself.
CREDENTIALS = {
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_BEARER_TOKEN",
}
NO_CREDENTIALS = (
    "set GOOGLE_SERVICE_ACCOUNT_KEY from a Secret, let the service account act as one of Google's (Workload "
    "Identity Federation for GKE), or set MODEL_FETCHER_GS_ANONYMOUS=true"
)


def source(uri: str, settings: Settings) -> ObjectSource:
    """The object; credentials are what the environment has: a key, a token, the pod's or node's account."""
    bucket, key = split_uri(uri, "gs://bucket/key", "bucket", r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
    check_key_file(os.environ.get("GOOGLE_SERVICE_ACCOUNT_KEY"))
    endpoint = settings.gs_endpoint.rstrip("/")
    with only("GOOGLE_", CREDENTIALS):
        store = open_store(
            GCSStore,
            settings,
            allow_http=endpoint.startswith("http://"),
            bucket=bucket,
            **({"base_url": endpoint} if endpoint else {}),
            **({"skip_signature": True} if settings.gs_anonymous else {}),
        )
    return ObjectSource(store, key, f"gs://{bucket}/{key}", NO_CREDENTIALS)


def check_key_file(given: str | None) -> None:
    """Refuse what is no key of a service account, without showing it: the library's error would."""
    if given is None:
        return
    try:
        document = json.loads(given)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not {"client_email", "private_key"} <= document.keys():
        raise UriError(
            "needs the key file of a service account in GOOGLE_SERVICE_ACCOUNT_KEY: JSON with client_email "
            "and private_key"
        )
