"""What is right in itself, and does not fit the present state."""

from __future__ import annotations

from labelhub.errors.error import HubError


class Conflict(HubError):
    """The request is right but does not fit the present state."""

    slug, title, status = "conflict", "Conflict", 409


class JobStateConflict(Conflict):
    """The job is in a state that does not allow this; the detail names the state."""

    slug, title = "job-state-conflict", "Job state does not allow this"


class NothingMissing(Conflict):
    """Every label of the job has come out, so there is nothing that is missing to be printed."""

    slug, title = "nothing-missing", "Nothing is missing"


class LeaseLost(Conflict):
    """Another node of the hub drives this printer now; this one sends nothing more to it."""

    slug, title = "lease-lost", "Another node drives the printer"


class PrinterDisabled(Conflict):
    """The printer is switched off in the hub. Enable it before printing on it."""

    slug, title = "printer-disabled", "Printer disabled"


class PrinterInUse(Conflict):
    """Jobs still wait for this printer. Clear its queue first, or delete with `?force=true`, which cancels them."""

    slug, title = "printer-in-use", "Jobs wait for this printer"


class DiscoveryRunning(Conflict):
    """The hub is looking for printers already, and looks once at a time. Ask again in a few seconds."""

    slug, title = "discovery-running", "Printers are being looked for"


class TemplateOutdated(Conflict):
    """The template was changed while a job for it was made. Send the job again: it will be made of the new version."""

    slug, title = "template-outdated", "Template outdated"


class NameTaken(Conflict):
    """Another one has this name, slug or address already."""

    slug, title = "name-taken", "Name taken"


class TemplateBuiltIn(Conflict):
    """This template comes with the hub, which keeps it up to date. Copy it under another key, and change the copy."""

    slug, title = "template-built-in", "Template is built in"


class TooManyTemplates(Conflict):
    """The hub holds as many templates of its users as it takes. Delete one that is no longer used."""

    slug, title = "too-many-templates", "Too many templates"


class TemplateChanged(HubError):
    """Somebody else has changed the template since it was read, or it is there already. Read it again, and make the change anew."""

    slug, title, status = "template-changed", "Template changed meanwhile", 412


class ImageInUse(Conflict):
    """Templates show this picture, and the detail names some of them. Change or delete those first."""

    slug, title = "image-in-use", "Picture is in use"


class TooManyImages(Conflict):
    """The hub holds as many pictures of its users, or as much of them, as it takes. Delete those that are no longer used."""

    slug, title = "too-many-images", "Too many pictures"


class HookDisabled(Conflict):
    """The hook is switched off, so nothing that comes to it is printed. Enable it with `PATCH /api/hooks/{name}`."""

    slug, title = "hook-disabled", "Hook disabled"


class TooManyHooks(Conflict):
    """The hub holds as many hooks as it takes. Delete one that is no longer used."""

    slug, title = "too-many-hooks", "Too many hooks"
