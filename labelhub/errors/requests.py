"""What is wrong with a request, or with who sends it."""

from __future__ import annotations

from labelhub.errors.error import HubError


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


class MethodNotAllowed(HubError):
    """This address exists but does not take this method; the `Allow` header lists those it takes."""

    slug, title, status = "method-not-allowed", "Method not allowed", 405


class UnsupportedMediaType(HubError):
    """The body is of a type this address does not read. Send JSON with `Content-Type: application/json`."""

    slug, title, status = "unsupported-media-type", "Unsupported content type", 415
