"""Idempotency-Key: which keys there are, and what makes two requests the same one."""

from __future__ import annotations

import pytest
from fastapi import Request

from labelhub.api.once import once
from labelhub.api.schemas import PrintBody, RetryBody
from labelhub.errors import ValidationFailed

DATA = {"title": "x", "qr_payload": "y"}


def request(path: str = "/api/print", method: str = "POST") -> Request:
    """As it arrives, without a body."""
    return Request({"type": "http", "method": method, "path": path, "headers": [], "query_string": b"", "scheme": "http"})


def digest(body: PrintBody | RetryBody | None = None, path: str = "/api/print", caller: str = "local") -> str:
    made = once("a", request(path), caller, body)
    assert made is not None
    return made.digest


def wanted(**more: object) -> PrintBody:
    return PrintBody.model_validate({"template": "t", "data": DATA} | more)


def test_without_a_key_there_is_nothing_to_remember() -> None:
    assert once(None, request(), "local") is None


@pytest.mark.parametrize("key", ["a", "~", "a b", "!" * 255, "6f1b3c7e-9d6a-4f48-9a8c-d4e0e1c5a3b2", '"quoted"'])
def test_any_printable_text_is_a_key_and_kept_as_it_is(key: str) -> None:
    made = once(key, request(), "local")
    assert made is not None
    assert (made.key, made.caller) == (key, "local")


@pytest.mark.parametrize("key", ["", " ", " a", "a ", "a\n", "a\tb", "a\x00b", "ä", "!" * 256])
def test_what_is_no_key_is_refused_by_name(key: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        once(key, request(), "local")
    assert refused.value.extra["errors"][0]["parameter"] == "header.Idempotency-Key"


def test_the_same_request_said_in_other_words_is_the_same() -> None:
    first = digest(wanted())
    assert digest(PrintBody.model_validate({"template_id": "t", "data": dict(reversed(DATA.items()))})) == first
    assert digest(wanted(options={"copies": 1}, printer=None, on_media_mismatch="fail")) == first
    assert digest(wanted(), "/print") == first
    assert digest(RetryBody()) == digest(RetryBody(only=None))


def test_whatever_changes_what_is_printed_makes_another_request() -> None:
    bodies = [wanted(), wanted(data=DATA | {"title": "z"}), wanted(template="u"), wanted(printer="pt"), wanted(options={"copies": 2})]
    bodies += [wanted(on_media_mismatch="queue"), wanted(data=None, labels=[{"data": DATA}])]
    found = {digest(body) for body in bodies}
    found |= {digest(None, path) for path in ("/api/jobs/1/retry", "/api/jobs/2/retry", "/api/printers/pt/test")}
    assert len(found) == len(bodies) + 3


def test_a_holder_of_the_key_is_the_same_from_whatever_address_and_nobody_else() -> None:
    callers = ["key from 192.0.2.1", "key from 192.0.2.2", "local"]
    made = [once("a", request(), caller) for caller in callers]
    assert [one and one.caller for one in made] == ["key", "key", "local"]
