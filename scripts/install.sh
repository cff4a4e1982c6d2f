#!/bin/bash
# Sets up .venv exactly as the lock files say. Each step leaves a stamp named after what it was made from, so that a second
# run with nothing changed does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

fingerprint() { cat "$@" | sha256sum | cut -c1-32; }

bash scripts/system.sh

tools=$(fingerprint scripts/uv.lock)
if [[ "$(cat .uv/stamp 2>/dev/null)" != "$tools" ]]; then
    echo "Installing uv"
    rm -rf .uv
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-warn-script-location \
        --target .uv --require-hashes --only-binary :all: -r scripts/uv.lock
    echo "$tools" >.uv/stamp
fi

sources=(requirements-dev.lock pyproject.toml package.json package-lock.json .npmrc scripts/build_assets.py labelhub/__init__.py
    labelhub/web/static/icon.svg labelhub/web/static/icon-maskable.svg)
wanted=$(fingerprint scripts/uv.lock "${sources[@]}")-$(python3 -c 'import sys; print(*sys.version_info[:3], sep=".")')
if [[ "$(cat .venv/stamp 2>/dev/null)" == "$wanted" && -x .venv/bin/labelhub ]] && python3 scripts/build_assets.py --check; then
    exit 0
fi

echo "Installing the program and its tools into .venv"
rm -f .venv/stamp
export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
[[ -x .venv/bin/python ]] && .venv/bin/python -c '' 2>/dev/null || .uv/bin/uv venv --quiet --clear --python python3 .venv
# Compiled here, once: a program that starts without is a second slower, each time where nothing may be written.
.uv/bin/uv pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements-dev.lock
.uv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --reinstall-package labelhub -e .
.venv/bin/python -m compileall -q labelhub
python3 scripts/build_assets.py --check
echo "$wanted" >.venv/stamp
