"""Environment variables as Secrets bring them along: with line breaks at their ends, or empty."""

import os
import re
import ssl
from collections.abc import MutableMapping
from pathlib import Path

from model_fetcher.settings import PREFIX

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy")
# Their contents go into headers and requests as they are.
TOKEN_FILES = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AZURE_FEDERATED_TOKEN_FILE",
)
# What the stores' own tools read, too.
STORES = ("AWS_", "GOOGLE_", "AZURE_", "HF_")
# The key file of a service account: a document of several lines.
DOCUMENTS = ("GOOGLE_SERVICE_ACCOUNT_KEY",)
MAX_TOKEN_BYTES = 64 * 1024
THIS_MACHINE = ("localhost", "127.0.0.0/8", "127.0.0.1", "::1")


def clean(environment: MutableMapping[str, str]) -> list[str]:
    """Take white space off the ends of what is read here and by libraries; return what cannot be used."""
    problems = []
    for name in sorted(environment):
        if not (name.startswith((PREFIX, *STORES)) or name in (*PROXIES, "SSL_CERT_FILE")):
            continue
        value = environment[name].strip()
        if not value:
            # As in all settings of ours, an empty variable counts as not set.
            del environment[name]
            continue
        environment[name] = value
        if problem := problem_of(name, value):
            problems.append(f"{name} {problem}")
    for name in TOKEN_FILES:
        if name in environment:
            problems += [f"{name} {problem}" for problem in clean_file(environment, name)]
    if "AWS_WEB_IDENTITY_TOKEN_FILE" in environment and "AWS_ROLE_ARN" not in environment:
        problems.append("AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN")
    if "AZURE_FEDERATED_TOKEN_FILE" in environment:
        missing = [name for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID") if name not in environment]
        if missing:
            problems.append(f"AZURE_FEDERATED_TOKEN_FILE is set without {' and '.join(missing)}")
    authority = environment.get("SSL_CERT_FILE")
    if authority and (problem := problem_of_authorities(Path(authority))):
        problems.append(f"SSL_CERT_FILE {problem}")
    spare_this_machine(environment)
    return problems


def problem_of(name: str, value: str) -> str:
    """What is wrong with a value, which may be a secret and is not shown."""
    if name in DOCUMENTS:
        return ""
    if re.search(r"[\x00-\x1f\x7f]", value):
        return "holds a line break or another control character within; make the Secret anew (`echo -n`)"
    if name.startswith(STORES) and not value.isascii():
        return "holds a character that is none of ASCII; make the Secret anew"
    if name.startswith(STORES) and re.search(r"\s", value):
        return "holds a blank within; make the Secret anew"
    return ""


def problem_of_authorities(path: Path) -> str:
    """Why a file cannot be read as certificates of authorities."""
    try:
        ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        return f"{path} holds no certificates (PEM)"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return ""


def clean_file(environment: MutableMapping[str, str], name: str) -> list[str]:
    """Have the library read a token without the line break at its end, if its file has one."""
    path = Path(environment[name])
    try:
        with path.open("rb") as file:
            content = file.read(MAX_TOKEN_BYTES + 1)
    except OSError as error:
        return [f"{path} cannot be read: {error.strerror}"]
    token = content.strip()
    if not token or len(content) > MAX_TOKEN_BYTES:
        return [f"{path} holds no token: it is {'too large' if token else 'empty'}"]
    if re.search(rb"[^\x21-\x7e]", token):
        return [f"{path} holds no token: a blank, a line break or another odd character is within"]
    if token != content:
        # In memory: the file system may be read-only, and nothing of it is left behind.
        copy = os.memfd_create(name)
        os.write(copy, token)
        environment[name] = f"/proc/self/fd/{copy}"
    return []


def spare_this_machine(environment: MutableMapping[str, str]) -> None:
    """Ask this machine directly, as most other programs do: a proxy would see what is for it alone."""
    given = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    if given != "*":
        value = ",".join([*([given] if given else []), *THIS_MACHINE])
        environment["NO_PROXY"] = environment["no_proxy"] = value
