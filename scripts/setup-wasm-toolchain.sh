#!/usr/bin/env bash
# Makes `wasm32-unknown-unknown` an ordinary target for this checkout.
#
#   scripts/setup-wasm-toolchain.sh                        rustup adds the target; where it cannot, Debian's packages serve
#   WASM_TOOLCHAIN=debian scripts/setup-wasm-toolchain.sh  Debian's packages at once (a machine that reaches no rustup host)
#
# Prints the name of the toolchain to use as RUSTUP_TOOLCHAIN, or nothing where the current one serves; everything else
# goes to standard error. The Debian way installs nothing and needs no root: it unpacks Debian's newest Rust and the
# matching source of the standard library into a folder of its own below the user's cache, builds that library for
# wasm32 once, and links the folder into rustup. One toolchain then builds both halves: a compiler cannot use the
# standard library of another release (E0514).
set -euo pipefail

TARGET=wasm32-unknown-unknown
NAME=${TOOLCHAIN_NAME:-debian-wasm}
DIR=${TOOLCHAIN_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/towpath/$NAME}

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
has_target() { compgen -G "$(rustc --print sysroot)/lib/rustlib/$TARGET/lib/libcore-*.rlib" >/dev/null; }
link() {
  rustup toolchain list | grep -q "^$NAME\b" || rustup toolchain link "$NAME" "$DIR" >&2
  printf '%s\n' "$NAME"
}

command -v rustc >/dev/null || die "Rust is missing: install it from https://rustup.rs and start again."
if has_target; then exit 0; fi
command -v rustup >/dev/null ||
  die "The Rust at $(command -v rustc) has no target $TARGET and rustup is missing: install rustup from https://rustup.rs and start again."
if [ -f "$DIR/.ready" ]; then link; exit 0; fi
if [ "${WASM_TOOLCHAIN:-auto}" != debian ]; then
  say "adding the Rust target $TARGET with rustup"
  if timeout 300 rustup target add "$TARGET" >&2; then exit 0; fi
  say "rustup cannot add $TARGET here; trying Debian's packages"
fi
for tool in apt-get dpkg-deb flock ldd; do
  command -v "$tool" >/dev/null ||
    die "No way to get the Rust target $TARGET here: run 'rustup target add $TARGET' where rustup can download, and start again."
done

# Two runs at once (two checkouts, one cache): the second waits and finds the work done.
mkdir -p "$(dirname "$DIR")"
exec 9>"$DIR.lock"
flock 9
if [ -f "$DIR/.ready" ]; then link; exit 0; fi

W=$(mktemp -d "$DIR.XXXXXX")
trap 'rm -rf "$W"' EXIT


# Without root, apt may not refresh the system's package lists, so it gets lists of its own.
APT=(-qq -o APT::Sandbox::User=root)
if [ "$(id -u)" != 0 ]; then
  mkdir -p "$W/apt/lists/partial" "$W/apt/cache/archives/partial"
  APT+=(-o "Dir::State::Lists=$W/apt/lists" -o "Dir::Cache=$W/apt/cache" -o Debug::NoLocking=1)
fi
apt_get() { apt-get "${APT[@]}" "$@" >&2; }
apt_cache() { apt-cache "${APT[@]:1}" "$@"; }
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>&1)" = installed ]; }

# Debian names the library, LLVM and their release in package names; they are read from the dependencies, so that the
# next release needs no change here. Prints the packages that must be unpacked.
wanted() {
  local todo=(libstd-rust-web-dev cargo-web) done=" " package dependency lld=
  echo rustc-web rust-web-clippy rustfmt-web rust-web-src
  while [ ${#todo[@]} -gt 0 ]; do
    package=${todo[0]}
    todo=("${todo[@]:1}")
    case $done in *" $package "*) continue ;; esac
    done+="$package "
    echo "$package"
    while read -r dependency; do
      case $dependency in libllvm*) lld=lld-${dependency#libllvm} ;; esac
      case $dependency in
        libstd-rust-web-* | libllvm*) todo+=("$dependency") ;;
        lib*) installed "$dependency" || todo+=("$dependency") ;;
      esac
    done < <(apt_cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
      "$package" | sed -n 's/^  Depends: \([a-z0-9.+-]*\)$/\1/p')
  done
  [ -n "$lld" ] && echo "$lld"
}
# Lists may be stale in three ways: a package is unknown, it is older than this workspace needs, or its known file is
# gone from the mirror.
candidates() {
  local package found needed
  for package in "$@"; do
    case $(apt_cache policy "$package") in *'Candidate: '[0-9]*) ;; *) say "no candidate for the package $package"; return 1 ;; esac
  done
  found=$(apt_cache policy rustc-web | sed -n 's/^ *Candidate: //p')
  needed=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$(dirname "$0")/../Cargo.toml")
  dpkg --compare-versions "$found" ge "$needed" || { say "Debian's Rust is $found by these lists; $needed is needed"; return 1; }
}
download() {
  local packages
  packages=$(wanted) || return 1
  # shellcheck disable=SC2086 # a list of words
  candidates $packages && (cd "$W" && apt_get download $packages)
}

say "fetching Debian's Rust (about 150 MB) and building the standard library for $TARGET: about a minute"
if ! download; then
  say "refreshing the package lists"
  apt_get update || say "some package lists could not be refreshed (see above)"
  download || die "Debian's packages do not give the Rust target $TARGET here (see above): run 'rustup target add $TARGET' where rustup can download, and start again."
fi

for deb in "$W"/*.deb; do
  case $deb in
    */rust-web-src_*) dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$W" --wildcards './usr/src/rustc-*/library' ;;
    *) dpkg-deb -x "$deb" "$W" ;;
  esac
done
HOST=$("$(command -v rustc)" -vV | sed -n 's/^host: //p')
NEW=$W/toolchain
mkdir -p "$NEW/bin" "$NEW/lib/rustlib/$HOST/bin" "$NEW/lib/rustlib/src/rust"
# Some packages still keep their libraries in /lib.
for libraries in "$W"/usr/lib/*-linux-gnu "$W"/lib/*-linux-gnu; do
  if compgen -G "$libraries/*.so*" >/dev/null; then mv "$libraries"/*.so* "$NEW/lib/"; fi
done
mv "$W/usr/lib/rustlib/$HOST/lib" "$NEW/lib/rustlib/$HOST/lib"
mv "$W"/usr/bin/{rustc,rustdoc,cargo,cargo-clippy,clippy-driver,cargo-fmt,rustfmt} "$NEW/bin/"
mv "$W"/usr/lib/llvm-*/bin/lld "$NEW/lib/rustlib/$HOST/bin/rust-lld"
mv "$W"/usr/src/rustc-*/library "$NEW/lib/rustlib/src/rust/library"
export LD_LIBRARY_PATH=$NEW/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
if ldd "$NEW"/bin/* "$NEW/lib/rustlib/$HOST/bin/rust-lld" | grep 'not found' >&2; then
  die "Debian's Rust needs the libraries named above: install them and start again."
fi

mkdir -p "$W/seed/src"
printf '[package]\nname = "seed"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$W/seed/Cargo.toml"
echo '#![no_std]' >"$W/seed/src/lib.rs"
# Bitcode is embedded so that a release with fat link-time optimisation can use the library. The variables make this
# compiler build it even where rustup, a wrapper or the caller's settings would choose another.
(cd "$W/seed" && env -u CARGO_TARGET_DIR -u RUSTC_WRAPPER -u RUSTUP_TOOLCHAIN PATH="$NEW/bin:$PATH" \
  RUSTC="$NEW/bin/rustc" RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
  "$NEW/bin/cargo" build -q --release --target "$TARGET" -Z build-std=std,panic_abort,test >&2)
mkdir -p "$NEW/lib/rustlib/$TARGET/lib"
cp "$W/seed/target/$TARGET/release/deps/"*.rlib "$NEW/lib/rustlib/$TARGET/lib/"
rm -f "$NEW/lib/rustlib/$TARGET/lib/"libseed-*
rm -rf "$NEW/lib/rustlib/src"
touch "$NEW/.ready"
rm -rf "$DIR"
mv "$NEW" "$DIR"
link
