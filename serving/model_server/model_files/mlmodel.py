"""Folders that MLflow has saved: what their file `MLmodel` says of the model and of its columns.

The file is YAML as PyYAML's `safe_dump` writes it, of which mappings, lists and scalars in blocks are all
that MLflow needs: those are read here, as a server of such a model has no other use for a
YAML library.
https://mlflow.org/docs/latest/ml/model/#model-signature-and-input-example
"""

import json
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_server.errors import StartError
from model_server.rows.columns import Column, Columns, Kind

FILE = "MLmodel"
# By flavor, the key with the name of the model's file; the first that is there is taken.
FLAVORS = {
    "xgboost": "data",
    "lightgbm": "data",
    "catboost": "data",
    "onnx": "data",
    "sklearn": "pickled_model",
}
KINDS: dict[str, Kind] = {
    "long": "integer",
    "integer": "integer",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
    "string": "text",
}
ENTRY = re.compile(r"( *)(- )?(?:([A-Za-z_][\w.-]*):(?: |$))?(.*)")
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "f": "\f",
    "v": "\v",
}


@dataclass(frozen=True)
class SavedModel:
    """What MLflow has saved."""

    # The flavor that a library of the server reads, and its file; None if there is only the one of Python.
    flavor: str | None
    path: Path | None
    # Of the signature, if it is one of columns.
    columns: Columns | None
    # Types that whoever saved it trusts in a file of skops.
    trusted_types: tuple[str, ...] = ()


def read(path: Path) -> SavedModel:
    """Read the file `MLmodel`. Raises StartError for one that is damaged, or names no file."""
    try:
        document = parsed(path.read_text(encoding="utf-8"))
        flavors = document["flavors"]
        flavor = next((name for name in FLAVORS if name in flavors), None)
        columns = _columns(document.get("signature") or {})
        found = flavors[flavor] if flavor else {}
        name = found[FLAVORS[flavor]] if flavor else None
        trusted = tuple(found.get("skops_trusted_types") or ())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StartError(
            "unreadable_model", f"{path} is not as MLflow writes it ({error!r}): save the model again"
        ) from None
    if name is None:
        return SavedModel(None, None, columns)
    file = path.parent / name
    # A folder of several files, as one of ONNX with its weights outside, is for MLflow itself.
    if not file.resolve().is_relative_to(path.parent.resolve()) or not file.is_file():
        raise StartError("no_model", f"{path} names {name}, and there is no such file beside it")
    return SavedModel(flavor, file, columns, trusted)


def _columns(signature: dict[str, Any]) -> Columns | None:
    given = json.loads(signature.get("inputs") or "[]")
    # Tensors have no columns, or one name for many.
    if not given or any(each.get("type") == "tensor" or "name" not in each for each in given):
        return None
    return Columns(
        [
            Column(
                each["name"],
                KINDS.get(each["type"], "any") if isinstance(each["type"], str) else "any",
                is_optional=each.get("required") is False,
            )
            for each in given
        ]
    )


def parsed(text: str) -> dict[str, Any]:
    """The document. Raises ValueError for what is no mapping of such blocks."""
    # Not by `splitlines`, which knows more ends of lines than YAML.
    lines = deque(line for line in text.split("\n") if not line.startswith(("#", "---")))
    found = _block(lines, 0)
    _skip_empty(lines)
    if lines or not isinstance(found, dict):
        raise ValueError(f"unexpected line {lines[0][:50]!r}" if lines else "no mapping")
    return found


def _block(lines: deque[str], indent: int) -> Any:
    """What stands at one indentation: a mapping or a list."""
    mapping: dict[str, Any] = {}
    items: list[Any] = []
    while _skip_empty(lines):
        spaces, dash, key, rest = ENTRY.fullmatch(lines[0]).groups()
        if len(spaces) != indent or (dash is None and key is None):
            break
        if dash:
            # `- name: value` begins a mapping that is indented by the dash.
            if key is not None:
                lines[0] = f"{spaces}  {key}: {rest}".rstrip()
                items.append(_block(lines, indent + 2))
                continue
            lines.popleft()
            items.append(_scalar(rest, lines, indent))
            continue
        if items:
            break
        lines.popleft()
        mapping[key] = _scalar(rest, lines, indent) if rest else _nested(lines, indent)
    return items or mapping


def _nested(lines: deque[str], indent: int) -> Any:
    """What follows a key on lines of its own; a list may begin where the key does."""
    if not _skip_empty(lines):
        return None
    spaces, dash, _, _ = ENTRY.fullmatch(lines[0]).groups()
    if len(spaces) > indent or (dash and len(spaces) == indent):
        return _block(lines, len(spaces))
    return None


def _scalar(text: str, lines: deque[str], indent: int) -> Any:
    """A value, with the lines that it goes on in: those are indented further."""
    quote = text[:1] if text[:1] in ("'", '"') else ""
    while lines and (_is_open(text, quote) if quote else _indent(lines[0]) > indent):
        # Lines are joined by a blank, or by as many breaks as there are empty ones between them.
        breaks = _count_empty(lines)
        following = lines.popleft().lstrip() if lines else quote
        if quote == '"' and _ends_escaped(text):
            text = text[:-1] + following
        else:
            text += ("\n" * breaks or " ") + following
    if quote == "'":
        return text[1:-1].replace("''", "'")
    if quote == '"':
        return ESCAPE.sub(_unescaped, text[1:-1])
    if text in ("{}", "[]"):
        return {} if text == "{}" else []
    if text in ("null", "~", ""):
        return None
    return {"true": True, "false": False}.get(text, int(text) if re.fullmatch(r"-?\d+", text) else text)


def _is_open(text: str, quote: str) -> bool:
    if quote == "'":
        return text.count("'") % 2 == 1
    return len(text) == 1 or not re.fullmatch(r'"(?:[^"\\]|\\.)*"', text, re.DOTALL)


def _ends_escaped(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        return chr(int(code[1:], 16))
    return ESCAPES.get(code, code)


def _count_empty(lines: deque[str]) -> int:
    count = 0
    while lines and not lines[0].strip():
        lines.popleft()
        count += 1
    return count


def _skip_empty(lines: deque[str]) -> bool:
    """Whether there are lines behind empty ones."""
    _count_empty(lines)
    return bool(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
