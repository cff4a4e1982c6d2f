from __future__ import annotations

import contextvars
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


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Authorization: Bearer abc.def-123 sent", "Authorization: Bearer *** sent"),
        ('{"authorization": "Basic dTpw"}', '{"authorization": "Basic ***"}'),
        ("it said bearer s3cr3t-value", "it said bearer ***"),
        ("GET /x?token=abc&page=2", "GET /x?token=***&page=2"),
        ("/cb?a=1&access_token=abc#x", "/cb?a=1&access_token=***#x"),
        ("https://h/y?apikey=1&X-Amz-Signature=2", "https://h/y?apikey=***&X-Amz-Signature=***"),
        ("x-api-key: 123456", "x-api-key: ***"),
        ("api_key=hunter2 is wrong", "api_key=*** is wrong"),
        ("postgresql://hub:pa%40ss@db/labels", "postgresql://hub:***@db/labels"),
        ("https://tk12345@push.example/topic", "https://***@push.example/topic"),
        ("POST /api/webhook/grocy/9f3a77 202", "POST /api/webhook/grocy/*** 202"),
        ("GET /api/label/homebox/9f3a77?url=x", "GET /api/label/homebox/***?url=x"),
        ("labelhub_session=v1.17.ab.cd; other=1", "labelhub_session=***; other=1"),
        ("signed with whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "signed with whsec_***"),
        ("the key is correct-horse-battery", "the key is ***"),
    ],
)
def test_secrets_are_hidden(told: str, shown: str) -> None:
    assert logs.Redaction(["correct-horse-battery"]).hide(told) == shown


def test_what_is_no_secret_stays_as_it_is() -> None:
    for line in ("job 4711: completed on front (status)", "http://127.0.0.1:8090/api/printers?limit=2", "printer key-cabinet is online",
                 "POST /api/webhook/grocy 202 in 1.0 ms", "user@host: mail", "2026-01-01T10:00:00 a:b@c"):  # fmt: skip
        assert logs.Redaction(["no", ""]).hide(line) == line


@pytest.mark.parametrize("form", ["console", "json"])
def test_secrets_in_arguments_and_tracebacks_are_hidden_in_both_forms(form: str, written: Callable[[], str]) -> None:
    logs.configure("info", form, ["swordfish-1"])
    try:
        raise ConnectionError("postgresql://hub:pa55word@db/x refused swordfish-1")
    except ConnectionError:
        logging.getLogger("labelhub.trial").exception("no answer to %s", "https://h/?token=swordfish-1")
    said = written()
    assert "swordfish" not in said
    assert "pa55word" not in said
    assert "ConnectionError: postgresql://hub:***@db/x refused ***" in said


def test_lines_say_which_request_and_job_they_belong_to(written: Callable[[], str]) -> None:
    def told(form: str) -> str:
        logs.REQUEST_ID.set("r-1")
        logs.JOB_ID.set("j-2")
        logs.configure("info", form)
        logging.getLogger("labelhub.trial").info("it is so", extra={"fields": {"status": 200}})
        return written()

    line = json.loads(contextvars.copy_context().run(told, "json"))
    assert (line["request_id"], line["job_id"], line["status"]) == ("r-1", "j-2", 200)
    assert contextvars.copy_context().run(told, "console").endswith("it is so request_id=r-1 job_id=j-2\n")


def test_what_a_line_for_people_says_already_is_not_said_twice(written: Callable[[], str]) -> None:
    def told() -> str:
        logs.JOB_ID.set("j-2")
        logs.configure("info", "console")
        logging.getLogger("labelhub.trial").info("job j-2: completed")
        return written()

    assert contextvars.copy_context().run(told).endswith("labelhub.trial: job j-2: completed\n")
