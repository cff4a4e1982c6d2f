"""What was asked for and is not there."""

from __future__ import annotations

from labelhub.errors.error import HubError


class NotFound(HubError):
    """There is nothing at this address."""

    slug, title, status = "not-found", "Not found", 404


class PrinterNotFound(NotFound):
    """No printer has this id or slug. `GET /api/printers` lists those there are."""

    slug, title = "printer-not-found", "Printer not found"


class NoticeTargetNotFound(NotFound):
    """No target for notices has this name. `GET /api/notices` lists those that the settings declare."""

    slug, title = "notice-target-not-found", "Notice target not found"


class TemplateNotFound(NotFound):
    """No template has this key. `GET /api/templates` lists those there are."""

    slug, title = "template-not-found", "Template not found"


class ImageNotFound(NotFound):
    """No picture is stored under this name. `GET /api/images` lists those there are."""

    slug, title = "image-not-found", "Picture not found"


class HookNotFound(NotFound):
    """No hook has this name. `GET /api/hooks` lists those there are; make one with `POST /api/hooks`."""

    slug, title = "hook-not-found", "Hook not found"


class TemplateVersionNotFound(NotFound):
    """The template has no such version any more. `GET /api/templates/{key}/versions` lists those there are."""

    slug, title = "template-version-not-found", "Template version not found"


class ItemNotFound(NotFound):
    """The connected system has no such thing, or none of the connected systems knows the code. Look at what was typed or scanned."""

    slug, title = "item-not-found", "Thing not found"


class IntegrationNotFound(NotFound):
    """No connected system has this name. `GET /api/integrations` lists those there are."""

    slug, title = "integration-not-found", "System not connected"


class JobNotFound(NotFound):
    """No job has this id. `GET /api/jobs` lists those there are."""

    slug, title = "job-not-found", "Job not found"


class LabelNotFound(NotFound):
    """The job has no label of this number; labels count from 1."""

    slug, title = "label-not-found", "Label not found"


class NoMedia(NotFound):
    """The hub knows of no media in this printer: none is loaded, or the printer has not answered yet."""

    slug, title = "no-media", "No media loaded"
