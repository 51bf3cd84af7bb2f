"""Names as messages tell them, and those that a client may have meant."""

import difflib
import json
from collections.abc import Sequence

from model_server.errors import MAX_ECHO_LENGTH, shown

# How many are told, and how many are compared with one that is not known.
SHOWN = 10
MAX_COMPARED = 1000


def nearest(name: str, known: Sequence[object]) -> str:
    """The known name that looks most like it, or none."""
    if len(name) > MAX_ECHO_LENGTH:
        return ""
    texts = [each for each in known[:MAX_COMPARED] if isinstance(each, str)]
    found = difflib.get_close_matches(name, texts, 1) or [
        each for each in texts if each.casefold() == name.casefold()
    ]
    return found[0] if found else ""


def listed(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def quoted(name: str) -> str:
    """A name that a client may have made up."""
    return json.dumps(shown(name), ensure_ascii=False)


def member(name: str) -> str:
    """A name behind the place of a row."""
    short = name[:MAX_ECHO_LENGTH]
    return f".{short}" if short.isidentifier() else f"[{json.dumps(short, ensure_ascii=False)}]"
