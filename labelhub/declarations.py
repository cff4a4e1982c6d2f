"""What settings declare, as the hub keeps it: printers, hooks and connected systems."""

from __future__ import annotations

import logging
from datetime import datetime

from labelhub.declared import DeclaredHook, DeclaredIntegration, DeclaredPrinter
from labelhub.drivers.driver import Drivers
from labelhub.hooks.hook import Hook, declared
from labelhub.hooks.rules import check_declared
from labelhub.integrations.connection import Connection
from labelhub.printers import store as printer_store
from labelhub.printers.printer import Address, Printer, declared_id

log = logging.getLogger(__name__)


def printer_of(one: DeclaredPrinter, drivers: Drivers, site: str, now: datetime) -> Printer:
    """The printer; one of a model that no driver knows is kept too, and shows its fault."""
    found = drivers.find(one.model)
    model, driver = (found[1].name, found[0].name) if found else (one.model, "")
    if not found:
        log.error("printer %s: no driver knows the model %r; known are %s", one.name, one.model, ", ".join(drivers.model_names))
    address = Address(one.host, one.port, one.snmp, one.snmp_port, one.snmp_community.get_secret_value())
    printer_id = declared_id(one.model, one.host, one.port)
    slug = one.slug or printer_store.slug_of(one.name)
    return Printer(printer_id, slug, one.name, model, driver, address.scheme, address, True, False, True, now, now, site=site)


def hook_of(one: DeclaredHook, now: datetime) -> Hook:
    """The hook. StartRefused for one that could take nothing."""
    values = one.model_dump(exclude={"name", "token", "token_file", "secret", "secret_file"})
    token = one.token.get_secret_value() if one.token else None
    secret = one.secret.get_secret_value() if one.secret else None
    hook = declared(one.name, now, token, secret, **values)
    check_declared(hook)
    return hook


def connection_of(one: DeclaredIntegration, now: datetime) -> Connection:
    """The connected system, with what it is sent."""
    headers = {name: value.get_secret_value() for name, value in one.headers.items()}
    token = one.token.get_secret_value() if one.token else ""
    return Connection(
        one.name or one.kind, one.kind, one.url, now, now, one.link_url or "", token, headers, verify_tls=one.verify_tls, declared=True
    )  # fmt: skip
