#!/usr/bin/env bash
# `make mutants`: each rule of access is changed a little, one change at a time, and some test of domain must notice (issue 3).
# A change that no test notices is printed as MISSED, and this fails. It takes some minutes; docs/security.md has the figures.
source "$(dirname "$0")/common.sh"

use_toolchain
cargo mutants --version >/dev/null 2>&1 || cargo install cargo-mutants --locked
# Each mutant is built and tested in a copy that is kept small: domain alone.
cargo mutants --package domain --file 'domain/src/access/**' --test-package domain \
  --output target --no-shuffle --minimum-test-timeout 300 "$@" -- --lib access::
