"""How the hub listens."""

from __future__ import annotations

import socket
from pathlib import Path

from labelhub.cli.serve import listen
from tests.house import settings_for


def test_answers_leave_at_once_instead_of_waiting_for_an_acknowledgement(tmp_path: Path) -> None:
    with listen(settings_for(tmp_path, listen="127.0.0.1:0")) as listener:
        client = socket.create_connection(listener.getsockname())
        connection, _ = listener.accept()
        with client, connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_client_that_is_gone_without_a_word_is_noticed_within_a_minute(tmp_path: Path) -> None:
    with listen(settings_for(tmp_path, listen="127.0.0.1:0")) as listener:
        client = socket.create_connection(listener.getsockname())
        connection, _ = listener.accept()
        with client, connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
