"""What an object may be called, in whatever store it is."""

import re

from model_fetcher.errors import UriError

MAX_KEY_LENGTH = 200


def check_key(key: str, form: str) -> None:
    """Refuse keys that the library would ask for under another name, or not at all."""
    if not key or key.endswith("/"):
        raise UriError(f"names no object; it must look like {form}")
    remedy = "; copy the object to a key without"
    parts = key.split("/")
    if "" in parts:
        where = "begins with a slash" if key.startswith("/") else "holds two slashes side by side"
        raise UriError(f"names the key {key[:MAX_KEY_LENGTH]!r}, which {where}{remedy}")
    for part in parts:
        if part in (".", ".."):
            raise UriError(f"names the key {key[:MAX_KEY_LENGTH]!r}, one part of which is {part!r}{remedy}")
    if re.search(r"[\x00-\x1f\x7f]", key):
        raise UriError(f"names the key {key[:MAX_KEY_LENGTH]!r}, which holds a control character{remedy}")
