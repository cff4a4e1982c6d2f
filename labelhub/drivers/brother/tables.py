"""Every Brother model the hub drives, and how a row is found.

A row names its sources by the short words of `SOURCES`. Speeds are the makers' advertised ones.
`verified` is True only where a label came out of that device and was measured: so far nowhere.
"""

from __future__ import annotations

from dataclasses import replace

from labelhub.drivers.brother.rolls import ROLLS_720, ROLLS_1296, ROLLS_1296_103
from labelhub.drivers.brother.rows import Language, MediaRow, ModelRow
from labelhub.drivers.brother.tapes import PLAIN_128, PLAIN_560, TUBES_128, TUBES_128_2_TO_1, TUBES_560
from labelhub.errors import MediaUnsupported, ValidationFailed
from labelhub.media import Media

SOURCES = {
    "OFF-PT": "Brother's Raster Command Reference PT-E550W/P750W/P710BT v1.01: pins, lengths p. 20-21, commands p. 22, status p. 24-30;"
    " v1.02 second-hand",
    "OFF-H500": "the same for PT-H500/P700/E500 v1.11, second-hand",
    "OFF-P900": "the same for PT-P900/P900W/P950NW/P910BT v1.02, second-hand",
    "OFF-QLS": "the same for QL-500 to QL-1060N v6.00, second-hand",
    "OFF-QL710": "the same for QL-600/710W/720NW v1.02, second-hand",
    "OFF-QL": "the same for QL-800/810W/820NWB v1.01, second-hand",
    "OFF-QL1100": "the same for QL-1100/1110NWB/1115NWB v1.00, second-hand",
    "BQL": "label and model tables of brother_ql-inventree 1.3; lengths and USB ids of QL models are its",
    "PTOUCH": "tables of ptouch 1.1",
}
"""Second-hand: read in digests that cite its pages."""

TAPES_128_2_TO_1 = (*PLAIN_128, *TUBES_128_2_TO_1)
TAPES_128 = (*PLAIN_128, *TUBES_128)
TAPES_560 = (*PLAIN_560, *TUBES_560)

P750W = ModelRow(
    name="PT-P750W",
    language=Language.PT,
    dpi=180,
    head_dots=128,
    invalidate_bytes=100,
    margin_dots=14,
    max_margin_dots=900,
    min_rows=31 - 2 * 14,  # the manual's 4.4 mm and 1000 mm count the margins
    max_rows=7086 - 2 * 14,
    series_code=0x30,
    model_code=0x68,
    usb_id=0x2062,
    media=TAPES_128,
    source="OFF-PT",
    speed_mm_per_s=30,
    leader_mm=24.5,
    network=True,
    high_resolution=True,
    half_cutter=True,
    max_cut_each=99,
    status_request=False,
)
E550W = replace(P750W, name="PT-E550W", model_code=0x66, usb_id=0x2060)
# Bluetooth and USB alone; cuts after every label or at the end
P710BT = replace(
    P750W, name="PT-P710BT", model_code=0x76, usb_id=0x20AF, media=TAPES_128_2_TO_1, speed_mm_per_s=20, network=False,
    half_cutter=False, max_cut_each=1, status_request=True, source="OFF-PT; model code from general knowledge",
)  # fmt: skip
P700 = replace(
    P750W, name="PT-P700", model_code=0x67, usb_id=0x2061, media=TAPES_128_2_TO_1, network=False, high_resolution=False,
    half_cutter=False, status_request=True, source="OFF-H500",
)  # fmt: skip
H500 = replace(P700, name="PT-H500", model_code=0x64, usb_id=0x205E)
E500 = replace(P700, name="PT-E500", model_code=0x65, usb_id=0x205F)

P900W = replace(
    P750W, name="PT-P900W", dpi=360, head_dots=560, invalidate_bytes=200, max_margin_dots=1800, min_rows=57 - 2 * 14,
    max_rows=28346 - 2 * 14, model_code=0x6F, usb_id=0x2085, media=TAPES_560, speed_mm_per_s=60, leader_mm=27,
    last_page_number=2, status_request=True, source="OFF-P900, PTOUCH",
)  # fmt: skip
P900 = replace(P900W, name="PT-P900", model_code=0x71, usb_id=0x2083, network=False)
P950NW = replace(P900W, name="PT-P950NW", model_code=0x70, usb_id=0x2086)
P910BT = replace(
    P900W, name="PT-P910BT", model_code=0x78, usb_id=0x20C7, media=PLAIN_560, speed_mm_per_s=20, network=False, high_resolution=False
)

QL820NWB = ModelRow(
    name="QL-820NWB",
    language=Language.QL,
    dpi=300,
    head_dots=720,
    invalidate_bytes=400,
    margin_dots=35,
    max_margin_dots=1500,
    # 12.7 mm and 1 m; the sources do not say whether the margins count, so the page keeps to both readings.
    min_rows=150,
    max_rows=11811 - 2 * 35,
    series_code=0x34,
    model_code=0x41,
    usb_id=0x209D,
    media=ROLLS_720,
    source="OFF-QL, BQL",
    speed_mm_per_s=176,
    network=True,
    two_color=True,
    high_resolution=True,
    max_cut_each=255,
)
QL810W = replace(QL820NWB, name="QL-810W", model_code=0x39, usb_id=0x209C)
QL800 = replace(QL820NWB, name="QL-800", model_code=0x38, usb_id=0x209B, network=False, compression=False)

QL720NW = replace(
    QL820NWB, name="QL-720NW", invalidate_bytes=200, model_code=0x37, usb_id=0x2044, source="OFF-QL710, BQL", speed_mm_per_s=150,
    two_color=False,
)  # fmt: skip
QL710W = replace(QL720NW, name="QL-710W", model_code=0x36, usb_id=0x2043)
# OFF-QL710 marks compression as not for the QL-600, BQL as for it: plain lines are right either way
QL600 = replace(QL720NW, name="QL-600", model_code=0x47, usb_id=0x20C0, network=False, compression=False)
QL700 = replace(
    QL720NW, name="QL-700", model_code=0x35, usb_id=0x2042, network=False, compression=False, mode_switch=False, source="OFF-QLS, BQL"
)
QL580N = replace(QL720NW, name="QL-580N", model_code=0x33, usb_id=0x2029, source="OFF-QLS, BQL", speed_mm_per_s=110)
QL570 = replace(QL700, name="QL-570", model_code=0x32, usb_id=0x2028, speed_mm_per_s=110)
QL560 = replace(QL570, name="QL-560", model_code=0x31, usb_id=0x2027, min_rows=295, high_resolution=False, speed_mm_per_s=90)
QL550 = replace(QL560, name="QL-550", series_code=0x30, model_code=0x4F, usb_id=0x2016, expanded_mode=False)
QL500 = replace(QL550, name="QL-500", usb_id=0x2015, cutter=False, max_cut_each=1)
# packed lines are for its serial port alone
QL650TD = replace(
    QL580N, name="QL-650TD", series_code=0x30, model_code=0x51, usb_id=0x201B, network=False, compression=False, high_resolution=False,
    min_rows=295, speed_mm_per_s=90,
)  # fmt: skip

# OFF-QLS asks for 350 zeros before a job for the QL-1050 alone, OFF-QL1100 for its three
QL1050 = replace(
    QL580N, name="QL-1050", head_dots=1296, invalidate_bytes=350, min_rows=295, max_rows=35433 - 2 * 35, series_code=0x30,
    model_code=0x50, usb_id=0x2020, media=ROLLS_1296, network=False, high_resolution=False,
)  # fmt: skip
QL1060N = replace(QL1050, name="QL-1060N", invalidate_bytes=200, series_code=0x34, model_code=0x34, usb_id=0x202A, network=True)
QL1110NWB = replace(
    QL1060N, name="QL-1110NWB", invalidate_bytes=350, min_rows=301, max_rows=35434 - 2 * 35, model_code=0x44, usb_id=0x20A8,
    media=ROLLS_1296_103, high_resolution=True, source="OFF-QL1100, BQL",
)  # fmt: skip
QL1100 = replace(QL1110NWB, name="QL-1100", model_code=0x43, usb_id=0x20A7, network=False)
QL1115NWB = replace(QL1110NWB, name="QL-1115NWB", model_code=0x45, usb_id=0x20AB, media=ROLLS_1296)

MODELS = (
    E550W, H500, E500, P700, P710BT, P750W, P900, P900W, P910BT, P950NW,
    QL500, QL550, QL560, QL570, QL580N, QL600, QL650TD, QL700, QL710W, QL720NW, QL800, QL810W, QL820NWB,
    QL1050, QL1060N, QL1100, QL1110NWB, QL1115NWB,
)  # fmt: skip
_BY_NAME = {row.name.lower(): row for row in MODELS}


def model_row(name: str) -> ModelRow:
    """The row of a model by its maker's name, any letter case. ValidationFailed when there is none."""
    row = _BY_NAME.get(name.lower())
    if row is None:
        raise ValidationFailed(f"{name[:60]!r} is no Brother model known here. Known are {', '.join(row.name for row in MODELS)}.")
    return row


def media_row(model: ModelRow, media: Media) -> MediaRow:
    """Where the media lies under the model's head. MediaUnsupported when the model does not take it."""
    for row in model.media:
        if row.media == media:
            return row
    raise MediaUnsupported(f"the {model.name} does not take {media.name} ({media.kind})")
