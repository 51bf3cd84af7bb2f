"""Asks a deployed model who it is, then sends it the golden requests that travel with it."""

import json
import math
import os
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

URL = os.environ["URL"]
MODEL_NAME = os.environ["MODEL_NAME"]
EXPECTED = {
    "x-model-name": MODEL_NAME,
    "x-model-version": os.environ["MODEL_VERSION"],
    "x-model-sha256": os.environ["MODEL_SHA256"],
}
TIMEOUT_SECONDS = float(os.environ["TIMEOUT_SECONDS"])
PAUSE_SECONDS = 0.5


class RefusedError(Exception):
    """The server does not take the request."""


def ask(path, body=None):
    """The answer and its headers; ends the test when there is none in time.

    What enforces network policies lets a new pod through only some moments after it has started.
    """
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"content-type": "application/json"})
    end = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                return json.load(response), response.headers
        except urllib.error.HTTPError as error:
            found = f"{path} answered {error.code}: {error.read().decode(errors='replace')[:500]}"
            if error.code == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise RefusedError(found) from None
            sys.exit(found)
        except ValueError as error:
            sys.exit(f"{path} did not answer with JSON: {error}")
        except OSError as error:
            if time.monotonic() >= end:
                sys.exit(f"{path} did not answer: {error}")
            time.sleep(PAUSE_SECONDS)


def distance(expected, found):
    """How far apart two predictions are; a prediction is a number, a list of numbers or a label."""
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return max(map(distance, expected, found), default=0)
    if isinstance(expected, str) and expected == found:
        return 0
    numbers = (expected, found)
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in numbers):
        return math.inf
    return abs(expected - found)


def check_identity():
    _, headers = ask(f"/v2/models/{MODEL_NAME}")
    for header, expected in EXPECTED.items():
        found = headers[header]
        if expected and found != expected:
            sys.exit(f"the model that answers has {header} {found}, the release says {expected}")
    print(f"{MODEL_NAME} {headers['x-model-version']} answers, sha256 {headers['x-model-sha256']}")


def check_golden_requests():
    model = Path(os.environ["MODEL_PATH"])
    path = (model if model.is_dir() else model.parent) / "golden.json"
    if not path.is_file():
        print("no golden requests travel with this model")
        return
    golden = json.loads(path.read_text())
    tolerance = golden.get("tolerance", 1e-6)
    rows = list(zip(golden["features"], golden["predictions"], strict=True))
    refused = 0
    for number, (features, expected) in enumerate(rows):
        try:
            answer, _ = ask("/predict", {"features": features})
        except RefusedError as error:
            if None not in features:
                sys.exit(str(error))
            refused += 1
            continue
        found = answer.get("prediction")
        if not distance(expected, found) <= tolerance:
            sys.exit(f"golden request {number}: the prediction is {found}, expected {expected}")
    print(f"{len(rows) - refused} golden requests answered as expected")
    if refused:
        print(f"{refused} more have missing values, which this server takes from no request")


check_identity()
check_golden_requests()
