"""`hf://`: what the Hugging Face Hub answers, by its documentation, from a scripted server."""

import pytest

from tests.fetcher.process import MODEL, PICKLE, assert_refused, fetch, sha256
from tests.fetcher.web_server import ranged, redirect, status, whole

URI = "hf://acme/wine@v1.0/models/model one.ubj"
PATH = "/acme/wine/resolve/v1.0/models/model%20one.ubj"
TOKEN = "hf_a-token-of-the-tests"


def test_fetches_a_file_of_a_revision(web, target):
    run = fetch(target, {"HF_TOKEN": f"{TOKEN}\n"}, uri=URI, hf_endpoint=web.url(""), sha256=sha256(MODEL))
    assert run.files == {"model.bin": MODEL}, run.output
    assert web.requests[0]["path"] == PATH
    assert web.requests[0]["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in run.output


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("hf://acme/wine/model.ubj", "/acme/wine/resolve/main/model.ubj"),
        ("hf://acme/wine@refs%2Fpr%2F1/model.ubj", "/acme/wine/resolve/refs%2Fpr%2F1/model.ubj"),
        ("hf://acme/wine@main/a@b/model.ubj", "/acme/wine/resolve/main/a%40b/model.ubj"),
    ],
)
def test_the_address_of_a_file(web, target, uri, path):
    run = fetch(target, {"HF_ENDPOINT": web.url("")}, uri=uri)
    assert run.files == {"model.bin": MODEL}, run.output
    assert web.requests[0]["path"] == path
    assert "Authorization" not in web.requests[0]


def test_a_large_file_is_stored_elsewhere_where_the_token_is_not_sent(web, other_web, target):
    web.answers = [status(302, Location=other_web.url("/xet"), **{"X-Linked-Etag": f'"{sha256(MODEL)}"'})]
    run = fetch(target, {"HF_TOKEN": TOKEN}, uri=URI, hf_endpoint=web.url(""))
    assert run.files == {"model.bin": MODEL}, run.output
    assert "Authorization" not in other_web.requests[0]


def test_another_file_than_the_pinned_one_is_refused_before_it_is_transferred(web, other_web, target):
    web.answers = [status(302, Location=other_web.url("/xet"), **{"X-Linked-Etag": f'"{"0" * 64}"'})]
    run = fetch(target, uri=URI, hf_endpoint=web.url(""), sha256=sha256(MODEL))
    assert_refused(run, "wrong_sha256", "hf://acme/wine@v1.0/models/model one.ubj", "is pinned")


def test_another_file_than_the_promised_one_is_refused(web, other_web, target):
    web.answers = [status(302, Location=other_web.url("/xet"), **{"X-Linked-Etag": f'"{"0" * 64}"'})]
    assert_refused(fetch(target, uri=URI, hf_endpoint=web.url("")), "wrong_sha256", "promised")


def test_an_etag_of_git_is_no_sha256(web, target):
    web.answers = [whole(**{"X-Linked-Etag": '"a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"'})]
    assert fetch(target, uri=URI, hf_endpoint=web.url("")).files == {"model.bin": MODEL}


def test_a_broken_transfer_goes_on(web, other_web, target):
    web.answers = [redirect(other_web.url("/xet"))]
    other_web.answers = [ranged(only=1000), ranged()]
    run = fetch(target, uri=URI, hf_endpoint=web.url(""))
    assert run.files == {"model.bin": MODEL}, run.output
    assert other_web.requests[1]["Range"] == "bytes=1000-"


@pytest.mark.parametrize(
    ("code", "word", "expected", "said"),
    [
        (401, "RepoNotFound", "forbidden", "HF_TOKEN"),
        (403, "GatedRepo", "forbidden", "accept its terms"),
        (404, "RevisionNotFound", "not_found", "no such revision"),
        (404, "EntryNotFound", "not_found", "no such file"),
        (401, "Unheard", "forbidden", "check the credentials"),
    ],
)
def test_a_refusal_is_explained(web, target, code, word, expected, said):
    web.answers = [status(code, **{"X-Error-Code": word})]
    run = fetch(target, uri=URI, hf_endpoint=web.url(""))
    assert_refused(run, expected, URI, said)
    assert run.warnings == []


def test_a_busy_hub_is_asked_again(web, target):
    web.answers = [status(429, **{"Retry-After": "0"}), status(503), whole()]
    run = fetch(target, uri=URI, hf_endpoint=web.url(""))
    assert run.files == {"model.bin": MODEL}
    assert [line["code"] for line in run.warnings] == ["unavailable", "unavailable"]


def test_a_pickle_is_taken_by_its_sha256_only(web, target):
    web.answers = [whole(PICKLE)]
    assert_refused(fetch(target, uri=URI, hf_endpoint=web.url("")), "model_not_pinned")
    assert fetch(target, uri=URI, hf_endpoint=web.url(""), sha256=sha256(PICKLE)).code == 0


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("hf://wine", "must look like hf://owner/repository@revision/path"),
        ("hf://acme/wine", "must look like hf://"),
        ("hf://acme/wine@main", "must look like hf://"),
        ("hf://acme/wine/", "must look like hf://"),
        ("hf://acme/wine/folder/", "names no object"),
        ("hf://datasets/acme/wine/model.ubj", "no repository of models"),
        ("hf://acme/../wine/model.ubj", "must look like hf://"),
        ("hf://acme/wine@../model.ubj", "must look like hf://"),
        ("hf://acme/wine/../model.ubj", "one part of which is '..'"),
    ],
)
def test_an_address_of_no_file(target, uri, said):
    assert_refused(fetch(target, uri=uri), "invalid_settings", "MODEL_FETCHER_URI", said)
