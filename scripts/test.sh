#!/usr/bin/env bash
# `make test`: everything that has to hold, in one run, and how long each part took.
#
#   scripts/test.sh [PART...]      only the named parts, in the order below
#
# PARTS: tools house format lint lint-browser build rust doc browser end2end
#
# It installs what it needs (PostgreSQL's server programs, HAProxy, wrk, aiosmtpd, libfaketime, Chromium, npm packages) where it may, and says in one
# sentence what is missing where it may not. The tests start their own databases and servers on free loopback ports.
source "$(dirname "$0")/common.sh"

PARTS=(tools house format lint lint-browser build rust doc browser end2end)
if [ $# -gt 0 ]; then chosen=("$@"); else chosen=("${PARTS[@]}"); fi
for part in "${chosen[@]}"; do
  case " ${PARTS[*]} " in *" $part "*) ;; *) die "scripts/test.sh knows no part '$part'; the parts are: ${PARTS[*]}" ;; esac
done

# Incremental compilation and debug information cost time and space that one run never gets back.
if [ -n "${CI:-}" ]; then export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0; fi

postgres_bin() { # prints the folder of PostgreSQL's server programs, if they are here
  local initdb
  initdb=$(command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -1) || true
  if [ -n "$initdb" ]; then dirname "$(readlink -f "$initdb")"; fi
}

part_tools() {
  local bin
  if [ -z "$(postgres_bin)" ]; then
    # Debian would also create and start a cluster of its own, which nobody asked for.
    if [ "$(id -u)" = 0 ] && [ -d /etc/apt ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      mkdir -p /etc/postgresql-common
      echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    fi
    need_debian "The tests run on PostgreSQL too" postgresql
  fi
  if ! command -v haproxy >/dev/null || ! command -v wrk >/dev/null; then
    need_debian "The tests of a farm run behind a load balancer and under load" haproxy wrk
  fi
  if ! { /usr/bin/python3 -c 'import aiosmtpd' || python3 -c 'import aiosmtpd'; } 2>/dev/null; then
    need_debian "The e-mails of applications are sent to a real SMTP server" python3-aiosmtpd
  fi
  if ! compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null; then
    need_debian "The tests of clocks that jump put another clock under a program" faketime
  fi
  command -v curl >/dev/null || need_debian "The commands of docs/server-api.md are tested" curl
  bin=$(postgres_bin)
  [ -n "$bin" ] || die "The tests run on PostgreSQL too: initdb is not on the path and not in /usr/lib/postgresql."
  say "PostgreSQL: $("$bin/postgres" --version)"

  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    need_debian "The end-to-end tests run on Node" nodejs npm
  fi
  if [ -z "${CHROMIUM:-}" ] && ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
    need_debian "The end-to-end tests run in Chromium" chromium
  fi
  (cd end2end && if ! cmp -s package-lock.json node_modules/.towpath-lock; then
    npm ci --no-audit --no-fund >&2
    cp package-lock.json node_modules/.towpath-lock
  fi)
  command -v cargo-nextest >/dev/null ||
    say "cargo-nextest is not installed, so 'cargo test' runs the tests; 'cargo install cargo-nextest --locked' makes them faster."
}

part_house() { scripts/check-house.sh; }

part_format() { cargo fmt --all --check; }

# Where nothing is kept, the build itself is checked (see `check_while_building`).
part_lint() {
  if [ -n "${CHECKED_BUILD:-}" ]; then say "checked while it is built: see the part build"; return; fi
  cargo clippy --workspace --all-targets -- -D warnings
}

# With the profile that the browser half is built with, so that what compiles for it runs on is built once for both.
part_lint-browser() {
  cargo clippy --package app --lib --no-default-features --features hydrate --target wasm32-unknown-unknown \
    --profile wasm-release -- -D warnings
}

# The programs are built together with the tests, so that what the end-to-end tests start is what was tested.
part_build() {
  if [ -n "${CHECKED_BUILD:-}" ]; then cargo build --workspace --all-targets; else cargo build --workspace --bins --tests --examples; fi
}

part_rust() {
  if command -v cargo-nextest >/dev/null; then
    cargo nextest run --workspace --no-fail-fast
  else
    cargo test --workspace --bins --lib --tests --no-fail-fast
  fi
}

part_doc() { cargo test --workspace --doc; }

# The tests leave a processor idle for half of their time, and the browser half needs nothing of theirs: it is compiled beside them.
# Its compiler is always the plain one: this is what people get.
start_browser() {
  rm -f target/browser.result
  (
    unset RUSTC_WORKSPACE_WRAPPER CLIPPY_ARGS
    result=FAILED
    if build_wasm >target/browser.log 2>&1; then result=passed; fi
    echo "$result" >target/browser.result
  ) &
  browser=$!
  trap 'kill "$browser" 2>/dev/null || true' EXIT
}

# Where it began beside the tests, this is only what was left of it.
part_browser() {
  until [ -e target/browser.result ] || ! kill -0 "$browser" 2>/dev/null; do sleep 1; done
  cat target/browser.log >&2
  [ "$(cat target/browser.result)" = passed ]
  target/debug/xtask site
}

part_end2end() { (cd end2end && npm run --silent test); }

# A toolchain may bring a linker that is several times as fast as the system's, without using it by itself (Debian's does).
# Only where nothing is kept, because other flags mean another build of everything.
use_fast_linker() {
  local lld folder=$PWD/target/linker
  lld=$(compgen -G "$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld") || return 0
  mkdir -p "$folder"
  ln -sf "$lld" "$folder/ld.lld"
  export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clink-arg=-B$folder -Clink-arg=-fuse-ld=lld"
}

# Clippy's driver is a compiler that also checks. With it in the compiler's place, as `cargo clippy` itself puts it there, one build
# serves both, and no dependency is read twice. A warning fails the build. Programs are other ones than without it, so this is only
# for where nothing is kept.
check_while_building() {
  local driver
  driver=$(rustc --print sysroot)/bin/clippy-driver
  [ -x "$driver" ] || return 0
  export CHECKED_BUILD=1 RUSTC_WORKSPACE_WRAPPER=$driver CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__
}

use_toolchain
if [ -n "${CI:-}" ]; then
  use_fast_linker
  check_while_building
fi
PATH=$PATH:$(postgres_bin)
export PATH

names=() times=() results=() browser=
for part in "${chosen[@]}"; do
  say ""
  say "==== $part"
  start=$SECONDS
  case $part/$browser/" ${chosen[*]} " in rust//*' browser '* | browser//*) start_browser ;; esac
  # In a shell of its own, so that a part that ends early ends alone; not as a condition, for that would switch `-e` off.
  set +e
  (set -e; "part_$part")
  if [ $? = 0 ]; then result=passed; else result=FAILED; fi
  set -e
  names+=("$part") times+=($((SECONDS - start))) results+=("$result")
  if [ "$part" = tools ]; then PATH=$PATH:$(postgres_bin); fi
  # What comes after would only repeat this failure.
  case $result/$part in FAILED/tools | FAILED/build | FAILED/browser) break ;; esac
done

{
  printf '\n%-14s %8s  %s\n' part seconds result
  for i in "${!names[@]}"; do printf '%-14s %8d  %s\n' "${names[i]}" "${times[i]}" "${results[i]}"; done
  for part in "${chosen[@]}"; do
    case " ${names[*]} " in *" $part "*) ;; *) printf '%-14s %8s  %s\n' "$part" - 'not run' ;; esac
  done
  printf '%-14s %8d\n' total "$SECONDS"
} >&2
case " ${results[*]} " in *FAILED*) exit 1 ;; esac
