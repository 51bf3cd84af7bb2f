"""Settings: typed, from environment variables with one prefix, described where they are declared."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from model_fetcher.errors import FetchError

PREFIX = "MODEL_FETCHER_"

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Sha256 = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """Every setting, its default and its limits."""

    uri: Annotated[
        str,
        Meta(
            description="Where the model is: `https://`, `http://`, `s3://`, `gs://`, `az://`, `hf://` or `oci://`."
        ),
    ]
    sha256: Annotated[
        Sha256,
        Meta(
            description="SHA-256 the model file must have (hexadecimal). Required for everything but "
            "XGBoost's own formats, because unpickling may run code."
        ),
    ] = ""
    golden_uri: Annotated[
        str, Meta(description="Where golden requests for the model are; empty: there are none.")
    ] = ""
    golden_sha256: Annotated[Sha256, Meta(description="SHA-256 the golden requests must have.")] = ""
    target: Annotated[str, Meta(description="Existing folder the files are put into.")] = "/model"
    file: Annotated[
        str,
        Meta(
            # A hidden name is what the server overlooks, and what an unfinished file is called.
            pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$",
            max_length=200,
            description="Name of the model file in that folder. Formats are told by content, not by name.",
        ),
    ] = "model.bin"
    max_bytes: Annotated[Count, Meta(description="Largest file that is accepted, in bytes.")] = 1024**3
    timeout_seconds: Annotated[
        Seconds, Meta(description="Seconds for everything, all attempts included.")
    ] = 120.0
    stall_seconds: Annotated[
        Seconds, Meta(description="Seconds without a byte after which an attempt counts as failed.")
    ] = 30.0
    attempts: Annotated[Count, Meta(description="Most attempts per file.")] = 6
    backoff_seconds: Annotated[
        Seconds,
        Meta(description="Longest pause before the second attempt; each further one may be twice as long."),
    ] = 1.0
    http_authorization: Annotated[
        str,
        Meta(
            description="Value of the `Authorization` header for `https://` and `http://`, like `Bearer …`. "
            "It is not sent on to another host."
        ),
    ] = ""
    s3_endpoint: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^/?#@\s]+/?)?$",
            description="Address of the S3 server; empty: that of `AWS_ENDPOINT_URL_S3`, else of "
            "`AWS_ENDPOINT_URL`, else Amazon's. Credentials come from the usual variables, "
            "`AWS_ACCESS_KEY_ID` and so on.",
        ),
    ] = ""
    s3_region: Annotated[
        str,
        Meta(
            pattern="^[A-Za-z0-9-]*$",
            description="Region of the bucket; empty: that of `AWS_REGION`, else of `AWS_DEFAULT_REGION`, "
            "else us-east-1.",
        ),
    ] = ""
    s3_addressing: Annotated[
        Literal["auto", "path", "virtual"],
        Meta(
            description="Whether the bucket is in the path or in the host name of a request. "
            "`auto`: in the host name at Amazon's, else in the path."
        ),
    ] = "auto"
    s3_anonymous: Annotated[bool, Meta(description="Whether requests go without credentials.")] = False
    gs_endpoint: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^/?#@\s]+/?)?$",
            description="Address of Google Cloud Storage; empty: the public one.",
        ),
    ] = ""
    gs_anonymous: Annotated[bool, Meta(description="Whether requests go without credentials.")] = False
    az_account: Annotated[
        str,
        Meta(
            pattern="^([a-z0-9]{3,24})?$",
            description="Name of the storage account; empty: that of `AZURE_STORAGE_ACCOUNT_NAME`.",
        ),
    ] = ""
    az_endpoint: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^?#@\s]+)?$",
            description="Address of the account's blobs; empty: `https://ACCOUNT.blob.core.windows.net`.",
        ),
    ] = ""
    az_anonymous: Annotated[bool, Meta(description="Whether requests go without credentials.")] = False
    hf_endpoint: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^?#@\s]+)?$",
            description="Address of the hub; empty: that of `HF_ENDPOINT`, else the public one.",
        ),
    ] = ""
    oci_plain_http: Annotated[
        bool,
        Meta(
            description="Whether the registry is spoken to without TLS. Only one of this very machine gets "
            "credentials then."
        ),
    ] = False
    oci_username: Annotated[str, Meta(description="User name at the registry.")] = ""
    oci_password: Annotated[str, Meta(description="Password or token at the registry.")] = ""
    oci_auth_file: Annotated[
        str,
        Meta(
            description="A file like Docker's `config.json` with credentials of registries, "
            "such as a Secret of type kubernetes.io/dockerconfigjson holds; its keys are matched as the "
            "kubelet does."
        ),
    ] = ""


def from_environment(environment: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """Read the settings, and what is wrong with them; an empty variable counts as not set."""
    given = {
        # What comes from a file, as Secrets often do, ends with a line break.
        name.removeprefix(PREFIX): value.strip()
        for name, value in environment.items()
        if name.startswith(PREFIX) and value.strip()
    }
    fields = {field.encode_name: field for field in msgspec.structs.fields(Settings)}
    problems = [f"{PREFIX}{name} is no setting" for name in sorted(given.keys() - fields.keys())]
    values: dict[str, object] = {}
    for name, field in fields.items():
        if name in given:
            try:
                values[field.name] = msgspec.convert(given[name], field.type, strict=False)
            except msgspec.ValidationError as error:
                # The value is not shown: it may be a secret that went into the wrong variable.
                problems.append(f"{PREFIX}{name}: {without_value(str(error))}")
        elif field.required:
            problems.append(f"{PREFIX}{name} is missing")
    if given.get("FILE") == "golden.json":
        problems.append(f"{PREFIX}FILE must not be golden.json, the name of the golden requests")
    if given.get("GOLDEN_SHA256") and not given.get("GOLDEN_URI"):
        problems.append(f"{PREFIX}GOLDEN_SHA256 is set without {PREFIX}GOLDEN_URI")
    if bool(given.get("OCI_USERNAME")) != bool(given.get("OCI_PASSWORD")):
        problems.append(f"{PREFIX}OCI_USERNAME and {PREFIX}OCI_PASSWORD go together")
    return Settings(**{"uri": "", **values}), problems


def without_value(message: str) -> str:
    """What msgspec says of a value, less the value itself."""
    return re.sub(r"Invalid enum value '.*'", "it is none of the values there are", message)


class InvalidSettingsError(FetchError):
    """Settings that cannot be used, all of them."""

    def __init__(self, problems: list[str]):
        super().__init__("invalid_settings", "; ".join(problems))
        self.problems = problems
