#!/usr/bin/env bash
# The images of a release: each is built where its architecture is at home, then all of them get one name. Every one
# carries where and from what it was built (BuildKit's provenance).
#
#   release/images.sh build REGISTRY VERSION model-server|model-fetcher ARCHITECTURE
#   release/images.sh index REGISTRY VERSION model-server|model-fetcher ARCHITECTURE…
#
# BASE_IMAGE=… builds on another image than serving/Dockerfile names.
set -euo pipefail
cd "$(dirname "$0")/.."

command=$1 registry=$2 version=$3 image=$4
shift 4

# As Docker has it, or else by itself.
buildx=(docker buildx)
docker buildx version >/dev/null 2>&1 || buildx=(buildx)

case $image in
  model-server) target=runtime ;;
  model-fetcher) target=fetcher ;;
  *) echo "unknown image '$image'; one of: model-server, model-fetcher" >&2 && exit 1 ;;
esac
name=$registry/$image:$version

case $command in
  build)
    "${buildx[@]}" build serving \
      --target "$target" \
      --platform "linux/$1" \
      --provenance mode=max \
      --label "org.opencontainers.image.version=$version" \
      --label "org.opencontainers.image.licenses=Apache-2.0" \
      ${BASE_IMAGE:+--build-arg "BASE_IMAGE=$BASE_IMAGE"} \
      --tag "$name-$1" \
      --push
    ;;
  index)
    "${buildx[@]}" imagetools create --tag "$name" "${@/#/$name-}"
    "${buildx[@]}" imagetools inspect "$name"
    ;;
  *) echo "unknown command '$command'; one of: build, index" >&2 && exit 1 ;;
esac
