"""What the pages for printing, scanning, templates and integrations do with what they cannot take."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import zxingcpp
from PIL import Image

from labelhub.hooks import store as hooks
from labelhub.labels.template import builtin
from labelhub.web.hooks import leaves
from labelhub.web.label_form import LabelForm, typed
from tests.house import House, house_with

MODULE = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="house")
async def _house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_with(tmp_path_factory.mktemp("hub"), pt="PT-P750W 12mm") as found:
        yield found


def photo(text: str = "") -> bytes:
    """A PNG, with a code on it where there is a text."""
    picture = Image.new("L", (300, 300), 200)
    if text:
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
        picture.paste(Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=4)), (40, 40))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@MODULE
async def test_a_photo_with_a_code_leads_on_and_others_say_what_is_wrong(house: House) -> None:
    answer = await house.client.post("/scan", files={"photo": ("a.png", photo("A 1/2"))})
    assert (answer.status_code, answer.headers["location"]) == (303, "/scan?code=A+1%2F2")
    for content, words in ((photo(), "No code can be read"), (b"nonsense", "of no kind that labels take"), (b"", "of no kind")):
        answer = await house.client.post("/scan", files={"photo": ("a.png", content)})
        assert answer.status_code == 422
        assert words in answer.text
    assert (await house.client.post("/scan", data={"photo": "no file"})).status_code == 422


@MODULE
async def test_a_code_that_means_nothing_can_be_printed_as_it_is(house: House) -> None:
    answer = await house.client.get("/scan", params={"code": "<b>?&x"})
    assert answer.status_code == 404
    assert "&lt;b&gt;" in answer.text
    assert "/print/label?template=any-qr&amp;f.qr_payload=%3Cb%3E%3F%26x" in answer.text


@MODULE
async def test_a_label_is_printed_once_however_often_its_form_is_sent(house: House) -> None:
    form = {"template": "any-text", "f.text": "Once", "copies": "2", "printer": "pt", "key": "k" * 16, "sent": "1"}
    places = {(await house.client.post("/print/label", data=form)).headers["location"] for _ in range(2)}
    assert len(places) == 1
    job = await house.until(places.pop().rpartition("/")[2])
    assert (job.labels_total, job.options.auto_cut) == (2, False)


@MODULE
async def test_a_label_that_cannot_be_is_no_job(house: House) -> None:
    for form, status in (
        ({"template": "nothing-such"}, 404),
        ({"template": "any-text"}, 422),
        ({"template": "any-text", "f.text": "x", "printer": "nobody"}, 404),
    ):
        assert (await house.client.post("/print/label", data=form)).status_code == status, form
    shown = await house.client.get("/print/label", params={"template": "any-text", "f.text": "far too long " * 200})
    assert "proof-fault" in shown.text
    assert (await house.client.get("/print/label", params={"template": "nothing-such"})).status_code == 404


@MODULE
async def test_a_template_that_is_wrong_is_kept_in_the_form_with_its_fault(house: House) -> None:
    assert (await house.client.post("/templates/any-text/copy", data={"new_key": "Not A Key"})).status_code == 422
    assert (await house.client.post("/templates/any-text/copy", data={"new_key": "mine"})).status_code == 303
    assert (await house.client.post("/templates/any-text/copy", data={"new_key": "mine"})).status_code == 412
    answer = await house.client.post("/templates/mine", data={"text": "key: mine\nlayout: [ # <mine>"})
    assert answer.status_code == 422
    assert "# &lt;mine&gt;" in answer.text
    assert (await house.client.post("/templates/mine", data={"text": "x: 1", "mark": "9-none"})).status_code == 422
    assert (await house.client.post("/templates/any-text", data={"text": "x: 1"})).status_code == 422
    assert (await house.client.get("/templates/mine?version=7")).status_code == 404
    assert (await house.client.post("/templates/any-text/delete")).status_code == 409
    assert (await house.client.post("/templates/mine/delete")).status_code == 303


@MODULE
async def test_a_system_or_hook_that_is_wrong_is_not_made(house: House) -> None:
    for form in (
        {"kind": "nobody", "url": "http://a.example"},
        {"kind": "snipeit", "url": "ftp://a.example"},
        {"kind": "snipeit", "url": "http://a.example", "name": "Not A Name"},
        {"kind": "snipeit", "url": "http://a.example", "token": "two words"},
    ):
        assert (await house.client.post("/integrations", data=form)).status_code == 422, form
    assert (await house.client.get("/api/integrations")).json() == []
    assert (await house.client.post("/integrations/hooks", data={"name": "Not A Name"})).status_code == 422
    assert (await house.client.post("/integrations/hooks", data={"name": "mine", "preset": "nobody"})).status_code == 422
    made = await house.client.post("/integrations/hooks", data={"name": "mine"})
    assert "shown this once" in made.text
    wrong = await house.client.post("/integrations/hooks/mine", data={"f.title": "{unclosed", "enabled": "1"})
    assert wrong.status_code == 422
    assert "{unclosed" in wrong.text
    assert (await house.client.patch("/api/hooks/mine", json={"printer": "later"})).status_code == 200
    assert '<option value="later" selected>' in (await house.client.get("/integrations/hooks/mine")).text  # saved again it stays
    several = {"f.lines": "a.b\n\nc", "f.title": "t", "new_field": "more", "new_path": "x.0", "enabled": "1"}
    assert (await house.client.post("/integrations/hooks/mine", data=several)).status_code == 303
    assert (await house.client.get("/api/hooks/mine")).json()["fields"] == {"lines": ["a.b", "c"], "title": "t", "more": "x.0"}
    many = {f"f.field_{number}": "title" for number in range(900)}
    crowded = await house.client.post("/integrations/hooks/mine", data=many)
    assert (crowded.status_code, crowded.text.count('name="f.field_')) == (422, 51)
    more = {
        "copies": "2",
        "dedup_s": "9",
        "events": "created, updated",
        "lookup": "snipeit/asset",
        "identifier": "item.id",
        "enabled": "1",
    }
    secret = {"secret": "s3cret-of-mine"}
    assert (await house.client.post("/integrations/hooks/mine", data=more | secret)).status_code == 303
    assert (await house.client.post("/integrations/hooks/mine", data=more)).status_code == 303  # an empty one keeps it
    hook = await house.hub.database.read(hooks.get, "mine")
    assert (hook.copies, hook.dedup_s, hook.events, hook.lookup) == (2, 9, ("created", "updated"), "snipeit/asset")
    assert (hook.identifier, hook.secret) == ("item.id", "s3cret-of-mine")
    assert "s3cret" not in (shown := await house.client.get("/integrations/hooks/mine")).text
    assert f"{hook.tokens[0].begins}…" in shown.text
    assert (await house.client.post("/integrations/hooks/mine", data=more | {"copies": "many"})).status_code == 422
    assert (await house.client.post("/integrations/hooks/mine", data=more | {"no_secret": "1"})).status_code == 303
    assert (await house.client.post("/integrations/hooks/mine/revoke", data={"token": hook.tokens[0].id})).status_code == 303
    hook = await house.hub.database.read(hooks.get, "mine")
    assert (hook.secret, hook.tokens) == (None, ())
    assert (await house.client.post("/integrations/hooks/mine/remove")).status_code == 303
    assert (await house.client.get("/integrations/hooks/mine")).status_code == 404


@MODULE
async def test_a_system_is_changed_and_keeps_its_key_where_none_is_typed(house: House) -> None:
    form = {"kind": "snipeit", "url": "http://127.0.0.1:9", "token": "k3y-of-mine"}
    assert (await house.client.post("/integrations", data=form)).status_code == 303
    page = (await house.client.get("/integrations/systems/snipeit")).text
    assert ("k3y" in page, 'value="http://127.0.0.1:9"' in page) == (False, True)
    there = "/integrations/systems/snipeit"
    assert (await house.client.post(there, data={"url": "http://127.0.0.1:9/sub", "unverified": "1"})).status_code == 303
    changed = await house.hub.connections.get("snipeit")
    assert (changed.url, changed.token, changed.verify_tls) == ("http://127.0.0.1:9/sub", "k3y-of-mine", False)
    moved = await house.client.post(there, data={"url": "http://127.0.0.1:10"})
    assert (moved.status_code, "must be given again" in moved.text) == (422, True)  # a key goes to no other place
    assert (await house.client.post(there, data={"url": "nowhere"})).status_code == 422
    assert (await house.client.post(there, data={"url": "http://127.0.0.1:10", "no_token": "1"})).status_code == 303
    assert (await house.hub.connections.get("snipeit")).token == ""
    assert (await house.client.post(f"{there}/remove")).status_code == 303
    assert (await house.client.get(there)).status_code == 404


@MODULE
async def test_a_form_in_a_charset_with_halves_of_characters_prints_none_of_them(house: House) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(part.format(name, value) for name, value in (("template", "any-text"), ("f.text", "half \\ud800"))) + "--x--\r\n"
    kind = "multipart/form-data; boundary=x; charset=unicode_escape"
    answer = await house.client.post("/print/label", content=body.encode(), headers={"content-type": kind})
    assert answer.status_code == 303
    job_id = answer.headers["location"].rpartition("/")[2]
    assert '"text":"half ?"' in (await house.client.get(f"/api/jobs/{job_id}")).text
    assert (await house.client.get("/api/jobs")).status_code == 200


def test_a_form_that_is_nonsense_is_one_that_was_left_alone() -> None:
    form = LabelForm.read({"copies": "-3", "sent": "1", "half_cut": "1", "f.text": "a\r\nb", "printer": "x" * 999})
    assert (form.copies, form.switches, form.fields, len(form.printer)) == (1, frozenset({"half_cut"}), {"text": "a\nb"}, 200)
    assert LabelForm.read({"copies": "99999"}).copies == 5000
    assert LabelForm.read({}).switches == {"auto_cut"}


def test_lists_and_numbers_of_a_thing_stand_in_fields_and_come_back() -> None:
    template = next(one for one in builtin() if one.key == "any-asset")
    fields = typed(template, {"primary_id": 7, "secondary": ["a", 2, {"no": 1}], "title": {"no": 1}, "owner": True})
    assert fields == {"primary_id": "7", "secondary": "a\n2"}
    assert LabelForm(fields=fields).data(template) == {"primary_id": "7", "secondary": ["a", "2"]}


def test_what_came_is_told_value_by_value_with_its_path() -> None:
    found = [(leaf.path, leaf.text) for leaf in leaves({"a": {"b": [1, {"c": "x" * 200}]}, "none": None, "empty": ""})]
    assert found == [("a.b.0", "1"), ("a.b.1.c", "x" * 79 + "…")]
