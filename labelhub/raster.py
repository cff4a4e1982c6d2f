"""Raster: one page of dots as the print head sees it; Canvas: the room a page may fill.

A Raster is drawn as a person sees the label leaving the printer, feed upwards: row 0 leaves first, column 0 is at the left.
Rows are packed as in a PBM file: most significant bit left, 1 = ink, each row padded with zero bits to whole bytes.
A label whose text runs along the tape is a picture turned clockwise into that view (`Raster.from_picture(..., turned=True)`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from labelhub.late import Image, ImageChops

INK, PAPER = 0, 255
"""Pixel values of a mode "1" picture: dark is ink."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """The room for one page: dots across the head, dots along the feed, and the resolution both ways in dots an inch.

    `length_dots` is the exact length of a die-cut label and None where the page decides, between min and max.
    """

    width_dots: int
    length_dots: int | None
    min_length_dots: int
    max_length_dots: int
    dpi_across: int
    dpi_along: int
    colors: tuple[str, ...] = ("black",)


@dataclass(frozen=True, slots=True)
class Raster:
    """One page: `width_dots` across the head by `height_dots` along the feed, one bit a dot, planes black and maybe red."""

    width_dots: int
    height_dots: int
    black: bytes
    red: bytes | None = None

    def __post_init__(self) -> None:
        size_bytes = self.stride_bytes * self.height_dots
        for plane in (self.black, self.red):
            if plane is not None and len(plane) != size_bytes:
                raise ValueError(f"a plane of {self.width_dots} x {self.height_dots} dots has {size_bytes} bytes, not {len(plane)}")

    @property
    def stride_bytes(self) -> int:
        """Bytes in one packed row."""
        return (self.width_dots + 7) // 8

    @classmethod
    def from_picture(cls, picture: Image.Image, *, turned: bool = False, red: Image.Image | None = None) -> Raster:
        """The page of a mode "1" picture (dark = ink); `turned`: the picture's left edge leaves the printer first.

        `red`: what is red, in a picture alike. Where both have ink the dot is black.
        """
        if picture.mode != "1":
            raise ValueError(f"a raster is made of a 1-bit picture, not of mode {picture.mode}")
        if red is not None:
            alone = cls.from_picture(ImageChops.logical_or(red, ImageChops.invert(picture)), turned=turned)
            return replace(cls.from_picture(picture, turned=turned), red=alone.black)
        if turned:
            picture = picture.transpose(Image.Transpose.ROTATE_270)
        return cls(picture.width, picture.height, picture.tobytes("raw", "1;I"))

    def mirrored(self) -> Raster:
        """The same page with left and right changed."""
        flip = Image.Transpose.FLIP_LEFT_RIGHT
        size = self.width_dots, self.height_dots
        planes = (
            None if plane is None else Image.frombytes("1", size, plane, "raw", "1;I").transpose(flip).tobytes("raw", "1;I")
            for plane in (self.black, self.red)
        )
        black, red = planes
        return Raster(self.width_dots, self.height_dots, black or b"", red)

    def picture(self, *, turned: bool = False) -> Image.Image:
        """The black plane as a mode "1" picture, the way back from `from_picture` with the same `turned`."""
        return self._picture(self.black, turned)

    def red_picture(self, *, turned: bool = False) -> Image.Image | None:
        """The red plane likewise; None where there is none."""
        return None if self.red is None else self._picture(self.red, turned)

    def ink(self) -> bytes:
        """Both planes in one, packed as each of them is: whatever is no paper."""
        if self.red is None:
            return self.black
        return (int.from_bytes(self.black) | int.from_bytes(self.red)).to_bytes(len(self.black))

    def _picture(self, plane: bytes, turned: bool) -> Image.Image:
        picture = Image.frombytes("1", (self.width_dots, self.height_dots), plane, "raw", "1;I")
        return picture.transpose(Image.Transpose.ROTATE_90) if turned else picture
