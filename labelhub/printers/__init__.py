"""Where the printers are and how they feel: addresses, the byte pipe to them, and their cached status."""
