"""Every error the hub raises on purpose; all of them are imported from here.

A class carries its problem slug, title and HTTP status; its docstring is the text that `/problems/<slug>` shows a person.
The same slug stands in the job row, the API answer, the event, the log and the page.
"""

# ruff: noqa: F403

from labelhub.errors.conflicts import *
from labelhub.errors.error import *
from labelhub.errors.labels import *
from labelhub.errors.missing import *
from labelhub.errors.printers import *
from labelhub.errors.requests import *
from labelhub.errors.running import *
