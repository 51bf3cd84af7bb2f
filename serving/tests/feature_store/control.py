"""Feast and somebody in front of it, for tests that are not written in Python.

python -m tests.feature_store.control FOLDER --host 10.213.0.1

Writes where they are as a line of JSON, then reads commands, a line of JSON each, and answers each with a
line when it is done. What ends its input ends everything.

{"feast": "kill"}      "kill", "start", "halt" or "go_on"; whoever is in front dies and comes back with it
{"between": {...}}     how the one in front behaves from now on; what is not named it does as it should
"""

import argparse
import json
import sys
from pathlib import Path

from tests.feature_store.between import Between, other_entities
from tests.feature_store.server import WINE, FeastServer

CHANGES = {"other_entities": other_entities}
GOOD = {"token": "", "delay": 0.0, "status": None, "breaks_off": False, "change": None}


class Control:
    """Both servers, and what is done to them."""

    def __init__(self, folder: Path, host: str):
        self._feast = FeastServer(folder)
        self._feast.make_store()
        self._feast.start()
        self._host = host
        self._between = Between(self._feast.url, host=host)
        self.port = self._between.port

    @property
    def url(self) -> str:
        return self._between.url

    def obey(self, command: dict) -> None:
        if "between" in command:
            for name, value in {**GOOD, **command["between"]}.items():
                setattr(self._between, name, CHANGES[value] if name == "change" and value else value)
        if "feast" in command:
            getattr(self, command["feast"])()

    def kill(self) -> None:
        self._between.stop()
        self._feast.kill()

    def start(self) -> None:
        self._feast.start()
        successor = Between(self._feast.url, host=self._host, port=self.port)
        for name in GOOD:
            setattr(successor, name, getattr(self._between, name))
        self._between = successor

    def halt(self) -> None:
        self._feast.halt()

    def go_on(self) -> None:
        self._feast.go_on()

    def end(self) -> None:
        if self._feast.runs:
            self._feast.go_on()
            self._feast.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    arguments = parser.parse_args()
    control = Control(arguments.folder, arguments.host)
    try:
        print(json.dumps({"url": control.url, "features": [f"wine_features:{name}" for name in WINE]}))
        sys.stdout.flush()
        for line in sys.stdin:
            control.obey(json.loads(line))
            print("done", flush=True)
    finally:
        control.end()


if __name__ == "__main__":
    main()
