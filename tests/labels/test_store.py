"""Templates in the database: built-in ones, those of users, and every version of both. On both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from alembic import command
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labelhub.db.engine import Database
from labelhub.db.migrate import migrate, revisions
from labelhub.db.schema import image_contents, template_history, template_versions, templates
from labelhub.errors import (
    ImageInUse,
    TemplateBuiltIn,
    TemplateChanged,
    TemplateInvalid,
    TemplateNotFound,
    TemplateVersionNotFound,
    TooManyTemplates,
)
from labelhub.jobs.store import forget
from labelhub.labels import image_store, store
from labelhub.labels.image_store import Upload
from labelhub.labels.store import Expected
from labelhub.labels.template import builtin, parse
from labelhub.labels.written import RESERVED, written, yaml_of

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
ANY = Expected()
TEXT = """
# My own.
schema_version: 1
key: mine
name: Mine
media: {family: tape, width_mm: 12}
fields: [{name: text, required: true, example: "A"}]
layout: {text: {value: "{text}", size_mm: {min: 2, max: 5}}}
"""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def save(database: Database, name: str = "Mine", key: str = "mine", expected: Expected = ANY, at: datetime = AT) -> Any:
    text = TEXT.replace("name: Mine", f"name: {name}").replace("key: mine", f"key: {key}")
    return database.write_now(store.save, key, written(text, key), expected, "me", at)


def listed(database: Database, key: str = "mine") -> list[int]:
    return [one.version for one in database.write_now(store.versions, key)]


def test_a_saved_template_is_read_back_whole_with_the_text_it_was_written_as(database: Database) -> None:
    stored, new = save(database)
    assert (new, stored.source, stored.version, stored.created_at, stored.template.name) == (True, "user", 1, AT, "Mine")
    assert stored.template == parse(TEXT)
    kept = database.write_now(store.version_of, "mine", 1)
    assert (kept.text, kept.saved_by, kept.definition) == (TEXT, "me", stored.template.definition)


def test_each_change_is_a_version_and_no_change_is_none(database: Database) -> None:
    save(database)
    again, new = save(database)
    assert (again.version, new) == (1, False)
    changed, new = save(database, "Other", at=AT + timedelta(days=1))
    assert (changed.version, new, changed.created_at, changed.updated_at) == (2, False, AT, AT + timedelta(days=1))
    back, _ = save(database)
    assert back.version == 3
    assert listed(database) == [3, 2, 1]
    assert len({one.digest for one in database.write_now(store.versions, "mine")}) == 2


def test_a_comment_alone_makes_a_version_of_the_same_definition(database: Database) -> None:
    first, _ = save(database)
    new = written(TEXT + "# more\n", "mine")
    second, _ = database.write_now(store.save, "mine", new, ANY, "me", AT)
    assert (second.version, second.digest) == (2, first.digest)
    assert second.mark != first.mark


def test_a_change_to_what_somebody_else_changed_is_refused_and_changes_nothing(database: Database) -> None:
    first, _ = save(database)
    save(database, "Theirs", expected=Expected((first.mark,)))
    with pytest.raises(TemplateChanged, match="read it again"):
        save(database, "Ours", expected=Expected((first.mark,)))
    with pytest.raises(TemplateChanged, match="there already"):
        save(database, "Ours", expected=Expected(()))
    with pytest.raises(TemplateChanged):
        database.write_now(store.remove, "mine", Expected((first.mark,)))
    with pytest.raises(TemplateChanged):
        save(database, key="absent", expected=Expected(("*",)))
    assert database.write_now(store.get, "mine").template.name == "Theirs"
    assert listed(database) == [2, 1]


def test_a_mark_is_never_that_of_an_earlier_template_of_the_key(database: Database) -> None:
    first, _ = save(database)
    database.write_now(store.remove, "mine", Expected((first.mark,)))
    with pytest.raises(TemplateNotFound):
        database.write_now(store.versions, "mine")
    second, _ = save(database, "Another")
    assert (second.version, second.id == first.id) == (1, False)
    with pytest.raises(TemplateChanged):
        save(database, "Third", expected=Expected((first.mark,)))


def test_old_versions_go_but_the_last_fifty(database: Database) -> None:
    for number in range(store.KEPT_VERSIONS + 5):
        save(database, f"Name {number}")
    assert listed(database) == list(range(store.KEPT_VERSIONS + 5, 5, -1))
    with pytest.raises(TemplateVersionNotFound, match="versions 6 to 55"):
        database.write_now(store.version_of, "mine", 5)
    with pytest.raises(TemplateVersionNotFound):
        database.write_now(store.version_of, "mine", 10**30)


def test_there_are_no_more_than_five_hundred_templates_of_users(database: Database) -> None:
    first, _ = save(database)
    row = {"source": "user", "digest": first.digest, "created_at": AT, "updated_at": AT, "version": 1}

    def fill(conn: sa.Connection) -> None:
        rows = [row | {"id": sa.Uuid().python_type(int=number), "key": f"k-{number}"} for number in range(store.MAX_TEMPLATES - 1)]
        conn.execute(sa.insert(templates), rows)

    database.write_now(fill)
    with pytest.raises(TooManyTemplates, match="500"):
        save(database, key="one-more")
    assert save(database, "Changed")[0].version == 2


def test_a_built_in_template_can_neither_be_changed_nor_deleted(database: Database) -> None:
    database.write_now(store.seed, builtin(), AT)
    with pytest.raises(TemplateBuiltIn, match="POST /api/templates/text-62mm/copy"):
        save(database, key="text-62mm")
    with pytest.raises(TemplateBuiltIn):
        database.write_now(store.remove, "text-62mm", ANY)
    assert {one.source for one in database.write_now(store.every)} == {"seed"}
    assert listed(database, "text-62mm") == [1]


def test_a_new_release_changes_its_own_templates_and_no_copy_of_them(database: Database) -> None:
    old = parse(TEXT)
    database.write_now(store.seed, [old, parse(TEXT.replace("key: mine", "key: going"))], AT)
    copy, _ = save(database, key="copy-of-mine")
    release = [parse(TEXT.replace("name: Mine", "name: Better")), parse(TEXT.replace("key: mine", "key: copy-of-mine"))]
    for _ in range(2):
        database.write_now(store.seed, release, AT + timedelta(days=9))
    found = {one.template.key: (one.template.name, one.source, one.version) for one in database.write_now(store.every)}
    assert found == {"mine": ("Better", "seed", 2), "copy-of-mine": ("Mine", "user", 1)}
    assert database.write_now(store.get, "copy-of-mine") == copy
    assert database.write_now(store.version, copy.digest).name == "Mine"
    assert database.write_now(store.version_of, "mine", 1).definition == old.definition


def test_versions_that_can_still_be_looked_at_are_not_forgotten_and_others_are(database: Database) -> None:
    save(database)
    save(database, "Second")
    save(database, key="other")
    later = AT + timedelta(days=99)
    database.write_now(forget, later, later)
    assert database.write_now(digests) == database.write_now(digests, template_history.c.digest)
    database.write_now(store.remove, "mine", ANY)
    database.write_now(forget, later, later)
    assert len(database.write_now(digests)) == 1


def digests(conn: sa.Connection, column: Any = template_versions.c.digest) -> set[str]:
    return set(conn.execute(sa.select(column)).scalars())


def test_what_another_program_wrote_hides_no_other_template_and_can_be_deleted(database: Database) -> None:
    save(database)
    save(database, key="strange")
    broken = sa.update(template_versions).where(template_versions.c.definition.contains('"strange"')).values(definition="{}")
    database.write_now(lambda conn: conn.execute(broken).close())
    store._parsed.cache_clear()
    assert [one.template.key for one in database.write_now(store.every)] == ["mine"]
    with pytest.raises(TemplateInvalid):
        database.write_now(store.get, "strange")
    database.write_now(store.remove, "strange", ANY)
    assert database.write_now(store.count) == 1


def test_templates_are_listed_by_app_and_source(database: Database) -> None:
    database.write_now(store.seed, builtin(), AT)
    save(database)
    assert [one.template.key for one in database.write_now(store.every, "generic", "user")] == ["mine"]
    assert database.write_now(store.every, "grocy", "user") == []


@pytest.mark.parametrize("key", RESERVED)
def test_a_reserved_key_is_refused(database: Database, key: str) -> None:
    with pytest.raises(TemplateInvalid, match="take another key") as caught:
        save(database, key=key)
    assert caught.value.extra["errors"][0]["pointer"] == "/key"


REFUSED = [
    ("name: Mine", "name: 2026-01-01", "/name"),
    ('example: "A"', "example: 2026-01-01", "/fields/0/example"),
    ("width_mm: 12", "width_mm: .nan", "/media/width_mm"),
    ("width_mm: 12", "width_mm: .inf", "/media/width_mm"),
    ("key: mine", "key: yours", "/key"),
    ("key: mine", "key: [mine]", "/key"),
    ("name: Mine", "nam: Mine", "/nam"),
]


@pytest.mark.parametrize(("old", "new", "place"), REFUSED)
def test_a_fault_is_told_with_its_place(old: str, new: str, place: str) -> None:
    with pytest.raises(TemplateInvalid) as caught:
        written(TEXT.replace(old, new), "mine")
    assert caught.value.extra["errors"][0]["pointer"] == place


@pytest.mark.parametrize("source", ["", "[]", "x", "{", "- a", "a: &a 1", {}, {"key": "mine", "layout": "\ud800"}, "key: mine\n" * 2])
def test_what_is_no_template_is_refused(source: Any) -> None:
    with pytest.raises(TemplateInvalid):
        written(source, "mine")


def test_a_template_that_would_grow_too_large_is_refused_before_it_is_kept() -> None:
    items = "".join(f'- {{name: f{number}, example: "{"€" * 20}\\x85{"<" * 60}"}}\n' for number in range(500))
    with pytest.raises(TemplateInvalid):
        written(TEXT.replace("fields: [", "fields: [" + items), "mine")


def test_the_key_may_be_left_out() -> None:
    without = TEXT.replace("key: mine\n", "")
    assert written(without, "mine").template == written(TEXT, "mine").template
    assert written(yaml.safe_load(without), "mine").digest == written(TEXT, "mine").digest


@settings(max_examples=12, derandomize=True, deadline=None)
@example(name="a\x85b\u2028c\u2029d\x7f\ufeff\ufffe😀", key="mine")
@given(name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), key=st.sampled_from(["mine", "a-1"]))
def test_any_text_is_kept_as_it_was_given(name: str, key: str) -> None:
    definition = {**yaml.safe_load(TEXT), "key": key, "name": name}
    kept = written(definition)
    assert parse(kept.definition).name == name
    assert written(kept.definition).digest == kept.digest
    if name.isprintable():
        assert written(yaml_of(definition)).digest == kept.digest


def test_no_built_in_template_loses_anything_on_its_way_through_json_or_yaml() -> None:
    for template in builtin():
        assert written(template.definition).template == template
        assert written(yaml_of(template.definition)).template == template


def test_what_the_version_before_held_is_the_first_version_of_each_template(empty_database_url: str) -> None:
    database = Database(empty_database_url)

    def earlier(conn: sa.Connection) -> None:
        config = revisions()
        config.attributes["connection"] = conn
        command.upgrade(config, "0004")
        at = "2026-03-01T08:00:00.000000Z"
        kept = written(TEXT)
        version = {"digest": kept.digest, "text": kept.definition, "at": at}
        conn.execute(sa.text("INSERT INTO template_versions VALUES (:digest, :text, :at)"), version)
        row = {"id": "0" * 32, "digest": kept.digest, "at": at}
        conn.execute(sa.text("INSERT INTO templates VALUES (:id, 'mine', :digest, 'seed', :at, :at)"), row)

    database.write_now(earlier)
    database.close()
    migrate(empty_database_url)
    database = Database(empty_database_url)
    stored = database.write_now(store.get, "mine")
    assert (stored.version, stored.template, stored.updated_at) == (1, parse(TEXT), AT)
    assert [(one.version, one.digest, one.created_at) for one in database.write_now(store.versions, "mine")] == [(1, stored.digest, AT)]
    database.close()


PICTURED = TEXT.replace("{text: {value:", "{row: {items: [{image: {source: logo}}, {text: {value:").replace("max: 5}}}", "max: 5}}}]}}")


def test_pictures_go_when_neither_a_name_nor_a_version_leads_to_them(database: Database) -> None:
    with pytest.raises(TemplateInvalid, match="PUT /api/images/logo"):
        database.write_now(store.save, "mine", written(PICTURED, "mine"), ANY, "me", AT)
    for content in (b"one", b"two"):
        database.write_now(image_store.put, "logo", Upload(content, "png"), "me", AT)
        if content == b"one":
            first, _ = database.write_now(store.save, "mine", written(PICTURED, "mine"), ANY, "me", AT)
    second = database.write_now(store.get, "mine")
    assert (first.version, second.version, first.template) == (1, 2, second.template)
    assert (first.template.pictures, second.template.pictures) == ({"logo": b"one"}, {"logo": b"two"})
    assert database.write_now(store.version, first.digest).pictures == {"logo": b"one"}
    with pytest.raises(ImageInUse, match="mine"):
        database.write_now(image_store.remove, "logo")
    later = AT + timedelta(days=99)
    counts = []
    for change in (None, (store.remove, "mine", ANY), (image_store.remove, "logo")):
        if change is not None:
            database.write_now(*change)
        database.write_now(forget, later, later)
        counts.append(len(database.write_now(digests, image_contents.c.digest)))
    assert counts == [2, 1, 0]
