"""A real Feast feature server with the sample models' held-out rows in its store."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import train

from tests import environments
from tests.ports import free_port

# It takes half a gigabyte.
LOCK_FILE = Path(__file__).with_name("requirements.txt")
START_SECONDS = 120
SITE = Path(__file__).with_name("site")
# Feast's names of what scikit-learn calls "od280/od315_of_diluted_wines".
WINE = [name.replace("/", "_") for name in train.datasets.load_wine().feature_names]
DIABETES = train.datasets.load_diabetes().feature_names


def sample(name: str) -> train.Sample:
    return next(sample for sample in train.SAMPLES if sample.name == name)


def rows() -> dict[str, dict[str, list]]:
    """Entity keys and features, by column."""
    _, wines = train.train(sample("wine"))
    _, patients = train.train(sample("diabetes"))
    by_name = {name: [float(value) for value in column] for name, column in zip(WINE, wines.T, strict=True)}
    # Whole numbers are such in the store as well.
    by_name["proline"] = [int(value) for value in by_name["proline"]]
    ids = list(range(1, len(wines) + 1))
    odd = {
        "odd_text": [f"wine {number}" for number in ids],
        "odd_flag": [number % 2 == 0 for number in ids],
        "odd_null": [None if number == 2 else 0.5 for number in ids],
        "odd_huge": [1e300] * len(ids),
    }
    # Of its own view: a row of two days ago, none of the third wine, and nothing in that of the fourth.
    history = {
        "wine_id": [1, 2, 4, 5],
        "price": [9.5, 8.5, None, 7.5],
        "days_ago": [0, 2, 0, 0],
    }
    return {
        "wine": {"wine_id": ids, **by_name, **odd},
        "history": history,
        # The same wines by a number of 32 bits.
        "small": {"small_id": ids[:5], **{name: column[:5] for name, column in by_name.items()}},
        "patient": {
            "clinic": [number % 3 for number in range(len(patients))],
            "patient_id": [f"p-{number}" for number in range(len(patients))],
            **{
                name: [float(value) for value in column]
                for name, column in zip(DIABETES, patients.T, strict=True)
            },
        },
    }


class FeastServer:
    """Starts, dies and starts again on the same port."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0):
        self.folder = folder
        self.host = host
        self.port = port or free_port(host)
        self._bin = environments.folder("feast", LOCK_FILE, "40 seconds") / "bin"
        self._process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def make_store(self) -> None:
        (self.folder / "rows.json").write_text(json.dumps(rows()))
        script = Path(__file__).with_name("make_store.py")
        subprocess.run([self._bin / "python", script], cwd=self.folder, check=True)

    def start(self) -> None:
        log = self.folder / "log"
        # Feast leaves work to processes of its own, which have to end, or halt, with it.
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [self._bin / "feast", "serve", "--host", self.host, "--port", str(self.port)],
                cwd=self.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                # What it leaves in a home goes with the folder.
                env={**os.environ, "HOME": str(self.folder), "PYTHONPATH": str(SITE)},
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=START_SECONDS):
                    return
            except OSError:
                time.sleep(0.1)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._process.wait(timeout=20)
        self._process = None

    def halt(self) -> None:
        """It goes on to exist and to accept connections, but says nothing."""
        self.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        os.killpg(self._process.pid, number)

    @property
    def runs(self) -> bool:
        return self._process is not None
