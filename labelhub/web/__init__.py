"""HTML pages, forms and their assets."""

from labelhub.web import (
    assets,
    docs,
    gallery,
    home,
    hooks,
    integrations,
    jobs,
    login,
    look,
    more,
    pictures,
    printers,
    printing,
    problems,
    queue,
    scan,
    things,
)

ROUTERS = (
    home.router, queue.router, printing.router, scan.router, jobs.router, printers.router, assets.router, more.router, docs.router,
    login.router, look.router, problems.router, things.router, pictures.router, gallery.router, integrations.router,
    hooks.router,
)  # fmt: skip
"""Of every page but those of the demo."""
