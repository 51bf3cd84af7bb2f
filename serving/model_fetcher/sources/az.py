"""`az://container/key`: a blob of Azure Storage, as fsspec and DuckDB write it too."""

import os
import re

from obstore.store import AzureStore

from model_fetcher.errors import UriError
from model_fetcher.settings import Settings
from model_fetcher.sources.object_store import ObjectSource, only, open_store, split_uri

# What the library reads from the environment by itself; the first group says who asks, the last for whom.
CREDENTIALS = {
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_TOKEN",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_OBJECT_ID",
    "AZURE_MSI_RESOURCE_ID",
    "AZURE_IDENTITY_ENDPOINT",
}
NO_CREDENTIALS = (
    "set AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN from a Secret, let the service account act as "
    "one of Entra's (Azure Workload Identity), or set MODEL_FETCHER_AZ_ANONYMOUS=true"
)


def source(uri: str, settings: Settings) -> ObjectSource:
    """The blob; credentials are what the environment has: a key, a signature, an identity."""
    form = "az://container/key"
    container, key = split_uri(uri, form, "container", r"\$root|\$web|(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
    account = settings.az_account or os.environ.get("AZURE_STORAGE_ACCOUNT_NAME", "")
    if not re.fullmatch("[a-z0-9]{3,24}", account):
        found = "it is no such name" if account else "it is not set"
        raise UriError(
            "needs the name of the storage account, 3 to 24 lower-case letters and digits, in "
            f"MODEL_FETCHER_AZ_ACCOUNT or AZURE_STORAGE_ACCOUNT_NAME: {found}"
        )
    endpoint = settings.az_endpoint.rstrip("/")
    with only("AZURE_", CREDENTIALS):
        store = open_store(
            AzureStore,
            settings,
            allow_http=endpoint.startswith("http://"),
            container_name=container,
            account_name=account,
            **({"endpoint": endpoint} if endpoint else {}),
            **({"skip_signature": True} if settings.az_anonymous else {}),
        )
    return ObjectSource(store, key, f"az://{container}/{key}", NO_CREDENTIALS)
