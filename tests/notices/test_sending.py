"""One notice to one target, over real sockets."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from labelhub.notices.notice import Subject, of_fault, of_trial
from labelhub.notices.sending import LONGEST_WAIT_S, Outcome, Sender, judged, key_of, ntfy_address, request_for, signature_of
from labelhub.notices.target import Kind, Target
from tests.integrations.test_client import named
from tests.notices.receivers import Receiver, is_signed, receiver

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOTICE = UUID("5b0f0c3e-7a52-4c57-9a70-0d3a7b7a1c11")
FRONT = Subject(UUID(int=1), "front", "Frönt desk")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = of_fault(FRONT, "cover-open", AT, AT).values("https://labels.example.org")


async def sent(target: Target, timeout_s: float = 5.0) -> Outcome:
    sender = Sender(timeout_s)
    try:
        return await sender.send(target, NOTICE, BODY, AT)
    finally:
        await sender.aclose()


def test_the_signature_is_that_of_the_example_of_standard_webhooks() -> None:
    signature = signature_of(key_of(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", [SECRET, "a-secret-of-twenty-four-characters"])
async def test_a_webhook_is_signed_over_the_very_bytes_that_arrive(secret: str) -> None:
    async with receiver() as there:
        assert await sent(Target("w", Kind.WEBHOOK, f"{there.url}/hook?room=1", secret)) == Outcome(True)
    (one,) = there.received
    assert is_signed(one, secret)
    assert not is_signed(one, "another-secret-of-many-characters")
    assert (one.path, one.headers["webhook-id"], one.headers["content-type"]) == ("/hook?room=1", f"msg_{NOTICE.hex}", "application/json")
    assert one.body["type"] == "printer.fault"
    assert one.body["data"]["url"] == "https://labels.example.org/printers/front"
    assert one.body["data"]["printer"] == {"id": str(FRONT.id), "slug": "front", "name": "Frönt desk"}


async def test_ntfy_is_told_in_json_at_its_root_with_the_id_that_makes_two_one() -> None:
    async with receiver("200 OK") as there:
        assert (await sent(Target("n", Kind.NTFY, f"{there.url}/labels", token="tk_abc"))).sent
    (one,) = there.received
    assert (one.path, one.headers["authorization"]) == ("/", "Bearer tk_abc")
    assert (one.body["topic"], one.body["priority"], one.body["sequence_id"]) == ("labels", 4, NOTICE.hex)
    assert one.body["title"] == "Frönt desk has its cover open"
    assert one.body["click"] == "https://labels.example.org/printers/front"
    assert "warning" in one.body["tags"]


async def test_apprise_is_told_whom_to_tell() -> None:
    async with receiver("200 OK") as there:
        assert (await sent(Target("a", Kind.APPRISE, f"{there.url}/notify/", urls="mailto://a:b@example.org"))).sent
        assert (await sent(Target("a", Kind.APPRISE, f"{there.url}/notify/home", tags="family"))).sent
    first, second = there.received
    assert (first.path, first.body["urls"], first.body["type"]) == ("/notify/", "mailto://a:b@example.org", "warning")
    assert (second.path, second.body["tag"], "urls" in second.body) == ("/notify/home", "family", False)
    assert first.body["body"].endswith("https://labels.example.org/printers/front")


async def test_a_redirect_is_told_and_not_followed() -> None:
    async with receiver() as elsewhere, receiver(f"302 Found\r\nLocation: {elsewhere.url}/") as there:
        outcome = await sent(Target("w", Kind.WEBHOOK, there.url, SECRET))
        assert (outcome.sent, elsewhere.received) == (False, [])
    assert "redirects are not followed" in str(outcome.error)


@pytest.mark.parametrize(("kind", "unknown"), [(Kind.WEBHOOK, False), (Kind.NTFY, False), (Kind.APPRISE, True)])
@pytest.mark.parametrize("answer", ["", "mute"])
async def test_where_no_answer_comes_only_who_knows_the_id_is_told_again(kind: Kind, unknown: bool, answer: str) -> None:
    async with receiver(answer) as there:
        outcome = await sent(Target("t", kind, f"{there.url}/x", SECRET), timeout_s=0.3)
    assert (outcome.sent, outcome.unknown, outcome.unreachable) == (False, unknown, not unknown)


@pytest.mark.parametrize("kind", list(Kind))
async def test_one_that_is_down_is_tried_again_whatever_it_is_and_its_address_is_not_told(kind: Kind) -> None:
    there = Receiver()
    await there.up()
    await there.down()
    outcome = await sent(Target("t", kind, f"{there.url}/s3cret-path", SECRET))
    assert (outcome.sent, outcome.unknown, outcome.unreachable) == (False, False, True)
    assert "s3cret" not in str(outcome.error)


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_target_is_posted_to_at_an_address_that_was_checked_and_at_no_other(kind: Kind) -> None:
    async with receiver("200 OK") as there:
        url = f"http://hooks.lan:{there.port}/x?y=1" if kind is Kind.WEBHOOK else f"http://hooks.lan:{there.port}/x"
        sender = Sender(5.0, named("127.0.0.2+127.0.0.1"))
        target = Target("t", kind, url, SECRET)
        assert await sender.send(target, NOTICE, BODY, AT) == Outcome(True)  # at the second of two addresses
        assert there.received[0].headers["host"] == f"hooks.lan:{there.port}"
        assert there.received[0].path == {Kind.WEBHOOK: "/x?y=1", Kind.NTFY: "/", Kind.APPRISE: "/x"}[kind]
        await sender.aclose()
        for refused, why in (
            (named("169.254.169.254"), "is not asked for things"),
            (named("224.0.0.1+fe80::1"), "is not asked for things"),
            (unknown, "is not known here"),
            (never, "nobody told in time"),
        ):
            sender = Sender(0.05 if refused is never else 5.0, refused)
            outcome = await sender.send(target, NOTICE, BODY, AT)
            assert (outcome.sent, outcome.unknown, outcome.unreachable) == (False, False, True)
            assert why in str(outcome.error)
            await sender.aclose()
        literal = await sent(Target("t", kind, "http://[::ffff:169.254.169.254]/x", SECRET))
        assert "no address a system can be connected at" in str(literal.error)
        assert len(there.received) == 1


async def test_a_target_whose_name_comes_nearer_is_posted_to_no_more() -> None:
    async with receiver("200 OK") as there:
        sender = Sender(5.0, named("203.0.113.9", "127.0.0.1"))
        target = Target("w", Kind.WEBHOOK, f"http://hooks.lan:{there.port}/x", SECRET)
        await sender._pin(target.url).addresses()  # it was on the internet
        outcome = await sender.send(target, NOTICE, BODY, AT)
        await sender.aclose()
    assert (there.received, outcome.unreachable) == ([], True)
    assert "nearer to this hub" in str(outcome.error)


async def unknown(host: str, port: int) -> list[str]:
    raise OSError("no such name")


async def never(host: str, port: int) -> list[str]:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


async def test_an_answer_without_end_costs_a_head_and_no_memory() -> None:
    async with receiver("endless") as there:
        assert (await sent(Target("w", Kind.WEBHOOK, there.url, SECRET))).sent


@pytest.mark.parametrize(
    ("kind", "status", "retry_after", "outcome"),
    [
        (Kind.WEBHOOK, 200, "", (True, False, False, False, 0)),
        (Kind.WEBHOOK, 404, "", (False, False, False, False, 0)),
        (Kind.WEBHOOK, 410, "", (False, True, False, False, 0)),
        (Kind.WEBHOOK, 503, "120", (False, False, False, True, 120)),
        (Kind.NTFY, 429, "Sun, 01 Mar 2026 12:00:30 GMT", (False, False, False, True, 30)),
        (Kind.NTFY, 429, "99999999", (False, False, False, True, LONGEST_WAIT_S)),
        (Kind.NTFY, 429, "soon", (False, False, False, True, 0)),
        (Kind.NTFY, 429, "-5", (False, False, False, True, 0)),
        (Kind.NTFY, 429, f"Sun, 01 Mar {9 * 10**30} 12:00:30 GMT", (False, False, False, True, 0)),
        (Kind.NTFY, 429, f"Sun, 01 Mar 2026 12:00:30 +{10**30}", (False, False, False, True, 0)),
        (Kind.APPRISE, 424, "", (False, False, True, False, 0)),
        (Kind.APPRISE, 503, "", (False, False, False, True, 0)),
    ],
)
def test_what_an_answer_means(kind: Kind, status: int, retry_after: str, outcome: tuple[bool, bool, bool, bool, float]) -> None:
    found = judged(kind, status, retry_after, AT)
    assert (found.sent, found.final, found.unknown, found.unreachable, found.wait_s) == outcome


def test_a_topic_is_the_whole_path_of_its_address() -> None:
    assert ntfy_address("https://ntfy.sh/my-labels/") == ("https://ntfy.sh/", "my-labels")
    for url in ("https://ntfy.sh/", "https://ntfy.sh/a/b", "https://ntfy.sh/a?b=1"):
        with pytest.raises(ValueError, match="address of a topic"):
            ntfy_address(url)


def test_without_a_public_address_no_link_is_made_up() -> None:
    body = of_trial(AT).values(None)
    assert body["data"]["url"] is None
    assert "click" not in json.loads(request_for(Target("n", Kind.NTFY, "https://ntfy.sh/x"), NOTICE, body, AT).content)


def test_nothing_secret_is_in_what_a_target_shows_of_itself() -> None:
    target = Target("w", Kind.WEBHOOK, "https://example.org/t0ken", SECRET, "tok", "mailto://x")
    for secret in ("t0ken", SECRET, "tok'", "mailto"):
        assert secret not in repr(target)
    assert target.host == "https://example.org:443"


async def test_targets_that_are_first_told_at_once_share_what_is_closed_in_the_end() -> None:
    async with receiver() as there:
        sender, target = Sender(), Target("w", Kind.WEBHOOK, there.url, SECRET)
        opened = await asyncio.gather(*(sender._opened() for _ in range(3)))
        assert (await sender.send(target, NOTICE, BODY, AT)).sent
        await sender.aclose()
    assert len(set(map(id, opened))) == 1
    assert opened[0].is_closed
