"""Why a label cannot be drawn."""

from __future__ import annotations

from labelhub.errors.error import HubError


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
