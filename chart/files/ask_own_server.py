"""Sends golden requests to a server of any kind and compares the answers.

Runs in images of others, whose Python may be as old as 3.8.
"""

import http.client
import json
import math
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

question = json.loads(sys.argv[1])
server = urlsplit(question["url"])
end = time.monotonic() + question["seconds"]


def ask(method, path, body=None):
    """Status and text of an answer; ends when there is none in time."""
    while True:
        left = max(end - time.monotonic(), 0.1)
        connection = http.client.HTTPConnection(server.hostname, server.port, timeout=left)
        try:
            connection.request(method, path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, ConnectionRefusedError):
                found = f"nothing listens on port {server.port} of {server.hostname}"
            else:
                found = f"{method} {path} got no answer: {error or type(error).__name__}"
            # What enforces network policies lets a new pod through only some moments after it has started.
            if not question["waits"] or time.monotonic() >= end:
                sys.exit(found)
            time.sleep(0.5)
        finally:
            connection.close()


def distance(expected, found):
    """How far apart two predictions are; a prediction is a number, a list of numbers or a label."""
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return max(map(distance, expected, found), default=0)
    if isinstance(expected, (bool, str)) and type(expected) is type(found) and expected == found:
        return 0
    numbers = (expected, found)
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in numbers):
        return math.inf
    return abs(expected - found)


def predicted(text):
    """What stands in the answer where the prediction is."""
    try:
        value = json.loads(text)
    except ValueError:
        sys.exit(f"{question['path']} did not answer with JSON: {text[:500]}")
    for key in question["answer"].split("."):
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, TypeError, ValueError):
            sys.exit(f"the answer of {question['path']} has no {question['answer']}: {text[:500]}")
    return value


def check_golden_requests(golden):
    tolerance = golden.get("tolerance", 1e-6)
    rows = list(zip(golden["features"], golden["predictions"]))  # noqa: B905
    for number, (features, expected) in enumerate(rows):
        body = question["body"].replace("$features", json.dumps(features))
        body = body.replace("$count", str(len(features)))
        status, text = ask("POST", question["path"], body)
        if not 200 <= status < 300:
            sys.exit(f"golden request {number}: {question['path']} answered {status}: {text[:500]}")
        found = predicted(text)
        if not distance(expected, found) <= tolerance:
            sys.exit(f"golden request {number}: the prediction is {found}, expected {expected}")
    print(f"{len(rows)} golden requests answered as expected")


if question["golden"]:
    check_golden_requests(json.loads(Path(question["golden"]).read_text()))
else:
    status, text = ask("GET", question["health"] or "/")
    if question["health"] and status != 200:
        sys.exit(f"{question['health']} answered {status}: {text[:500]}")
    print("the server answers; no golden requests travel with this model")
