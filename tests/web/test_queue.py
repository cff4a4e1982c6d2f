"""The queue, the history and a job's page, used without JavaScript: every button does what it says."""

from __future__ import annotations

from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

import pytest

from labelhub.jobs import store
from labelhub.jobs.job import Job, JobState
from tests.house import ASSET, House
from tests.web.browsing import Browser, Page

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def waiting(house: House, *titles: str) -> list[str]:
    """Jobs that wait at the paused tape printer, in this order."""
    await house.hub.fleet.pause(house.hub.printer("pt"), True)
    return [await house.print(printer="pt", data=ASSET | {"title": title}) for title in titles]


async def job(house: House, job_id: str) -> Job:
    return await house.hub.database.read(store.get, UUID(job_id))


def titles(page: Page, *known: str) -> list[str]:
    """Those of the titles that the page shows as pictures, in its order."""
    shown = [str(picture["alt"]).removeprefix("Label: ") for picture in page.pictures]
    return [title for title in shown if title in known]


async def test_an_empty_queue_says_so(browser: Browser) -> None:
    page = await browser.open("/queue")
    assert "Nothing waits: every label has come out." in page.text
    assert page.current == "Queue"


async def test_what_waits_stands_under_its_printer_with_the_reason(browser: Browser, shared_house: House) -> None:
    await waiting(shared_house, "Saw", "Vice")
    page = await browser.open("/queue")
    assert titles(page, "Saw", "Vice") == ["Saw", "Vice"]
    for words in ("Paused in the hub: waiting labels stay.", "pt · snipeit-12mm · just now"):
        assert words in page.text, words


async def test_a_job_is_paused_resumed_and_cancelled(browser: Browser, shared_house: House) -> None:
    (job_id,) = await waiting(shared_house, "Saw")
    await browser.open("/queue")
    assert "Paused." in (await browser.press("Pause Saw")).text
    assert (await job(shared_house, job_id)).state == JobState.PAUSED
    assert "It is in the queue again." in (await browser.press("Resume Saw")).text
    assert (await job(shared_house, job_id)).state == JobState.QUEUED
    page = await browser.press("Cancel Saw")
    assert "Cancelled." in page.text
    assert (page.path, (await job(shared_house, job_id)).state) == ("/queue", JobState.CANCELLED)
    assert "Cancelled." not in (await browser.open("/queue")).text


async def test_a_job_is_brought_to_the_front_and_to_the_end(browser: Browser, shared_house: House) -> None:
    first, second, third = await waiting(shared_house, "Saw", "Vice", "File")
    await browser.open("/queue")
    page = await to(browser, third, "first")
    assert titles(page, "Saw", "Vice", "File") == ["File", "Saw", "Vice"]
    page = await to(browser, first, "last")
    assert titles(page, "Saw", "Vice", "File") == ["File", "Vice", "Saw"]
    assert (await job(shared_house, second)).priority == 0
    links, found = ["/api/printers/pt/queue?limit=1"], []
    while links:
        answer = await shared_house.client.get(links.pop())
        found += [one["id"] for one in answer.json()]
        links += [answer.links["next"]["url"]] if "next" in answer.links else []
    assert [one for one in found if one in (first, second, third)] == [third, second, first]
    assert (await shared_house.client.get("/api/printers/pt/queue?cursor=no")).status_code == 422


async def to(browser: Browser, job_id: str, place: str) -> Page:
    """The page after the button of this job for a place was pressed."""
    (form,) = [form for form in browser.at.forms if form.action == f"/jobs/{job_id}/{place}"]
    await browser.client.post(form.action, data=form.values)
    return await browser.open("/queue")


async def test_a_job_is_moved_to_another_printer(browser: Browser, shared_house: House) -> None:
    await shared_house.hub.fleet.pause(shared_house.hub.printer("ql"), True)
    await shared_house.hub.fleet.pause(shared_house.hub.printer("pt"), True)
    job_id = await shared_house.print("any-text", {"text": "Saw"}, printer="pt")
    await browser.open("/queue?printer=pt")
    (form,) = [form for form in browser.at.forms if form.action == f"/jobs/{job_id}/move"]
    assert form.choices["printer"] == ["ql"]
    assert "It waits for the other printer now." in (await browser.press("Move")).text
    assert (await job(shared_house, job_id)).printer_id == shared_house.hub.printer("ql").id


async def test_the_queue_of_a_printer_is_cleared_and_goes_on(browser: Browser, shared_house: House) -> None:
    given = await waiting(shared_house, "Saw", "Vice")
    page = await browser.open("/queue")
    assert "Cancel everything that waits for pt?" in page.text
    assert "What waited is cancelled." in (await browser.press("Clear")).text
    assert {(await job(shared_house, job_id)).state for job_id in given} == {JobState.CANCELLED}
    assert "The printer goes on." in (await browser.press("Resume pt")).text
    assert not shared_house.hub.printer("pt").paused


async def test_jobs_for_any_printer_stand_apart(browser: Browser, shared_house: House) -> None:
    job_id = await shared_house.print("snipeit-24mm", on_media_mismatch="queue")
    await shared_house.until(job_id, JobState.QUEUED)
    page = await browser.open("/queue")
    assert "ThinkPad T14 Gen 3" in page.text
    await browser.press("Cancel ThinkPad T14 Gen 3")


async def test_a_label_is_printed_again_once_however_often_its_button_is_pressed(browser: Browser, shared_house: House) -> None:
    job_id = await shared_house.print(printer="pt", data=ASSET | {"title": "Again"})
    await shared_house.until(job_id)
    await browser.open(f"/jobs/{job_id}")
    (form,) = [form for form in browser.at.forms if form.action == f"/jobs/{job_id}/retry"]
    answers = [await browser.client.post(form.action, data=form.values) for _ in range(2)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    new = answers[0].headers["location"]
    page = await browser.open(new)
    assert "In the queue again: it prints the same once more." in page.text
    assert page.links["the label before"] == f"/jobs/{job_id}"
    await shared_house.until(new.removeprefix("/jobs/"))
    page = await browser.open(new)
    for words in ("Printed", "The printer's own counter went up.", "12 mm tape, black on white", "A-1001", "Again"):
        assert words in page.text, words
    assert page.pictures[0]["src"] == f"{new}/labels/1.png"


async def test_labels_are_found_by_what_they_say_by_state_and_by_printer(browser: Browser, shared_house: House) -> None:
    await waiting(shared_house, "Gewindebohrer Größe 8")
    done = await shared_house.print("text-62mm", {"text": "Schraubstock 100 %"}, printer="ql")
    await shared_house.until(done)
    await browser.open("/queue?show=all")
    known = ("Gewindebohrer Größe 8", "Schraubstock 100 %")
    for text, found in (
        ("größe", known[:1]),
        ("GRÖSSE", ()),
        ("100 %", known[1:]),
        ("%", known[1:]),
        ("text-62", known[1:]),
        ("100_%", ()),
    ):
        page = await browser.press("Find", q=text)
        assert titles(page, *known) == list(found), text
    assert "No label fits what you look for." in page.text
    assert titles(await browser.press("Find", q="", state="completed"), *known) == [known[1]]
    assert titles(await browser.press("Find", state="", printer="pt"), *known) == [known[0]]
    page = await browser.press("Find", state="queued", printer="pt", q="bohrer")
    assert titles(page, *known) == [known[0]]
    assert page.path.startswith("/queue?")


async def test_many_labels_come_in_pages(browser: Browser, shared_house: House) -> None:
    names = [f"Bit {number}" for number in range(33)]
    await waiting(shared_house, *names)
    page = await browser.open("/queue?show=all&q=Bit+")
    assert titles(page, *names) == names[:2:-1]
    page = await browser.open(page.links["Older labels"])
    assert titles(page, *names) == names[2::-1]
    assert "Older labels" not in page.links
    assert "and 3 more" in (await browser.open("/queue")).text


@pytest.mark.parametrize("query", ["state=eaten", "before=x", "before=99999999999999999999", "before=-1"])
async def test_a_filter_that_is_none_is_refused(browser: Browser, query: str) -> None:
    page = await browser.open(f"/queue?show=all&{query}", 422)
    assert page.heading == "Request not valid"


async def test_nothing_that_is_searched_for_breaks_the_search(browser: Browser) -> None:
    for text in ("\x00", "'", '"', "\\", "%_/", "a" * 5000, "<script>"):
        page = await browser.open(f"/queue?show=all&q={quote(text)}")
        assert page.status == 200


async def test_a_batch_shows_how_far_it_is_and_each_of_its_labels(browser: Browser, shared_house: House) -> None:
    labels = [{"data": {"qr_payload": f"L-{number}"}} for number in range(15)]
    job_id = await shared_house.print("qr-only-12mm", labels=labels, printer="pt")
    await shared_house.until(job_id)
    page = await browser.open(f"/jobs/{job_id}")
    assert "15 of 15 labels" in page.text
    assert [picture["src"] for picture in page.pictures] == [f"/jobs/{job_id}/labels/{number}.png" for number in range(1, 13)]
    page = await browser.open(page.links["More labels"])
    assert [picture["alt"] for picture in page.pictures] == ["Label 13: L-0", "Label 14: L-0", "Label 15: L-0"]
    page = await browser.open(page.links["Labels before"])
    assert len(page.pictures) == 12


async def lost(house: House, copies: int = 1) -> str:
    """A job whose outcome is unknown: the power was cut while it was printed."""
    printer = house.emulators["pt"]
    await printer.set_speed(40.0)
    ended = printer.machine.ended_jobs
    job_id = await house.print(printer="pt", options={"copies": copies})
    await printer.wait_until(lambda machine: machine.printing and machine.ended_jobs > ended)
    await printer.unplug()
    await printer.plug()
    await printer.set_speed(None)
    await house.until(job_id, JobState.PAUSED, reason="outcome-unknown")
    return job_id


async def test_a_person_is_asked_what_came_out_and_each_answer_counts(browser: Browser, shared_house: House) -> None:
    for button, state in (("Yes, it came out", JobState.COMPLETED), ("No, leave it", JobState.FAILED)):
        job_id = await lost(shared_house)
        page = await browser.open("/")
        assert "The hub does not know whether a label came out." in page.text
        await browser.open(page.links["Answer"])
        assert "Contact was lost while it was on its way." in browser.at.text
        assert "Thank you, noted." in (await browser.press(button)).text
        assert (await job(shared_house, job_id)).state == state
    assert "does not know" not in (await browser.open("/")).text


async def test_of_a_batch_the_labels_in_doubt_are_named_and_what_is_missing_prints_in_one_step(
    browser: Browser, shared_house: House
) -> None:
    job_id = await lost(shared_house, 3)
    before = await job(shared_house, job_id)
    page = await browser.open(f"/jobs/{job_id}")
    first, last = before.labels_done + 1, before.labels_sent
    assert (f"Did label {last} of 3 come out?" if first == last else f"Did labels {first} to {last} of 3 come out?") in page.text
    assert "In the queue again" in (await browser.press("No, print what is missing")).text
    assert (await job(shared_house, job_id)).state == JobState.FAILED
    again = await shared_house.until(browser.at.path.removeprefix("/jobs/"))
    assert (again.parent_job_id, again.labels_total) == (before.id, 3 - before.labels_done)


async def test_of_a_batch_only_what_is_missing_is_printed_again(browser: Browser, shared_house: House) -> None:
    job_id = await lost(shared_house, 3)
    out = (await job(shared_house, job_id)).labels_done
    answer = await browser.client.post(f"/jobs/{job_id}/confirm", data={"printed": "some", "labels_done": str(out)})
    assert answer.status_code == 303
    assert (await job(shared_house, job_id)).state == JobState.FAILED
    page = await browser.open(f"/jobs/{job_id}")
    assert f"A person saw that {out} of 3 labels came out" in page.text
    missing = 3 - out
    page = await browser.press("Print the 1 that is missing" if missing == 1 else f"Print the {missing} that are missing")
    new = page.path.removeprefix("/jobs/")
    assert (await shared_house.until(new)).labels_done == missing


async def test_labels_that_cannot_be_printed_are_named(browser: Browser, shared_house: House) -> None:
    good, bad = {"data": {"qr_payload": "fine"}}, {"data": {"qr_payload": "x" * 2000}}
    job_id = await shared_house.print("qr-only-12mm", labels=[good] * 20 + [bad], printer="pt")
    await shared_house.until(job_id)
    page = await browser.open(f"/jobs/{job_id}")
    assert "Left out, for they cannot be printed" in page.text
    assert page.links["Label 21"] == "/problems/barcode-invalid"


async def test_a_deed_that_comes_too_late_is_told_on_a_page(browser: Browser, shared_house: House) -> None:
    (job_id,) = await waiting(shared_house, "Saw")
    await browser.open("/queue")
    await shared_house.client.post(f"/api/jobs/{job_id}/cancel")
    page = await browser.press("Pause Saw", 409)
    assert page.heading == "Job state does not allow this"
    assert "The job is cancelled" in page.text
    assert page.links["To the start page"] == "/"


NONSENSE = [
    ("eat", {}, 404),
    ("confirm", {}, 422),
    ("confirm", {"printed": "perhaps"}, 422),
    ("confirm", {"printed": "some", "labels_done": "many"}, 422),
    ("confirm", {"printed": "some", "labels_done": "-1"}, 422),
    ("confirm", {"printed": "yes"}, 409),
    ("move", {}, 422),
    ("move", {"printer": "nobody"}, 404),
    ("retry", {"key": "x"}, 409),
]


async def test_nonsense_is_refused_and_changes_nothing(browser: Browser, shared_house: House) -> None:
    (job_id,) = await waiting(shared_house, "Saw")
    before = await job(shared_house, job_id)
    for act, data, status in NONSENSE:
        answer = await browser.client.post(f"/jobs/{job_id}/{act}", data=data)
        assert answer.status_code == status, (act, data, answer.text)
    after = await job(shared_house, job_id)
    assert (after.state, after.priority, after.printer_id) == (before.state, before.priority, before.printer_id)
    for path in ("/jobs/no-id", "/jobs/6f1b3c7e-9d6a-4f48-9a8c-d4e0e1c5a3b2"):
        assert (await browser.client.get(path)).status_code in (404, 422)


async def test_after_a_form_nobody_is_sent_to_another_host(browser: Browser, shared_house: House) -> None:
    (job_id,) = await waiting(shared_house, "Saw")
    answer = await browser.client.post(f"/jobs/{job_id}/pause", data={"next": "//evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_page_of_another_site_presses_no_button(browser: Browser, shared_house: House) -> None:
    (job_id,) = await waiting(shared_house, "Saw")
    answer = await browser.client.post(f"/jobs/{job_id}/cancel", headers={"origin": "http://evil.example"})
    assert answer.status_code == 403
    assert (await job(shared_house, job_id)).state == JobState.QUEUED


async def test_a_label_of_a_removed_printer_is_printed_on_another(browser: Browser, shared_house: House) -> None:
    wanted = {"name": "Gone", "model": "QL-800", "connection": {"host": "127.0.0.1", "port": 9, "snmp": False}}
    gone = (await shared_house.client.post("/api/printers", json=wanted)).json()["id"]
    await shared_house.client.post(f"/api/printers/{gone}/pause")
    job_id = await shared_house.print("address-62mm", {"name": "Ada", "lines": ["1 <High> St", "A & B"]}, printer=gone)
    await shared_house.client.post(f"/api/jobs/{job_id}/cancel")
    await shared_house.client.delete(f"/api/printers/{gone}")
    page = await browser.open(f"/jobs/{job_id}")
    assert "Print again" not in " ".join(page.buttons)
    again = page.links["Print on another printer"]
    assert parse_qs(urlsplit(again).query) == {"template": ["address-62mm"], "f.name": ["Ada"], "f.lines": ["1 <High> St\nA & B"]}
    assert "1 <High> St\nA & B" in unescape((await browser.open(again)).html)
    typed: dict[str, Any] = {"printer": "ql", "f.lines": "1 <High> St\nA & B"}
    at = await browser.press("Print", **typed)
    await shared_house.until(at.path.removeprefix("/jobs/"))
    assert "1 <High> St · A & B" in (await browser.open(at.path)).text
