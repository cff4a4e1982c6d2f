"""Every SQL statement about hooks: what is set up, what came, what became of it, and how far sources were followed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from labelhub.db.schema import hook_deliveries, hook_positions, hooks, text_of
from labelhub.errors import Conflict, HookNotFound, NameTaken, TooManyHooks
from labelhub.hooks.hook import MAX_DEDUP_S, MAX_TOKENS, NAME, Hook, Token
from labelhub.hooks.spools import Followed, latest
from labelhub.jobs import store as job_store
from labelhub.jobs.job import Job, JobState, NewJob
from labelhub.jobs.store import Once
from labelhub.labels import image_store
from labelhub.labels.image_store import Upload

MAX_HOOKS = 200
_NAME = re.compile(NAME)
KEPT_DELIVERIES = 50
"""Of one hook; and all that may still be taken for a repetition."""
ACCEPTED, DUPLICATE, IGNORED = "accepted", "duplicate", "ignored"


@dataclass(frozen=True, slots=True)
class Came:
    """One delivery: its key, what may be shown of it, and how long the same is taken for a repetition."""

    key: str
    payload: str
    dedup_s: float = 0.0
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery: `accepted`, `duplicate`, `ignored`, or the slug of why it was refused."""

    at: datetime
    outcome: str
    detail: str | None
    job_id: UUID | None


def every(conn: Connection) -> list[Hook]:
    """All hooks by name."""
    return [_hook(row) for row in conn.execute(sa.select(hooks).order_by(hooks.c.name))]


def get(conn: Connection, name: str) -> Hook:
    """One hook. HookNotFound."""
    found = find(conn, name)
    if found is None:
        raise HookNotFound(f"no hook has the name {name[:80]!r}")
    return found


def find(conn: Connection, name: str) -> Hook | None:
    """One hook; None where there is none of the name."""
    if not _NAME.fullmatch(name):
        return None
    row = conn.execute(sa.select(hooks).where(hooks.c.name == name)).first()
    return None if row is None else _hook(row)


def insert(conn: Connection, hook: Hook, at: datetime) -> Hook:
    """The new hook. NameTaken, TooManyHooks. One that came to be by itself, and that nobody has set up, is nobody's."""
    there = find(conn, hook.name)
    if there is not None:
        if there.tokens or there.secret or there.declared or there.definition != Hook(hook.name).definition:
            raise NameTaken(f"there is a hook named {hook.name!r} already")
        return save(conn, hook, at)
    if conn.execute(sa.select(sa.func.count()).select_from(hooks)).scalar_one() >= MAX_HOOKS:
        raise TooManyHooks(f"the hub keeps {MAX_HOOKS} hooks; delete one that is no longer used")
    conn.execute(sa.insert(hooks).values(name=hook.name, created_at=at, **_values(hook, at)))
    return get(conn, hook.name)


def ensure(conn: Connection, hook: Hook, at: datetime) -> Hook:
    """The hook of that name, made now if it is not there."""
    return find(conn, hook.name) or insert(conn, hook, at)


def save(conn: Connection, hook: Hook, at: datetime) -> Hook:
    """The hook with the changes in force. HookNotFound; Conflict for one that settings declare."""
    _changeable(get(conn, hook.name))
    conn.execute(sa.update(hooks).where(hooks.c.name == hook.name).values(_values(hook, at)))
    return get(conn, hook.name)


def change(conn: Connection, name: str, change_it: Callable[[Hook], Hook], at: datetime) -> Hook:
    """The hook after `change_it` was done to it as it stands now, tokens and all. HookNotFound, Conflict, and what `change_it` raises."""
    return save(conn, change_it(_changeable(get(conn, name))), at)


def add_token(conn: Connection, name: str, token: Token, at: datetime) -> Hook:
    """The hook that admits one token more. HookNotFound, Conflict."""
    hook = _changeable(get(conn, name))
    if len(hook.tokens) >= MAX_TOKENS:
        raise Conflict(f"a hook has at most {MAX_TOKENS} tokens; delete one that is no longer used")
    return save(conn, replace(hook, tokens=(*hook.tokens, token)), at)


def drop_token(conn: Connection, name: str, token_id: str, at: datetime) -> Hook:
    """The hook without the token. HookNotFound, Conflict."""
    hook = _changeable(get(conn, name))
    left = tuple(token for token in hook.tokens if token.id != token_id)
    if len(left) == len(hook.tokens):
        raise HookNotFound(f"the hook {name!r} has no token {token_id[:40]!r}")
    return save(conn, replace(hook, tokens=left), at)


def remove(conn: Connection, name: str) -> None:
    """Forget the hook; jobs that came by it stay. HookNotFound; Conflict for one that settings declare."""
    _changeable(get(conn, name))
    _remove(conn, name)


def declare(conn: Connection, declared: Iterable[Hook], at: datetime) -> None:
    """Make the hooks of the settings so, and take those away that stand there no more."""
    names = []
    for hook in declared:
        names.append(hook.name)
        values = _values(replace(hook, declared=True), at)
        if find(conn, hook.name) is None:
            conn.execute(sa.insert(hooks).values(name=hook.name, created_at=at, **values))
        else:
            conn.execute(sa.update(hooks).where(hooks.c.name == hook.name).values(values))
    for name in conn.execute(sa.select(hooks.c.name).where(hooks.c.declared, hooks.c.name.not_in(names))).scalars().all():
        _remove(conn, name)


def deliver(conn: Connection, hook: str, came: Came, new: NewJob, picture: Upload | None, at: datetime) -> tuple[Job, bool]:
    """The stored job, and whether it is one that the same delivery made before. Errors as `jobs.store.submit`."""
    _keep_payload(conn, hook, came.payload, at)  # first: where several nodes share the database, each waits here for the other
    earlier = _earlier(conn, hook, came, at)
    if earlier is not None:
        _note(conn, hook, came.key, DUPLICATE, None, earlier.id, at)
        return earlier, True
    if picture is not None:
        image_store.keep(conn, picture, at)
    if came.once is not None and (before := job_store.submitted(conn, came.once, at)) is not None:
        _note(conn, hook, came.key, DUPLICATE, None, before.id, at)
        return before, True
    job = job_store.submit(conn, new, at, came.once, newest=True)
    _note(conn, hook, came.key, ACCEPTED, None, job.id, at)
    return job, False


def note(conn: Connection, hook: str, came: Came, outcome: str, detail: str, at: datetime) -> None:
    """What came and became no job, and why."""
    _keep_payload(conn, hook, came.payload, at)
    _note(conn, hook, came.key, outcome, detail, None, at)


def outcomes(conn: Connection, hook: str, limit: int = KEPT_DELIVERIES) -> list[Outcome]:
    """The last deliveries, newest first."""
    query = sa.select(hook_deliveries).where(hook_deliveries.c.hook == hook).order_by(hook_deliveries.c.id.desc()).limit(limit)
    return [Outcome(row.at, row.outcome, row.detail, row.job_id) for row in conn.execute(query)]


def payload(conn: Connection, hook: str) -> tuple[str, datetime] | None:
    """What came last, as it may be shown, and when; None before the first. HookNotFound."""
    get(conn, hook)
    row = conn.execute(sa.select(hooks.c.payload, hooks.c.payload_at).where(hooks.c.name == hook)).one()
    return None if row.payload is None else (row.payload, row.payload_at)


def remark(conn: Connection, hook: str, detail: str, at: datetime) -> None:
    """Something to be read with the hook, of no single delivery."""
    _note(conn, hook, "", IGNORED, detail, None, at)


def followed(conn: Connection, hook: str) -> Followed | None:
    """How far a source was followed; None before the first time."""
    columns = hook_positions.c.position, hook_positions.c.registered_at
    row = conn.execute(sa.select(*columns).where(hook_positions.c.hook == hook)).one_or_none()
    return None if row is None else Followed(row.position, row.registered_at)


def position(conn: Connection, hook: str) -> int | None:
    """The number to which it was."""
    found = followed(conn, hook)
    return None if found is None else found.number


def advance(conn: Connection, hook: str, to: Followed, at: datetime) -> None:
    """The source was followed so far, or farther already."""
    now = followed(conn, hook)
    if now is None:
        values = {"position": to.number, "registered_at": to.registered_at, "updated_at": at}
        conn.execute(sa.insert(hook_positions).values(hook=hook, **values))
        return
    new = Followed(max(now.number, to.number), latest(now.registered_at, to.registered_at))
    if new != now:
        values = {"position": new.number, "registered_at": new.registered_at, "updated_at": at}
        conn.execute(sa.update(hook_positions).where(hook_positions.c.hook == hook).values(values))


def rewind(conn: Connection, hook: str, to: int, at: datetime) -> int:
    """How far the source was followed, now that its newest are gone and their numbers are given once more: `to`, or less already."""
    now = position(conn, hook)
    if now is None or now <= to:
        return to if now is None else now
    conn.execute(sa.update(hook_positions).where(hook_positions.c.hook == hook).values(position=to, updated_at=at))
    return to


def _earlier(conn: Connection, hook: str, came: Came, at: datetime) -> Job | None:
    if came.dedup_s <= 0:
        return None
    same = (hook_deliveries.c.hook == hook) & (hook_deliveries.c.key == came.key) & hook_deliveries.c.job_id.is_not(None)
    after = at - timedelta(seconds=came.dedup_s)
    query = sa.select(hook_deliveries.c.job_id).where(same, hook_deliveries.c.outcome == ACCEPTED, hook_deliveries.c.at > after)
    job_id = conn.execute(query.order_by(hook_deliveries.c.id.desc()).limit(1)).scalar()
    job = None if job_id is None else job_store.get(conn, job_id)
    # One that was cancelled or failed came to nothing: who sends again wants the label.
    return None if job is None or job.state in (JobState.CANCELLED, JobState.FAILED) else job


def _keep_payload(conn: Connection, hook: str, payload: str, at: datetime) -> None:
    conn.execute(sa.update(hooks).where(hooks.c.name == hook).values(payload=payload, payload_at=at))


def _note(conn: Connection, hook: str, key: str, outcome: str, detail: str | None, job_id: UUID | None, at: datetime) -> None:
    values = {"hook": hook, "key": key, "at": at, "outcome": outcome[:40], "detail": detail and detail[:1000], "job_id": job_id}
    conn.execute(sa.insert(hook_deliveries).values(values))
    mine = hook_deliveries.c.hook == hook
    last = sa.select(hook_deliveries.c.id).where(mine).order_by(hook_deliveries.c.id.desc()).offset(KEPT_DELIVERIES).limit(1)
    oldest = conn.execute(last).scalar()
    if oldest is not None:
        old = hook_deliveries.c.at < at - timedelta(seconds=MAX_DEDUP_S)
        refused = hook_deliveries.c.outcome != ACCEPTED
        conn.execute(sa.delete(hook_deliveries).where(mine, hook_deliveries.c.id <= oldest, old | refused))


def _remove(conn: Connection, name: str) -> None:
    for found in (hook_deliveries.c.hook, hook_positions.c.hook):
        conn.execute(sa.delete(found.table).where(found == name))
    conn.execute(sa.delete(hooks).where(hooks.c.name == name))


def _changeable(hook: Hook) -> Hook:
    if hook.declared:
        raise Conflict(f"the hook {hook.name!r} is declared in the settings: change it there")
    return hook


def _values(hook: Hook, at: datetime) -> dict[str, Any]:
    tokens = [
        {"id": one.id, "begins": one.begins, "digest": one.digest, "created_at": text_of(one.created_at)} for one in hook.tokens
    ]  # fmt: skip
    return {
        "preset": hook.preset, "definition": hook.definition, "tokens": tokens, "secret": hook.secret, "declared": hook.declared,
        "updated_at": at,
    }  # fmt: skip


def _hook(row: Row[Any]) -> Hook:
    known = {name: value for name, value in row.definition.items() if name in Hook.__dataclass_fields__}  # a newer node may say more
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in known.pop("fields", {}).items()}
    tokens = tuple(
        Token(one["id"], one["begins"], one["digest"], datetime.fromisoformat(one["created_at"].replace("Z", "+00:00")))
        for one in row.tokens
    )
    return Hook(
        row.name, row.preset, fields=fields, tokens=tokens, secret=row.secret, declared=row.declared, created_at=row.created_at,
        updated_at=row.updated_at, **known | {"events": tuple(known.get("events", ()))},
    )  # fmt: skip
