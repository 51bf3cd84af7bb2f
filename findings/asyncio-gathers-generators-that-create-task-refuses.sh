#!/usr/bin/env bash
# asyncio of Python 3.12 and later refuses `types.coroutine` objects as tasks, and awaits them everywhere else.
# Versions: Python 3.13.0 and 3.12.1, beside 3.11.7; the standard library only.
# Seen: 3.11: all seven ways give 7; 3.13: await, gather, wait_for, shield, ensure_future give 7; create_task
#   TypeError, asyncio.run ValueError, both "a coroutine was expected, got <generator object ...>"
#
# `types.coroutine` is not deprecated, unlike `asyncio.coroutine` once was. `asyncio.iscoroutine` says False for its
# objects since 3.12; gather, wait_for and the like wrap what is awaitable into a coroutine, create_task and run do not.
# So code that works with gather fails when it is rewritten with create_task. What helps is `asyncio.ensure_future`, or
# an `async def` that awaits the object.
# Fails if that changes: 3.11 refusing one, a newer Python taking both or refusing another.
set -euo pipefail

PYTHON=${PYTHON:-python3}
PYTHON311=${PYTHON311:-python3.11}
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 12))' &&
  "$PYTHON311" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || {
  echo "needs Python 3.12 or later, and 3.11: PYTHON=python3.13 PYTHON311=python3.11 $0" >&2
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.py" <<'PYTHON'
import asyncio, sys, types


@types.coroutine
def seven():
    yield
    return 7


async def plainly():
    return await seven()


async def first(awaitable):
    return (await awaitable)[0]


ways = {
    "await": lambda: plainly(),
    "gather": lambda: first(asyncio.gather(seven())),
    "wait_for": lambda: asyncio.wait_for(seven(), 60),
    "shield": lambda: asyncio.shield(seven()),
    "ensure_future": lambda: asyncio.ensure_future(seven()),
    "create_task": lambda: asyncio.create_task(seven()),
}


async def ask(way):
    return await way()


def result(call):
    try:
        return str(call())
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__} {error}".split(", got")[0]


got = {name: result(lambda way=way: asyncio.run(ask(way))) for name, way in ways.items()}
got["run"] = result(lambda: asyncio.run(seven()))
print(f"{sys.version.split()[0]}: {', '.join(f'{name} {answer}' for name, answer in got.items())}")
expected = dict.fromkeys(got, "7")
if sys.version_info >= (3, 12):
    expected["create_task"] = "TypeError a coroutine was expected"
    expected["run"] = "ValueError a coroutine was expected"
sys.exit(got != expected)
PYTHON
"$PYTHON311" -W ignore "$folder/ask.py"
"$PYTHON" -W ignore "$folder/ask.py"
