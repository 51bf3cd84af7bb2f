"""Who runs where: the server that is measured on one core, whatever loads it on another one.

Otherwise the system moves both back and forth, and a tail latency says which one had to wait for the other.
"""

import os

_ALL = sorted(os.sched_getaffinity(0))
SERVER, LOAD = {_ALL[0]}, {_ALL[-1]}


def for_server() -> None:
    """Called in a process that is about to become a server; those that it starts inherit it."""
    os.sched_setaffinity(0, SERVER)


def for_load() -> None:
    """Called in a process that is about to become a generator."""
    os.sched_setaffinity(0, LOAD)
