"""Decompresses lz4's frames, as joblib writes them, without the package of that name.

https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
"""

MAGIC = b"\x04\x22\x4d\x18"
# Flags of the frame: what its header holds, and what follows each block.
CONTENT_SIZE, BLOCK_CHECKSUM, DICTIONARY = 0x08, 0x10, 0x01
PLAIN_BLOCK = 0x80000000
# The shortest repetition, and what says that a length goes on in the next byte.
SHORTEST, MORE = 4, 255


def decompress(content: bytes, max_bytes: int | None = None) -> bytes:
    """The content of a frame, or at least so much of it. Raises ValueError for what is damaged."""
    if not content.startswith(MAGIC) or len(content) < 7:
        raise ValueError("no lz4 frame")
    flags = content[4]
    if flags & DICTIONARY:
        raise ValueError("the lz4 frame needs a dictionary")
    at = 7 + (8 if flags & CONTENT_SIZE else 0)
    out = bytearray()
    while max_bytes is None or len(out) < max_bytes:
        size = int.from_bytes(content[at : at + 4], "little")
        if len(content) < at + 4:
            raise ValueError("the lz4 frame ends too soon")
        at += 4
        if size == 0:
            break
        length = size & ~PLAIN_BLOCK
        block = content[at : at + length]
        if len(block) != length:
            raise ValueError("the lz4 frame ends too soon")
        if size & PLAIN_BLOCK:
            out += block
        else:
            _append(block, out)
        at += length + (4 if flags & BLOCK_CHECKSUM else 0)
    return bytes(out)


def _append(block: bytes, out: bytearray) -> None:
    """Bytes as they are, and repetitions of what is already there, in turn."""
    at, end = 0, len(block)
    try:
        while at < end:
            token = block[at]
            length, at = _length(token >> 4, block, at + 1)
            if at + length > end:
                raise ValueError("a block of the lz4 frame is damaged")
            out += block[at : at + length]
            at += length
            if at == end:
                return
            offset = block[at] | block[at + 1] << 8
            length, at = _length(token & 15, block, at + 2)
            length += SHORTEST
            start = len(out) - offset
            if offset == 0 or start < 0:
                raise ValueError("a block of the lz4 frame is damaged")
            if offset >= length:
                out += out[start : start + length]
            else:
                piece = bytes(out[start:])
                out += (piece * (length // offset + 1))[:length]
    except IndexError:
        raise ValueError("a block of the lz4 frame is damaged") from None


def _length(length: int, block: bytes, at: int) -> tuple[int, int]:
    if length == 15:
        while True:
            more = block[at]
            at += 1
            length += more
            if more != MORE:
                break
    return length, at
