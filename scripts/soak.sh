#!/usr/bin/env bash
# `make soak`: what takes too long for `make test`, and how it went. Its output is kept in docs/soak/<date>.md.
#
#   scripts/soak.sh [FILTER]      only the tests whose names contain FILTER, such as at_every_point_on_sqlite; then nothing is kept unless
#                                 SOAK_KEEP=1 is set, and the page says what was run
#
# - every point of a promotion, on SQLite and on PostgreSQL: processes are killed at each of them (docs/proofs.md, proof 1)
# - 1,000 promotions by three consoles at once (proof 2)
#
# It takes about three hours. Nothing else should run meanwhile.
source "$(dirname "$0")/common.sh"

use_toolchain
command -v cargo-nextest >/dev/null || die "make soak needs cargo-nextest: cargo install cargo-nextest --locked"
bin=$(command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -1) || true
[ -n "$bin" ] || die "make soak needs PostgreSQL's server programs: install them, or run scripts/test.sh tools once."
PATH=$PATH:$(dirname "$bin")
export PATH

filter=${1:-}
mkdir -p docs/soak target
log=target/soak.log
cargo build --workspace --bins --tests --examples
began=$SECONDS
set +e
cargo nextest run --workspace --profile soak --run-ignored only --no-fail-fast "$filter" 2>&1 | tee "$log"
result=${PIPESTATUS[0]}
set -e

page=docs/soak/$(date -u +%Y-%m-%d).md
{
  echo "# Soak, $(date -u +%Y-%m-%d)"
  echo
  echo "Commit $(git rev-parse --short HEAD), $(nproc) processors, $((SECONDS - began)) seconds."
  echo "Run: \`scripts/soak.sh${filter:+ $filter}\`${filter:+ (a part of it)}. Result: $([ "$result" = 0 ] && echo passed || echo FAILED)."
  echo
  echo '```'
  grep -E 'points without kills|killed at [0-9]+ points|repeat with|[0-9]+ promotions by|^ +(PASS|FAIL|TIMEOUT)|Summary' "$log" |
    sed 's/\x1b\[[0-9;]*m//g; s/^ *//' | sort -u
  echo '```'
} >target/soak.md
cat target/soak.md >&2
if [ -z "$filter" ] || [ -n "${SOAK_KEEP:-}" ]; then cp target/soak.md "$page" && say "kept in $page"; fi
exit "$result"
