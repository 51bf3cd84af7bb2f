"""The process around a transfer: settings, folder, signals, memory."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from model_fetcher.settings import Settings
from tests.fetcher.process import (
    MODEL,
    SERVING,
    assert_refused,
    command,
    environment,
    fetch,
    fetch_measured,
    sha256,
)
from tests.fetcher.web_server import chunked, silence, whole


def test_every_wrong_setting_is_reported_at_once(tmp_path):
    run = fetch(
        tmp_path / "nowhere",
        uri="ftp://host/model",
        golden_uri="oci://no-reference",
        sha256="F00",
        attempts=0,
        max_bytes="many",
        s3_addressing="wild",
        file="../model",
        oci_username="somebody",
        colour="blue",
    )
    assert run.code == 1
    assert run.last["code"] == "invalid_settings"
    problems = run.last["problems"]
    names = ["COLOUR", "SHA256", "FILE", "MAX_BYTES", "ATTEMPTS", "S3_ADDRESSING", "OCI_USERNAME"]
    for name in [*names, "URI", "GOLDEN_URI", "TARGET"]:
        assert len([problem for problem in problems if problem.startswith(f"MODEL_FETCHER_{name}")]) == 1, (
            name
        )
    assert len(problems) == len(names) + 3
    assert len(run.lines) == 1


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("model.pkl", "must start with one of https://, http://, s3://, gs://, az://, hf://, oci://"),
        ("gcs://bucket/model", "must start with one of"),
        ("http:///model", "names no host"),
        ("https://host:port/model", "no valid address"),
        ("https://user:hidden@host/model", "pass them as MODEL_FETCHER_HTTP_AUTHORIZATION"),
        ("https://user:hid@hidden@host/model", "holds credentials"),
        ("HTTP://hidden@host", "holds credentials"),
        ("s3://key:hidden@bucket/model", "pass them as AWS_ACCESS_KEY_ID"),
        ("oci://user:hidden@registry/repository:tag", "MODEL_FETCHER_OCI_AUTH_FILE"),
        ("s3://bucket", "names no object"),
        ("s3://bucket/folder/", "names no object"),
        ("s3://Bucket_/model", "no valid bucket"),
        ("oci://registry/repository", "neither a tag nor a digest"),
        ("oci://registry/repository:tag@sha256:12", "must look like"),
    ],
)
def test_a_uri_that_cannot_be_used(target, uri, said):
    run = fetch(target, uri=uri)
    assert_refused(run, "invalid_settings", "MODEL_FETCHER_URI", said)
    assert "hidden" not in run.output


def test_a_missing_uri(target):
    assert_refused(fetch(target, uri=""), "invalid_settings", "MODEL_FETCHER_URI is missing")


def test_a_secret_in_the_wrong_variable_is_not_shown(target):
    run = fetch(
        target, uri="http://127.0.0.1/model", s3_addressing="hidden", sha256="hidden", attempts="hidden"
    )
    assert run.last["code"] == "invalid_settings"
    assert "hidden" not in run.output


def test_values_from_files_may_end_with_a_line_break(web, target):
    run = fetch(target, uri=f"{web.url()}\n", sha256=f"{sha256(MODEL)}\n")
    assert run.code == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_volume(web, target):
    # The kernel's own full device, in the place of the file that is being written.
    (target / ".model.bin.partial").symlink_to("/dev/full")
    run = fetch(target, uri=web.url())
    assert_refused(run, "no_space", str(target))
    assert len(web.requests) == 1


def test_a_folder_that_cannot_be_written(web, target):
    # A folder in the place of the file stops root too, which permissions would not.
    (target / ".model.bin.partial").mkdir()
    run = fetch(target, uri=web.url())
    assert (run.code, run.last["code"]) == (1, "not_writable")
    assert web.requests == []


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_and_cleanly(web, target, stop):
    web.answers = [silence(after=1000)]
    process = subprocess.Popen(
        command(), env=environment(target, {}, uri=web.url()), stdout=subprocess.PIPE, text=True
    )
    partial = target / ".model.bin.partial"
    deadline = time.monotonic() + 60
    while not (web.requests and partial.exists()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(stop)
    # The server would be silent for a minute.
    output, _ = process.communicate(timeout=25)
    assert process.returncode == 143
    assert '"code":"stopped"' in output
    assert list(target.iterdir()) == []


def test_memory_does_not_grow_with_the_file(web, target):
    large = MODEL * 200
    web.answers = [chunked(large)]
    code, mebibytes = fetch_measured(target, {}, uri=web.url(), sha256=sha256(large))
    assert code == 0
    assert (target / "model.bin").stat().st_size == len(large)
    assert mebibytes < len(large) / 2**20 / 2


def test_a_model_needs_no_name_of_a_model(web, target):
    web.answers = [whole()]
    assert fetch(target, uri=web.url("/download?id=7"), file="xgboost.v2").files == {"xgboost.v2": MODEL}


def test_a_setting_with_a_line_break_within_is_named(target):
    run = fetch(target, uri="https://host/model", http_authorization="Bearer hid\nden")
    assert_refused(run, "invalid_settings", "MODEL_FETCHER_HTTP_AUTHORIZATION", "line break")
    assert "hid" not in run.output


@pytest.mark.parametrize("uri", ["https://host/model", "s3://bucket/model", "oci://host/model:1"])
def test_a_file_of_authorities_that_holds_none_is_named(target, tmp_path, uri):
    run = fetch(target, {"SSL_CERT_FILE": "/nowhere/ca.crt"}, uri=uri)
    assert_refused(run, "invalid_settings", "SSL_CERT_FILE", "/nowhere/ca.crt")
    file = tmp_path / "ca.crt"
    for content in (b"", b"no certificate", b"\x30\x82\x00\x00"):
        file.write_bytes(content)
        run = fetch(target, {"SSL_CERT_FILE": str(file)}, uri=uri)
        assert_refused(run, "invalid_settings", "SSL_CERT_FILE", str(file))


# Libraries in Rust raise such when they panic.
PANICS = """
import os, sys
from model_fetcher import main
class PanicException(BaseException): pass
def panic(self): raise PanicException("token=hidden")
main.Wanted.fetch = panic
sys.exit(main.main(os.environ))
"""


def test_no_end_of_the_transfer_goes_unseen(target):
    done = subprocess.run(
        [sys.executable, "-c", PANICS],
        env=environment(target, {}, uri="https://host/model", timeout_seconds=86400),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, last["code"]) == (1, "internal"), done.stderr
    assert "PanicException" in last["message"]
    assert "hidden" not in done.stdout


def test_the_time_limit_is_that_of_the_chart():
    values = (SERVING.parent / "chart" / "values.yaml").read_text(encoding="utf-8")
    download = values[values.index("Seconds the download may take") :]
    limit = re.search(r"timeoutSeconds: (\d+)", download)
    assert limit
    assert Settings(uri="").timeout_seconds == float(limit[1])
