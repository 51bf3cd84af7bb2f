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

from model_fetcher.sources import keyring
from tests.fetcher.local_server import certificate, program, running
from tests.fetcher.process import MODEL, PICKLE, Run, assert_refused, fetch, sha256
from tests.fetcher.web_server import Answer, WebServer, redirect, status, whole
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


ELSEWHERE = "0.0.0.0"
"""Another address than those of this machine itself, where yet only this machine answers."""


def manifest_of(*layers: dict) -> bytes:
    config = {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": f"sha256:{sha256(b'{}')}",
        "size": 2,
    }
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": list(layers)}
    return json.dumps(manifest).encode()


def layer_of(content: bytes, title: str | None = "model.ubj") -> dict:
    annotations = {} if title is None else {"org.opencontainers.image.title": title}
    digest = f"sha256:{sha256(content)}"
    return {
        "mediaType": "application/octet-stream",
        "digest": digest,
        "size": len(content),
        "annotations": annotations,
    }


def challenge(value: str) -> Answer:
    return status(401, **{"WWW-Authenticate": value})


def registry_at(server: WebServer, host: str = "127.0.0.1") -> str:
    return f"oci://{host}:{server.server_address[1]}/team/wine:1"


LOGIN = {"oci_plain_http": "true", "oci_username": USER, "oci_password": PASSWORD}


@pytest.fixture
def other() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.stop()


@pytest.mark.parametrize("scheme", ['Bearer realm="{url}/token",service="x"', 'Basic realm="x"'])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_only_the_registry_itself_is_answered(web, other, target, scheme, host):
    other_url = other.url("").replace("127.0.0.1", host)
    other.answers = [challenge(scheme.format(url=other_url))]
    web.answers = [
        challenge("Basic"),
        whole(manifest_of(layer_of(MODEL))),
        redirect(f"{other_url}/blob"),
    ]
    run = fetch(target, uri=registry_at(web), **LOGIN)
    assert_refused(run, "forbidden", "401")
    assert "Authorization" in web.requests[2]
    assert [request["path"] for request in other.requests] == ["/blob"]
    assert "Authorization" not in other.requests[0]


def test_a_redirected_blob_needs_no_login(web, other, target):
    other.answers = [whole()]
    web.answers = [whole(manifest_of(layer_of(MODEL))), challenge("Basic"), redirect(other.url("/blob"))]
    assert fetch(target, uri=registry_at(web), **LOGIN).files == {"model.bin": MODEL}
    assert "Authorization" not in other.requests[0]


def test_a_login_is_not_sent_without_tls(web, target):
    web.answers = [challenge("Basic")]
    run = fetch(target, uri=registry_at(web, ELSEWHERE), **LOGIN)
    assert_refused(run, "forbidden", "without TLS", "MODEL_FETCHER_OCI_PLAIN_HTTP=false")
    assert ["Authorization" in request for request in web.requests] == [False]


def test_a_registry_without_tls_and_login_may_be_elsewhere(web, target):
    web.answers = [whole(manifest_of(layer_of(MODEL))), whole()]
    assert fetch(target, uri=registry_at(web, ELSEWHERE), **LOGIN).files == {"model.bin": MODEL}
    assert all("Authorization" not in request for request in web.requests)


@pytest.mark.parametrize("realm", ["http://0.0.0.0:{port}/token", "ftp://127.0.0.1/", "http://[x/", ""])
def test_a_login_is_not_sent_to_an_issuer_without_tls(web, other, target, realm):
    web.answers = [challenge(f'Bearer realm="{realm.format(port=other.server_address[1])}"')]
    run = fetch(target, uri=registry_at(web), **LOGIN)
    assert_refused(run, "forbidden", "without TLS")
    assert (len(web.requests), other.requests) == (1, [])


def test_a_registry_with_tls_has_an_issuer_with_tls(web, other, target, tmp_path):
    trusted, key = certificate(tmp_path)
    web.use_tls(trusted, key)
    # Not even to get a token that everybody gets: whoever listens could use it.
    for login in ({}, {"oci_username": USER, "oci_password": PASSWORD}):
        web.answers = [challenge(f'Bearer realm="{other.url("/token")}"')]
        run = fetch(target, {"SSL_CERT_FILE": str(trusted)}, uri=registry_at(web), **login)
        assert_refused(run, "forbidden", "without TLS")
    assert other.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        "hidden",
        '{"token": "hidden',
        '{"token": ["hidden"]}',
        '{"token": "hidden\\nX: y"}',
        "[]",
        "[" * 100_000,
    ],
)
def test_an_issuer_that_gives_no_token(web, target, answer):
    web.answers = [challenge(f'Bearer realm="{web.url("/token")}"'), whole(answer.encode())]
    run = fetch(target, uri=registry_at(web), **LOGIN)
    assert_refused(run, "forbidden", "gave no token")
    assert "hidden" not in run.output


def test_a_challenge_is_read_as_it_may_be_written(web, target):
    web.answers = [
        challenge(f'Negotiate, bEARER Realm={web.url("/token")} , service="a,b"'),
        whole(b'{"access_token": "granted"}'),
        whole(manifest_of(layer_of(MODEL))),
        whole(),
    ]
    assert fetch(target, uri=registry_at(web), **LOGIN).files == {"model.bin": MODEL}
    assert web.requests[1]["path"] == "/token?service=a%2Cb"
    assert web.requests[2]["Authorization"] == "Bearer granted"


def test_a_login_of_the_machine_is_not_used(web, target, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hidden\n")
    web.answers = [whole(manifest_of(layer_of(MODEL))), redirect(web.url("/blob")), whole()]
    run = fetch(target, {"HOME": str(tmp_path)}, uri=registry_at(web), oci_plain_http="true")
    assert run.files == {"model.bin": MODEL}
    assert all("Authorization" not in request for request in web.requests)


def test_this_machine_is_asked_without_a_proxy(web, other, target):
    web.answers = [whole(manifest_of(layer_of(MODEL))), whole()]
    run = fetch(target, {"HTTP_PROXY": other.url("")}, uri=registry_at(web), **LOGIN)
    assert run.files == {"model.bin": MODEL}
    assert other.requests == []


def auth(user: str, password: str) -> dict:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


RIGHT = auth(USER, PASSWORD)
WRONG = auth(USER, "wrong")


def with_secret(opened: Registry, target: Path, tmp_path: Path, auths: dict) -> Run:
    file = tmp_path / ".dockerconfigjson"
    file.write_text(json.dumps({"auths": auths}))
    return opened.fetch(target, "models/breast-cancer:1.0.0", oci_auth_file=file)


@pytest.mark.parametrize(
    "keys",
    [
        ["{host}/v2/"],
        ["https://{host}/v1/"],
        ["http://{host}"],
        ["{host}/models"],
        ["{host}/models/breast"],
        ["*.*.0.1:{port}"],
        ["*7.0.0.1*:{port}/models/"],
    ],
)
def test_a_key_is_matched_as_the_kubelet_does(guarded_registry, target, tmp_path, keys):
    host, _, port = guarded_registry.host.partition(":")
    auths = {key.format(host=guarded_registry.host, port=port): RIGHT for key in keys}
    others = {host: WRONG, f"{host}:1": WRONG, f"{guarded_registry.host}/other": WRONG, "*": WRONG}
    run = with_secret(guarded_registry, target, tmp_path, {**others, **auths})
    assert run.files == {"model.bin": MODEL}, run.output


def test_several_entries_are_tried_the_most_specific_first(guarded_registry, target, tmp_path):
    host = guarded_registry.host
    entries = {f"{host}/models/breast-cancer": WRONG, host: RIGHT, f"https://{host}/v2/": WRONG}
    assert with_secret(guarded_registry, target, tmp_path, entries).files == {"model.bin": MODEL}
    refused = with_secret(guarded_registry, target, tmp_path, {host: WRONG, f"{host}/models": WRONG})
    assert refused.last["code"] == "forbidden"


@pytest.mark.parametrize(
    "entry",
    [
        # As `echo user:password | base64` makes it, also wrapped and without its padding.
        {"auth": base64.encodebytes(f"{USER}:{PASSWORD}\n".encode()).decode()},
        {"auth": RIGHT["auth"].rstrip("=") + "\n"},
        {"username": f"{USER}\n", "password": f"{PASSWORD}\r\n"},
        {**RIGHT, "username": "someone", "password": "else"},
    ],
)
def test_an_entry_may_be_written_in_many_ways(guarded_registry, target, tmp_path, entry):
    run = with_secret(guarded_registry, target, tmp_path, {guarded_registry.host: entry})
    assert run.files == {"model.bin": MODEL}, run.output


@pytest.mark.parametrize("entry", [{"auth": "hidden!"}, {"auth": 7}, {"username": ["hidden"]}])
def test_an_entry_that_cannot_be_read_is_named(guarded_registry, target, tmp_path, entry):
    run = with_secret(guarded_registry, target, tmp_path, {guarded_registry.host: entry})
    assert_refused(run, "invalid_settings", "MODEL_FETCHER_OCI_AUTH_FILE", guarded_registry.host)
    assert "hidden" not in run.output


# What Kubernetes' pkg/credentialprovider says of them (1.34, built with Go 1.26).
@pytest.mark.parametrize(
    ("key", "image", "found"),
    [
        ("*.kubernetes.io", "prefix.kubernetes.io/a", True),
        ("prefix.*.io", "prefix.kubernetes.io/a", True),
        ("*-good.kubernetes.io", "prefix-good.kubernetes.io/a", True),
        ("*.kubernetes.io", "a.b.kubernetes.io/a", False),
        ("kubernetes.io", "prefix.kubernetes.io/a", False),
        ("*.kubernetes.io/path", "prefix.kubernetes.io/path/a", True),
        ("*.kubernetes.io/path", "prefix.kubernetes.io/a", False),
        ("*.kubernetes.io:444", "prefix.kubernetes.io/a", False),
        ("*.kubernetes.io", "prefix.kubernetes.io:444/a", False),
        ("host:5001/team", "host:5001/teammate/a", True),
        ("https://host:5001/v1/team/", "host:5001/team/a", True),
        ("host:5001/v2", "host:5001/team/a", False),
        ("https://index.docker.io/v1/", "docker.io/library/a", True),
        ("docker.io", "docker.io/library/a", True),
        ("https://index.docker.io/v1/", "ghcr.io/library/a", False),
        ("[a-c]x.io", "bx.io/a", False),
        ("x[a-c].io", "xb.io/a", False),
        ("[::1", "a.io/a", False),
        ("[::1]:5000", "[::1]:5000/a", True),
        ("x?.io", "xa.io/a", False),
        ("a**b.io", "acb.io/a", True),
        ("a*b*c.io", "abbc.io/a", True),
        ("a*a.io", "a.io/a", False),
        ("user:pw@host", "host/a", True),
        ("host:port", "host/a", False),
        ("host:", "host/a", True),
        ("HOST", "host/a", False),
        ("host/%74eam", "host/team/a", True),
        ("host/a%zz", "host/a", False),
        ("host:5001//v2/", "host:5001/a", False),
        ("host/v1/v2/team", "host/v2/team/a", True),
        ("ho st", "host/a", False),
        ("", "host/a", False),
        ("host/team?x", "host/team/a", True),
        ("*", "localhost/a", True),
        ("*", "a.io/a", False),
    ],
)
def test_matching(tmp_path, key, image, found):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"auths": {key: RIGHT}}))
    assert bool(keyring.credentials_for(image, str(file))) is found


@pytest.mark.parametrize(
    ("model", "golden"),
    [
        ("wine/model.ubj", "wine/golden.json"),
        ("./model.ubj", "./golden.json"),
        ("/srv/a b/model.ubj", "../../etc/golden.json"),
        ("wine\\model.ubj", "wine\\golden.json"),
        ("model.ubj", "golden.json"),
    ],
)
def test_titles_may_keep_folders(open_registry, target, model, golden):
    for content in (MODEL, GOLDEN):
        open_registry.put_blob("folders", content)
    config = open_registry.put_blob("folders", b"{}")
    manifest = json.loads(manifest_of(layer_of(MODEL, model), layer_of(GOLDEN, golden)))
    open_registry.put_manifest("folders", "1", json.dumps({**manifest, "config": config}).encode())
    golden_uri = f"oci://{open_registry.host}/folders:1#golden.json"
    for uri in ("folders:1", "folders:1#model.ubj", f"folders:1#{model}"):
        run = open_registry.fetch(target, uri, golden_uri=golden_uri)
        assert run.files == {"golden.json": GOLDEN, "model.bin": MODEL}, run.output


def test_a_title_that_is_ambiguous_is_given_in_full(open_registry, target):
    for content in (MODEL, MODEL + b"2"):
        open_registry.put_blob("alike", content)
    config = open_registry.put_blob("alike", b"{}")
    manifest = json.loads(manifest_of(layer_of(MODEL, "a/m.ubj"), layer_of(MODEL + b"2", "b/m.ubj")))
    open_registry.put_manifest("alike", "1", json.dumps({**manifest, "config": config}).encode())
    assert_refused(open_registry.fetch(target, "alike:1#m.ubj"), "bad_artifact", "a/m.ubj, b/m.ubj")
    assert open_registry.fetch(target, "alike:1#b/m.ubj").files == {"model.bin": MODEL + b"2"}


def test_what_an_artifact_holds_is_not_repeated_at_length(web, target):
    layers = [layer_of(b"%d" % number, f"{number}\x1b[2J" + "x" * 5000) for number in range(100)]
    web.answers = [whole(manifest_of(*layers))]
    run = fetch(target, uri=registry_at(web), oci_plain_http="true")
    assert_refused(run, "bad_artifact", "80 more")
    assert len(run.output) < 10_000
    assert "\\u001b" not in run.output
