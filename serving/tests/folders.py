"""Servers of models that are folders."""

import json
import subprocess
from pathlib import Path

from conftest import command, environment

from model_server.model_files import model_folder


def launch(folder: Path, **settings) -> tuple[subprocess.Popen, list[dict]]:
    """A server of this folder, its sha256 pinned, and its log until it is ready or has ended."""
    given = {"model_sha256": model_folder.identity(model_folder.files(folder)), **settings}
    any_file = next(path for path in folder.iterdir() if path.is_file())
    process = subprocess.Popen(
        command(),
        env=environment(any_file, **given) | {"MODEL_SERVER_MODEL_PATH": str(folder)},
        stdout=subprocess.PIPE,
        cwd="/",
        text=True,
    )
    log = []
    for line in process.stdout:
        log.append(json.loads(line))
        if log[-1]["message"] == "ready":
            break
    return process, log
