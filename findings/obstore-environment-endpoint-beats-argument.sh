#!/usr/bin/env bash
# obstore asks the server that AWS_ENDPOINT_URL_S3 names, though the program names another as `endpoint`.
# Versions: obstore 0.12.1, boto3 1.40.0, Python 3.10 or later.
# Seen: obstore with AWS_ENDPOINT: argument, AWS_ENDPOINT_URL: argument, AWS_ENDPOINT_URL_S3: environment;
#   boto3 with AWS_ENDPOINT_URL: argument, AWS_ENDPOINT_URL_S3: argument
#
# Of the three variables only that one wins over the argument; it was added to the Rust library below (object_store),
# there as the endpoint of highest precedence. What a program reads and where it sends its credentials thus hangs on
# the environment. What helps is to take the variable out of the environment before the store is made.
# Fails if another server is asked in one of the cases.
set -euo pipefail

PYTHON=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
  echo "needs Python 3.10 or later: PYTHON=/path/to/python3.13 $0" >&2
  exit 2
}
"$PYTHON" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check obstore==0.12.1 boto3==1.40.0

cat >"$folder/ask.py" <<'PYTHON'
import http.server, os, sys, threading
import boto3, obstore, obstore.store

asked = []


def listen(name):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(name)
            self.send_response(200)
            for header in (
                ("Content-Length", "2"),
                ("ETag", '"1"'),
                ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"),
            ):
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


argument, environment = listen("argument"), listen("environment")
keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}


def with_obstore():
    store = obstore.store.S3Store(
        "bucket", endpoint=argument, region="us-east-1", client_options={"allow_http": True}, **keys
    )
    obstore.get(store, "key").bytes()


def with_boto3():
    client = boto3.client("s3", endpoint_url=argument, region_name="us-east-1", **keys)
    client.get_object(Bucket="bucket", Key="key")["Body"].read()


held = True
for name, ask, variable, expected in (
    ("obstore", with_obstore, "AWS_ENDPOINT", "argument"),
    ("obstore", with_obstore, "AWS_ENDPOINT_URL", "argument"),
    ("obstore", with_obstore, "AWS_ENDPOINT_URL_S3", "environment"),
    ("boto3", with_boto3, "AWS_ENDPOINT_URL", "argument"),
    ("boto3", with_boto3, "AWS_ENDPOINT_URL_S3", "argument"),
):
    for other in [other for other in os.environ if other.startswith("AWS_") or other.lower().endswith("_proxy")]:
        del os.environ[other]
    os.environ[variable] = environment
    asked.clear()
    ask()
    print(f"{name} with {variable}: {' '.join(asked)}")
    held &= asked == [expected]
sys.exit(not held)
PYTHON
"$folder/venv/bin/python" "$folder/ask.py"
