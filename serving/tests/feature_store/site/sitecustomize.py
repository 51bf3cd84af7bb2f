"""Read by the Python that runs Feast, before Feast.

Since Python 3.12 two threads that execute the same SQL on one connection of `sqlite3` share a prepared
statement, and get rows of each other. Feast's SQLite store has one connection for all its threads.
"""

import sqlite3
from functools import partial

sqlite3.connect = partial(sqlite3.connect, cached_statements=0)
