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
from model_server.credentials import Credentials
from model_server.feature_store import settings as feature_store
from model_server.feature_store.failures import CODES
from model_server.openapi import REFUSALS
from model_server.payload_log import settings as payload_log
from model_server.trees import TRANSFORMS

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


def codes_table(codes: dict[str, tuple[int, str]]) -> str:
    """Every code of a failure, its status and what it says."""
    lines = ["| code | status | when |", "|---|---|---|"]
    return "\n".join(
        [*lines, *(f"| `{code}` | {status} | {text} |" for code, (status, text) in codes.items())]
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
