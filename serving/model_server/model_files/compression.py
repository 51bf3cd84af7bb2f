"""How pickles begin, and what undoes joblib's compression of them."""

import bz2
import gzip
import json
import lzma
import re
import zlib
from pathlib import Path

from model_server.errors import StartError
from model_server.model_files import lz4_frames

TABLE = json.loads(Path(__file__).with_name("foreign_formats.json").read_text())
STARTS = tuple(bytes.fromhex(each["start"]) for each in TABLE["pickles"])
COMPRESSED = {
    bytes.fromhex(each["start"]): each["name"] for each in TABLE["pickles"] if "pickle" not in each["name"]
}
# A pickle of protocol 2 and later.
PICKLE_START = b"\x80"
# Of protocol 0 and 1, which are text: a name, or a list, tuple or dictionary to be filled.
OLD_PICKLE = re.compile(TABLE["oldPickle"].encode())


def is_plain_pickle(content: bytes) -> bool:
    """Whether it begins as a pickle that is not compressed."""
    return content.startswith(PICKLE_START) or OLD_PICKLE.match(content) is not None


def name_of(content: bytes) -> str:
    """Of the compression; empty if there is none."""
    return next((name for start, name in COMPRESSED.items() if content.startswith(start)), "")


def start_of(content: bytes, max_bytes: int) -> bytes | None:
    """So much of what is compressed; None if nothing is, or it is damaged."""
    name = name_of(content)
    try:
        return _decompressed(name, content, max_bytes)[:max_bytes] if name else None
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return None


def decompressed(content: bytes) -> bytes:
    """Undo joblib's compression, if there is any."""
    name = name_of(content)
    if not name:
        return content
    try:
        return _decompressed(name, content, None)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise StartError("unreadable_model", f"what {name} has compressed is damaged: {error}") from None


def _decompressed(name: str, content: bytes, max_bytes: int | None) -> bytes:
    if name == "lz4":
        return lz4_frames.decompress(content, max_bytes)
    if name in ("bzip2", "xz", "lzma"):
        module = bz2 if name == "bzip2" else lzma
        if max_bytes is None:
            return module.decompress(content)
        return (bz2.BZ2Decompressor() if name == "bzip2" else lzma.LZMADecompressor()).decompress(
            content, max_bytes
        )
    # Of gzip or zlib, by its header.
    if max_bytes is None:
        return gzip.decompress(content) if name == "gzip" else zlib.decompress(content)
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content, max_bytes)
