#!/bin/bash
# Installs the program with everything it needs into the folder named, exactly as the lock files say.
set -euo pipefail
place=$1
cd "$(dirname "$0")/.."

bash scripts/system.sh
[[ -x .uv/bin/uv ]] || python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
    --no-warn-script-location --target .uv --require-hashes --only-binary :all: -r scripts/uv.lock
export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
.uv/bin/uv venv --quiet --clear --python python3 "$place"
.uv/bin/uv pip sync --quiet --compile-bytecode --python "$place/bin/python" --require-hashes requirements.lock
wheels=$(mktemp -d)
.uv/bin/uv build --quiet --wheel --python "$place/bin/python" --require-hashes --build-constraints requirements-dev.lock --out-dir "$wheels"
.uv/bin/uv pip install --quiet --compile-bytecode --python "$place/bin/python" --no-deps "$wheels"/*.whl
rm -rf "$wheels"
cp scripts/container_health.py "$place/health.py"
