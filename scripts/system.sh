#!/bin/bash
# Installs the Debian packages that the wheels do not bring along; without root it says what to type instead.
set -euo pipefail

# Certificates for the package registries, the C++ library of the node that builds the browser assets, and what Pillow loads
# to lay out text that runs from right to left.
packages=(python3 python3-pip ca-certificates libstdc++6 libfribidi0)
[[ "$(uname -m)" == x86_64 ]] || packages+=(libatomic1)

missing=()
if command -v dpkg-query >/dev/null; then
    for package in "${packages[@]}"; do
        case "$package" in
            python3) command -v python3 >/dev/null && continue ;;
            python3-pip) python3 -m pip --version >/dev/null 2>&1 && continue ;;
        esac
        [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || missing+=("$package")
    done
fi

if ((${#missing[@]})); then
    if ((EUID != 0)); then
        echo "Some Debian packages are missing. Type this, then try again:" >&2
        echo "    sudo apt-get install -y ${missing[*]}" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or newer is needed; this is $(python3 --version). Debian 12 and later have it." >&2
    exit 1
fi
