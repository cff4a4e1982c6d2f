"""What comes to a hook: every form read alike, and garbage refused with one typed error, whatever it is."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import BadRequest, BodyTooLarge, HubError, UnsupportedMediaType, ValidationFailed
from labelhub.hooks import payload
from labelhub.hooks.ask import asked
from labelhub.hooks.hook import Hook
from labelhub.hooks.payload import Payload, parsed
from labelhub.hooks.presets import PRESETS
from labelhub.hooks.shown import HIDDEN, MAX_CHARACTERS, shown
from tests.hooks.deliveries import drawn, recorded

FORM, JSON, MULTIPART = "application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=b"
TYPED = (BadRequest, BodyTooLarge, UnsupportedMediaType, ValidationFailed)
SOAK = 60_000


def part(name: str, content: str, more: str = "") -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{content}\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (JSON, b'{"a": {"b": ["1", "2"], "c": "\xc3\xa4"}}'),
        (FORM, "a[b][]=1&a[b][]=2&a[c]=ä".encode()),
        (FORM, b"a%5Bb%5D%5B0%5D=1&a%5Bb%5D%5B1%5D=2&a%5Bc%5D=%C3%A4"),
        (MULTIPART, (part("a[b][]", "1") + part("a[b][]", "2") + part("a[c]", "ä") + "--b--\r\n").encode()),
        ("", b'{"a": {"b": ["1", "2"], "c": "\xc3\xa4"}}'),
        (FORM, b' {"a": {"b": ["1", "2"], "c": "\xc3\xa4"}}'),
        ("text/plain; charset=utf-8", b'{"a": {"b": ["1", "2"], "c": "\xc3\xa4"}}'),
    ],
)
def test_every_form_says_the_same(kind: str, body: bytes) -> None:
    assert parsed(kind, body).values == {"a": {"b": ["1", "2"], "c": "ä"}}


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b"a=1&a=2", {"a": "2"}),
        (b"a=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a[b]=1&a=2", {"a": "2"}),
        (b"[x]=1&a[=2&b]=3", {"[x]": "1", "a[": "2", "b]": "3"}),
        (b"a[x][]=1&a[x][k]=2", {"a": {"x": {"0": "1", "k": "2"}}}),
        (b"a[1]=1&a[]=2&a[]=3", {"a": {"1": "1", "2": "2", "3": "3"}}),
        (b"a=+x%20y&empty=", {"a": " x y", "empty": ""}),
    ],
)
def test_brackets_are_read_as_php_reads_them(body: bytes, values: object) -> None:
    assert parsed(FORM, body).values == values


def test_a_picture_comes_raw_or_as_a_file_beside_fields_and_other_files_are_not_taken_for_one() -> None:
    png = drawn(20, 20)
    assert parsed("image/png", png, "title=A&url=x") == Payload({"title": "A", "url": "x"}, png, "title=A&url=x")
    assert parsed("application/octet-stream", png).picture == png
    assert parsed(FORM, png).picture == png  # wget says so of whatever it sends
    body = part("id", "7").encode() + part("file", "@", '; filename="a.png"\r\nContent-Type: image/png').encode().replace(b"@", png)
    whole = parsed(MULTIPART, body + part("doc", "%PDF-1.4", '; filename="s.pdf"').encode() + b"--b--")
    assert (whole.picture, whole.values["id"], whole.values["doc"]) == (png, "7", {"size_bytes": 8})


def test_plain_text_is_the_text() -> None:
    assert parsed("text/plain", b"Schrauben\nM3").values == {"text": "Schrauben\nM3"}


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        (JSON, b"{", BadRequest),
        (JSON, b"[1]", BadRequest),
        (JSON, b"NaN", BadRequest),
        (JSON, b'{"a": NaN}', BadRequest),
        (JSON, b'{"a": 1e999}', BadRequest),
        (JSON, b"\xff\xfe{", BadRequest),
        (JSON, b'{"a":' * 5000 + b"1" + b"}" * 5000, BadRequest),
        (JSON, b'{"a":' * 21 + b"1" + b"}" * 21, BadRequest),
        (JSON, json.dumps({"a": list(range(payload.MAX_VALUES))}).encode(), BadRequest),
        (JSON, b'{"a": "' + b"x" * payload.MAX_BYTES + b'"}', BodyTooLarge),
        (FORM, b"&".join(b"a%d=1" % number for number in range(payload.MAX_PAIRS + 1)), BadRequest),
        (FORM, b"a" + b"[b]" * payload.MAX_DEPTH + b"=1", BadRequest),
        (FORM, b"a=%ff", BadRequest),
        (FORM, b"a=\xff", BadRequest),
        (MULTIPART, b"--b\r\n", BadRequest),
        (MULTIPART, part("a", "1").encode(), BadRequest),
        (MULTIPART, b"--b\r\n\r\n1\r\n--b--", BadRequest),
        (MULTIPART, (part("a", "1") * 101 + "--b--").encode(), BadRequest),
        ("multipart/form-data", b"x", BadRequest),
        ("image/png", b"", BadRequest),
        ("image/png", b"x" * (payload.MAX_PICTURE_BYTES + 1), BodyTooLarge),
        ("application/xml", b"<a/>", UnsupportedMediaType),
    ],
)
def test_what_cannot_be_read_is_one_typed_error(kind: str, body: bytes, error: type[HubError]) -> None:
    with pytest.raises(error):
        parsed(kind, body)


def test_numbers_of_any_length_and_halves_of_characters_are_shown_again() -> None:
    values = parsed(JSON, b'{"n": ' + b"9" * 6000 + b', "s": "a\\ud800b\\u0000c", "\\udc00k": 1}').values
    assert values == {"n": "9" * 6000, "s": "abc", "k": 1}
    json.dumps(values, ensure_ascii=False).encode()


def test_what_is_kept_for_people_to_see_is_bounded_and_opens_nothing() -> None:
    values = {
        "hub_token": "s3cret", "a": {"API-Key": "s3cret", "url": "https://x/y?token=s3cret&a=1", "at": "http://u:s3cret@h/"},
        "long": "x" * 5000, "many": list(range(5000)),
    }  # fmt: skip
    text = shown(Payload(values, b"1234"), JSON)
    assert "s3cret" not in text
    told = json.loads(text)
    assert (told["values"]["hub_token"], told["picture_bytes"], len(told["values"]["many"])) == (HIDDEN, 4, 200)
    assert told["values"]["a"]["url"] == f"https://x/y?token={HIDDEN}&a=1"
    wide = {f"k{number}": "x" * 900 for number in range(200)}
    assert len(shown(Payload(wide), JSON)) < MAX_CHARACTERS


def garbled(chance: random.Random) -> tuple[str, bytes, str]:
    """A recorded delivery with something wrong about it, or nothing like one."""
    delivery = chance.choice(recorded())
    kind = chance.choice([delivery.content_type, delivery.content_type, FORM, JSON, MULTIPART, "image/png", "text/plain", "", "x/y"])
    body = bytearray(delivery.body[:4000] if chance.random() < 0.7 else chance.randbytes(chance.randrange(300)))
    for _ in range(chance.randrange(6)):
        if body:
            place = chance.randrange(len(body))
            body[place : place + chance.randrange(4)] = chance.choice(
                [b"", b"\0", b'"', b"{", b"[", b"]", b"%", b"\xff", b"999999999999999999999"]
            )
    return kind, bytes(body), chance.choice(["", "title=&url=", "a=%ff", "title=" + "x" * 300])


def take(kind: str, body: bytes, query: str, preset: str, hook: Hook) -> None:
    """All that is done with a delivery before it is stored: nothing but a typed error may come of it."""
    try:
        found = parsed(kind, body, query)
        json.loads(shown(found, kind))
        asked(hook, PRESETS[preset], found).content()
    except TYPED:
        return


MAPPED = Hook(
    "x", fields={"title": "a.b.0", "text": "{content.name} {data.id|default:-}", "lines": ("details", "{a}", "details.product.name")}
)


def test_garbage_gives_a_label_or_one_typed_error() -> None:
    chance = random.Random(7)
    for number in range(1500):
        take(*garbled(chance), chance.choice(sorted(PRESETS)), MAPPED if number % 2 else Hook("x"))


@pytest.mark.soak
def test_much_garbage_gives_a_label_or_one_typed_error() -> None:
    chance = random.Random()
    for number in range(SOAK):
        take(*garbled(chance), chance.choice(sorted(PRESETS)), MAPPED if number % 2 else Hook("x"))


LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
NAMES = st.sampled_from(
    ["product", "details", "data", "payload", "attachments", "title_link", "title", "content", "name", "resource", "type", "id", "fields",
     "lookup", "app", "identifier", "image", "copies", "event", "grocycode", "due_date", "png_base64", "url", "extra", "filament"]
)  # fmt: skip
TREES = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, TREES, max_size=6), st.sampled_from(sorted(PRESETS)))
def test_values_of_any_kind_in_any_place_are_taken_or_refused(values: dict[str, object], preset: str) -> None:
    take(JSON, json.dumps(values).encode(), "", preset, MAPPED)
