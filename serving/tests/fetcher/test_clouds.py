"""`gs://` and `az://`: how the stores of Google and Azure are asked, from a scripted server.

`make test-object-stores` does the same with their emulators.
"""

import base64
import json
import re
import subprocess
from urllib.parse import unquote

import pytest

from tests.fetcher.local_server import program
from tests.fetcher.process import MODEL, assert_refused, fetch
from tests.fetcher.web_server import Answer, Exchange, ranged, status

MODIFIED = {"Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT"}
KEY = base64.b64encode(b"a key of the tests").decode()


def failing(code: int, word: str) -> Answer:
    """An error as both stores write them, in XML."""

    def answer(exchange: Exchange) -> None:
        body = f"<?xml version='1.0'?><Error><Code>{word}</Code><Message>no</Message></Error>".encode()
        exchange.send_head(code, {"Content-Length": len(body), "Content-Type": "application/xml"})
        exchange.wfile.write(body)

    return answer


def test_an_object_of_google(web, target):
    web.answers = [ranged(**MODIFIED)]
    run = fetch(
        target,
        {"GOOGLE_BEARER_TOKEN": "a-token-of-the-tests\n"},
        uri="gs://models/wine/model one.ubj",
        gs_endpoint=web.url(""),
    )
    assert run.files == {"model.bin": MODEL}, run.output
    assert unquote(web.requests[0]["path"]) == "/models/wine/model one.ubj"
    assert web.requests[0]["authorization"] == "Bearer a-token-of-the-tests"
    assert "a-token-of-the-tests" not in run.output


def test_a_public_object_of_google(web, target):
    web.answers = [ranged(**MODIFIED)]
    run = fetch(target, uri="gs://models/wine", gs_endpoint=web.url(""), gs_anonymous="true")
    assert run.files == {"model.bin": MODEL}, run.output
    assert "authorization" not in web.requests[0]


def test_a_key_file_of_google(web, target, tmp_path):
    key = tmp_path / "key.pem"
    subprocess.run(
        [program("openssl", "install the package openssl"), *("genrsa", "-out", str(key), "2048")],
        check=True,
        capture_output=True,
    )

    document = {
        "type": "service_account",
        "client_email": "wine@acme.iam.gserviceaccount.com",
        "private_key_id": "1",
        "private_key": key.read_text(),
        "gcs_base_url": web.url(""),
        "disable_oauth": False,
    }
    web.answers = [ranged(**MODIFIED)]
    run = fetch(
        target,
        {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(document, indent=2) + "\n"},
        uri="gs://models/wine",
        gs_endpoint=web.url(""),
    )
    assert run.files == {"model.bin": MODEL}, run.output
    # A token that the key itself has signed needs no exchange.
    assert web.requests[0]["authorization"].startswith("Bearer ey")


@pytest.mark.parametrize("given", ["hidden", "[]", '{"client_email": "hidden"}'])
def test_what_is_no_key_file_is_not_shown(target, given):
    run = fetch(target, {"GOOGLE_SERVICE_ACCOUNT_KEY": given}, uri="gs://models/wine")
    assert_refused(run, "invalid_settings", "GOOGLE_SERVICE_ACCOUNT_KEY", "client_email and private_key")
    assert "hidden" not in run.output


def test_a_blob_of_azure(web, target):
    web.answers = [ranged(**MODIFIED)]
    given = {"AZURE_STORAGE_ACCOUNT_NAME": "acme", "AZURE_STORAGE_ACCOUNT_KEY": f"{KEY}\n"}
    run = fetch(target, given, uri="az://models/wine/model one.ubj", az_endpoint=web.url(""))
    assert run.files == {"model.bin": MODEL}, run.output
    assert web.requests[0]["path"] == "/models/wine/model%20one.ubj"
    assert web.requests[0]["authorization"].startswith("SharedKey acme:")
    assert KEY not in run.output


def test_a_blob_by_a_signature(web, target):
    web.answers = [ranged(**MODIFIED)]
    given = {"AZURE_STORAGE_SAS_TOKEN": "sv=2024-11-04&sp=r&sig=a-signature%3D"}
    run = fetch(target, given, uri="az://models/wine", az_account="acme", az_endpoint=web.url(""))
    assert run.files == {"model.bin": MODEL}, run.output
    assert "sig=a-signature%3D" in web.requests[0]["path"]
    assert "a-signature" not in run.output


def test_the_account_has_a_name(target):
    run = fetch(target, uri="az://models/wine")
    assert_refused(run, "invalid_settings", "MODEL_FETCHER_AZ_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME")
    run = fetch(target, {"AZURE_STORAGE_ACCOUNT_NAME": "Acme_1"}, uri="az://models/wine")
    assert_refused(run, "invalid_settings", "it is no such name")


def test_half_of_a_workload_identity(target, tmp_path):
    token = tmp_path / "token"
    token.write_text("a-token")
    given = {"AZURE_FEDERATED_TOKEN_FILE": str(token), "AZURE_CLIENT_ID": "1"}
    run = fetch(target, given, uri="az://models/wine", az_account="acme")
    assert_refused(run, "invalid_settings", "AZURE_FEDERATED_TOKEN_FILE is set without AZURE_TENANT_ID")


STORES = {
    "gs": ("gs://models/wine", "gs_endpoint", {"gs_anonymous": "true"}, "GOOGLE_SERVICE_ACCOUNT_KEY"),
    "az": (
        "az://models/wine",
        "az_endpoint",
        {"az_anonymous": "true", "az_account": "acme"},
        "AZURE_STORAGE_ACCOUNT_KEY",
    ),
}


@pytest.mark.parametrize("scheme", STORES)
class TestBoth:
    def test_a_broken_transfer_goes_on(self, web, target, scheme):
        uri, endpoint, settings, _ = STORES[scheme]
        web.answers = [ranged(only=600_000, **MODIFIED), continued()]
        run = fetch(target, uri=uri, **{endpoint: web.url("")}, **settings)
        assert run.files == {"model.bin": MODEL}, run.output
        (begun,) = re.findall(r"bytes=(\d+)-", web.requests[1]["range"])
        assert 0 < int(begun) <= 600_000

    @pytest.mark.parametrize(
        ("code", "word", "expected"),
        [
            (404, "NoSuchKey", "not_found"),
            (404, "BlobNotFound", "not_found"),
            (403, "AccessDenied", "forbidden"),
            (401, "AuthenticationRequired", "forbidden"),
        ],
    )
    def test_a_refusal(self, web, target, scheme, code, word, expected):
        uri, endpoint, settings, _ = STORES[scheme]
        web.answers = [failing(code, word)]
        run = fetch(target, uri=uri, **{endpoint: web.url("")}, **settings)
        assert_refused(run, expected, uri, word)
        assert run.warnings == []

    def test_a_busy_store_is_asked_again(self, web, target, scheme):
        uri, endpoint, settings, _ = STORES[scheme]
        web.answers = [failing(503, "ServerBusy"), status(429), ranged(**MODIFIED)]
        run = fetch(target, uri=uri, **{endpoint: web.url("")}, **settings)
        assert run.files == {"model.bin": MODEL}, run.output
        assert [line["code"] for line in run.warnings] == ["unavailable", "unavailable"]

    def test_variables_that_are_no_credentials_do_not_lead_elsewhere(self, web, other_web, target, scheme):
        uri, endpoint, settings, _ = STORES[scheme]
        web.answers = [ranged(**MODIFIED)]
        elsewhere = {
            **dict.fromkeys(
                ("GOOGLE_BASE_URL", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"), other_web.url("")
            ),
            **dict.fromkeys(("GOOGLE_BUCKET", "AZURE_CONTAINER_NAME"), "other"),
        }
        run = fetch(target, elsewhere, uri=uri, **{endpoint: web.url("")}, **settings)
        assert run.files == {"model.bin": MODEL}, run.output
        assert web.requests[0]["path"] == "/models/wine"
        assert other_web.requests == []

    @pytest.mark.parametrize("rest", ["", "/", "/folder/", "/a//b", "/a/../b"])
    def test_an_address_of_no_object(self, target, scheme, rest):
        uri, _, settings, _ = STORES[scheme]
        run = fetch(target, uri=uri.removesuffix("/wine") + rest, **settings)
        assert_refused(run, "invalid_settings", "MODEL_FETCHER_URI")

    def test_credentials_do_not_belong_into_the_address(self, target, scheme):
        _, _, settings, remedy = STORES[scheme]
        run = fetch(target, uri=f"{scheme}://hidden@models/wine", **settings)
        assert_refused(run, "invalid_settings", "holds credentials", remedy)
        assert "hidden" not in run.output


def continued() -> Answer:
    """The rest of the model: the stores are asked by If-Match, which they answer or refuse."""

    def answer(exchange: Exchange) -> None:
        start = int(exchange.headers["range"].removeprefix("bytes=").partition("-")[0])
        rest = MODEL[start:]
        exchange.send_head(
            206,
            {
                "Content-Length": len(rest),
                "Content-Range": f"bytes {start}-{len(MODEL) - 1}/{len(MODEL)}",
                "ETag": '"one"',
                **MODIFIED,
            },
        )
        exchange.wfile.write(rest)

    return answer
