"""`https://` and `http://`: interrupted, lied to, sent elsewhere, and still either right or refused."""

import email.utils
import time

import pytest

from tests.fetcher.local_server import certificate
from tests.fetcher.process import MODEL, PICKLE, assert_refused, fetch, sha256
from tests.fetcher.web_server import (
    chunked,
    crash,
    ranged,
    redirect,
    silence,
    status,
    trickle,
    whole,
)
from tests.ports import free_port

HALF = len(MODEL) // 2


def test_fetches_a_pinned_model(web, target):
    run = fetch(target, uri=web.url(), sha256=sha256(MODEL))
    assert run.code == 0
    assert run.files == {"model.bin": MODEL}
    assert run.last["message"] == "fetched"
    assert (run.last["sha256"], run.last["bytes"], run.last["attempts"]) == (sha256(MODEL), len(MODEL), 1)
    # The server runs as another user.
    assert (target / "model.bin").stat().st_mode & 0o777 == 0o644


def test_brings_golden_requests_along(web, target):
    web.answers = [whole(b'{"rows": []}'), whole()]
    run = fetch(target, uri=web.url(), golden_uri=web.url("/golden"), file="model.ubj")
    assert run.code == 0
    assert run.files == {"golden.json": b'{"rows": []}', "model.ubj": MODEL}


def test_a_file_that_is_there_already_is_not_fetched_again(web, target):
    fetch(target, uri=web.url(), sha256=sha256(MODEL))
    run = fetch(target, uri=web.url(), sha256=sha256(MODEL))
    assert (run.code, run.last["message"]) == (0, "already there")
    assert len(web.requests) == 1


def test_a_file_that_is_another_is_replaced(web, target):
    (target / "model.bin").write_bytes(b"{old")
    (target / ".model.bin.partial").write_bytes(b"left by a killed process" * 100_000)
    assert fetch(target, uri=web.url(), sha256=sha256(MODEL)).files == {"model.bin": MODEL}


def test_goes_on_where_the_connection_broke(web, target):
    web.answers = [ranged(only=HALF), ranged(only=1000), ranged()]
    run = fetch(target, uri=web.url(), sha256=sha256(MODEL))
    assert run.code == 0
    assert run.files == {"model.bin": MODEL}
    assert run.last["attempts"] == 3
    starts = [request.get("Range") for request in web.requests]
    assert starts[0] is None
    assert starts[1:] == sorted(set(starts[1:]))
    assert [line["code"] for line in run.warnings] == ["interrupted"] * 2


def test_begins_anew_where_the_server_ignores_ranges(web, target):
    web.answers = [ranged(only=HALF), whole()]
    run = fetch(target, uri=web.url(), sha256=sha256(MODEL))
    assert run.files == {"model.bin": MODEL}
    assert "Range" in web.requests[1]


def test_begins_anew_when_the_file_has_changed_meanwhile(web, target):
    changed = MODEL.replace(b"learner", b"another")
    web.answers = [ranged(only=HALF), ranged(changed, tag='"two"')]
    run = fetch(target, uri=web.url(), sha256=sha256(changed))
    assert run.files == {"model.bin": changed}


@pytest.mark.parametrize("tag", ['W/"weak"', "none"])
def test_never_continues_what_could_be_another_file(web, target, tag):
    web.answers = [ranged(only=HALF, tag=tag), whole()]
    assert fetch(target, uri=web.url()).files == {"model.bin": MODEL}
    assert "Range" not in web.requests[1]


@pytest.mark.parametrize(("age", "continued"), [(3600, True), (0, False)])
def test_continues_by_date_only_if_the_file_was_left_alone(web, target, age, continued):
    now = time.time()
    dates = {
        "Date": email.utils.formatdate(now, usegmt=True),
        "Last-Modified": email.utils.formatdate(now - age, usegmt=True),
    }
    web.answers = [ranged(only=HALF, tag="", **dates), whole()]
    assert fetch(target, uri=web.url()).files == {"model.bin": MODEL}
    assert ("Range" in web.requests[1]) == continued


def test_a_range_that_starts_elsewhere_is_not_used(web, target):
    def shifted(exchange):
        headers = {"Content-Length": 10, "Content-Range": f"bytes 5-14/{len(MODEL)}", "ETag": '"one"'}
        exchange.send_head(206, headers)
        exchange.wfile.write(MODEL[5:15])

    web.answers = [ranged(only=HALF), shifted, ranged()]
    run = fetch(target, uri=web.url(), sha256=sha256(MODEL))
    assert run.files == {"model.bin": MODEL}
    assert run.warnings[1]["code"] == "wrong_range"
    assert "Range" not in web.requests[2]


def test_a_body_of_unknown_length(web, target):
    web.answers = [chunked(only=HALF), chunked()]
    run = fetch(target, uri=web.url(), sha256=sha256(MODEL))
    assert run.files == {"model.bin": MODEL}
    assert run.last["attempts"] == 2


def test_a_length_that_is_too_large_is_a_broken_connection(web, target):
    web.answers = [whole(length=len(MODEL) + 1)]
    run = fetch(target, uri=web.url(), sha256=sha256(MODEL), attempts=3)
    assert_refused(run, "interrupted", "gave up after 3 attempts")
    assert len(web.requests) == 3


def test_a_length_that_is_too_small_is_another_file(web, target):
    web.answers = [whole(length=len(MODEL) - 1)]
    run = fetch(target, uri=web.url(), sha256=sha256(MODEL))
    assert_refused(run, "wrong_sha256", sha256(MODEL), sha256(MODEL[:-1]))
    assert len(web.requests) == 1


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_tries_again_what_may_pass(web, target, code):
    web.answers = [status(code), whole()]
    run = fetch(target, uri=web.url())
    assert run.code == 0
    assert run.warnings[0]["code"] == "unavailable"
    assert str(code) in run.warnings[0]["message"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (400, "unexpected_answer"),
        (401, "forbidden"),
        (403, "forbidden"),
        (404, "not_found"),
        (410, "not_found"),
        (204, "unexpected_answer"),
    ],
)
def test_does_not_try_again_what_will_not_pass(web, target, code, reason):
    web.answers = [status(code)]
    assert_refused(fetch(target, uri=web.url()), reason, str(code), web.url())
    assert len(web.requests) == 1


def test_the_attempts_are_bounded(web, target):
    web.answers = [crash()]
    run = fetch(target, uri=web.url(), attempts=4)
    assert_refused(run, "interrupted", "gave up after 4 attempts")
    assert len(web.requests) == 4
    assert [line["attempt"] for line in run.warnings] == [1, 2, 3]


def test_waits_as_long_as_the_server_asks(web, target):
    web.answers = [status(503, **{"Retry-After": 1}), whole()]
    began = time.monotonic()
    run = fetch(target, uri=web.url())
    assert run.code == 0
    assert time.monotonic() - began >= 1
    assert 1 <= run.warnings[0]["pause"] < 2


def test_nobody_listens(target):
    run = fetch(target, uri=f"http://127.0.0.1:{free_port()}/model", attempts=2)
    assert_refused(run, "interrupted", "Connection refused", "2 attempts")


def test_no_such_host(target):
    run = fetch(target, uri="http://no-such-host.invalid/model", attempts=1)
    assert_refused(run, "interrupted", "no-such-host.invalid")


def test_a_stalled_transfer_is_taken_up_again(web, target):
    def stalls_half_way(exchange):
        """However often it does: on a busy machine it may stall before that."""
        has_half = exchange.headers.get("Range") == f"bytes={HALF}-"
        (ranged() if has_half else silence(after=HALF))(exchange)

    web.answers = [stalls_half_way]
    run = fetch(target, uri=web.url(), sha256=sha256(MODEL), stall_seconds=0.5, attempts=20)
    assert run.files == {"model.bin": MODEL}
    assert {line["code"] for line in run.warnings} == {"stalled"}
    assert web.requests[-1]["Range"] == f"bytes={HALF}-"


def test_time_is_limited_however_busy_the_connection(web, target):
    # It would take half a day.
    web.answers = [trickle()]
    run = fetch(target, uri=web.url(), timeout_seconds=1.5)
    assert_refused(run, "time_limit", "1.5 s", web.url())


def test_time_is_limited_while_waiting_for_the_next_attempt(web, target):
    web.answers = [status(503, **{"Retry-After": 20})]
    run = fetch(target, uri=web.url(), timeout_seconds=4)
    assert_refused(run, "time_limit")
    assert [line["code"] for line in run.warnings] == ["unavailable"]
    assert len(web.requests) == 1


def test_an_announced_size_is_refused_before_it_comes(web, target):
    web.answers = [silence(after=0)]
    run = fetch(target, uri=web.url(), max_bytes=len(MODEL) - 1)
    assert_refused(run, "too_large", str(len(MODEL) - 1), "MODEL_FETCHER_MAX_BYTES")


def test_a_size_that_was_not_announced_is_refused_too(web, target):
    web.answers = [chunked()]
    run = fetch(target, uri=web.url(), max_bytes=HALF)
    assert_refused(run, "too_large", str(HALF))
    assert len(web.requests) == 1


def test_exactly_the_largest_size_is_accepted(web, target):
    assert fetch(target, uri=web.url(), max_bytes=len(MODEL)).code == 0


def test_wrong_sha256(web, target):
    run = fetch(target, uri=web.url(), sha256="0" * 64)
    assert_refused(run, "wrong_sha256", "0" * 64, sha256(MODEL))
    assert len(web.requests) == 1


def test_a_refused_file_leaves_the_present_one_alone(web, target):
    (target / "model.bin").write_bytes(b"{present")
    run = fetch(target, uri=web.url(), sha256="0" * 64)
    assert run.code == 1
    assert run.files == {"model.bin": b"{present"}


def test_a_pickle_must_be_pinned(web, target):
    web.answers = [whole(PICKLE)]
    assert_refused(fetch(target, uri=web.url()), "model_not_pinned", "MODEL_FETCHER_SHA256")
    assert fetch(target, uri=web.url(), sha256=sha256(PICKLE)).code == 0


def test_an_empty_file_is_no_model(web, target):
    web.answers = [whole(b"")]
    assert_refused(fetch(target, uri=web.url(), sha256=sha256(b"")), "empty")


def test_wrong_golden_requests_stop_everything(web, target):
    run = fetch(target, uri=web.url(), golden_uri=web.url("/golden"), golden_sha256="0" * 64)
    assert_refused(run, "wrong_sha256", "/golden")


def test_compression_on_the_way_is_refused(web, target):
    web.answers = [whole(**{"Content-Encoding": "gzip"})]
    assert_refused(fetch(target, uri=web.url()), "encoded")
    assert web.requests[0]["Accept-Encoding"] == "identity"


def test_follows_redirects(web, target):
    web.answers = [redirect("/elsewhere"), whole()]
    assert fetch(target, uri=web.url()).code == 0
    assert web.requests[1]["path"] == "/elsewhere"


def test_redirects_are_bounded(web, target):
    web.answers = [redirect("/again")]
    assert_refused(fetch(target, uri=web.url()), "too_many_redirects")
    assert len(web.requests) == 6


def test_a_redirect_to_a_file_of_the_machine_is_not_followed(web, target):
    web.answers = [redirect("file:///etc/passwd")]
    assert_refused(fetch(target, uri=web.url()), "invalid_request")


def test_authorization_goes_to_the_named_host_only(web, target):
    web.answers = [redirect(web.url("/elsewhere").replace("127.0.0.1", "localhost")), whole()]
    run = fetch(target, uri=web.url(), http_authorization="Bearer hidden-token")
    assert run.code == 0
    assert web.requests[0]["Authorization"] == "Bearer hidden-token"
    assert "Authorization" not in web.requests[1]
    assert "hidden-token" not in run.output


@pytest.mark.parametrize(
    "answers", [[crash()], [status(403)], [status(503)], [whole(b"x")], [silence(after=0)]]
)
def test_a_signature_is_in_no_message(web, target, answers):
    web.answers = answers
    uri = web.url("/model.ubj?X-Amz-Signature=hidden&X-Amz-Credential=hidden")
    run = fetch(target, uri=uri, golden_uri=uri, attempts=2, stall_seconds=0.3)
    assert run.code == 1
    assert "/model.ubj" in run.output
    assert "hidden" not in run.output
    assert web.requests[0]["path"].endswith("X-Amz-Signature=hidden&X-Amz-Credential=hidden")


def test_an_untrusted_certificate_is_refused_at_once(web, target, tmp_path):
    web.use_tls(*certificate(tmp_path))
    run = fetch(target, uri=web.url())
    assert_refused(run, "untrusted_certificate", "self-signed")
    assert run.warnings == []


def test_a_private_authority_can_be_trusted(web, target, tmp_path):
    trusted, key = certificate(tmp_path)
    web.use_tls(trusted, key)
    run = fetch(target, {"SSL_CERT_FILE": str(trusted)}, uri=web.url(), sha256=sha256(MODEL))
    assert run.files == {"model.bin": MODEL}


def test_tls_is_not_left_by_a_redirect(web, target, tmp_path):
    trusted, key = certificate(tmp_path)
    web.answers = [redirect("http://127.0.0.1:1/model")]
    web.use_tls(trusted, key)
    run = fetch(target, {"SSL_CERT_FILE": str(trusted)}, uri=web.url())
    assert_refused(run, "insecure_redirect")


@pytest.mark.parametrize(
    "location", ["HTTP://127.0.0.1:1/m", "ht\ttp://127.0.0.1:1/m", "//user:hidden@[x/m", "http:/m"]
)
def test_tls_is_not_left_by_an_odd_redirect(web, target, tmp_path, location):
    trusted, key = certificate(tmp_path)
    web.answers = [redirect(location)]
    web.use_tls(trusted, key)
    run = fetch(target, {"SSL_CERT_FILE": str(trusted)}, uri=web.url())
    assert run.code == 1
    assert run.last["code"] in ("insecure_redirect", "invalid_request"), run.output
    assert len(web.requests) == 1
    assert "hidden" not in run.output


def test_a_redirect_with_an_account_shows_it_to_nobody(web, target):
    web.answers = [redirect("http://user:hidden-pass@127.0.0.1:1/m?sig=hidden-too")]
    run = fetch(target, uri=web.url(), attempts=2)
    assert run.code == 1
    assert "hidden" not in run.output


def test_what_a_server_says_is_told_in_short_and_without_secrets(web, target):
    def says(exchange):
        exchange.send_response_only(400, "token=hidden " + "x" * 10_000)
        exchange.end_headers()

    web.answers = [says]
    run = fetch(target, uri=web.url())
    assert_refused(run, "unexpected_answer", "400")
    assert "hidden" not in run.output
    assert len(run.output) < 2000
