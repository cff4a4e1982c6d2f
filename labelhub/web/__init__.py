"""HTML pages, forms and their assets."""

from labelhub.web import assets, docs, home, login, look, more, printers, problems

ROUTERS = (
    home.router, printers.router, assets.router, more.router, docs.router, login.router, look.router, problems.router,
)  # fmt: skip
"""Of every page but those of the demo."""
