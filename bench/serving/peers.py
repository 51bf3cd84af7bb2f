"""The servers that are compared: what each is installed from, started with and asked."""

import json
import os
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from load import Request

HERE = Path(__file__).parent
APPS = HERE / "peers"
SERVING = HERE.parent.parent / "serving"
OURS = "model-server"
JSON = {"content-type": "application/json"}
# The same for all: none gains by threads that compete for one core.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Paths:
    """Where a run finds things."""

    python: Path
    model: Path
    model_ubj: Path
    scratch: Path
    port: int


@dataclass(frozen=True)
class Peer:
    """One server."""

    name: str
    # As for pip; our own server's are its locked file.
    requirements: list[str]
    command: Callable[[Paths], list[str]]
    environment: Callable[[Paths], dict[str, str]]
    ready_path: str
    predict_path: str
    body: Callable[[list], dict]
    answers: Callable[[dict], list]
    # The newest Python that it can be installed with, where that is not any.
    newest_python: str = ""

    def request(self, rows: list) -> Request:
        """What asks it for the predictions of these rows."""
        return Request(self.predict_path, json.dumps(self.body(rows)).encode(), JSON)


def _rows(rows: list) -> dict:
    return {"instances": rows}


def _tensor(rows: list) -> dict:
    return {"inputs": [_described(rows) | {"data": _flat(rows)}]}


def _described(rows: list) -> dict:
    return {"name": "features", "shape": [len(rows), len(rows[0])], "datatype": "FP32"}


def _flat(rows: list) -> list:
    return [value for row in rows for value in row]


def binary_request(rows: list) -> Request:
    """The same for our own server, as a binary tensor of the Open Inference Protocol."""
    binary = array("f", _flat(rows)).tobytes()
    tensor = _described(rows) | {"parameters": {"binary_data_size": len(binary)}}
    document = json.dumps({"inputs": [tensor]}).encode()
    headers = {
        "content-type": "application/octet-stream",
        "inference-header-content-length": str(len(document)),
    }
    return Request("/v2/models/sample/infer", document + binary, headers)


def _model_server(paths: Paths) -> dict[str, str]:
    return {
        "PYTHONPATH": str(SERVING),
        "MODEL_SERVER_MODEL_PATH": str(paths.model_ubj),
        "MODEL_SERVER_MODEL_NAME": "sample",
        "MODEL_SERVER_HOST": "127.0.0.1",
        "MODEL_SERVER_PORT": str(paths.port),
        "MODEL_SERVER_SHUTDOWN_DELAY": "0",
    }


def _pickle(paths: Paths) -> dict[str, str]:
    return {"MODEL": str(paths.model), "PYTHONPATH": str(APPS)}


def _mlserver(paths: Paths) -> dict[str, str]:
    """MLServer reads its settings from files."""
    (paths.scratch / "settings.json").write_text(
        json.dumps(
            {
                "host": "127.0.0.1",
                "http_port": paths.port,
                "grpc_port": paths.port + 1000,
                "metrics_port": paths.port + 2000,
                "parallel_workers": 0,
            }
        )
    )
    (paths.scratch / "model-settings.json").write_text(
        json.dumps(
            {
                "name": "sample",
                "implementation": "mlserver_xgboost.XGBoostModel",
                "parameters": {"uri": str(paths.model_ubj), "version": "1"},
            }
        )
    )
    return {}


def _bin(paths: Paths, program: str) -> str:
    return str(paths.python.parent / program)


SKLEARN = ["scikit-learn==1.9.1", "xgboost-cpu==3.4.1", "joblib==1.6.0"]
PEERS = [
    Peer(
        OURS,
        [f"--require-hashes --no-deps -r {SERVING / 'requirements.txt'}"],
        lambda paths: [str(paths.python), "-m", "model_server"],
        _model_server,
        "/v2/health/ready",
        "/predict",
        _rows,
        lambda answer: answer["predictions"],
    ),
    Peer(
        "kserve",
        ["kserve==0.21.0", *SKLEARN],
        lambda paths: [str(paths.python), str(APPS / "kserve_app.py")],
        lambda paths: {"MODEL_UBJ": str(paths.model_ubj), "PORT": str(paths.port)},
        "/v2/health/ready",
        "/v1/models/sample:predict",
        _rows,
        lambda answer: answer["predictions"],
    ),
    Peer(
        "mlserver",
        ["mlserver==1.7.1", "mlserver-xgboost==1.7.1"],
        lambda paths: [_bin(paths, "mlserver"), "start", str(paths.scratch)],
        _mlserver,
        "/v2/models/sample/ready",
        "/v2/models/sample/infer",
        _tensor,
        lambda answer: answer["outputs"][0]["data"],
        newest_python="3.12",
    ),
    Peer(
        "flask + gunicorn",
        ["flask==3.1.3", "gunicorn==27.0.1", *SKLEARN],
        lambda paths: [
            _bin(paths, "gunicorn"),
            *("-w", "1", "-k", "gthread", "--threads", "4"),
            *("-b", f"127.0.0.1:{paths.port}", "flask_app:app"),
        ],
        _pickle,
        "/ready",
        "/predict",
        _rows,
        lambda answer: answer["predictions"],
    ),
    Peer(
        "fastapi",
        ["fastapi==0.165.0", "uvicorn[standard]==0.54.0", *SKLEARN],
        lambda paths: [
            *(_bin(paths, "uvicorn"), "fastapi_app:app", "--host", "127.0.0.1"),
            *("--port", str(paths.port), "--no-access-log"),
        ],
        _pickle,
        "/ready",
        "/predict",
        _rows,
        lambda answer: answer["predictions"],
    ),
    Peer(
        "bentoml",
        ["bentoml==1.4.39", *SKLEARN],
        lambda paths: [
            *(_bin(paths, "bentoml"), "serve", "bentoml_app:Classifier"),
            *("--working-dir", str(APPS), "--host", "127.0.0.1", "--port", str(paths.port)),
        ],
        lambda paths: _pickle(paths) | {"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(paths.scratch)},
        "/readyz",
        "/predict",
        _rows,
        lambda answer: answer,
    ),
]


def environment(peer: Peer, paths: Paths) -> dict[str, str]:
    """The environment of a peer's process."""
    path = f"{paths.python.parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(paths.scratch), **ONE_THREAD, **peer.environment(paths)}
