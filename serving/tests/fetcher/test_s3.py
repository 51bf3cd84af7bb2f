"""`s3://`: against a real S3 server, Versity's gateway over a folder."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import obstore
import pytest
from obstore.store import S3Store

from tests.fetcher.local_server import certificate, program, running
from tests.fetcher.process import MODEL, Run, assert_refused, fetch, fetch_measured, sha256
from tests.fetcher.web_server import WebServer, crash, ranged, silence, status, whole
from tests.ports import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-tests"}
LAST_MODIFIED = {"Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT"}
KEY = "breast-cancer/1.0.0/model.ubj"


@dataclass
class S3Server:
    endpoint: str
    authority: Path | None = None

    def put(self, key: str, content: bytes) -> None:
        client = {"allow_http": True}
        if self.authority:
            client["root_certificate"] = self.authority.read_bytes()
        store = S3Store(
            "models",
            endpoint=self.endpoint,
            region="us-east-1",
            access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            client_options=client,
        )
        obstore.put(store, key, content)

    def fetch(self, target: Path, uri: str, others: dict[str, str] | None = None, **settings: object) -> Run:
        return fetch(
            target, KEYS if others is None else others, uri=uri, s3_endpoint=self.endpoint, **settings
        )


def serve(folder: Path, *options: str) -> tuple[list[str], int]:
    port = free_port()
    (folder / "buckets" / "models").mkdir(parents=True)
    (folder / "attributes").mkdir()
    command = [
        program("versitygw", "make tools"),
        *("--quiet", "--access", KEYS["AWS_ACCESS_KEY_ID"], "--secret", KEYS["AWS_SECRET_ACCESS_KEY"]),
        *("--port", f"127.0.0.1:{port}", *options),
        # Not every file system has extended attributes.
        *("posix", "--sidecar", str(folder / "attributes"), str(folder / "buckets")),
    ]
    return command, port


@pytest.fixture(scope="module")
def s3(tmp_path_factory) -> Iterator[S3Server]:
    folder = tmp_path_factory.mktemp("s3")
    command, port = serve(folder)
    with running(command, port, folder / "log"):
        server = S3Server(f"http://127.0.0.1:{port}")
        server.put(KEY, MODEL)
        yield server


def test_fetches_an_object(s3, target):
    run = s3.fetch(target, f"s3://models/{KEY}", sha256=sha256(MODEL))
    assert run.code == 0, run.output
    assert run.files == {"model.bin": MODEL}
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in run.output


@pytest.mark.parametrize("key", ["folder with spaces/model (1)+é.ubj", "what?#%41.ubj"])
def test_fetches_an_object_of_any_name(s3, target, key):
    s3.put(key, MODEL)
    assert s3.fetch(target, f"s3://models/{key}").files == {"model.bin": MODEL}


def test_brings_golden_requests_along(s3, target):
    s3.put("golden.json", b'{"rows": []}')
    run = s3.fetch(target, f"s3://models/{KEY}", golden_uri="s3://models/golden.json")
    assert run.files == {"golden.json": b'{"rows": []}', "model.bin": MODEL}


def test_memory_does_not_grow_with_the_object(s3, target):
    large = MODEL * 200
    s3.put("large", large)
    code, mebibytes = fetch_measured(
        target, KEYS, uri="s3://models/large", s3_endpoint=s3.endpoint, sha256=sha256(large)
    )
    assert code == 0
    assert (target / "model.bin").stat().st_size == len(large)
    assert mebibytes < len(large) / 2**20 / 2


@pytest.mark.parametrize("end", ["\n", "\r\n", " \n", "\t"])
def test_credentials_may_end_with_a_line_break(s3, target, end):
    # As `echo KEY | base64` makes a Secret.
    given = {name: value + end for name, value in {**KEYS, "AWS_REGION": "us-east-1"}.items()}
    run = s3.fetch(target, f"s3://models/{KEY}", given)
    assert run.files == {"model.bin": MODEL}, run.output


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])
def test_the_endpoint_may_come_with_the_credentials(s3, target, variable):
    run = fetch(target, {**KEYS, variable: f"{s3.endpoint}/\n"}, uri=f"s3://models/{KEY}")
    assert run.files == {"model.bin": MODEL}, run.output


@pytest.mark.parametrize("uri", ["s3://models/no/such/key", "s3://no-such-bucket/key"])
def test_no_such_object(s3, target, uri):
    run = s3.fetch(target, uri)
    assert_refused(run, "not_found", uri)
    assert run.warnings == []


@pytest.mark.parametrize(
    "wrong",
    [{"AWS_SECRET_ACCESS_KEY": "hidden"}, {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "hidden"}],
)
def test_wrong_credentials(s3, target, wrong):
    run = s3.fetch(target, f"s3://models/{KEY}", {**KEYS, **wrong})
    assert_refused(run, "forbidden", KEY)
    assert run.warnings == []
    assert "hidden" not in run.output


def test_half_of_the_credentials(s3, target):
    run = s3.fetch(target, f"s3://models/{KEY}", {"AWS_ACCESS_KEY_ID": "tester"})
    assert_refused(run, "invalid_settings", "only one of them is set")


def test_no_credentials(s3, target):
    run = s3.fetch(target, f"s3://models/{KEY}", {}, attempts=1, stall_seconds=1)
    assert_refused(run, "no_credentials", "AWS_ACCESS_KEY_ID", "MODEL_FETCHER_S3_ANONYMOUS")


def test_anonymous_access_to_what_is_not_public(s3, target):
    assert_refused(s3.fetch(target, f"s3://models/{KEY}", {}, s3_anonymous="true"), "forbidden")


def test_wrong_sha256(s3, target):
    assert_refused(s3.fetch(target, f"s3://models/{KEY}", sha256="0" * 64), "wrong_sha256", sha256(MODEL))


def test_an_object_that_is_too_large(s3, target):
    run = s3.fetch(target, f"s3://models/{KEY}", max_bytes=len(MODEL) - 1)
    assert_refused(run, "too_large", str(len(MODEL) - 1))


@pytest.mark.parametrize(
    ("addressing", "url"), [("virtual", "models.s3.invalid"), ("path", "s3.invalid/models")]
)
def test_the_bucket_may_be_in_the_host_name(web, target, addressing, url):
    web.answers = [ranged(**LAST_MODIFIED)]
    # A proxy gets the whole address, and the name need not exist.
    others = {**KEYS, "HTTP_PROXY": web.url("")}
    run = fetch(
        target, others, uri="s3://models/a/b", s3_endpoint="http://s3.invalid", s3_addressing=addressing
    )
    assert run.files == {"model.bin": MODEL}, run.output
    assert web.requests[0]["path"] == f"http://{url}/a/b"


def test_a_private_authority_can_be_trusted(target, tmp_path):
    trusted, key = certificate(tmp_path)
    command, port = serve(tmp_path, "--cert", str(trusted), "--key", str(key))
    with running(command, port, tmp_path / "log"):
        server = S3Server(f"https://127.0.0.1:{port}", trusted)
        server.put(KEY, MODEL)
        refused = server.fetch(target, f"s3://models/{KEY}")
        assert_refused(refused, "untrusted_certificate")
        assert refused.warnings == []
        run = server.fetch(target, f"s3://models/{KEY}", {**KEYS, "SSL_CERT_FILE": str(trusted)})
        assert run.files == {"model.bin": MODEL}


class BreakingProxy:
    """Passes connections on to a server, and cuts the first ones after so many bytes of answer."""

    def __init__(self, port: int, cuts: list[int]):
        self.upstream = port
        self.cuts = cuts
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def stop(self) -> None:
        """A thread that waited on would do so for whatever socket gets the number of this one next."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            left = self.cuts[self.connections] if self.connections < len(self.cuts) else None
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.upstream))
            threading.Thread(target=self.pass_on, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, client, left), daemon=True).start()

    @staticmethod
    def pass_on(source: socket.socket, sink: socket.socket, left: int | None) -> None:
        try:
            while (left is None or left > 0) and (data := source.recv(65536)):
                data = data if left is None else data[:left]
                sink.sendall(data)
                left = None if left is None else left - len(data)
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def test_goes_on_where_the_connection_broke(s3, target):
    half = len(MODEL) // 2
    proxy = BreakingProxy(int(s3.endpoint.rpartition(":")[2]), [half, half // 2])
    run = fetch(
        target,
        KEYS,
        uri=f"s3://models/{KEY}",
        s3_endpoint=f"http://127.0.0.1:{proxy.port}",
        sha256=sha256(MODEL),
    )
    proxy.stop()
    assert run.code == 0, run.output
    assert run.files == {"model.bin": MODEL}
    assert run.last["attempts"] == 3
    assert [line["code"] for line in run.warnings] == ["interrupted"] * 2


def test_the_attempts_are_bounded(web, target):
    web.answers = [status(503), crash(), status(500)]
    run = fetch(target, KEYS, uri="s3://models/a", s3_endpoint=web.url(""), attempts=3)
    assert_refused(run, "unavailable", "500", "gave up after 3 attempts")
    assert len(web.requests) == 3
    assert [line["code"] for line in run.warnings] == ["unavailable", "interrupted"]


def test_a_rest_of_another_object_is_not_appended(web, target):
    web.answers = [
        ranged(only=len(MODEL) // 2, **LAST_MODIFIED),
        status(412),
        ranged(**LAST_MODIFIED),
    ]
    run = fetch(target, KEYS, uri="s3://models/a", s3_endpoint=web.url(""), sha256=sha256(MODEL))
    assert run.files == {"model.bin": MODEL}
    assert web.requests[1]["if-match"] == '"one"'
    assert run.warnings[1]["code"] == "changed"


def test_a_stalled_server(web, target):
    web.answers = [silence(after=1000)]
    run = fetch(target, KEYS, uri="s3://models/a", s3_endpoint=web.url(""), attempts=2, stall_seconds=0.5)
    assert_refused(run, "stalled", "gave up after 2 attempts")


SERVED = ranged(**LAST_MODIFIED)


def scope(web: WebServer) -> str:
    """What the last request was signed for: day, region and service."""
    return web.requests[-1]["authorization"].partition("Credential=")[2].partition(",")[0]


@pytest.mark.parametrize(
    ("settings", "variables", "region"),
    [
        ({"s3_region": "eu-a"}, {"AWS_REGION": "eu-b", "AWS_DEFAULT_REGION": "eu-c"}, "eu-a"),
        ({}, {"AWS_REGION": "eu-b", "AWS_DEFAULT_REGION": "eu-c"}, "eu-b"),
        ({}, {"AWS_DEFAULT_REGION": "eu-c\n"}, "eu-c"),
        ({}, {"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-c"}, "eu-c"),
        ({}, {}, "us-east-1"),
    ],
)
def test_the_region(web, target, settings, variables, region):
    web.answers = [SERVED]
    uri = "s3://models/a"
    run = fetch(target, {**KEYS, **variables}, uri=uri, golden_uri=uri, s3_endpoint=web.url(""), **settings)
    assert run.code == 0, run.output
    assert len(web.requests) == 2
    assert scope(web).split("/")[2] == region


@pytest.fixture
def other() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.stop()


def test_the_endpoint_that_is_set_goes_before_those_of_the_environment(web, other, target):
    web.answers = [SERVED]
    urls = {"AWS_ENDPOINT_URL_S3": other.url(""), "AWS_ENDPOINT_URL": other.url("")}
    # Of the library's own variables none is obeyed.
    own = {"AWS_ENDPOINT": other.url(""), "AWS_BUCKET": "another", "AWS_SKIP_SIGNATURE": "true"}
    run = fetch(target, {**KEYS, **urls, **own}, uri="s3://models/a", s3_endpoint=web.url(""))
    assert run.code == 0, run.output
    assert (web.requests[0]["path"], other.requests) == ("/models/a", [])
    assert scope(web).startswith("tester/")


def test_the_endpoints_of_the_environment_may_be_ignored(web, other, target):
    urls = {"AWS_ENDPOINT_URL_S3": web.url(""), "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    # A proxy that lets nobody through to Amazon's.
    run = fetch(target, {**KEYS, **urls, "HTTPS_PROXY": other.url("")}, uri="s3://models/a", attempts=1)
    assert run.code == 1
    assert web.requests == []


def test_the_endpoint_of_s3_goes_before_that_of_all_services(web, other, target):
    web.answers = [SERVED]
    urls = {"AWS_ENDPOINT_URL_S3": web.url(""), "AWS_ENDPOINT_URL": other.url("")}
    assert fetch(target, {**KEYS, **urls}, uri="s3://models/a").code == 0
    assert (web.requests[0]["path"], other.requests) == ("/models/a", [])


@pytest.mark.parametrize(
    "value", ["minio.example.com", "https://user:hidden@minio", "ftp://minio", "http://a/b"]
)
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])
def test_an_endpoint_that_is_none_is_named(target, variable, value):
    run = fetch(target, {**KEYS, variable: value}, uri="s3://models/a")
    assert_refused(run, "invalid_settings", variable, "https://minio.example.com")
    assert "hidden" not in run.output


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("runs//1/m.ubj", "two slashes"),
        ("/runs/m.ubj", "begins with a slash"),
        ("//m.ubj", "begins with a slash"),
        ("a/../m.ubj", "'..'"),
        ("./m.ubj", "'.'"),
        ("a/.", "'.'"),
        ("a\tb", "control character"),
        ("a\x7fb", "control character"),
        ("folder/", "names no object"),
    ],
)
def test_a_key_that_the_library_cannot_ask_for_is_named(web, target, key, said):
    run = fetch(target, KEYS, uri=f"s3://models/{key}", s3_endpoint=web.url(""))
    assert_refused(run, "invalid_settings", "MODEL_FETCHER_URI", said)
    assert web.requests == []


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("..a/...", "/..a/..."),
        ("a b+c&d=e", "/a%20b%2Bc%26d%3De"),
        ("a%2Fb%", "/a%252Fb%25"),
        ("a\\b{c}|^`<>~*", "/a%5Cb%7Bc%7D%7C%5E%60%3C%3E~%2A"),
        ("日本/é", "/%E6%97%A5%E6%9C%AC/%C3%A9"),
        ("a?b#c:d@e", "/a%3Fb%23c%3Ad%40e"),
    ],
)
def test_any_other_key_is_asked_for_as_it_is(web, target, key, path):
    web.answers = [SERVED]
    run = fetch(target, KEYS, uri=f"s3://models/{key}", s3_endpoint=web.url(""))
    assert run.code == 0, run.output
    assert web.requests[0]["path"] == f"/models{path}"


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize(
    ("value", "said"),
    [("hid\nden", "line break"), ("hid\x01den", "control"), ("hidéden", "ASCII"), ("hid den", "blank")],
)
def test_a_credential_that_cannot_be_one_is_named(web, target, variable, value, said):
    run = fetch(target, {**KEYS, variable: value}, uri="s3://models/a", s3_endpoint=web.url(""))
    assert_refused(run, "invalid_settings", variable, said)
    assert "den" not in run.last["message"].replace("credentials", "")
    assert web.requests == []


def test_an_empty_credential_is_none(web, target):
    web.answers = [SERVED]
    run = fetch(target, {**KEYS, "AWS_SESSION_TOKEN": "\n"}, uri="s3://models/a", s3_endpoint=web.url(""))
    assert run.code == 0, run.output
    assert "x-amz-security-token" not in web.requests[0]


def test_a_token_file_may_end_with_a_line_break(web, target, tmp_path):
    token = tmp_path / "token"
    token.write_text("of-the-pod\n")
    issued = {
        "AccessKeyId": "issued",
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": "2999-01-01T00:00:00Z",
    }
    web.answers = [whole(json.dumps(issued).encode()), SERVED]
    variables = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": web.url("/credentials"),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
    }
    run = fetch(target, variables, uri="s3://models/a", s3_endpoint=web.url(""))
    assert run.code == 0, run.output
    assert web.requests[0]["authorization"] == "of-the-pod"
    assert scope(web).startswith("issued/")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), ("\n", "empty"), ("hid\nden", "line break"), ("x" * 100_000, "too large")],
)
@pytest.mark.parametrize(
    "variable", ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
)
def test_a_token_file_that_holds_none_is_named(target, tmp_path, variable, content, said):
    token = tmp_path / "token"
    if content is not None:
        token.write_text(content)
    run = fetch(target, {variable: str(token), "AWS_ROLE_ARN": "arn:x"}, uri="s3://models/a")
    assert_refused(run, "invalid_settings", variable, said)
    assert "den" not in run.last["message"]


def test_a_web_identity_without_a_role_is_named(target, tmp_path):
    token = tmp_path / "token"
    token.write_text("of-the-pod")
    run = fetch(target, {"AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}, uri="s3://models/a")
    assert_refused(run, "invalid_settings", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN")
