#!/usr/bin/env bash
# `make bench`: 10,000 decisions, the validation of a large plan, the matrix page, audited changes, 50,000 users and 2,000 front-ends, a large package and 1,000 Platform Servers, beside bare programs that do the same work; release build.
# It takes about ten minutes to build the first time, and a minute to measure. Nothing else should run meanwhile.
source "$(dirname "$0")/common.sh"

use_toolchain
command -v unzip >/dev/null || need_debian "A package is compared with what unzip does" unzip
# A thousand Platform Servers are as many connections, at both ends.
ulimit -n "$(ulimit -H -n)"
[ -d target/site/pkg ] || { build_wasm && cargo run --quiet --package xtask -- site; }
cargo build --release --package platform
cargo bench --package server --bench console "$@"
