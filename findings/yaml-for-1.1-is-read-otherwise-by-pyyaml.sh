#!/usr/bin/env bash
# The npm package yaml, told to write YAML 1.1, writes strings that a YAML 1.1 reader takes for something else.
# Versions: yaml 2.9.1 (`stringify` with `version: "1.1"`) on Node.js 20, PyYAML 6.0.3 (YAML 1.1).
# Seen: "yes", "2024-05-01" and "1:30" are read as they were; "a<U+0085>b" as "a b", "<U+2028>" as null, "=" is refused
#
# With that option yaml quotes what 1.1 has for a boolean, a date or a number, as one hopes for. It leaves raw the line
# breaks that only 1.1 knows, though (U+0085 next line, U+2028 line separator; inside of quotes they become a space),
# and writes the string `=` plain, which 1.1 has for a type of its own. Text pasted from documents has such separators.
# Fails if one of these strings is read otherwise than that.
set -euo pipefail

PYTHON=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 9))' || {
  echo "needs Python 3.9 or later: PYTHON=/path/to/python3.13 $0" >&2
  exit 2
}
"$PYTHON" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyyaml==6.0.3
cd "$folder"
npm init --yes >npm.log
npm install --silent --no-audit --no-fund yaml@2.9.1 >npm.log

cat >write.mjs <<'JS'
import { stringify } from "yaml";

const written = ["yes", "2024-05-01", "1:30", "a\u0085b", "\u2028", "="].map((string) => ({
  string,
  text: stringify({ key: string }, { version: "1.1" }),
}));
console.log(JSON.stringify(written));
JS
cat >read.py <<'PYTHON'
import json, sys
import yaml

expected = {"a\u0085b": "a b", "\u2028": None, "=": "ConstructorError"}
held = True
for written in json.load(sys.stdin):
    string = written["string"]
    try:
        read = yaml.safe_load(written["text"])["key"]
    except yaml.YAMLError as error:
        read = type(error).__name__
    print(f"{ascii(string)} written as {ascii(written['text'])}, read as {ascii(read)}")
    held &= read == expected.get(string, string)
sys.exit(not held)
PYTHON
node write.mjs | PYTHONUTF8=1 "$folder/venv/bin/python" read.py
