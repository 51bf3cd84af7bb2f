"""The locked files agree with each other, and every package in them is pinned by hash."""

import re

import pytest
from conftest import SERVING

LOCKED = [*SERVING.glob("requirements*.txt"), SERVING.parent / "models" / "requirements.txt"]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


def pinned(path) -> dict[str, str]:
    return dict(PINNED.findall(path.read_text()))


def test_a_package_has_one_version_everywhere():
    versions: dict[str, set[str]] = {}
    for path in LOCKED:
        for name, version in pinned(path).items():
            versions.setdefault(name, set()).add(version)
    assert versions
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", LOCKED, ids=lambda path: path.name)
def test_every_package_is_pinned_by_hash(path):
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE))
    assert pinned(path)
    assert [entry for entry in entries if entry.strip() and "--hash=sha256:" not in entry] == []


def test_the_larger_image_only_adds_to_the_smaller():
    small = pinned(SERVING / "requirements.txt")
    large = pinned(SERVING / "requirements-scikit-learn.txt")
    assert small.items() <= large.items()
    assert "numpy" not in small
