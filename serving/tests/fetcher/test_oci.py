"""`oci://`: against a real registry, with artifacts that ORAS has pushed."""

import base64
import hashlib
import http.server
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import oras.provider
import pytest
import requests

from tests.fetcher.local_server import certificate, program, running
from tests.fetcher.process import MODEL, PICKLE, Run, assert_refused, fetch, sha256
from tests.ports import free_port

GOLDEN = b'{"rows": []}'
USER, PASSWORD = "tester", "a-password-of-the-tests"
# What `htpasswd -B` makes of it.
PASSWORD_HASH = "$2b$04$weEwshL3cZRo9brfuv4FE..aOu6QCfaqkDgXcPuB.FLPQmyOBfwDu"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class Registry:
    host: str
    work: Path
    client: oras.provider.Registry = field(default_factory=lambda: oras.provider.Registry(insecure=True))

    def push(self, name: str, files: dict[str, bytes]) -> str:
        """Push files as one artifact, as `oras push` does; return its digest."""
        folder = self.work / hashlib.sha256(name.encode()).hexdigest()[:12]
        folder.mkdir(exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        answer = self.client.push(
            f"{self.host}/{name}", files=[str(folder / file) for file in files], disable_path_validation=True
        )
        assert answer.status_code == 201
        return answer.headers["Docker-Content-Digest"]

    def put_manifest(self, name: str, tag: str, content: bytes, media_type: str = MANIFEST) -> None:
        url = f"http://{self.host}/v2/{name}/manifests/{tag}"
        assert requests.put(url, content, headers={"Content-Type": media_type}, timeout=10).status_code == 201

    def put_blob(self, name: str, content: bytes) -> dict:
        digest = f"sha256:{sha256(content)}"
        started = requests.post(f"http://{self.host}/v2/{name}/blobs/uploads/", timeout=10)
        location = started.headers["Location"]
        joiner = "&" if "?" in location else "?"
        done = requests.put(f"{location}{joiner}digest={digest}", content, timeout=10)
        assert done.status_code == 201
        return {"mediaType": "application/octet-stream", "digest": digest, "size": len(content)}

    def fetch(self, target: Path, name: str, others: dict[str, str] | None = None, **settings: object) -> Run:
        given = {"oci_plain_http": "true", **settings}
        return fetch(target, others, uri=f"oci://{self.host}/{name}", **given)


@contextmanager
def registry(folder: Path, auth: str = "") -> Iterator[Registry]:
    port = free_port()
    config = folder / "registry.yaml"
    config.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {folder / 'storage'}}}, delete: {{enabled: true}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
        f"{auth}"
    )
    command = [program("docker-registry", "install the package docker-registry"), "serve", str(config)]
    with running(command, port, folder / "registry.log", OTEL_TRACES_EXPORTER="none"):
        work = folder / "work"
        work.mkdir(exist_ok=True)
        yield Registry(f"127.0.0.1:{port}", work)


@pytest.fixture(scope="module")
def open_registry(tmp_path_factory) -> Iterator[Registry]:
    with registry(tmp_path_factory.mktemp("registry")) as opened:
        opened.push("models/breast-cancer:1.0.0", {"model.ubj": MODEL})
        yield opened


def test_fetches_an_artifact_by_tag(open_registry, target):
    run = open_registry.fetch(target, "models/breast-cancer:1.0.0", sha256=sha256(MODEL))
    assert run.code == 0, run.output
    assert run.files == {"model.bin": MODEL}


def test_fetches_an_artifact_by_digest(open_registry, target):
    digest = open_registry.push("models/by-digest:1", {"model.ubj": MODEL})
    assert open_registry.fetch(target, f"models/by-digest@{digest}").files == {"model.bin": MODEL}


def test_chooses_model_and_golden_requests_of_one_artifact(open_registry, target):
    open_registry.push("both:1", {"golden.json": GOLDEN, "model.pkl": PICKLE})
    golden_uri = f"oci://{open_registry.host}/both:1#golden.json"
    run = open_registry.fetch(target, "both:1", golden_uri=golden_uri, sha256=sha256(PICKLE))
    assert run.files == {"golden.json": GOLDEN, "model.bin": PICKLE}


def test_chooses_a_file_by_name(open_registry, target):
    open_registry.push("several:1", {"one.ubj": MODEL, "two.ubj": MODEL + b"2"})
    run = open_registry.fetch(target, "several:1")
    assert_refused(run, "bad_artifact", "exactly one model file", "one.ubj, two.ubj", "#FILE")
    assert open_registry.fetch(target, "several:1#two.ubj").files == {"model.bin": MODEL + b"2"}


def test_a_file_that_the_artifact_does_not_hold(open_registry, target):
    run = open_registry.fetch(target, "models/breast-cancer:1.0.0#other.ubj")
    assert_refused(run, "bad_artifact", "other.ubj", "it holds model.ubj")


def test_wrong_sha256_is_found_before_the_transfer(open_registry, target):
    run = open_registry.fetch(target, "models/breast-cancer:1.0.0", sha256="0" * 64)
    assert_refused(run, "wrong_sha256", sha256(MODEL), "0" * 64)


def test_an_artifact_that_is_too_large(open_registry, target):
    run = open_registry.fetch(target, "models/breast-cancer:1.0.0", max_bytes=len(MODEL) - 1)
    assert_refused(run, "too_large")


@pytest.mark.parametrize(
    "name", ["models/breast-cancer:2.0.0", "no/such:1", f"models/breast-cancer@sha256:{'0' * 64}"]
)
def test_no_such_artifact(open_registry, target, name):
    run = open_registry.fetch(target, name)
    assert_refused(run, "not_found", name.partition("@")[0])
    assert run.warnings == []


def test_a_pickle_must_be_pinned(open_registry, target):
    open_registry.push("pickle:1", {"model.pkl": PICKLE})
    assert_refused(open_registry.fetch(target, "pickle:1"), "model_not_pinned")


def test_a_folder_is_no_model(open_registry, target):
    folder = open_registry.work / "folder"
    folder.mkdir()
    (folder / "model.ubj").write_bytes(MODEL)
    answer = open_registry.client.push(
        f"{open_registry.host}/folder:1", files=[str(folder)], disable_path_validation=True
    )
    assert answer.status_code == 201
    assert_refused(open_registry.fetch(target, "folder:1"), "bad_artifact", "is an archive")


def test_an_image_is_no_model(open_registry, target):
    layer = open_registry.put_blob("image", b"not really compressed")
    layer["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip"
    config = open_registry.put_blob("image", b"{}")
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
    open_registry.put_manifest("image", "1", json.dumps(manifest).encode())
    assert_refused(open_registry.fetch(target, "image:1"), "bad_artifact", "is an archive", "tar+gzip")


def test_an_index_is_no_model(open_registry, target):
    digest = open_registry.push("index:part", {"model.ubj": MODEL})
    entry = {
        "mediaType": MANIFEST,
        "digest": digest,
        "size": 1,
        "platform": {"os": "linux", "architecture": "amd64"},
    }
    media_type = "application/vnd.oci.image.index.v1+json"
    index = {"schemaVersion": 2, "mediaType": media_type, "manifests": [entry]}
    open_registry.put_manifest("index", "1", json.dumps(index).encode(), media_type)
    assert_refused(open_registry.fetch(target, "index:1"), "bad_artifact", "index")


def stored(opened: Registry, content: bytes) -> Path:
    digest = sha256(content)
    folder = opened.work.parent / "storage/docker/registry/v2/blobs/sha256"
    return folder / digest[:2] / digest / "data"


def test_a_registry_whose_storage_is_damaged(tmp_path, target):
    with registry(tmp_path) as opened:
        opened.push("damaged:1", {"model.ubj": MODEL})
        stored(opened, MODEL).write_bytes(b"{" * len(MODEL))
        run = opened.fetch(target, "damaged:1")
        assert_refused(run, "wrong_sha256", "is what the source promised")
        stored(opened, MODEL).write_bytes(MODEL[:-1])
        run = opened.fetch(target, "damaged:1", attempts=2)
        assert_refused(run, "bad_artifact", str(len(MODEL)), str(len(MODEL) - 1))


def test_a_manifest_that_is_not_the_named_one(tmp_path, target):
    with registry(tmp_path) as opened:
        digest = opened.push("damaged:1", {"model.ubj": MODEL})
        path = (
            opened.work.parent / "storage/docker/registry/v2/blobs/sha256" / digest[7:9] / digest[7:] / "data"
        )
        path.write_bytes(path.read_bytes().replace(b'"schemaVersion"', b' "schemaVersion"'))
        run = opened.fetch(target, f"damaged@{digest}")
        assert run.last["code"] == "wrong_sha256", run.output
        assert (run.code, run.files) == (1, {})


@pytest.fixture(scope="module")
def guarded_registry(tmp_path_factory) -> Iterator[Registry]:
    """A registry that wants a password."""
    folder = tmp_path_factory.mktemp("guarded")
    users = folder / "users"
    users.write_text(f"{USER}:{PASSWORD_HASH}\n")
    with registry(folder, f"auth: {{htpasswd: {{realm: models, path: {users}}}}}\n") as opened:
        opened.client = oras.provider.Registry(insecure=True, auth_backend="basic")
        opened.client.auth.set_basic_auth(USER, PASSWORD)
        opened.push("models/breast-cancer:1.0.0", {"model.ubj": MODEL})
        yield opened


def test_lets_itself_in_by_password(guarded_registry, target):
    run = guarded_registry.fetch(
        target, "models/breast-cancer:1.0.0", oci_username=USER, oci_password=f"{PASSWORD}\n"
    )
    assert run.files == {"model.bin": MODEL}
    assert PASSWORD not in run.output


@pytest.mark.parametrize("settings", [{}, {"oci_username": USER, "oci_password": "hidden"}])
def test_is_not_let_in(guarded_registry, target, settings):
    run = guarded_registry.fetch(target, "models/breast-cancer:1.0.0", **settings)
    assert_refused(run, "forbidden", "401", "check the credentials")
    assert run.warnings == []
    assert "hidden" not in run.output


@pytest.mark.parametrize(
    "entry",
    [
        {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()},
        {"username": USER, "password": PASSWORD},
    ],
)
def test_uses_a_secret_with_image_pull_credentials(guarded_registry, target, tmp_path, entry):
    file = tmp_path / ".dockerconfigjson"
    file.write_text(
        json.dumps({"auths": {"elsewhere.invalid": {"auth": "eDp5"}, guarded_registry.host: entry}})
    )
    run = guarded_registry.fetch(target, "models/breast-cancer:1.0.0", oci_auth_file=file)
    assert run.files == {"model.bin": MODEL}


@pytest.mark.parametrize("content", [None, "hidden", '{"no": "auths"}'])
def test_a_file_of_credentials_that_cannot_be_used(guarded_registry, target, tmp_path, content):
    file = tmp_path / "config.json"
    if content is not None:
        file.write_text(content)
    run = guarded_registry.fetch(target, "models/breast-cancer:1.0.0", oci_auth_file=file)
    assert_refused(run, "invalid_settings", "MODEL_FETCHER_OCI_AUTH_FILE")
    assert "hidden" not in run.output


class TokenIssuer(http.server.ThreadingHTTPServer):
    """Issues the signed tokens that a registry asks for; to whom knows the password, or to everybody."""

    daemon_threads = True

    def __init__(self, folder: Path, everybody: bool):
        super().__init__(("127.0.0.1", 0), TokenRequest)
        self.certificate, self.key = certificate(folder)
        self.everybody = everybody
        self.asked: list[dict] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def realm(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/token"

    def token(self, service: str, scope: str) -> str:
        _, name, actions = scope.split(":")
        now = int(time.time())
        der = "".join(self.certificate.read_text().split("\n")[1:-2])
        head = {"typ": "JWT", "alg": "RS256", "x5c": [der]}
        access = [{"type": "repository", "name": name, "actions": actions.split(",")}]
        body = {"iss": "tests", "sub": USER, "aud": service, "nbf": now - 5, "iat": now, "exp": now + 60}
        parts = [encoded(json.dumps(part).encode()) for part in (head, {**body, "access": access})]
        signed = subprocess.run(
            [program("openssl", "install the package openssl"), "dgst", "-sha256", "-sign", str(self.key)],
            input=".".join(parts).encode(),
            capture_output=True,
            check=True,
        )
        return ".".join([*parts, encoded(signed.stdout)])


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class TokenRequest(http.server.BaseHTTPRequestHandler):
    server: TokenIssuer

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.server.asked.append(query)
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        allowed = self.server.everybody or self.headers.get("Authorization") == expected
        document = {"token": self.server.token(query["service"], query["scope"])} if allowed else {}
        content = json.dumps(document).encode()
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def token_registry(tmp_path, request) -> Iterator[tuple[Registry, TokenIssuer]]:
    issuer = TokenIssuer(tmp_path, everybody=request.param)
    auth = (
        f"auth: {{token: {{realm: '{issuer.realm}', service: models, issuer: tests, "
        f"rootcertbundle: {issuer.certificate}}}}}\n"
    )
    # Pushed before the registry is guarded, over the same storage.
    with registry(tmp_path) as opened:
        opened.push("models/breast-cancer:1.0.0", {"model.ubj": MODEL})
    with registry(tmp_path, auth) as opened:
        yield opened, issuer
    issuer.shutdown()
    issuer.server_close()


@pytest.mark.parametrize("token_registry", [True], indirect=True)
def test_gets_a_token_without_credentials(token_registry, target):
    opened, issuer = token_registry
    assert opened.fetch(target, "models/breast-cancer:1.0.0").files == {"model.bin": MODEL}
    assert issuer.asked == [{"service": "models", "scope": "repository:models/breast-cancer:pull"}]


@pytest.mark.parametrize("token_registry", [False], indirect=True)
def test_gets_a_token_for_its_password(token_registry, target):
    opened, _ = token_registry
    refused = opened.fetch(target, "models/breast-cancer:1.0.0")
    assert_refused(refused, "forbidden", "logging in")
    assert refused.warnings == []
    run = opened.fetch(target, "models/breast-cancer:1.0.0", oci_username=USER, oci_password=PASSWORD)
    assert run.files == {"model.bin": MODEL}
    assert PASSWORD not in run.output


def test_a_registry_without_tls_must_be_meant(open_registry, target):
    run = open_registry.fetch(target, "models/breast-cancer:1.0.0", oci_plain_http="false", attempts=1)
    assert run.code == 1
    assert run.files == {}
