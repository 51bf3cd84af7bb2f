"""Settings: typed, from environment variables with one prefix, described where they are declared."""

import itertools
import re
from collections.abc import Mapping
from typing import Annotated, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from model_server.errors import StartError
from model_server.rows import missing_marker
from model_server.settings import feature_store, payload_log
from model_server.settings.feature_store import FeatureStoreSettings
from model_server.settings.payload_log import PayloadLogSettings

PREFIX = "MODEL_SERVER_"

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """Every setting, its default and its limits. `docs` reads the descriptions from here."""

    model_path: Annotated[
        str, Meta(description="The model file, or a folder that holds exactly one file `model.*`.")
    ] = "/model/model.pkl"
    model_name: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z",
            max_length=63,
            description="The model's name in URLs, headers, logs and metrics (a DNS-1123 label).",
        ),
    ] = "model"
    model_version: Annotated[
        str,
        Meta(
            pattern=r"^([!-~]([ -~]*[!-~])?)?\Z",
            description="The model's version in headers, metadata, logs and metrics (printable ASCII).",
        ),
    ] = ""
    model_sha256: Annotated[
        str,
        Meta(
            pattern=r"^([0-9a-f]{64})?\Z",
            description="SHA-256 the model file must have (hexadecimal). "
            "A file with another one is never served. Required for a pickle.",
        ),
    ] = ""
    allow_pickle: Annotated[
        bool,
        Meta(
            description="Whether a pickle or a `predictor.py` is accepted at all. Even then only with "
            "`MODEL_SHA256` set, because they run code."
        ),
    ] = True
    run_pickles: Annotated[
        bool,
        Meta(
            description="Whether a pickle that holds more than a model of XGBoost, such as a pipeline of "
            "scikit-learn, may be loaded by running the code in it. Needs an image with scikit-learn."
        ),
    ] = True
    pickle_version_check: Annotated[
        Literal["warn", "golden"],
        Meta(
            description="What a pickle needs that another version of scikit-learn made: `warn` serves it and "
            "says so in the log and in the metadata, `golden` refuses it unless golden requests pass."
        ),
    ] = "warn"
    golden_path: Annotated[
        str,
        Meta(
            description="Requests with expected predictions, replayed before the server is ready. "
            "Empty: `golden.json` beside the model, if it is there."
        ),
    ] = ""
    host: Annotated[str, Meta(description="Address to listen on.")] = "0.0.0.0"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 5000
    management_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="Port of its own for probes, `/metrics`, `/openapi.json` and metadata, answered "
            "whatever the load of the other one, which then has no `/metrics` and `/openapi.json` any more. "
            "0: none.",
        ),
    ] = 0
    grpc_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="Port of its own for the Open Inference Protocol over gRPC, usually 8081. 0: none.",
        ),
    ] = 0
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least severe level that is logged.")
    ] = "info"
    log_file: Annotated[
        str,
        Meta(
            description="File that gets every log line as well, for a program that sends it on; empty: none."
        ),
    ] = ""
    log_file_bytes: Annotated[
        Count,
        Meta(
            description="Size in bytes at which that file is renamed to end with `.1`, in place of the one "
            "before, and begun anew: the two never hold more than twice as much."
        ),
    ] = 8 * 1024 * 1024
    shutdown_delay: Annotated[
        float,
        Meta(
            ge=0,
            description="Seconds after SIGTERM during which the server reports itself unready but goes on "
            "accepting, so that load balancers can turn away first.",
        ),
    ] = 5.0
    drain_timeout: Annotated[
        Seconds, Meta(description="Seconds that requests in flight get to finish after the shutdown delay.")
    ] = 20.0
    engine: Annotated[
        Literal["auto", "xgboost"],
        Meta(
            description="`auto` predicts with the native evaluator where that is exact, and with XGBoost "
            "elsewhere; `xgboost` always with XGBoost."
        ),
    ] = "auto"
    estimator_threads: Annotated[
        Count,
        Meta(
            description="Threads that one prediction by a pickled estimator of scikit-learn may use. More "
            "than one make single rows slower, and only large batches faster."
        ),
    ] = 1
    missing_values: Annotated[
        Literal["reject", "null"],
        Meta(
            description="What `null` in a row means: `reject` refuses the request, `null` takes it for a "
            "missing value, as XGBoost takes NaN."
        ),
    ] = "reject"
    missing_marker: Annotated[
        str,
        Meta(
            description="Number that stands for a missing value, as `missing=` of XGBoost's scikit-learn "
            "interface. For models that were trained with one and whose file does not tell it, as no `.ubj` "
            "or `.json` does since XGBoost 2.0; or, as 0, for models that were trained on a sparse matrix, "
            "whose absent values are missing. Empty: what the file says, or else none."
        ),
    ] = ""
    max_body_bytes: Annotated[Count, Meta(description="Largest request body, in bytes.")] = 4 * 1024 * 1024
    max_buffered_bytes: Annotated[
        Count,
        Meta(
            description="All requests together that are still being received, header and body, in bytes; "
            "beyond it the server answers 503. As much is kept of responses that clients do not take."
        ),
    ] = 64 * 1024 * 1024
    max_rows: Annotated[Count, Meta(description="Most rows in one request.")] = 10_000
    max_concurrency: Annotated[
        Count,
        Meta(
            description="Most requests that may wait for each other. While as many do, new connections are "
            "answered with a 503, and those that are open are served."
        ),
    ] = 256
    max_connections: Annotated[
        Count,
        Meta(
            description="Most open connections, idle ones included. Further ones take the place of those "
            "that have been idle for longest, and slow clients get less time; or else they get a 503."
        ),
    ] = 2048
    header_timeout: Annotated[
        Seconds, Meta(description="Seconds a client gets to send the header of a request.")
    ] = 5.0
    body_timeout: Annotated[
        Seconds, Meta(description="Seconds a client gets to send the body of a request.")
    ] = 20.0
    response_timeout: Annotated[Seconds, Meta(description="Seconds a client gets to take the response.")] = (
        20.0
    )
    keep_alive_timeout: Annotated[Count, Meta(description="Seconds an idle connection stays open.")] = 75
    log_sample: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Share of successful requests that are logged; refused and failed ones always are.",
        ),
    ] = 0.01
    log_features: Annotated[
        bool, Meta(description="Whether logged requests show their body. It may hold personal data.")
    ] = False
    # Groups: their variables begin with the group's name, and there is none if no variable is set.
    feature_store: FeatureStoreSettings | None = None
    payload_log: PayloadLogSettings | None = None


GROUPS = {"FEATURE_STORE": FeatureStoreSettings, "PAYLOAD_LOG": PayloadLogSettings}


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings; an empty variable counts as not set."""
    given = {
        name.removeprefix(PREFIX): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and value != ""
    }
    for group, settings in GROUPS.items():
        members = _members(given, group, settings)
        if members:
            given[group] = members
    unknown = sorted(given.keys() - _names(Settings))
    for group, settings in GROUPS.items():
        unknown += [f"{group}_{name}" for name in sorted(given.get(group, {}).keys() - _names(settings))]
    if unknown:
        names = ", ".join(PREFIX + name for name in unknown)
        raise StartError("unknown_setting", f"unknown setting {names}; see the list of settings")
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise StartError("invalid_setting", _with_variables(str(error))) from None
    problems = missing_marker.problems(settings.missing_marker)
    problems += _same_ports(settings)
    if settings.feature_store:
        problems += feature_store.problems(settings.feature_store, settings.response_timeout)
    if settings.payload_log:
        problems += payload_log.problems(settings.payload_log)
    if problems:
        raise StartError("invalid_setting", "; ".join(problems))
    return settings


def _same_ports(settings: Settings) -> list[str]:
    ports = {
        "GRPC_PORT": settings.grpc_port,
        "MANAGEMENT_PORT": settings.management_port,
        "PORT": settings.port,
    }
    return [
        f"{PREFIX}{name} and {PREFIX}{other} are both {ports[name]}: each needs a port of its own"
        for name, other in itertools.combinations(ports, 2)
        if ports[name] and ports[name] == ports[other]
    ]


def _names(settings: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(settings)}


def _members(given: dict[str, str], group: str, settings: type[msgspec.Struct]) -> dict[str, object]:
    """Take the variables of a group out of the given ones; lists and mappings are written as JSON."""
    written_as_json = {
        field.encode_name
        for field in msgspec.structs.fields(settings)
        if get_origin(get_args(field.type)[0]) in (list, dict)
    }
    members = {}
    for name in [name for name in given if name.startswith(f"{group}_")]:
        value = given.pop(name)
        member = name.removeprefix(f"{group}_")
        try:
            members[member] = msgspec.json.decode(value) if member in written_as_json else value
        except msgspec.DecodeError as error:
            raise StartError("invalid_setting", f"{PREFIX}{name} is no JSON: {error}") from None
    return members


def _with_variables(message: str) -> str:
    """Name variables where msgspec names fields of a group."""
    missing = re.fullmatch(r"Object missing required field `(\w+)` - at `\$\.(\w+)`", message)
    if missing:
        return f"{PREFIX}{missing[2]}_{missing[1]} is not set"
    for group in GROUPS:
        message = message.replace(f"$.{group}.", f"{PREFIX}{group}_")
    return f"{PREFIX}*: {message}"
