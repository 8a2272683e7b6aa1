#!/usr/bin/env bash
# `make run`: sets up what is missing, builds, and starts the console with its sample infrastructure.
#
#   scripts/run.sh [options of `towpath demo`]
#
# The development build is taken: a first start is ready in half the time of a release build, and the tests use the
# same files. For an installation: scripts/build.sh release.
source "$(dirname "$0")/common.sh"
[ -d target/site ] || say "The first build takes some minutes (two processors: about thirteen); later starts take seconds."
scripts/build.sh debug
use_toolchain
# In place of this shell, so that Ctrl+C reaches the program that ends all the others.
exec target/debug/towpath demo "$@"
