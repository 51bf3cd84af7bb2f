#!/usr/bin/env bash
# obstore answers with the object `a` where the S3 objects `/a` and `a/` are asked for.
# Versions: obstore 0.12.1, boto3 1.40.0, Python 3.10 or later.
# Seen: keys a, /a, a/: boto3 gets "content of a", "content of /a", "content of a/"; obstore "content of a" thrice
#   keys a//b and ./a: boto3 gets the content of each; obstore raises ValueError
#
# S3 keys are plain text, all five are objects of their own in one bucket. obstore takes a key for a path and drops a
# delimiter at its ends without a word, so a wrong object is read where an error would do; what it refuses are empty
# and dotted parts within. What helps is to refuse such keys before they get to it.
# Fails if one of the two libraries gets something else.
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
import http.server, os, sys, threading, urllib.parse
import boto3, obstore, obstore.store

for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
    del os.environ[name]


class Bucket(http.server.BaseHTTPRequestHandler):
    """Every key of `bucket` is an object that tells its key, as an S3 server finds it in the request."""

    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        content = f"content of {path.removeprefix('/bucket/')}".encode()
        self.send_response(200)
        for header in (
            ("Content-Length", str(len(content))),
            ("ETag", '"1"'),
            ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"),
        ):
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
threading.Thread(target=server.serve_forever, daemon=True).start()
endpoint = f"http://127.0.0.1:{server.server_port}"
keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
store = obstore.store.S3Store(
    "bucket", endpoint=endpoint, region="us-east-1", client_options={"allow_http": True}, **keys
)


def with_obstore(key):
    try:
        return bytes(obstore.get(store, key).bytes()).decode()
    except Exception as error:
        return f"{type(error).__name__}"


held = True
for key, expected in (("a", "a"), ("/a", "a"), ("a/", "a"), ("a//b", None), ("./a", None)):
    by_boto3 = client.get_object(Bucket="bucket", Key=key)["Body"].read().decode()
    by_obstore = with_obstore(key)
    print(f"{key}: boto3 {by_boto3}; obstore {by_obstore}")
    held &= by_boto3 == f"content of {key}"
    held &= by_obstore == f"content of {expected}" if expected else "content" not in by_obstore
sys.exit(not held)
PYTHON
"$folder/venv/bin/python" "$folder/ask.py"
