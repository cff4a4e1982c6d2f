"""The label printer hub: one process that turns any mix of label printers into one dependable service."""

__version__ = "0.1.0"
