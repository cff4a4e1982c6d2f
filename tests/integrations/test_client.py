"""What the client asks and takes: its own origin, addresses that may be asked, and answers within bounds."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from labelhub.addresses import is_taken, nearness
from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.integrations.client import MAX_BYTES, MAX_VALUES, Client, segment
from labelhub.names import literal
from tests.integrations.stand_in import Asked, Reply, StandIn, stand_in

HTML = {"content-type": "text/html"}


@asynccontextmanager
async def asking(reply: Reply | Callable[[Asked], Any], **more: Any) -> AsyncIterator[tuple[Client, StandIn]]:
    async with stand_in({"*": reply}) as system:
        client = Client(system.url, {"X-Key": "secret"}, **more)
        try:
            yield client, system
        finally:
            await client.aclose()


def named(*addresses: str) -> Callable[[str, int], Any]:
    """A resolver that gives one list of addresses after the other, as words with + between them."""
    left = list(addresses)

    async def resolve(host: str, port: int) -> list[str]:
        return (left.pop(0) if len(left) > 1 else left[0]).split("+")

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.170.2", "fe80::1", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "0.0.0.0",
        "0.1.2.3", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
        "64:ff9b:1::a9fe:a9fe", "64:ff9b:1:2:3:4:a9fe:a9fe", "::a9fe:a9fe", "2001:db8::5efe:a9fe:a9fe", "2001:db8::200:5efe:a9fe:a9fe",
        "2001:0:102:304:0:0:5601:5601", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fe80::1%lo",
    ],
)  # fmt: skip
def test_addresses_where_machines_keep_their_secrets_are_never_asked(address: str) -> None:
    found = literal(address)
    assert found is not None
    assert not is_taken(found)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.5", "192.168.1.5", "fd12:3456::5", "100.64.0.9", "93.184.216.34"])
def test_the_home_network_and_this_machine_are_asked(address: str) -> None:
    found = literal(address)
    assert found is not None
    assert is_taken(found)


def test_nearness_counts_what_an_address_wraps() -> None:
    words = ["93.184.216.34", "192.168.1.5", "::ffff:10.0.0.1", "64:ff9b::a00:1", "127.0.0.1", "::ffff:127.0.0.1", "::1", "::7f00:1"]
    assert [nearness(address) for address in map(literal, words) if address is not None] == [0, 1, 1, 1, 2, 2, 2, 2]


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://[::ffff:a9fe:a9fe]/", "http://0.0.0.0/"])
async def test_a_metadata_address_is_refused_as_it_is_written(url: str) -> None:
    client = Client(url, {})
    with pytest.raises(IntegrationError, match="no address a system can be connected at"):
        await client.get("/api")
    await client.aclose()


async def test_a_name_that_leads_to_a_metadata_address_is_refused_and_another_address_of_it_is_taken() -> None:
    async with stand_in({"*": Reply({})}) as system:
        refused = Client(f"http://snipe.lan:{system.bare.port if system.bare else 0}", {}, resolver=named("169.254.169.254"))
        with pytest.raises(IntegrationError, match="correct its DNS"):
            await refused.get("/")
        taken = Client(f"http://snipe.lan:{system.bare.port if system.bare else 0}", {}, resolver=named("fe80::1+127.0.0.1"))
        assert (await taken.get("/")).ok
        assert system.asked[0].headers["host"].startswith("snipe.lan:")
        await refused.aclose()
        await taken.aclose()


async def test_a_name_that_changes_its_address_to_a_nearer_one_is_refused() -> None:
    async with stand_in({"*": Reply({})}) as system:
        port = system.bare.port if system.bare else 0
        client = Client(f"http://snipe.example:{port}", {}, resolver=named("203.0.113.9", "127.0.0.1"), timeout_s=0.4)
        with pytest.raises(IntegrationError):
            await client.get("/")  # nobody is there; where it led is known now
        with pytest.raises(IntegrationError, match="nearer to this hub"):
            await client.get("/")
        assert system.asked == []
        await client.aclose()


async def test_each_request_connects_to_the_address_that_was_looked_up_for_it() -> None:
    async with stand_in({"*": Reply({})}) as system:
        port = system.bare.port if system.bare else 0
        client = Client(f"http://snipe.example:{port}", {}, resolver=named("127.0.0.1", "127.0.0.2", "127.0.0.1"), timeout_s=2)
        assert (await client.get("/")).ok
        with pytest.raises(IntegrationError):
            await client.get("/")  # the stand-in does not listen there, and no connection kept from before is used
        assert (await client.get("/")).ok
        await client.aclose()


async def test_the_next_address_of_a_name_is_tried_when_the_first_takes_no_connection() -> None:
    async with stand_in({"*": Reply({})}) as system:
        port = system.bare.port if system.bare else 0
        client = Client(f"http://snipe.lan:{port}", {}, resolver=named("127.0.0.2+127.0.0.1"))
        assert (await client.get("/")).ok
        await client.aclose()


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/",
        "//evil.example/x",
        "http://127.0.0.1:1/",
        "file:///etc/passwd",
        "",
    ],
)
async def test_a_redirect_to_another_place_is_told_and_not_followed(to: str) -> None:
    async with asking(Reply(status=302, headers={"location": to})) as (client, system):
        with pytest.raises(IntegrationError, match="sends elsewhere"):
            await client.get("/api")
        assert len(system.asked) == 1


async def test_a_redirect_on_the_same_origin_is_followed_a_few_times() -> None:
    async with stand_in({"/a": Reply(status=301, headers={"location": "/b?x=1"}), "/b?x=1": Reply({"there": 1})}) as system:
        client = Client(system.url, {})
        assert (await client.get("/a")).value == {"there": 1}
        system.replies["*"] = Reply(status=307, headers={"location": "/round"})
        with pytest.raises(IntegrationError, match="circles"):
            await client.get("/round")
        await client.aclose()


@pytest.mark.parametrize(
    "link",
    ["http://169.254.169.254/x.png", "http://127.0.0.1:1/x.png", "//evil.example/x.png", "x.png", "", "data:,x", "/../x", "http://["],
)
async def test_a_picture_elsewhere_is_not_fetched(link: str) -> None:
    async with asking(Reply(body=b"png")) as (client, system):
        with pytest.raises(ItemNotFound):
            await client.picture(link)
        assert system.asked == []


async def test_a_picture_at_the_address_of_links_is_fetched_from_the_configured_one() -> None:
    async with asking(Reply(body=b"png"), origins=("https://links.example",)) as (client, system):
        assert await client.picture("https://links.example/uploads/ä b.png?size=1") == b"png"
        assert await client.picture(f"{system.url}/y.png") == b"png"
        assert [asked.target for asked in system.asked] == ["/uploads/%C3%A4%20b.png?size=1", "/y.png"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=401), "make a new one"),
        (Reply(status=403), "refuses the key"),
        (Reply(status=429, headers={"retry-after": "7"}), "wait 7 s"),
        (Reply(status=503), "answered 503"),
        (Reply(body=b"<html>Sign in</html>", headers=HTML), "web page, perhaps of a login"),
        (Reply(body=b"{"), "no JSON"),
        (Reply(body=b"[" * 100_000), "no JSON"),
        (Reply(body=b"[" * 60 + b"]" * 60), "more than 40 levels"),
        (Reply(body=b'{"a": NaN}'), "NaN"),
        (Reply(body=b'{"a": 1e999}'), "infinite"),
        (Reply(body=b'{"a": ' + b"9" * 5000 + b"}"), "no JSON"),
        (Reply(body=b"\xff\xfe"), "no JSON"),
        (Reply(body=b'"' + b"x" * MAX_BYTES + b'"'), "more than 5 MB"),
        (Reply(body=b"[" + b"[]," * (MAX_VALUES // 2) + b"[]]"), "more values than"),
        (Reply(body=gzip.compress(b"{}"), headers={"content-encoding": "gzip"}), "compressed"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}"), "cannot be reached"),
        (Reply(raw=b"SSH-2.0-OpenSSH\r\n"), "cannot be reached"),
        (Reply(raw=b""), "cannot be reached"),
    ],
)
async def test_an_answer_that_is_none_says_what_to_do(reply: Reply, words: str) -> None:
    async with asking(reply) as (client, _):
        with pytest.raises(IntegrationError, match=words) as told:
            await client.get("/api")
        assert "secret" not in told.value.detail
        assert not told.value.late


async def test_a_slow_system_is_given_up_in_time_and_told_as_such() -> None:
    never = asyncio.Event()

    async def wait(asked: Asked) -> Reply:
        if asked.path == "/api":
            await never.wait()
        return Reply({})

    async with asking(wait, timeout_s=1.0) as (client, _):
        await client.get("/")  # the connection is there: a stand-in that closes before it has taken one leaves that open
        with pytest.raises(IntegrationError, match="did not answer within") as told:
            await client.get("/api")
        assert (told.value.late, told.value.http_status) == (True, 504)


async def test_a_system_that_is_off_or_unknown_is_told() -> None:
    for url, words in (("http://127.0.0.1:1", "cannot be reached"), ("http://nobody.invalid", "not known here")):
        client = Client(url, {})
        with pytest.raises(IntegrationError, match=words):
            await client.get("/")
        await client.aclose()


async def test_half_characters_and_marks_of_order_do_no_harm() -> None:
    async with asking(Reply(body=b'\xef\xbb\xbf{"a\\ud800": "\\udfff", "b": "\\ud83d\\ude00"}')) as (client, _):
        assert (await client.get("/")).value == {"a?": "?", "b": "😀"}


async def test_cookies_are_not_kept() -> None:
    async with asking(Reply({}, headers={"set-cookie": "session=1; Path=/"})) as (client, system):
        await client.get("/")
        await client.get("/")
        assert "cookie" not in system.asked[1].headers


async def test_a_client_that_was_closed_asks_nothing_more() -> None:
    async with asking(Reply({})) as (client, system):
        await client.get("/")
        await client.aclose()
        with pytest.raises(IntegrationError):
            await client.get("/")
        assert len(system.asked) == 1


@pytest.mark.parametrize("text", ["", ".", "..", "a\x00", "a\nb", "x" * 201])
def test_what_is_no_name_is_no_part_of_a_path(text: str) -> None:
    with pytest.raises(ItemNotFound):
        segment(text)
