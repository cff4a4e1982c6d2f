"""What printers cannot do, or did not."""

from __future__ import annotations

from labelhub.errors.error import HubError


class PrinterError(HubError):
    """The printer could not do what was asked."""

    slug, title, status = "printer-error", "Printer error", 502


class PrinterUnreachable(PrinterError):
    """The printer cannot be reached: it is off, not on the network, or its address is wrong. Waiting jobs print when it is back."""

    slug, title, status = "printer-unreachable", "Printer unreachable", 503


class MediaMismatch(PrinterError):
    """The template is drawn for other media than the printer holds. Load the media named, or choose another template."""

    slug, title, status = "media-mismatch", "Other media loaded", 409


class PrinterNotReady(PrinterError):
    """The printer answers but cannot print now, for the reasons named. The job prints when they are cleared."""

    slug, title, status = "printer-not-ready", "Printer not ready", 409


class OutcomeUnknown(PrinterError):
    """The label was on its way when contact was lost, so nobody knows whether it came out. Look at the printer, then confirm or retry."""

    slug, title, status = "outcome-unknown", "Outcome unknown", 409


class ReplyInvalid(PrinterError):
    """The printer sent something that is no answer of its protocol."""

    slug, title, status = "reply-invalid", "Printer reply not valid", 502
