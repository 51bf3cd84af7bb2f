"""Packages of models: locked from an index, installed by the lock, and checked against the server's own."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import SERVING

sys.path.insert(0, str(SERVING))

from model_packages import lock_file, main

OWN = "click==8.5.1 \\\n    --hash=sha256:00\nxgboost-cpu==3.4.1 \\\n    --hash=sha256:00\n"


class Index:
    """A package index of files, with wheels that hold one module each."""

    def __init__(self, folder: Path):
        self.folder = folder

    @property
    def url(self) -> str:
        return f"file://{self.folder}"

    def add(self, name: str, version: str, *requires: str, module: str | None = None) -> str:
        module = module or name.replace("-", "_")
        wheel_name = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        place = self.folder / name
        place.mkdir(parents=True, exist_ok=True)
        info = f"{name.replace('-', '_')}-{version}.dist-info"
        metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        metadata += [f"Requires-Dist: {each}" for each in requires]
        with zipfile.ZipFile(place / wheel_name, "w") as wheel:
            wheel.writestr(f"{module}.py", f"VERSION = {version!r}\n")
            wheel.writestr(f"{info}/METADATA", "\n".join(metadata) + "\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
        self._list(place)
        return hashlib.sha256((place / wheel_name).read_bytes()).hexdigest()

    def add_source(self, name: str, version: str) -> None:
        place = self.folder / name
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}-{version}.tar.gz").write_bytes(b"never looked into")
        self._list(place)

    def _list(self, place: Path) -> None:
        links = [
            f'<a href="{file.name}#sha256={hashlib.sha256(file.read_bytes()).hexdigest()}">{file.name}</a>'
            for file in sorted(place.iterdir())
            if file.name != "index.html"
        ]
        (place / "index.html").write_text(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>")


class Model:
    """A folder with the requirements of a model, and the server's list beside it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.server = folder / "server.txt"
        self.server.write_text(OWN)
        self.requirements = folder / "requirements.txt"
        self.lock = folder / "requirements.lock"
        self.environment = folder / "packages"
        self.beside = folder / "server"

    def lock_for(self, text: str) -> int:
        self.requirements.write_text(text)
        return main.main(
            ["lock", str(self.requirements), "--server", str(self.server), "--target", str(self.lock)]
        )

    def install(self) -> int:
        server = ["--server", str(self.server), "--beside", str(self.beside)]
        return main.main(["install", str(self.lock), *server, "--environment", str(self.environment)])

    def entries(self) -> dict[str, str]:
        lines = self.lock.read_text().splitlines()
        return dict(line.removesuffix(" \\").split("==") for line in lines if not line.startswith((" ", "#")))


@pytest.fixture
def index(tmp_path, monkeypatch) -> Index:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    made = Index(tmp_path / "simple")
    made.add("click", "8.5.1")
    made.add("click", "8.1.7")
    made.add("xgboost-cpu", "3.4.1", "numbers>=1", module="xgboost")
    made.add("xgboost", "2.1.4", "numbers>=1", "gpu-library")
    made.add("gpu-library", "1.0")
    made.add("numbers", "1.2")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", made.url)
    return made


@pytest.fixture
def model(tmp_path) -> Model:
    folder = tmp_path / "model"
    folder.mkdir()
    return Model(folder)


def test_a_lock_has_all_that_is_needed_with_the_hash_of_the_index(index, model, capsys):
    frames = index.add("frames", "3.1", "dates", "numbers", "plots; extra == 'plots'")
    index.add("frames", "4.0")
    index.add("dates", "0.9")
    assert model.lock_for("# of the pipeline\nframes >=3, <4   # not 4 yet\n") == 0
    assert model.entries() == {"dates": "0.9", "frames": "3.1", "numbers": "1.2"}
    assert (
        f"frames==3.1 \\\n    --hash=sha256:{frames}\n    # via the requirements\n" in model.lock.read_text()
    )
    assert "    # via frames\n" in model.lock.read_text()
    assert capsys.readouterr().err == ""


def test_a_lock_says_what_it_was_made_of_and_for(index, model):
    assert model.lock_for("numbers\n") == 0
    digest = hashlib.sha256(b"numbers\n").hexdigest()
    head = model.lock.read_text().splitlines()[1:4]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert head == [
        f"# source: sha256:{digest}",
        f"# python: {version}",
        f"# platform: {lock_file.platform_name()}",
    ]
    model.requirements.write_bytes(b"numbers\r\n")
    assert lock_file.source_digest(model.requirements) == digest


def test_what_the_server_has_stays_and_is_told(index, model, capsys):
    index.add("server-parts", "1", "click>=8")
    assert model.lock_for("click==8.1.7\nserver-parts\n") == 0
    assert model.entries() == {"server-parts": "1"}
    note = "click==8.1.7 is not installed: the server's own click 8.5.1 takes its place"
    assert capsys.readouterr().err == f"note: {note}\n"
    assert f"# note: {note}\n" in model.lock.read_text()


def test_xgboost_is_the_servers_own_with_what_its_python_package_needs(index, model, capsys):
    assert model.lock_for("xgboost==2.1.4\n") == 0
    assert model.entries() == {"numbers": "1.2"}
    assert "xgboost==2.1.4 is not installed: the server's own xgboost-cpu 3.4.1" in capsys.readouterr().err
    assert model.install() == 0


def test_xgboost_that_another_package_needs_is_the_servers_own_too(index, model):
    index.add("explainer", "1", "xgboost")
    assert model.lock_for("explainer\nnumbers\n") == 0
    assert model.entries() == {"explainer": "1", "numbers": "1.2"}
    assert model.install() == 0


def test_a_conflict_with_the_server_is_told_by_name(index, model, capsys):
    index.add("old-tool", "1", "click<8.2")
    assert model.lock_for("old-tool\n") == 1
    said = capsys.readouterr().err
    assert "old-tool 1 depends on click<8.2" in said
    assert "click==8.5.1" in said
    assert "What is called a constraint is what the server itself needs" in said
    assert not model.lock.exists()


def test_a_conflict_among_packages_is_told_by_name(index, model, capsys):
    index.add("one", "1", "numbers<1")
    assert model.lock_for("one\nnumbers==1.2\n") == 1
    said = capsys.readouterr().err
    assert "The conflict is caused by" in said
    assert "one 1 depends on numbers<1" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nobody-has-this", "No matching distribution found for nobody-has-this"),
        ("numbers==7", "(from versions: 1.2)"),
        ("only-source", "Only wheels for Python"),
    ],
)
def test_what_cannot_be_had_is_told(index, model, capsys, line, said):
    index.add_source("only-source", "1.0")
    assert model.lock_for(f"{line}\n") == 1
    assert said in capsys.readouterr().err


def test_of_many_versions_the_newest_are_told(index, model, capsys):
    for number in range(20):
        index.add("often", f"1.{number}")
    assert model.lock_for("often==2\n") == 1
    newest = ", ".join(f"1.{number}" for number in range(8, 20))
    assert f"requirement often==2 (from versions: …, {newest})\n" in capsys.readouterr().err


def test_all_that_cannot_be_locked_is_told_at_once(index, model, capsys):
    lines = [
        "-r other.txt",
        "--index-url https://user:hunter2@example.com/simple",
        "-e .",
        "tool @ https://example.com/tool-1.whl",
        "./local.whl",
        "two words",
        "--no-binary :all:",
    ]
    assert model.lock_for("numbers\n" + "\n".join(lines)) == 1
    said = capsys.readouterr().err.splitlines()
    starts = [f"error: requirements.txt, line {number}: " for number in range(2, 9)]
    assert [line[: len(start)] for line, start in zip(said, starts, strict=True)] == starts
    assert "put the lines of that file here" in said[0]
    assert "PIP_INDEX_URL in the environment" in said[1]
    assert "hunter2" not in said[1]
    assert "put the modules beside the model" in said[2]
    assert "tool is named by an address" in said[3]


def test_a_login_of_the_index_is_in_no_message(index, model, capsys, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:hunter2@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    assert model.lock_for("numbers\n") == 1
    assert "hunter2" not in capsys.readouterr().err


def test_installed_packages_stand_behind_those_of_the_server(index, model):
    index.add("frames", "3.1", "numbers")
    assert model.lock_for("frames\nclick\n") == 0
    assert model.install() == 0
    site = model.beside / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (site / "click.py").write_text("VERSION = 'of the server'\n")
    script = f"import site, sys; site.addsitedir({str(site)!r}); import click, frames, numbers"
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{script}\nprint(click.VERSION, frames.VERSION)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "of the server 3.1\n"


def test_a_lock_of_another_tool_is_taken_as_it_is(index, model, capsys):
    sums = {
        name: index.add(name, "1.0", *needs) for name, needs in {"frames": ["dates"], "dates": []}.items()
    }
    model.lock.write_text(
        f"frames==1.0 \\\n    --hash=sha256:{sums['frames']} \\\n    --hash=sha256:{'0' * 64}\n"
        f"dates==1.0 --hash=sha256:{sums['dates']}\n"
        f"click==8.1.7 --hash=sha256:{'0' * 64}\n"
        f"colours==1 ; sys_platform == 'win32' --hash=sha256:{'0' * 64}\n"
    )
    assert model.install() == 0
    assert capsys.readouterr().err == (
        "note: click==8.1.7 is not installed: the server's own click 8.5.1 takes its place\n"
    )


def test_a_lock_that_is_not_complete_is_refused(index, model, capsys):
    sums = index.add("frames", "1.0", "dates>=2", "click<8.2", "numbers>2", "later; python_version > '4'")
    numbers = hashlib.sha256((index.folder / "numbers" / "numbers-1.2-py3-none-any.whl").read_bytes())
    model.lock.write_text(
        f"frames==1.0 --hash=sha256:{sums}\nnumbers==1.2 --hash=sha256:{numbers.hexdigest()}\n"
    )
    assert model.install() == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: frames 1.0 needs dates>=2, which is not in the lock",
        "error: frames 1.0 needs click<8.2, but the server's own is click 8.5.1",
        "error: frames 1.0 needs numbers>2, but the lock has 1.2",
    ]


def test_another_file_than_the_locked_one_is_refused(index, model, capsys):
    model.lock.write_text(f"numbers==1.2 --hash=sha256:{'0' * 64}\n")
    assert model.install() == 1
    said = capsys.readouterr().err
    assert "numbers" in said
    assert "lock the packages again" in said


def test_a_lock_without_versions_or_hashes_is_refused(index, model, capsys):
    model.lock.write_text(f"numbers==1.2\nframes>=1 --hash=sha256:{'0' * 64}\n")
    assert model.install() == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: numbers==1.2: its hash is missing in the lock; lock the packages again",
        "error: frames>=1: its version is missing in the lock; lock the packages again",
    ]


@pytest.mark.parametrize(("fact", "other"), [("python", "2.7"), ("platform", "linux/s390x")])
def test_a_lock_for_something_else_is_refused(index, model, capsys, fact, other):
    assert model.lock_for("numbers\n") == 0
    lines = model.lock.read_text().splitlines()
    changed = [f"# {fact}: {other}" if line.startswith(f"# {fact}: ") else line for line in lines]
    model.lock.write_text("\n".join(changed) + "\n")
    assert model.install() == 1
    assert f"the packages were locked for {fact} {other}, but this image has" in capsys.readouterr().err


def test_requirements_without_any_package_make_an_empty_lock(index, model):
    assert model.lock_for("# nothing yet\ncolours; sys_platform == 'win32'\n") == 0
    assert model.entries() == {}
    assert model.install() == 0
