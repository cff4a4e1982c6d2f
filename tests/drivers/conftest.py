"""What tests of drivers share."""

from __future__ import annotations

from tests.drivers.other_reader import quick_reader

__all__ = ["quick_reader"]
