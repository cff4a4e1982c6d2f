from __future__ import annotations

import re

import pytest

from labelhub.errors import FieldMissing, HubError, MediaMismatch, SettingsInvalid, all_errors

CONTRACT = {
    "not-authenticated": 401, "forbidden": 403, "rate-limited": 429, "field-missing": 422, "template-invalid": 422, "label-too-long": 422,
    "media-unsupported": 422, "barcode-invalid": 422, "template-not-found": 404, "printer-not-found": 404, "no-media": 404,
    "job-state-conflict": 409, "printer-disabled": 409, "name-taken": 409, "printer-unreachable": 503, "media-mismatch": 409,
    "printer-not-ready": 409, "reply-invalid": 502,
}  # fmt: skip


def test_every_slug_is_one_errors_own() -> None:
    slugs = [kind.slug for kind in all_errors()]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)


def test_the_slugs_and_statuses_are_those_of_the_contract() -> None:
    found = {kind.slug: kind.status for kind in all_errors()}
    assert {slug: found.get(slug) for slug in CONTRACT} == CONTRACT


@pytest.mark.parametrize("kind", list(all_errors()), ids=lambda kind: kind.slug)
def test_every_error_has_a_title_a_status_and_a_text_of_its_own(kind: type[HubError]) -> None:
    assert "slug" in vars(kind)
    assert "title" in vars(kind)
    assert 400 <= kind.status < 600
    assert (kind.__doc__ or "").rstrip().endswith((".", "`"))


def test_an_error_says_its_detail_or_else_its_title() -> None:
    assert (FieldMissing("title is missing").detail, str(FieldMissing("title is missing"))) == ("title is missing", "title is missing")
    assert (FieldMissing().detail, str(FieldMissing())) == (FieldMissing.title, FieldMissing.title)


def test_members_beside_the_detail_are_kept() -> None:
    assert MediaMismatch("other tape", expected="12mm", loaded="24mm").extra == {"expected": "12mm", "loaded": "24mm"}


def test_wrong_settings_keep_a_line_for_each_fault() -> None:
    error = SettingsInvalid(["one", "two"])
    assert (error.faults, error.detail, error.extra) == (["one", "two"], "one; two", {"faults": ["one", "two"]})
