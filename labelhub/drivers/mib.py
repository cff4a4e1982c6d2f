"""Where label printers keep their status in SNMP: the numbers the hub asks for and the emulator answers.

Sources: RFC 3805 (Printer MIB, 43), RFC 2790 (Host Resources, 25), RFC 1213 (system, 1); Brother's own (2435) from captures
of a PT-P950NW and a QL-820NWB. Every printer asked so far had its one device at index 1.
"""

from __future__ import annotations

BROTHER_STATUS = "1.3.6.1.4.1.2435.3.3.9.1.6.1.0"
"""The raw 32-byte status block, as an octet string."""
BROTHER_SERIAL = "1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.1.0"
IEEE1284_ID = "1.3.6.1.4.1.2435.2.3.9.1.1.7.0"
"""`MFG:Brother;CMD:PJL;MDL:PT-P750W;CLS:PRINTER;...`"""
BROTHER_SYSTEM = "1.3.6.1.4.1.2435.2.3.9.1"
"""What sysObjectID answers: a Brother print server."""
HP_STATUS_TEXT = "1.3.6.1.4.1.11.2.4.3.1.2.0"

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
SYS_UP_TIME = "1.3.6.1.2.1.1.3.0"
"""Hundredths of a second since the printer was switched on."""
SYS_NAME = "1.3.6.1.2.1.1.5.0"

HR_DEVICE_DESCR = "1.3.6.1.2.1.25.3.2.1.3.1"
"""`Brother PT-P750W`"""
HR_PRINTER_STATUS = "1.3.6.1.2.1.25.3.5.1.1.1"
HR_PRINTER_DETECTED_ERROR_STATE = "1.3.6.1.2.1.25.3.5.1.2.1"

PRT_SERIAL_NUMBER = "1.3.6.1.2.1.43.5.1.1.17.1"
PRT_INPUT_MEDIA_NAME = "1.3.6.1.2.1.43.8.2.1.12.1.1"
"""`12mm(0.47")`, `62mm x 100mm`, empty when none is loaded."""
PRT_MARKER_LIFE_COUNT = "1.3.6.1.2.1.43.10.2.1.4.1.1"
"""Pages printed in the printer's life, a Counter32: it grows when a page has been printed."""
PRT_CONSOLE_TEXT = "1.3.6.1.2.1.43.16.5.1.2.1.1"
"""READY, PRINTING, COVER OPEN, ..."""

HR_STATUS_OTHER, HR_STATUS_IDLE, HR_STATUS_PRINTING, HR_STATUS_WARMUP = 1, 3, 4, 5

# Bits of hrPrinterDetectedErrorState: those of its first octet, then those of its second.
ERROR_NO_PAPER, ERROR_DOOR_OPEN, ERROR_JAMMED, ERROR_OFFLINE, ERROR_SERVICE_REQUESTED = 0x40, 0x08, 0x04, 0x02, 0x01
ERROR_INPUT_TRAY_MISSING, ERROR_OUTPUT_TRAY_MISSING, ERROR_OUTPUT_FULL, ERROR_INPUT_TRAY_EMPTY = 0x80, 0x40, 0x08, 0x04
