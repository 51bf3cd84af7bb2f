"""Credentials of registries in a file, found as the kubelet finds those for pulling images.

By Kubernetes' `pkg/credentialprovider`: https://kubernetes.io/docs/concepts/containers/images/#config-json
"""

import base64
import binascii
import json
import re
from pathlib import Path
from urllib.parse import unquote

from model_fetcher.sources.registry_login import Credentials

DOCKER_HUB = ("docker.io", "index.docker.io")
DOCKER_HUB_KEY = "index.docker.io"
# What `url.Parse` of Go lets through. Of the patterns that the kubelet knows only * gets past it.
HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\x00-\x20\x7f#%/:?@\[\\\]^`{|}]*)(?::\d*)?")


def credentials_for(image: str, auth_file: str) -> list[Credentials]:
    """What a file like Docker's config.json has for `registry/repository`, to be tried in this order."""
    if not auth_file:
        return []
    path = Path(auth_file)
    try:
        entries = json.loads(path.read_bytes())["auths"]
        places = [(place, entry) for key, entry in entries.items() if (place := place_of(key))]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"{path} is no file of registry credentials") from None
    target = parts_of(image)
    # The reverse order has what is more specific first: `host/team/a`, `host/team`, `host`.
    found = sorted(
        ((place, entry) for place, entry in places if matches(parts_of(place), target)),
        key=lambda item: item[0],
        reverse=True,
    )
    if not found and image.partition("/")[0] in DOCKER_HUB:
        found = [(place, entry) for place, entry in places if place == DOCKER_HUB_KEY]
    read = [credentials_of(entry, f"{path}: the entry for {place}") for place, entry in found]
    return [credentials for credentials in read if credentials]


def place_of(key: str) -> str:
    """Host and path of a key, which may be an address; empty for what Go takes for none."""
    rest = re.sub("^https?://", "", key)
    rest = re.split("[#?]", rest, maxsplit=1)[0]
    authority, slash, path = rest.partition("/")
    host = authority.rpartition("@")[2]
    if not HOST.fullmatch(host) or re.search(r"%(?![0-9A-Fa-f]{2})|[\x00-\x1f\x7f]", path):
        return ""
    path = unquote(slash + path)
    if path.startswith(("/v1/", "/v2/")):
        path = path[3:]
    return host + ("" if path == "/" else path)


def parts_of(place: str) -> tuple[list[str], str, str]:
    """The labels of the host, the port and the path."""
    authority, slash, path = place.partition("/")
    host, colon, port = authority.rpartition(":")
    if not colon or "]" in port:
        host, port = authority, ""
    return host.strip("[]").split("."), port, slash + path


def matches(entry: tuple[list[str], str, str], target: tuple[list[str], str, str]) -> bool:
    """Whether an entry is for an image: its labels may be patterns, its path is the begin of one."""
    labels, port, path = entry
    wanted_labels, wanted_port, wanted_path = target
    return (
        port == wanted_port
        and len(labels) == len(wanted_labels)
        and wanted_path.startswith(path)
        and all(label_matches(*pair) for pair in zip(labels, wanted_labels, strict=True))
    )


def label_matches(pattern: str, label: str) -> bool:
    """Whether a label of a host matches a pattern, in which * stands for anything."""
    first, *others = pattern.split("*")
    if not others:
        return pattern == label
    *middle, last = others
    if not label.startswith(first) or not label.endswith(last) or len(first) + len(last) > len(label):
        return False
    at, end = len(first), len(label) - len(last)
    for part in middle:
        found = label.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def credentials_of(entry: object, what: str) -> Credentials | None:
    """User and password of an entry, whichever way they are written there."""
    if not isinstance(entry, dict):
        return None
    username, password = entry.get("username") or "", entry.get("password") or ""
    if auth := entry.get("auth"):
        try:
            # Written with or without padding; line breaks are left out.
            packed = re.sub(r"\s", "", auth).rstrip("=")
            decoded = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode()
        except (ValueError, TypeError, binascii.Error):
            decoded = ""
        username, colon, password = decoded.partition(":")
        if not colon:
            raise ValueError(f"{what} has an auth that is no user:password in base64")
    if not isinstance(username, str) or not isinstance(password, str):
        raise ValueError(f"{what} has a username or password that is no text")
    # `echo user:password | base64` makes a line break that nobody means.
    credentials = Credentials(username.rstrip("\r\n"), password.rstrip("\r\n"))
    return credentials if credentials.username else None
