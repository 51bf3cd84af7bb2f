"""`gs://` and `az://` against emulators, fake-gcs-server and Azurite: by `make test-object-stores`."""

import base64
import datetime
import email.utils
import hashlib
import hmac
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import obstore
import pytest
import requests
from obstore.store import AzureStore

from tests.fetcher.local_server import TOOLS_BIN, program, running
from tests.fetcher.process import MODEL, Run, assert_refused, fetch, fetch_measured, sha256
from tests.fetcher.test_s3 import BreakingProxy
from tests.ports import free_port

CLIENT = {"allow_http": True}
KEY = "breast cancer/1.0.0/model.ubj"
LARGE = MODEL * 50
OBJECTS = {KEY: MODEL, "large": LARGE, "golden.json": b'{"features": []}'}
# Azurite's account and key, which its documentation tells everybody.
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass
class Emulator:
    """A store with a model in it, and how the fetcher gets there."""

    scheme: str
    port: int
    # Behind the port.
    path: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)

    def uri(self, key: str = KEY, bucket: str = "models") -> str:
        return f"{self.scheme}://{bucket}/{key}"

    def arguments(self, port: int = 0) -> dict[str, str]:
        endpoint = f"http://127.0.0.1:{port or self.port}{self.path}"
        return {f"{self.scheme}_endpoint": endpoint, **self.settings}

    def fetch(self, target: Path, uri: str, *, port: int = 0, **settings: object) -> Run:
        return fetch(target, self.credentials, uri=uri, **self.arguments(port), **settings)


@pytest.fixture(scope="module")
def google(tmp_path_factory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("gs")
    for key, content in OBJECTS.items():
        path = folder / "data" / "models" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    port = free_port()
    command = [
        program("fake-gcs-server", "make test-object-stores"),
        *("-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-public-host", "127.0.0.1"),
        *("-backend", "memory", "-data", str(folder / "data")),
    ]
    with running(command, port, folder / "log"):
        yield Emulator("gs", port, settings={"gs_anonymous": "true"})


@pytest.fixture(scope="module")
def azurite(tmp_path_factory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("az")
    port = free_port()
    command = [
        str(TOOLS_BIN.parent / "azurite" / "node_modules" / ".bin" / "azurite-blob"),
        *("--blobHost", "127.0.0.1", "--blobPort", str(port)),
        *("--inMemoryPersistence", "--skipApiVersionCheck", "--silent"),
    ]
    # Politely asked it waits for connections that its clients keep.
    with running(command, port, folder / "log", stop=signal.SIGKILL):
        create_container(port)
        for key, content in OBJECTS.items():
            obstore.put(azure_store(port), key, content)
        yield Emulator(
            "az",
            port,
            f"/{ACCOUNT}",
            credentials={"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY},
        )


def azure_store(port: int) -> AzureStore:
    return AzureStore(
        "models",
        account_name=ACCOUNT,
        account_key=ACCOUNT_KEY,
        endpoint=f"http://127.0.0.1:{port}/{ACCOUNT}",
        client_options=CLIENT,
    )


def create_container(port: int) -> None:
    """The library makes no containers: by a request that is signed as its documentation says."""
    date = email.utils.formatdate(usegmt=True)
    headers = f"x-ms-date:{date}\nx-ms-version:2024-11-04\n"
    text = f"PUT{chr(10) * 12}{headers}/{ACCOUNT}/{ACCOUNT}/models\nrestype:container"
    digest = hmac.new(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256).digest()
    answer = requests.put(
        f"http://127.0.0.1:{port}/{ACCOUNT}/models?restype=container",
        headers={
            "x-ms-date": date,
            "x-ms-version": "2024-11-04",
            "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}",
            "Content-Length": "0",
        },
        timeout=30,
    )
    assert answer.status_code == 201, answer.text


@pytest.fixture(params=["google", "azurite"])
def emulator(request) -> Emulator:
    return request.getfixturevalue(request.param)


def test_fetches_an_object(emulator, target):
    run = emulator.fetch(target, emulator.uri(), sha256=sha256(MODEL))
    assert run.files == {"model.bin": MODEL}, run.output
    assert not any(secret in run.output for secret in emulator.credentials.values() if len(secret) > 20)


def test_brings_golden_requests_along(emulator, target):
    run = emulator.fetch(target, emulator.uri(), golden_uri=emulator.uri("golden.json"))
    assert run.files == {"golden.json": b'{"features": []}', "model.bin": MODEL}, run.output


@pytest.mark.parametrize(("key", "bucket"), [("no/such/key", "models"), ("key", "no-such-bucket")])
def test_no_such_object(emulator, target, key, bucket):
    run = emulator.fetch(target, emulator.uri(key, bucket))
    assert_refused(run, "not_found", emulator.uri(key, bucket))
    assert run.warnings == []


def test_wrong_sha256(emulator, target):
    assert_refused(emulator.fetch(target, emulator.uri(), sha256="0" * 64), "wrong_sha256", sha256(MODEL))


def test_an_object_that_is_too_large(emulator, target):
    run = emulator.fetch(target, emulator.uri(), max_bytes=len(MODEL) - 1)
    assert_refused(run, "too_large", str(len(MODEL) - 1))


def test_a_broken_transfer_goes_on(emulator, target):
    proxy = BreakingProxy(emulator.port, [5_000_000, 20_000_000])
    try:
        run = emulator.fetch(target, emulator.uri("large"), port=proxy.port, sha256=sha256(LARGE))
    finally:
        proxy.stop()
    assert run.files == {"model.bin": LARGE}, run.output
    assert [line["code"] for line in run.warnings] == ["interrupted", "interrupted"]


def test_memory_does_not_grow_with_the_object(emulator, target):
    code, mebibytes = fetch_measured(
        target,
        emulator.credentials,
        uri=emulator.uri("large"),
        sha256=sha256(LARGE),
        **emulator.arguments(),
    )
    assert code == 0
    assert mebibytes < 60


def test_a_blob_by_a_signature(azurite, target):
    signed = obstore.sign(azure_store(azurite.port), "GET", "large", datetime.timedelta(minutes=5))
    given = {"AZURE_STORAGE_SAS_TOKEN": signed.partition("?")[2]}
    run = fetch(target, given, uri=azurite.uri("large"), az_account=ACCOUNT, **azurite.arguments())
    assert run.files == {"model.bin": LARGE}, run.output
    assert "sig=" not in run.output


@pytest.mark.parametrize(
    "given",
    [{"AZURE_STORAGE_ACCOUNT_KEY": "aGlkZGVuIGhpZGRlbg=="}, {"AZURE_STORAGE_SAS_TOKEN": "sig=hidden"}],
)
def test_wrong_credentials(azurite, target, given):
    run = fetch(target, given, uri=azurite.uri(), az_account=ACCOUNT, **azurite.arguments())
    assert_refused(run, "forbidden", azurite.uri())
    assert run.warnings == []


def test_a_blob_that_is_not_public(azurite, target):
    given = {"az_account": ACCOUNT, "az_anonymous": "true"}
    run = fetch(target, uri=azurite.uri(), **azurite.arguments(), **given)
    # Who may not read it must not learn whether it is there.
    assert run.code == 1
    assert run.last["code"] in ("forbidden", "not_found"), run.output
