#!/usr/bin/env bash
# `zig cc` of the PyPI package ziglang compiles for the processor that it runs on, without -march being given.
# Versions: ziglang 0.17.1, any Python 3.
# Seen, on an x86-64 processor with AVX-512 (of these four instruction sets, none is in the baseline):
#   zig cc:                 __AVX2__ __AVX512F__ __FMA__ __SSE4_2__
#   zig cc -mcpu=baseline:  none
#
# Used as a drop-in for gcc or clang, it builds a library that ends with an illegal instruction on a machine with
# fewer instruction sets than the one it was built on; gcc and clang compile for the baseline of the architecture.
# `-mcpu=baseline` says so to zig.
# Fails if the first line is `none` (on x86-64 processors with SSE 4.2, so of 2009 and later) or the second is not.
set -euo pipefail

PYTHON=${PYTHON:-python3}
[ "$(uname -m)" = x86_64 ] || { echo "shows something on x86-64 only" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ziglang==0.17.1
echo 'int nothing;' >"$folder/empty.c"

macros() {
  { "$folder/venv/bin/python" -m ziglang cc "$@" -E -dM "$folder/empty.c" |
    grep -oE '__(SSE4_2|AVX2|AVX512F|FMA)__' || echo none; } | sort | paste -sd ' '
}
native=$(macros)
baseline=$(macros -mcpu=baseline)
echo "zig cc:                 $native"
echo "zig cc -mcpu=baseline:  $baseline"
[ "$native" != none ] && [ "$baseline" = none ]
