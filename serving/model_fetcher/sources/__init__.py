"""The schemes. A further one is one module with a function `source(uri, settings)`, named here."""

import re
from importlib import import_module

from model_fetcher.errors import UriError
from model_fetcher.settings import Settings
from model_fetcher.sources.source import Source

# Imported only when needed: the library of the object stores alone is larger than all the rest.
MODULES = {"https": "web", "http": "web", "s3": "s3", "gs": "gs", "az": "az", "hf": "hf", "oci": "oci"}
# Where they belong, since an address is shown to everybody.
CREDENTIALS = {
    **dict.fromkeys(("https", "http"), "MODEL_FETCHER_HTTP_AUTHORIZATION"),
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_SERVICE_ACCOUNT_KEY",
    "az": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
    "hf": "HF_TOKEN",
    "oci": "MODEL_FETCHER_OCI_USERNAME and MODEL_FETCHER_OCI_PASSWORD, or in MODEL_FETCHER_OCI_AUTH_FILE",
}


def source_of(uri: str, settings: Settings) -> Source:
    """The source that a URI names. Nothing is asked of it yet."""
    scheme = uri.partition("://")[0].lower()
    if "://" not in uri or scheme not in MODULES:
        known = ", ".join(f"{name}://" for name in MODULES)
        raise UriError(f"must start with one of {known}")
    if "@" in re.split("[/?#]", uri.partition("://")[2], maxsplit=1)[0]:
        raise UriError(f"holds credentials; pass them as {CREDENTIALS[scheme]}, from a Secret")
    return import_module(f"{__name__}.{MODULES[scheme]}").source(uri, settings)
