#!/usr/bin/env bash
# `make help`
cat <<'TEXT'
make run     set up what is missing, build, and start Towpath with a sample infrastructure
             (needs Rust and a C compiler; options: make run ARGS="--help")
make test    formatting, lints, all tests on both databases, browser half, end-to-end tests in Chromium
make bench   decisions, the matrix page and audited writes, beside bare programs that do the same work
make soak    hours of promotions: killed at every point, and 1,000 by three consoles (docs/proofs.md)
make mutants mutation testing of the rules of access (installs cargo-mutants where it is missing)
make help    this text

scripts/build.sh release    the programs for an installation, in target/release, and the site in target/site
TEXT
