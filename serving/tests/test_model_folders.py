"""Models that are folders: their identity, and what a server takes of it."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import SERVING

from model_server.errors import StartError
from model_server.model_files import model_file, model_folder

VECTORS = json.loads((SERVING / "tests" / "model_folders.json").read_text())


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def identity(folder: Path) -> str:
    return model_folder.identity(model_folder.files(folder))


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
def test_the_identity_is_that_of_whoever_deploys_it(tmp_path, vector):
    assert identity(write(tmp_path, vector["files"])) == vector["sha256"]


def test_a_folder_with_further_files_is_known_by_all_of_them(tmp_path):
    folder = write(tmp_path, {"model.json": "{}", "features.json": "[]", "golden.json": "{}"})
    found = identity(folder)
    assert found != sha256_of("{}")
    assert model_file.read(folder, found, True).sha256 == found
    assert model_file.read(folder, "", True).sha256 == found
    (folder / "features.json").write_text("[1]")
    with pytest.raises(
        StartError, match=f"{folder} has sha256 [0-9a-f]{{64}}, but {found} is pinned"
    ) as raised:
        model_file.read(folder, found, True)
    assert raised.value.code == "wrong_sha256"


def test_the_file_alone_is_known_by_itself(tmp_path):
    folder = write(
        tmp_path, {"model.json": "{}", "golden.json": "{}", ".hidden": "", "__pycache__/a.pyc": ""}
    )
    assert model_file.read(folder, "", True).sha256 == sha256_of("{}")


def test_who_pins_the_file_in_a_volume_with_others_means_the_file(tmp_path):
    folder = write(tmp_path, {"model.json": "{}", "readme.txt": "of the team"})
    (folder / "elsewhere").symlink_to("/etc")
    pinned = sha256_of("{}")
    assert model_file.read(folder, pinned, True).sha256 == pinned


def test_a_config_map_that_is_mounted_whole_is_a_folder_as_any_other(tmp_path):
    files = {"model.json": "{}", "features.json": "[]"}
    plain, mounted = tmp_path / "plain", tmp_path / "mounted"
    write(plain, files)
    write(mounted / "..2026_12_01", files)
    (mounted / "..data").symlink_to("..2026_12_01")
    for name in files:
        (mounted / name).symlink_to(f"..data/{name}")
    assert identity(mounted) == identity(plain)
    assert model_file.read(mounted, identity(plain), True).sha256 == identity(plain)


def test_links_and_what_is_no_file_are_refused(tmp_path):
    folder = write(tmp_path / "model", {"model.json": "{}"})
    (tmp_path / "outside").write_text("secret")
    for target in ("../outside", "/etc", "nowhere"):
        (folder / "link").symlink_to(target)
        with pytest.raises(StartError, match="link is a symbolic link; put a copy of the file there"):
            model_file.read(folder, "", True)
        (folder / "link").unlink()
    os.mkfifo(folder / "pipe")
    with pytest.raises(StartError, match="pipe is neither a file nor a folder; remove it"):
        model_file.read(folder, "", True)


def test_a_volume_with_many_models_is_none(tmp_path):
    folder = write(tmp_path, {"model.json": "{}", **{f"{number}/model.json": "{}" for number in range(1000)}})
    with pytest.raises(StartError, match="holds more than 1000 files; name the model's own folder"):
        model_file.read(folder, "", True)
    assert model_file.read(folder, sha256_of("{}"), True).sha256 == sha256_of("{}")


def test_a_file_system_of_its_own_may_have_a_place_for_what_is_lost(tmp_path):
    folder = write(tmp_path, {"model.json": "{}", "features.json": "[]"})
    before = identity(folder)
    (folder / "lost+found").mkdir()
    (folder / "lost+found" / "piece").write_text("")
    assert identity(folder) == before


def test_a_server_says_the_identity_of_the_folder(tmp_path, launch):
    source = SERVING.parent / "models" / "wine" / "1.0.0"
    folder = tmp_path / "model"
    shutil.copytree(source, folder)
    (folder / "features.json").write_text("[]")
    found = identity(folder)
    server = launch(folder / "model.pkl", model_path=folder, model_sha256=found)
    assert server.get("/v2/models/sample").json["parameters"]["sha256"] == found
