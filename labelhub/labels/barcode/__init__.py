"""Bar codes: symbols drawn in whole dots a module, and read back from the finished page.

A module is never smaller than `SMALLEST_MODULE_MM`, which is 2 dots at 180 dpi and 3 at 300 dpi. The quiet zone is the one of the
symbology's standard; blank tape beyond the printable dots counts, because a scanner sees the tape and not the head.
"""

from __future__ import annotations

from labelhub.labels.barcode.fitting import Fit, Room, Wish, fitted
from labelhub.labels.barcode.reading import check
from labelhub.labels.barcode.symbol import Symbol, encode, shapes
from labelhub.labels.barcode.symbology import LEAST_HEIGHT_MM, SMALLEST_MODULE_MM, SYMBOLOGIES, Symbology

__all__ = [
    "LEAST_HEIGHT_MM",
    "SMALLEST_MODULE_MM",
    "SYMBOLOGIES",
    "Fit",
    "Room",
    "Symbol",
    "Symbology",
    "Wish",
    "check",
    "encode",
    "fitted",
    "shapes",
]
