# What the scripts share; read by `source`, with the root of the repository as the working folder afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Chooses the toolchain that has the WebAssembly target, and sets up what is missing.
use_toolchain() {
  command -v cargo >/dev/null || die "Rust is missing: install it from https://rustup.rs and start again."
  command -v cc >/dev/null || die "A C compiler is missing: install one (Debian: apt install gcc libc6-dev; macOS: xcode-select --install) and start again."
  local name
  name=$(scripts/setup-wasm-toolchain.sh)
  if [ -n "$name" ]; then export RUSTUP_TOOLCHAIN=$name; fi
}

# The browser half. Its features are those of the app alone: the workspace's would bring the server's in. Only here is it a library
# to link (`cdylib`): as one of the crate's own types, that would make everything that uses it wait until all of it is compiled.
build_wasm() {
  cargo rustc --package app --lib --crate-type cdylib --no-default-features --features hydrate \
    --target wasm32-unknown-unknown --profile wasm-release
}

# Installs Debian packages where that is allowed; says in one sentence what to do where it is not.
#   need_debian PURPOSE PACKAGE...
need_debian() {
  local purpose=$1
  shift
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "$purpose: install $* (Debian: sudo apt-get install --no-install-recommends $*) and start again."
  fi
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -qq --yes --no-install-recommends "$@" >&2 || {
    say "refreshing the package lists"
    apt-get update -qq >&2 || say "some package lists could not be refreshed (see above)"
    apt-get install -qq --yes --no-install-recommends "$@" >&2 ||
      die "$purpose: apt-get cannot install $* (see above)."
  }
}
