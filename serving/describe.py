"""Fill in the generated parts of the docs from where the facts are. `--check` only compares."""

import json
import re
import statistics
import sys
from pathlib import Path

import msgspec
from msgspec import NODEFAULT

import model_fetcher.settings
import model_server.settings
from model_server import errors
from model_server.errors import Kind
from model_server.feature_store.failures import CODES
from model_server.models.xgboost.trees import TRANSFORMS
from model_server.settings import feature_store, payload_log
from model_server.settings.credentials import Credentials
from model_server.web import management, refusals
from model_server.web.openapi import REFUSALS
from model_server.web.statuses import STATUSES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
RESULTS = ROOT / "bench" / "serving" / "results"
COMMON = frozenset(Credentials.__struct_fields__)
PAYLOADS = ROOT / "bench" / "payloads" / "results" / "payloads.json"


def settings_table(settings: type[msgspec.Struct], prefix: str) -> str:
    """Every setting with its default and meaning."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    # What groups have in common stands at the end of each.
    fields = sorted(msgspec.structs.fields(settings), key=lambda field: field.name in COMMON)
    for field in fields:
        if field.encode_name in model_server.settings.GROUPS:
            continue
        (schema,), _ = msgspec.json.schema_components([field.type])
        if field.required:
            default = "required"
        else:
            value = field.default_factory() if field.default is NODEFAULT else field.default
            default = f"`{json.dumps(value)}`" if value not in ("", [], {}) else "empty"
        meaning = schema["description"]
        if "enum" in schema:
            meaning += f" One of {', '.join(f'`{value}`' for value in schema['enum'])}."
        lines.append(f"| `{prefix}{field.encode_name}` | {default} | {meaning} |")
    return "\n".join(lines)


def refusals_table(refusals: dict[str, str]) -> str:
    """Every status that refuses."""
    lines = ["| status | when |", "|---|---|"]
    return "\n".join([*lines, *(f"| {status} | {text} |" for status, text in refusals.items())])


def codes_table(codes: dict[str, tuple[Kind, str]]) -> str:
    """Every code of a failure, its status and what it says."""
    lines = ["| code | status | when |", "|---|---|---|"]
    return "\n".join(
        [*lines, *(f"| `{code}` | {STATUSES[kind].value} | {text} |" for code, (kind, text) in codes.items())]
    )


def engines_table() -> str:
    """The measurements that chose the engine."""
    document = json.loads((RESULTS / "engines.json").read_text())
    lines = [
        f"| engine | one row | 1000 rows | of {document['rows_compared']} rows, other than XGBoost "
        "| largest difference |",
        "|---|---|---|---|---|",
    ]
    for name, result in document["engines"].items():
        lines.append(
            f"| {name} | {result['one_row_us']:.1f} µs | {result['thousand_rows_us'] / 1000:.2f} ms "
            f"| {result['rows_that_differ']} | {result['largest_difference']:.1e} |"
        )
    return "\n".join(lines)


def payloads_table() -> str:
    """What logging payloads costs."""
    document = json.loads(PAYLOADS.read_text())
    rounds, cores = document["rounds"], document["machine"]["cores"]
    lines = [
        f"Medians (and the least) of {len(rounds)} interleaved rounds on {cores} cores, one row per request: "
        f"processor time at {document['rate']:g} requests per second, and what is lost at as many as the "
        "server answers.",
        "",
        "| payloads | share | CPU per request | most requests/s | payloads lost then |",
        "|---|---|---|---|---|",
    ]
    for name in rounds[0]:
        if name == "against":
            continue
        sink, _, sample = name.partition(" ")
        results = [result[name] for result in rounds]
        cpu = [result["steady"]["cpu_us"] for result in results]
        most = statistics.median(result["most_per_second"] for result in results)
        logged = [
            {what: result[what] - result["steady"][what] for what in ("sent", "dropped")}
            for result in results
        ]
        lost = [counts["dropped"] / (sum(counts.values()) or 1) for counts in logged]
        lines.append(
            f"| {sink} | {sample or 'none'} | {statistics.median(cpu):.0f} µs ({min(cpu):.0f}) | {most:.0f} "
            f"| {statistics.median(lost):.0%} |"
        )
    return "\n".join(lines)


def _setting(settings: type[msgspec.Struct], prefix: str, name: str) -> str:
    """A setting with its default."""
    (field,) = (field for field in msgspec.structs.fields(settings) if field.encode_name == name)
    return f"{_amount(name, field.default)} (`{prefix}{name}`)"


def _amount(name: str, value: float) -> str:
    if name.endswith("BYTES"):
        return f"{value / 1024**2:g} MiB" if value >= 1024**2 else f"{value / 1024:g} KiB"
    return f"{value:g} s" if name.endswith(("TIMEOUT", "SECONDS")) else f"{value:,}"


def limits() -> list[tuple[str, str, str]]:
    """What is limited, the limit, and the test that shows it, as `file::function`."""

    def server(name: str) -> str:
        return _setting(model_server.settings.Settings, model_server.settings.PREFIX, name)

    def store(name: str) -> str:
        return _setting(feature_store.FeatureStoreSettings, feature_store.PREFIX, name)

    def payloads(name: str) -> str:
        return _setting(payload_log.PayloadLogSettings, payload_log.PREFIX, name)

    def fetcher(name: str) -> str:
        return _setting(model_fetcher.settings.Settings, model_fetcher.settings.PREFIX, name)

    echoes = (
        f"{errors.MAX_ECHO_LENGTH} characters of a name or value, {errors.MAX_MESSAGE_LENGTH} of a message"
    )
    return [
        ("A body", server("MAX_BODY_BYTES"), "test_bounds.py::test_the_largest_body"),
        (
            "All bodies that are being received",
            server("MAX_BUFFERED_BYTES"),
            "test_limits.py::test_bodies_in_transit_share_a_budget",
        ),
        ("A header", _amount("BYTES", refusals.MAX_HEADER_BYTES), "test_limits.py::test_endless_header"),
        ("Rows of a request", server("MAX_ROWS"), "test_limits.py::test_too_many_rows"),
        (
            "Requests that wait for each other",
            server("MAX_CONCURRENCY"),
            "test_limits.py::test_surplus_requests_are_refused_and_the_others_served",
        ),
        (
            "Connections",
            server("MAX_CONNECTIONS"),
            "test_limits.py::test_idle_connections_give_way_to_new_ones",
        ),
        (
            "Connections of the management port",
            f"{management.CONNECTIONS}",
            "test_management.py::test_held_connections_give_way",
        ),
        (
            "Time for a header",
            server("HEADER_TIMEOUT"),
            "test_limits.py::test_unfinished_requests_are_ended",
        ),
        ("Time for a body", server("BODY_TIMEOUT"), "test_limits.py::test_unfinished_requests_are_ended"),
        (
            "Time to take an answer",
            server("RESPONSE_TIMEOUT"),
            "test_limits.py::test_a_client_that_takes_no_responses_is_given_up",
        ),
        (
            "Time of an idle connection",
            server("KEEP_ALIVE_TIMEOUT"),
            "test_limits.py::test_idle_connections_are_closed",
        ),
        (
            "What a refusal repeats",
            echoes,
            "test_bounds.py::test_bodies_are_not_repeated",
        ),
        (
            "Questions to the feature store at a time",
            store("MAX_CALLS"),
            "feature_store/test_failures.py::test_who_needs_no_store_does_not_wait_for_those_who_do",
        ),
        (
            "Time of the feature store",
            store("TIMEOUT"),
            "feature_store/test_failures.py::test_feast_stops_answering",
        ),
        (
            "Payloads that wait for the sink",
            payloads("QUEUE_BYTES"),
            "payload_log/test_failures.py::test_queue_is_bounded_in_bytes",
        ),
        (
            "A download",
            fetcher("MAX_BYTES"),
            "fetcher/test_web.py::test_a_size_that_was_not_announced_is_refused_too",
        ),
        (
            "Time of a download",
            fetcher("TIMEOUT_SECONDS"),
            "fetcher/test_web.py::test_time_is_limited_however_busy_the_connection",
        ),
        (
            "Attempts of a download",
            fetcher("ATTEMPTS"),
            "fetcher/test_web.py::test_the_attempts_are_bounded",
        ),
    ]


def limits_table() -> str:
    """Every limit with its value and the test that shows it, which must be there."""
    lines = ["| what | at most | shown by |", "|---|---|---|"]
    for what, value, test in limits():
        file, _, function = test.partition("::")
        if f"def {function}(" not in (ROOT / "serving" / "tests" / file).read_text():
            raise SystemExit(f"serving/tests/{file} has no {function}, which docs/security.md names")
        lines.append(f"| {what} | {value} | [`{function}`](../serving/tests/{file}) |")
    return "\n".join(lines)


def objectives_list() -> str:
    """What the evaluator claims."""
    return ", ".join(f"`{objective}`" for objective in TRANSFORMS) + "."


def comparison() -> str:
    """The report of the benchmark."""
    return (RESULTS / "serving.md").read_text().strip()


PAGES = {
    "serving.md": {
        "settings": lambda: settings_table(model_server.settings.Settings, model_server.settings.PREFIX),
        "refusals": lambda: refusals_table(REFUSALS),
        "engines": engines_table,
        "objectives": objectives_list,
        "comparison": comparison,
    },
    "model-sources.md": {
        "settings": lambda: settings_table(model_fetcher.settings.Settings, model_fetcher.settings.PREFIX)
    },
    "feature-store.md": {
        "settings": lambda: settings_table(feature_store.FeatureStoreSettings, feature_store.PREFIX),
        "codes": lambda: codes_table(CODES),
    },
    "security.md": {"limits": limits_table},
    "payload-logging.md": {
        "settings": lambda: settings_table(payload_log.PayloadLogSettings, payload_log.PREFIX),
        "cost": payloads_table,
    },
}


def filled(name: str, page: str) -> str:
    """The page with each part between its markers renewed."""
    for part, make in PAGES[name].items():
        pattern = re.compile(rf"(<!-- begin {part}: [^\n]*-->\n).*?(<!-- end {part} -->)", re.DOTALL)
        page, found = pattern.subn(lambda match, make=make: f"{match[1]}\n{make()}\n\n{match[2]}", page)
        if found != 1:
            raise SystemExit(f"docs/{name} has {found} parts {part}, not one")
    return page


def main() -> None:
    """Write the pages, or compare."""
    for name in PAGES:
        page = (DOCS / name).read_text()
        new = filled(name, page)
        if "--check" not in sys.argv:
            (DOCS / name).write_text(new)
        elif new != page:
            raise SystemExit(f"docs/{name} is out of date; run python3 serving/describe.py")


if __name__ == "__main__":
    main()
