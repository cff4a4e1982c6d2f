from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelhub.errors import HostNotAllowed
from labelhub.http.callers import MAX_HOPS, Caller, identify, parse_host
from labelhub.http.gate import Gate

PROXIES = (ip_network("10.0.0.0/8"), ip_network("127.0.0.1"), ip_network("fd00::/8"))


def caller(*, peer: str | None = "10.0.0.1", own: str = "10.0.0.9", gate: Gate | None = None, **headers: str) -> Caller:
    listed = [(name.replace("_", "-").encode(), value.encode()) for name, value in {"host": "hub", **headers}.items()]
    scope: dict[str, Any] = {"scheme": "http", "headers": listed, "server": (own, 8090), "client": peer and (peer, 4711)}
    return identify(scope, gate or Gate(trusted_proxies=PROXIES))


def test_a_direct_connection_on_loopback_is_local() -> None:
    found = caller(peer="127.0.0.1", own="127.0.0.1", gate=Gate())
    assert found.local
    assert str(found.address) == "127.0.0.1"


def test_loopback_written_as_ipv6_is_loopback() -> None:
    assert caller(peer="::1", own="::1", gate=Gate()).local
    assert caller(peer="::ffff:127.0.0.1", own="::ffff:127.0.0.1", gate=Gate()).local


@pytest.mark.parametrize(
    ("peer", "own"), [("192.0.2.7", "127.0.0.1"), ("127.0.0.1", "192.0.2.1"), (None, "127.0.0.1"), ("testclient", "::1")]
)
def test_anything_else_is_not_local(peer: str | None, own: str) -> None:
    assert not caller(peer=peer, own=own, gate=Gate()).local


@pytest.mark.parametrize("name", ["forwarded", "x_forwarded_for", "x_forwarded_proto", "X_Forwarded_Port", "x_real_ip", "via"])
def test_a_proxy_on_this_machine_that_was_not_declared_opens_nothing(name: str) -> None:
    found = caller(peer="127.0.0.1", own="127.0.0.1", gate=Gate(), **{name: "127.0.0.1"})
    assert not found.local


def test_a_declared_proxy_is_never_a_person_at_this_machine() -> None:
    assert not caller(peer="127.0.0.1", own="127.0.0.1").local
    assert not caller(peer="127.0.0.1", own="127.0.0.1", x_forwarded_for="127.0.0.1").local


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.0.0.5, 10.0.0.6", "203.0.113.9"),
        ("203.0.113.9:5555", "203.0.113.9"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:5555", "2001:db8::7"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.4", "10.0.0.4"),
        ("203.0.113.9, unknown", "None"),
        ("203.0.113.9, ", "None"),
    ],
)
def test_the_caller_is_the_rightmost_address_that_is_no_proxy(forwarded: str, address: str) -> None:
    assert str(caller(x_forwarded_for=forwarded).address) == address


def test_without_a_word_of_the_proxy_the_caller_is_unknown() -> None:
    assert caller().address is None


def test_the_way_back_is_bounded() -> None:
    assert str(caller(x_forwarded_for="203.0.113.9" + ", 10.0.0.2" * MAX_HOPS).address) == "10.0.0.2"


def test_forwarded_headers_of_a_peer_that_is_no_proxy_count_for_nothing() -> None:
    found = caller(peer="192.0.2.7", x_forwarded_for="127.0.0.1", x_forwarded_proto="https", x_forwarded_host="evil.example")
    assert (str(found.address), found.scheme, found.host.name) == ("192.0.2.7", "http", "hub")


def test_scheme_and_host_come_from_a_trusted_proxy() -> None:
    found = caller(x_forwarded_proto="HTTPS", x_forwarded_host="Labels.example.org:8443")
    assert found.host.origin(found.scheme) == "https://labels.example.org:8443"


def test_a_scheme_that_is_none_of_ours_is_ignored() -> None:
    assert caller(x_forwarded_proto="javascript").scheme == "http"


def test_an_origin_leaves_out_the_port_of_its_scheme() -> None:
    assert parse_host("a:80").origin("http") == "http://a"
    assert parse_host("a:443").origin("https") == "https://a"
    assert parse_host("[::1]:443").origin("http") == "http://[::1]:443"


@given(st.text(max_size=80))
def test_any_text_is_a_host_or_one_typed_error(text: str) -> None:
    try:
        parse_host(text)
    except HostNotAllowed:
        return


@given(st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=80))
def test_any_forwarded_header_names_an_address_or_nobody(text: str) -> None:
    assert caller(x_forwarded_for=text).local is False
