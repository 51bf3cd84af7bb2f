"""How the process gets memory from the system, and what it keeps of it."""

import ctypes

# Of mallopt, in malloc.h.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
# What is freed is kept for the next request up to the first; single pieces up to the second come out of that.
KEPT = 16 * 1024 * 1024
MAX_PIECE_BYTES = 8 * 1024 * 1024


def keep_some() -> None:
    """Keep what a large request has needed for the next one.

    The C library would give it back to the system at once, and then take it anew, page by page: a third of
    the processor time of a large request.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(TRIM_THRESHOLD, KEPT)
        mallopt(MMAP_THRESHOLD, MAX_PIECE_BYTES)
