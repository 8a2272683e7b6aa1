#!/usr/bin/env bash
# Builds everything: server, Platform Server, samples' programs, browser half, and the site that the browser fetches.
#
#   scripts/build.sh [debug|release]      debug if nothing is said; below target/debug or target/release
#
# The whole workspace is always built at once: one set of features, so no dependency is compiled twice.
source "$(dirname "$0")/common.sh"
kind=${1:-debug}
case $kind in
  debug) profile=dev ;;
  release) profile=release ;;
  *) die "usage: scripts/build.sh [debug|release]" ;;
esac

use_toolchain
say "== 1/3 programs ($kind)"
cargo build --workspace --bins --profile "$profile"
say "== 2/3 browser half"
build_wasm
say "== 3/3 site"
"target/$kind/xtask" site
