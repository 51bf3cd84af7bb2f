"""Look for requests whose work grows faster than they do: counted in instructions, by valgrind's callgrind.

    python -m tests.fuzz_requests --examples 100 --seed 1

Takes a request of `client_parts`, repeats something in it, and compares sizes. What it finds it prints as a
line of Python, which belongs into `client_parts` once it is mended.
"""

import argparse
import json
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from conftest import command, environment, train

from tests.client_parts import PARTS

# Bytes that what is repeated has: suspected from the first two sizes, and believed only with the third one.
SIZES = (4_000, 16_000, 64_000)
# How much more work is suspicious where there is four times as much to do.
SUSPICIOUS = 8
# Instructions of a request that are no matter of its size; less than these are not looked at.
LEAST = 2_000_000
TOKENS = (
    *(b"[", b"]", b"{", b"}", b'"', b"\\", b",", b":", b" ", b"\n", b"0", b"1", b"9", b".", b"-", b"e"),
    *(b"null", b"true", b'"a"', b'"\\u0061"', b"\\u0061", b'\\"', b'"%d":1,', b'"%d",', b"[1],"),
    *(b"{},", b"[%d],", b'"data":[', b'"data"', b'{"name":"x","shape":[1,30],"datatype":"FP32"},'),
    *(b'{"name":"predict"},', b"\xc3\xa9"),
)
HEADER_TOKENS = (b"a", b";", b",", b" ", b"%41", b"/", b"?", b"=", b"a: b\r\n", b"h%d: b\r\n", b"\t", b'"')
CLOSING = {b"[": b"]", b"{": b"}", b'"': b'"'}
MAX_HEADER_BYTES = 24_000


class Counted:
    """A server whose instructions are counted: from one connection to the next."""

    def __init__(self, folder: Path, model: Path):
        self._folder = folder
        self._seen: set[Path] = set()
        timeouts = {f"{name}_timeout": 3600 for name in ("header", "body", "response", "keep_alive")}
        given = environment(
            model,
            model_name="breast-cancer",
            feature_store_url="http://127.0.0.1:9",
            feature_store_entity_keys='{"key": "string"}',
            feature_store_features=json.dumps([f"view:f{number}" for number in range(30)]),
            **timeouts,
        )
        self._process = subprocess.Popen(
            # A connection that is accepted ends one count and begins another.
            ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--dump-before=accept4",
             f"--callgrind-out-file={folder}/count", *command()],
            env={**given, "PYTHONMALLOC": "malloc"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        for line in self._process.stdout:
            entry = json.loads(line)
            if entry["message"] == "ready":
                self._port = entry["port"]
                break
        else:
            raise RuntimeError("the server does not start under valgrind")
        self._log = subprocess.Popen(["cat"], stdin=self._process.stdout, stdout=subprocess.DEVNULL)
        subprocess.run(
            ["callgrind_control", "--instr=on", str(self._process.pid)], check=True, stdout=subprocess.DEVNULL
        )
        self.none = self.instructions(b"")

    def _ask(self, sent: bytes) -> None:
        with socket.create_connection(("127.0.0.1", self._port)) as connection:
            try:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 20):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass

    def _counted(self) -> int:
        """What the files say that have been written since."""
        total = 0
        for path in set(self._folder.glob("count.*")) - self._seen:
            self._seen.add(path)
            found = re.search(r"^(?:totals|summary): (\d+)", path.read_text(), re.MULTILINE)
            total += int(found[1]) if found else 0
            path.write_text("")
        return total

    def instructions(self, sent: bytes) -> int:
        probe = b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        self._ask(probe)
        self._counted()
        self._ask(sent)
        self._ask(probe)
        return self._counted()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.wait()


def repeated(unit: bytes, count: int) -> bytes:
    return b"".join(unit % number for number in range(count)) if b"%d" in unit else unit * count


class Example:
    """A request in which something can be repeated as often as one likes."""

    def __init__(self, chance: random.Random):
        self.name = chance.choice(list(PARTS))
        make, _ = PARTS[self.name]
        self.head, _, self.body = make(chance.choice((30, 100, 300))).partition(b"\r\n\r\n")
        self.in_body = bool(self.body) and chance.random() < 0.8
        text = self.body if self.in_body else self.head
        first = 0 if self.in_body else text.index(b" ") + 1
        self.start, self.end = sorted(chance.randint(first, len(text)) for _ in range(2))
        if chance.random() < 0.5:
            self.unit = chance.choice(TOKENS if self.in_body else HEADER_TOKENS)
        else:
            at = chance.randrange(len(text))
            self.unit = text[at : at + chance.randint(1, 40)].replace(b"%", b"")
        self.unit = self.unit or b"a"
        self.closing = CLOSING.get(self.unit[:1], b"") if chance.random() < 0.5 else b""
        if chance.random() < 0.3:
            self.unit += chance.choice(TOKENS)

    def sized(self, size: int) -> bytes:
        count = size // len(self.unit + self.closing)
        text = self.body if self.in_body else self.head
        text = (
            text[: self.start]
            + repeated(self.unit, count)
            + text[self.start : self.end]
            + self.closing * count
            + text[self.end :]
        )
        if not self.in_body:
            return text + b"\r\n\r\n" + self.body
        length = b"content-length: %d" % len(text)
        return re.sub(rb"content-length: \d+", length, self.head, count=1) + b"\r\n\r\n" + text

    def __str__(self) -> str:
        where = (
            f"in the {'body' if self.in_body else 'head'} of {self.name!r}, at {self.start} and {self.end}"
        )
        return (
            f"{self.unit!r} again and again{f', closed by {self.closing!r}' if self.closing else ''}, {where}"
        )


def growth(server: Counted, example: Example) -> list[int]:
    """How many instructions each size takes, as far as it is suspicious."""
    found = []
    for size in SIZES:
        if not example.in_body and size > MAX_HEADER_BYTES:
            break
        found.append(max(server.instructions(example.sized(size)) - server.none, LEAST))
        if len(found) > 1 and found[-1] < SUSPICIOUS * found[-2]:
            break
    return found


def is_suspicious(found: list[int]) -> bool:
    return len(found) > 1 and found[-1] >= SUSPICIOUS * found[-2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        print("valgrind is not there: apt-get install valgrind", file=sys.stderr)
        return 2
    chance = random.Random(arguments.seed)
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sample = next(sample for sample in train.SAMPLES if sample.name == "breast-cancer")
        train.write(sample, "pkl", folder)
        server = Counted(folder, folder / "breast-cancer" / "1.0.0" / "model.pkl")
        try:
            for number in range(arguments.examples):
                example = Example(chance)
                found = growth(server, example)
                if is_suspicious(found):
                    wrong += 1
                    print(f"{number}: {found} instructions for {example}", flush=True)
        finally:
            server.stop()
    print(f"{arguments.examples} examples of seed {arguments.seed}, {wrong} of them grow too fast")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
