"""Every error the hub raises on purpose, on one screen.

A class carries its problem slug, title and HTTP status; its docstring is the text that `/problems/<slug>` shows a person.
The same slug stands in the job row, the API answer, the event, the log and the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar


class HubError(Exception):
    """Something went wrong inside the hub. It has been logged; try again, and report it if it stays."""

    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"
    status: ClassVar[int] = 500

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra: dict[str, Any] = extra
        """Members that stand beside `detail` in the answer: `expected`, `loaded`, `errors`, ... JSON values only."""

    @property
    def http_status(self) -> int:
        """The status of the answer that tells this error."""
        return self.status


class BadRequest(HubError):
    """The request could not be understood. The detail names what to correct before it is sent again."""

    slug, title, status = "bad-request", "Bad request", 400


class PayloadInvalid(BadRequest):
    """What came to a hook cannot be read, or holds nothing that could stand on a label. The detail says what to send instead."""

    slug, title = "payload-invalid", "Delivery cannot be read"


class HostNotAllowed(BadRequest):
    """The Host header names an address this hub does not serve, which is how a strange web page attacks programs at home.

    Use the hub's own address, or add the name to `LABELHUB_ALLOWED_HOSTS` (or set `LABELHUB_PUBLIC_URL`).
    """

    slug, title = "host-not-allowed", "Host not allowed"


class NotAuthenticated(HubError):
    """This hub wants an API key: send `Authorization: Bearer <key>`, or sign in at `/login` with a browser."""

    slug, title, status = "not-authenticated", "Not authenticated", 401


class Forbidden(HubError):
    """The caller is known, but may not do this."""

    slug, title, status = "forbidden", "Forbidden", 403


class OriginNotAllowed(Forbidden):
    """A web page of another origin tried to change something here. Only pages of this hub may; programs send no Origin."""

    slug, title = "origin-not-allowed", "Origin not allowed"


class RateLimited(HubError):
    """Too many requests in a short time. Wait as long as `Retry-After` says."""

    slug, title, status = "rate-limited", "Too many requests", 429


class TooManySubscribers(HubError):
    """As many clients follow the live events as the hub lets in. Close streams that nobody needs, or raise `LABELHUB_MAX_SUBSCRIBERS`."""

    slug, title, status = "too-many-subscribers", "Too many subscribers", 429


class BodyTooLarge(HubError):
    """The request body is larger than the hub reads, 1 MiB. Send fewer labels at a time."""

    slug, title, status = "body-too-large", "Request body too large", 413


class ValidationFailed(HubError):
    """Fields of the request are missing, unknown or of the wrong kind; `errors` lists each with a pointer to it."""

    slug, title, status = "validation-failed", "Request not valid", 422


class IdempotencyKeyReused(HubError):
    """The `Idempotency-Key` came with another request before. Give each new request a key of its own; keys live 24 hours."""

    slug, title, status = "idempotency-key-reused", "Idempotency key used before", 422


class FieldMissing(HubError):
    """The template needs a field that `data` does not hold. The detail names it."""

    slug, title, status = "field-missing", "Template field missing", 422


class TemplateInvalid(HubError):
    """The template itself cannot be used; the detail says where and why."""

    slug, title, status = "template-invalid", "Template not valid", 422


class LabelTooLong(HubError):
    """The label would be longer than this printer or template allows. Shorten the text or choose another template."""

    slug, title, status = "label-too-long", "Label too long", 422


class MediaUnsupported(HubError):
    """No printer chosen can ever print on the media this template is drawn for."""

    slug, title, status = "media-unsupported", "Media not supported", 422


class BarcodeInvalid(HubError):
    """A bar code cannot be drawn so that it scans: its payload does not fit, or it would be too small."""

    slug, title, status = "barcode-invalid", "Bar code would not scan", 422


class GlyphMissing(HubError):
    """No font of the hub has a glyph for a character of the label; the detail names it. Write it otherwise, or leave it out."""

    slug, title, status = "glyph-missing", "No glyph for a character", 422


class FontInvalid(HubError):
    """A font file cannot be used: it is too large, broken, or neither TrueType nor OpenType."""

    slug, title, status = "font-invalid", "Font not valid", 422


class DrawingFailed(HubError):
    """The program that draws labels came to grief over this one. The hub's log tells more; try again without what is unusual in it."""

    slug, title = "drawing-failed", "Label could not be drawn"


class ImageInvalid(HubError):
    """A picture cannot be printed: it is broken, too large, or of a kind that labels do not take. The detail says what to do."""

    slug, title, status = "image-invalid", "Picture cannot be printed", 422


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


class MethodNotAllowed(HubError):
    """This address exists but does not take this method; the `Allow` header lists those it takes."""

    slug, title, status = "method-not-allowed", "Method not allowed", 405


class UnsupportedMediaType(HubError):
    """The body is of a type this address does not read. Send JSON with `Content-Type: application/json`."""

    slug, title, status = "unsupported-media-type", "Unsupported content type", 415


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


class IntegrationError(HubError):
    """A connected system (Snipe-IT, Grocy, Spoolman, ...) did not give what was asked for; the detail says why, and what to do.

    The status is 504 when it did not answer in time, else 502. Printing without it goes on as ever.
    """

    slug, title, status = "integration-failed", "Connected system failed", 502

    def __init__(self, detail: str = "", *, late: bool = False, **extra: Any) -> None:
        """`late`: it did not answer in time."""
        super().__init__(detail, **extra)
        self.late = late

    @property
    def http_status(self) -> int:
        """504 when the system did not answer in time."""
        return 504 if self.late else self.status


class DatabaseUnusable(HubError):
    """The database cannot be used now, or as it is; the detail says what to do. Whether a change was made may not be known:

    send a request that prints again with the `Idempotency-Key` it had, and nothing prints twice.
    """

    slug, title, status = "database-unusable", "Database not usable", 503


class Starting(HubError):
    """The hub is starting, and takes requests as soon as it is open. Send this one again after as many seconds as `Retry-After` says."""

    slug, title, status = "starting", "Starting", 503


class StartRefused(HubError):
    """The hub cannot start as it is set up; the detail says what to change."""

    slug, title, status = "start-refused", "Start refused", 500


class SettingsInvalid(StartRefused):
    """One or more settings hold a value the hub cannot use; `faults` has one readable line for each."""

    slug, title = "settings-invalid", "Settings not valid"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults), faults=faults)
        self.faults = faults


class HubRefused(HubError):
    """The hub that the command line asked refused, or could not be reached; the detail has its own words."""

    slug, title, status = "hub-refused", "The hub refused", 502


def all_errors(root: type[HubError] = HubError) -> Iterator[type[HubError]]:
    """Every error class, the root first."""
    yield root
    for child in root.__subclasses__():
        yield from all_errors(child)
