from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator

import pytest

from labelhub import logs


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What went to standard error since it was last asked; the loggers are put back afterwards."""
    loggers = [logging.getLogger(name) for name in (None, "httpx", "httpcore", "alembic")]
    before = [(logger.level, logger.handlers) for logger in loggers]
    yield lambda: capsys.readouterr().err
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers = handlers


def test_people_get_one_line_with_the_time_in_utc(written: Callable[[], str]) -> None:
    logs.configure("info", "console")
    logging.getLogger("labelhub.trial").info("printer %s is online", "front")
    logging.getLogger("labelhub.trial").debug("not shown")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO    labelhub\.trial: printer front is online\n", written())


def test_programs_get_one_json_object_a_line(written: Callable[[], str]) -> None:
    logs.configure("debug", "json")
    logging.getLogger("labelhub.trial").debug("two\nlines of Büro")
    try:
        raise LookupError("lost")
    except LookupError:
        logging.getLogger("labelhub.trial").exception("it failed")
    first, second = map(json.loads, written().splitlines())
    assert (first["level"], first["logger"], first["message"]) == ("debug", "labelhub.trial", "two\nlines of Büro")
    assert first["time"].endswith("Z")
    assert second["exception"].endswith("LookupError: lost")


def test_a_message_with_line_breaks_forges_no_line_for_people(written: Callable[[], str]) -> None:
    logs.configure("info", "console")
    logging.getLogger("labelhub.trial").info("printer %s is online", "x\n2026-01-01T00:00:00.000Z ERROR   labelhub: forged")
    assert len(written().splitlines()) == 1


def test_loud_libraries_tell_only_warnings(written: Callable[[], str]) -> None:
    logs.configure("debug", "console")
    for name in ("httpx", "httpcore", "alembic"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("%s warns", name)
    assert [line.rpartition(": ")[2] for line in written().splitlines()] == ["httpx warns", "httpcore warns", "alembic warns"]


def test_configuring_twice_writes_each_line_once(written: Callable[[], str]) -> None:
    for _ in range(2):
        logs.configure("warning", "console")
    logging.getLogger("labelhub.trial").warning("once")
    assert written().count("once") == 1
