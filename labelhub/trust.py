"""Trust: whose certificates the hub believes when it asks or tells other systems."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def tls(verify: bool = True) -> ssl.SSLContext:
    """The certificates this machine trusts, and those the program comes with; without `verify` any. Reading them takes a while, once."""
    import certifi

    context = ssl.create_default_context()
    if verify:
        context.load_verify_locations(certifi.where())
    else:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
