#!/usr/bin/env bash
# The npm package yaml, asked to change one value of a document, writes other integers of it rounded.
# Versions: yaml 2.9.1 (`parseDocument`, `set`, `toString`) on Node.js 20.
# Seen: 1234567890123456789 becomes 1234567890123456800, 0xFFFFFFFFFFFFFFFF becomes 0x10000000000000000, 64 ones
#       become 1.1111111111111112e+63; 1.10, 0o17, comments and quotes stay as they were
#
# The document keeps of a scalar how it was quoted, its base and its trailing zeros, which looks like a lossless edit, but a plain
# integer is written from its JavaScript number. Ids of 19 digits and digests of digits alone are such integers.
# With `intAsBigInt: true` all of these stay, but for the case of hexadecimal digits.
# Fails if an integer is written otherwise than that.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >npm.log
npm install --silent --no-audit --no-fund yaml@2.9.1 >npm.log

cat >edit.mjs <<'JS'
import assert from "node:assert/strict";
import { parseDocument } from "yaml";

const ones = "1".repeat(64);
const text = `account: 1234567890123456789 # of the team
mask: 0xFFFFFFFFFFFFFFFF
sha256: ${ones}
release: 1.10
mode: 0o17
replicas: 1
`;
function edited(options) {
  const document = parseDocument(text, options);
  document.set("replicas", 2);
  return document.toString();
}
const usual = edited({});
console.log(usual);
assert.equal(
  usual,
  text
    .replace("1234567890123456789", "1234567890123456800")
    .replace("0xFFFFFFFFFFFFFFFF", "0x10000000000000000")
    .replace(ones, "1.1111111111111112e+63")
    .replace("replicas: 1", "replicas: 2"),
);
assert.equal(
  edited({ intAsBigInt: true }),
  text.replace("0xFFFFFFFFFFFFFFFF", "0xffffffffffffffff").replace("replicas: 1", "replicas: 2"),
);
JS
node edit.mjs
