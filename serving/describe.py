"""Fill in the generated parts of docs/serving.md from where the facts are. `--check` only compares."""

import json
import re
import sys
from pathlib import Path

import msgspec

from model_server.openapi import REFUSALS
from model_server.settings import PREFIX, Settings
from model_server.trees import TRANSFORMS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "serving.md"
RESULTS = ROOT / "bench" / "serving" / "results"


def settings_table() -> str:
    """Every setting with its default and meaning."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for field in msgspec.structs.fields(Settings):
        (schema,), _ = msgspec.json.schema_components([field.type])
        default = f"`{json.dumps(field.default)}`" if field.default != "" else "empty"
        meaning = schema["description"]
        if "enum" in schema:
            meaning += f" One of {', '.join(f'`{value}`' for value in schema['enum'])}."
        lines.append(f"| `{PREFIX}{field.encode_name}` | {default} | {meaning} |")
    return "\n".join(lines)


def refusals_table() -> str:
    """Every status that refuses."""
    lines = ["| status | when |", "|---|---|"]
    return "\n".join([*lines, *(f"| {status} | {text} |" for status, text in REFUSALS.items())])


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


def objectives_list() -> str:
    """What the evaluator claims."""
    return ", ".join(f"`{objective}`" for objective in TRANSFORMS) + "."


def comparison() -> str:
    """The report of the benchmark."""
    return (RESULTS / "serving.md").read_text().strip()


PARTS = {
    "settings": settings_table,
    "refusals": refusals_table,
    "engines": engines_table,
    "objectives": objectives_list,
    "comparison": comparison,
}


def filled(page: str) -> str:
    """The page with each part between its markers renewed."""
    for name, make in PARTS.items():
        pattern = re.compile(rf"(<!-- begin {name}: [^\n]*-->\n).*?(<!-- end {name} -->)", re.DOTALL)
        page, found = pattern.subn(lambda match, make=make: f"{match[1]}\n{make()}\n\n{match[2]}", page)
        if found != 1:
            raise SystemExit(f"{PAGE} has {found} parts {name}, not one")
    return page


def main() -> None:
    """Write the page, or compare."""
    page = PAGE.read_text()
    new = filled(page)
    if "--check" not in sys.argv:
        PAGE.write_text(new)
    elif new != page:
        raise SystemExit(f"{PAGE} is out of date; run python3 serving/describe.py")


if __name__ == "__main__":
    main()
