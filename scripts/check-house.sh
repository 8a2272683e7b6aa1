#!/usr/bin/env bash
# The rules of this repository that no compiler checks. Each prints what breaks it, and why it is a rule.
source "$(dirname "$0")/common.sh"

shopt -s lastpipe # so that `... | none` counts in this shell
broken=0
# Fails with the given sentence if standard input has lines; the lines name the places.
none() {
  local found
  found=$(cat)
  [ -z "$found" ] && return
  say "$1"
  sed 's/^/    /' <<<"$found" >&2
  broken=$((broken + 1))
}
# Lines of tracked and new files that match; no match is no failure.
lines() { git grep --untracked -nE "$@" || [ $? = 1 ]; }

# --- which way the parts depend -------------------------------------------------------------------------------------
# Everything a crate may name of this workspace, beyond other people's crates.
may_depend() {
  case $1 in
    storage | platform) echo domain ;;
    operations) echo domain storage ;;
    app) echo domain operations ;;
    server) echo domain storage operations app ;;
    *) ;;
  esac
}
members=$(cargo tree --workspace --depth 0 --prefix none --format '{p}' | sed -n 's/ .*//p')
for crate in $members; do
  allowed=" $(may_depend "$crate") "
  cargo tree --package "$crate" --edges normal,build --all-features --depth 1 --prefix none --format '{p}' |
    sed -n 's/^\([^ ]*\) v[^ ]* (\/.*/\1/p' | sort -u | while read -r dependency; do
    case "$crate $allowed" in "$dependency "* | *" $dependency "*) ;; *) echo "$crate depends on $dependency" ;; esac
  done | none "A part depends on one that it must not know (allowed: domain <- storage <- operations <- app <- server; domain <- platform):"
done
cargo tree --package app --no-default-features --features hydrate --target wasm32-unknown-unknown --edges normal \
  --prefix none --format '{p}' | sed -n 's/ .*//p' | sort -u | { grep -xE 'operations|storage|sqlx|axum|tokio' || true; } |
  none "The browser half holds crates that belong to the server:"
# Without randomness (uuid's v4 and v7) and with domain in both halves, so that no word or rule is written twice for the browser.
{
  cargo tree --package domain --target wasm32-unknown-unknown --edges normal,features --invert uuid --prefix none |
    grep -oE '^uuid feature "(v4|v7|rng|js)"' || true
  cargo tree --package app --no-default-features --features hydrate --target wasm32-unknown-unknown --edges normal \
    --depth 1 --prefix none --format '{p}' | grep -q '^domain v' || echo "app does not depend on domain"
} | none "The browser half is app over domain, and ids come to it ready made (design 3):"

# --- who may do what ------------------------------------------------------------------------------------------------
lines 'cfg(_attr)?\(.*feature *=' -- '*.rs' ':!app/src/lib.rs' | { grep -v 'cfg(feature = "testing")' || true; } |
  none "Features are told apart in app/src/lib.rs only, so that no other code exists in two versions (but helpers of tests):"
lines '\bsqlx::|\buse sqlx\b' -- '*.rs' ':!server/storage' |
  none "Only server/storage may use sqlx:"
lines -i '\b(insert (or [a-z]+ )?into|update +[a-z_]+ +set|delete from)\b' -- '*.rs' ':!server/storage' ':!platform' ':!server/benches' |
  { grep -vE '^[^:]*:[0-9]+: *//' || true; } |
  none "SQL that changes data belongs into server/storage (the Platform Server's own catalogs into platform; benches compare with bare SQL):"
lines '\b(todo|unimplemented)!' -- '*.rs' |
  none "Unfinished code:"
lines '#!?\[(allow|expect)\(' -- '*.rs' | { grep -v 'reason *=' || true; } |
  none "A lint is set aside with its reason on the same line, best by #[expect(..., reason = \"...\")], which tells when it is no longer needed:"

# --- both databases -------------------------------------------------------------------------------------------------
{ diff <(ls migrations/sqlite) <(ls migrations/postgres) || true; } |
  none "The migrations of both databases must have the same numbers and names:"

# --- style ----------------------------------------------------------------------------------------------------------
# A class in quotes or between blanks, as markup has it. The hues of icons are counted, not written out.
sed 's:/\*.*\*/::g' style/*.css style/areas/*.css | grep -oE '\.[a-z][a-z0-9-]*' | sed 's/^\.//' | sort -u |
  { grep -vE '^(h[0-9]+|woff2)$' || true; } | while read -r class; do
    grep -rqE "[\"' ]$class[\"' ]" app/src --include='*.rs' || echo "$class"
  done | none "Classes in style/ that no page uses:"
lines '#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(' -- 'style/*.css' ':!style/tokens.css' | { grep -vE 'url\(|href' || true; } |
  none "Colours stand in style/tokens.css only:"
# An operation without words would show its code on the page of the log.
grep -rhoE '(Attempt::new|Attempt::within|self\.attempt|self\.entry)\([^"]*"[a-z_.]+"' server/operations/src | grep -oE '"[a-z_.]+"' | sort -u |
  while read -r operation; do
    grep -qF "($operation," app/src/view/acts.rs || echo "$operation"
  done | none "Audited operations without words in app/src/view/acts.rs:"

# --- dependencies ---------------------------------------------------------------------------------------------------
{
  sed -n '/^\[workspace.dependencies\]/,/^\[workspace.lints/s/^\([a-z0-9_-]*\) = .*/\1/p' Cargo.toml
  sed -n '/"devDependencies"/,/}/s/^    "\([^"]*\)": .*/\1/p' end2end/package.json
} | while read -r dependency; do
  grep -qxF "$dependency" <<<"$members" || grep -qE "^\\|( [^|]*,)? ${dependency}[, ]" docs/dependencies.md || echo "$dependency"
done | none "Each direct dependency has a line in docs/dependencies.md that says why it is here:"

# --- security -------------------------------------------------------------------------------------------------------
# The table of docs/security.md and the tests name each other.
sed -n 's/^| *[0-9].*|\(.*\)|$/\1/p' docs/security.md | grep -oE '`[a-z0-9_]+`' | tr -d '`' | sort -u | while read -r test; do
  git grep --untracked -qE "fn $test\b" -- '*.rs' || echo "$test"
done | none "Tests that docs/security.md names and that do not exist:"
git grep --untracked -hoE 'fn asvs_[a-z0-9_]+' -- '*.rs' | sed 's/^fn //' | sort -u | while read -r test; do
  grep -oE '[0-9]+_[0-9]+_[0-9]+' <<<"$test" | tr _ . | while read -r item; do
    grep -qE "^\| $item \|.*\`$test\`" docs/security.md || echo "$test, item $item"
  done
done | none "Tests with an item of ASVS in their names that docs/security.md does not name beside it:"

# --- what must not lie in the repository ----------------------------------------------------------------------------
lines '(^|[^A-Za-z0-9_.}-])/(work|root)/' -- ':!*.lock' ':!*package-lock.json' |
  none "Paths of one machine:"
git ls-files | while read -r file; do
  if [ -f "$file" ] && [ "$(wc -c <"$file")" -gt 1000000 ]; then echo "$file"; fi
done | none "Files above 1 MB:"

[ $broken = 0 ] || die "$broken house rules are broken."
