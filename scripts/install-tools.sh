#!/usr/bin/env bash
# Installs missing tools for building and testing. Prints nothing if everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }
fail() { printf '\nerror: %s\n' "$*" >&2; exit 1; }

command -v cargo >/dev/null || fail 'Rust is missing. Install it with rustup, then run this again.'
command -v node >/dev/null || fail 'Node is missing. Install Node 20.19 or later, then run this again.'
# Needed by the current Vite, which builds the example app.
node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major * 100 + minor >= 2019 ? 0 : 1)' ||
  fail "Node $(node --version) is too old: Node 20.19 or later is needed."

if ! rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown; then
  say 'Adding the WebAssembly target to Rust'
  rustup target add wasm32-unknown-unknown
fi

# The version of wasm-bindgen's CLI must match the library version pinned in Cargo.toml.
bindgen_version=$(sed -nE 's/^wasm-bindgen = "=([^"]+)"/\1/p' Cargo.toml)
if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $bindgen_version" ]; then
  say "Building wasm-bindgen $bindgen_version (about 4 minutes, once)"
  # Not --locked: the lock file names a version that some registries do not have.
  cargo install --quiet wasm-bindgen-cli --version "$bindgen_version"
fi
if ! command -v wasm-pack >/dev/null; then
  say 'Building wasm-pack (about 3 minutes, once)'
  cargo install --quiet wasm-pack
fi

browser=${CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$browser" ] || ! command -v chromedriver >/dev/null; then
  command -v apt-get >/dev/null || fail "No Chromium at $browser. Install chromium and chromedriver, or set CHROMIUM."
  say 'Installing Chromium and its driver'
  as_root=''
  [ "$(id -u)" -eq 0 ] || as_root='sudo'
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null
fi

# `--full`: tools that only `make test-full` needs.
if [ "${1:-}" = --full ]; then
  missing=''
  command -v firefox-esr >/dev/null || command -v firefox >/dev/null || missing="$missing firefox-esr"
  command -v WebKitWebDriver >/dev/null || missing="$missing webkit2gtk-driver"
  command -v xvfb-run >/dev/null || missing="$missing xvfb"
  if [ -n "$missing" ]; then
    command -v apt-get >/dev/null || fail "Missing:$missing. Install them, then run this again."
    say "Installing$missing"
    as_root=''
    [ "$(id -u)" -eq 0 ] || as_root='sudo'
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # each word is a package
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
  fi
  if ! command -v geckodriver >/dev/null; then
    say "Building Firefox's driver (some minutes, once)"
    cargo install --quiet geckodriver
  fi
  if ! command -v cargo-deny >/dev/null; then
    say 'Building cargo-deny (some minutes, once)'
    cargo install --quiet cargo-deny
  fi
fi

# `--fuzz`: tools that only `make fuzz` needs.
if [ "${1:-}" = --fuzz ]; then
  if ! rustup toolchain list | grep -q '^nightly'; then
    say 'Installing a nightly Rust'
    rustup toolchain install nightly --profile minimal
  fi
  if ! command -v cargo-fuzz >/dev/null; then
    say 'Building cargo-fuzz (about 2 minutes, once)'
    cargo +nightly install --quiet cargo-fuzz
  fi
fi

# Runs npm ci if the lock file has changed since the last run.
install_packages() {
  local stamp="$1/node_modules/.installed-from"
  if [ ! -f "$stamp" ] || ! cmp -s "$1/package-lock.json" "$stamp"; then
    say "Installing npm packages of $1"
    (cd "$1" && npm ci --no-fund --no-audit --loglevel=error)
    cp "$1/package-lock.json" "$stamp"
  fi
}
install_packages .
install_packages examples/local-stack
