from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelhub.auth import MAX_CALLERS, SESSION_S, WRONG_KEYS, WRONG_KEYS_WINDOW_S, Keyring, WrongKeys
from labelhub.errors import NotAuthenticated, RateLimited

KEY = "correct-horse-battery-staple"


def keyring(key: str | None = KEY, now_s: float = 1_800_000_000.0) -> Keyring:
    return Keyring(key, lambda: now_s)


def test_the_right_key_is_right() -> None:
    keyring().check_key(KEY, None)


@pytest.mark.parametrize("given", ["", "wrong", KEY.upper(), KEY[:-1], KEY + "\0", "\ud800"])
def test_any_other_is_not(given: str) -> None:
    with pytest.raises(NotAuthenticated):
        keyring().check_key(given, None)


def test_without_a_key_nothing_is_right_and_no_session_is_good() -> None:
    none = keyring(None)
    assert not none.has_key
    assert not none.is_session(none.new_session())
    with pytest.raises(NotAuthenticated):
        none.check_key("", None)


def test_a_session_is_good_until_it_expires() -> None:
    token = keyring().new_session()
    assert keyring().is_session(token)
    assert keyring(now_s=1_800_000_000.0 + SESSION_S - 1).is_session(token)
    assert not keyring(now_s=1_800_000_000.0 + SESSION_S).is_session(token)


def test_a_token_does_not_hold_the_key_and_no_two_are_equal() -> None:
    assert KEY not in keyring().new_session()
    assert keyring().new_session() != keyring().new_session()


def test_another_key_ends_all_sessions() -> None:
    assert not keyring("another-key-of-some-length").is_session(keyring().new_session())


@given(st.integers(0, 200), st.characters())
def test_a_changed_token_is_no_session(place: int, character: str) -> None:
    token = keyring().new_session()
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    assert keyring().is_session(changed) == (changed == token)


@given(st.text())
def test_no_text_is_a_session(text: str) -> None:
    assert not keyring().is_session(text)


def test_wrong_keys_are_remembered_for_a_bounded_number_of_callers() -> None:
    wrong = WrongKeys()
    for number in range(MAX_CALLERS + 1):
        for _ in range(WRONG_KEYS):
            wrong.count(ip_address(number), now=0.0)
    wrong.check(ip_address(0), now=1.0)  # the oldest is forgotten
    with pytest.raises(RateLimited):
        wrong.check(ip_address(MAX_CALLERS), now=1.0)


def test_the_window_slides() -> None:
    wrong = WrongKeys()
    for second in range(WRONG_KEYS):
        wrong.count(None, now=float(second))
    with pytest.raises(RateLimited, match="in 51 s"):
        wrong.check(None, now=9.0)
    wrong.check(None, now=WRONG_KEYS_WINDOW_S)


def test_one_ipv6_network_is_one_caller() -> None:
    wrong = WrongKeys()
    for number in range(WRONG_KEYS):
        wrong.count(ip_address(f"2001:db8::{number:x}"), now=0.0)
    with pytest.raises(RateLimited):
        wrong.check(ip_address("2001:db8::ffff"), now=1.0)
    wrong.check(ip_address("2001:db8:1::1"), now=1.0)
