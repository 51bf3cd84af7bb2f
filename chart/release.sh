#!/usr/bin/env bash
# Packages the chart and pushes it to a registry as an OCI artifact: chart/release.sh oci://ghcr.io/acme/charts
# Prints, as its last line, the reference to deploy it by. A version that is there already is not pushed again.
set -euo pipefail
cd "$(dirname "$0")"
to=${1:-}
if [[ $to != oci://*/* ]]; then
  echo "TO: found '$to'; accepted: a folder of a registry such as oci://ghcr.io/acme/charts" >&2
  exit 2
fi
to=${to%/}
version=$(sed -n 's/^version: *//p' Chart.yaml)
name=$(sed -n 's/^name: *//p' Chart.yaml)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Released versions never change: who pinned one by its tag gets what was tested.
if helm pull "$to/$name" --version "$version" --destination "$folder" >"$folder/pull" 2>&1; then
  mkdir "$folder/released" "$folder/packed"
  helm package . --destination "$folder/packed" >/dev/null
  tar -xzf "$folder/$name-$version.tgz" -C "$folder/released" 2>/dev/null
  mkdir "$folder/here"
  tar -xzf "$folder/packed/$name-$version.tgz" -C "$folder/here" 2>/dev/null
  if ! diff -r "$folder/released" "$folder/here" >/dev/null; then
    echo "$to/$name:$version is released with another content: raise version in chart/Chart.yaml" >&2
    exit 1
  fi
  digest=$(sed -n 's/^Digest: //p' "$folder/pull")
else
  helm package . --destination "$folder" >/dev/null
  helm push "$folder/$name-$version.tgz" "$to" >"$folder/push" 2>&1 || { cat "$folder/push" >&2; exit 1; }
  digest=$(sed -n 's/^Digest: //p' "$folder/push")
fi
echo "$to/$name:$version@$digest"
