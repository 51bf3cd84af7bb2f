#!/usr/bin/env bash
# Seen: Python 3.12.1 and 3.13.0 (SQLite 3.40.1) give threads that share a connection of `sqlite3`, each with a
# cursor of its own and the same SQL, rows of other threads or too few of them, although `sqlite3.threadsafety` is 3,
# which says that connections and cursors may be shared. Python 3.11.7 gives each thread its own rows.
# With `cached_statements=0` all is well: it is the prepared statement that two threads are handed at a time.
# Where it hurts: Feast 0.67.0 keeps one connection for all threads of its feature server (SQLite online store), so
# that of concurrent requests some are told that an entity does not exist which does.
# The output that was seen, with other numbers each time:
#   3.11.7 shared statements: 0 of 24000 answers wrong
#   3.13.0 shared statements: 250 of 24000 answers wrong
#   3.13.0 cached_statements=0: 0 of 24000 answers wrong
# Fails if the Python that runs it, 3.12 or later, gives no wrong answer, or some without the cache.
# Nothing has to be installed. PYTHON=/path/to/python3.13 chooses the Python.
set -euo pipefail

PYTHON=${PYTHON:-python3}
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || {
  echo "needs Python 3.12 or later: PYTHON=/path/to/python3.13 $0" >&2
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.py" <<'END'
import sqlite3, sys, threading

THREADS, TURNS, ROWS = 8, 3000, 13
assert sqlite3.threadsafety == 3, sqlite3.threadsafety
# Only so that it takes seconds and not minutes.
sys.setswitchinterval(1e-5)


def wrong_answers(**options) -> int:
    connection = sqlite3.connect(":memory:", check_same_thread=False, **options)
    connection.execute("create table numbers (owner integer, number integer)")
    pairs = [(owner, number) for owner in range(100) for number in range(ROWS)]
    connection.executemany("insert into numbers values (?, ?)", pairs)
    connection.commit()
    wrong = []

    def ask(owner: int) -> None:
        for _ in range(TURNS):
            try:
                cursor = connection.cursor()
                cursor.execute("select owner, number from numbers where owner in (?) order by number", [owner])
                rows = cursor.fetchall()
            except sqlite3.Error as error:
                rows = [error]
            if rows != [(owner, number) for number in range(ROWS)]:
                wrong.append(rows)

    threads = [threading.Thread(target=ask, args=(owner,)) for owner in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(wrong)


version = sys.version.split()[0]
shared, own = wrong_answers(), wrong_answers(cached_statements=0)
print(f"{version} shared statements: {shared} of {THREADS * TURNS} answers wrong")
print(f"{version} cached_statements=0: {own} of {THREADS * TURNS} answers wrong")
sys.exit(shared == 0 or own > 0)
END
"$PYTHON" "$folder/ask.py"
