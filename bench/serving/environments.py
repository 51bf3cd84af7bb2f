"""Installs each server into a throw-away environment of its own."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from peers import Peer
from progress import say


def prepare(peer: Peer, root: Path) -> Path:
    """The Python of a throw-away environment with the peer, made on first use."""
    arguments = [part for requirement in peer.requirements for part in requirement.split()]
    # What a file of requirements says counts, not where it lies.
    pinned = [Path(part).read_text() if part.endswith(".txt") else part for part in arguments]
    name = hashlib.sha256("\n".join(pinned).encode()).hexdigest()[:12]
    folder = root / f"{peer.name.replace(' ', '')}-{name}"
    python = folder / "bin" / "python3"
    interpreter = _interpreter(peer)
    if not (folder / "complete").exists():
        say(f"installing {peer.name} (a minute or two)")
        subprocess.run([interpreter, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *arguments], check=True)
        (folder / "complete").touch()
    return python


def _interpreter(peer: Peer) -> str:
    """This Python, or the newest one that the peer takes."""
    if not peer.newest_python or sys.version_info[:2] <= tuple(map(int, peer.newest_python.split("."))):
        return sys.executable
    name = f"python{peer.newest_python}"
    installed = sorted(Path.home().glob(f".pyenv/versions/{peer.newest_python}.*/bin/python3"))
    found = shutil.which(name) or (str(installed[-1]) if installed else None)
    if found is None:
        raise SystemExit(f"{peer.name} does not take Python {sys.version_info[1]}: it needs {name} on PATH")
    return found


def installed_bytes(python: Path) -> dict[str, int]:
    """Size of what is installed, without pip and setuptools, which an image does not need."""
    (packages,) = (python.parent.parent / "lib").glob("python3*/site-packages")
    sizes = {"total": 0, "nvidia": 0}
    for path in packages.rglob("*"):
        top = path.relative_to(packages).parts[0]
        if path.is_symlink() or not path.is_file() or top.startswith(("pip", "setuptools", "_distutils")):
            continue
        sizes["total"] += path.stat().st_size
        if top.startswith("nvidia"):
            sizes["nvidia"] += path.stat().st_size
    return sizes
