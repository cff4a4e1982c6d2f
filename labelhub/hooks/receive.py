"""Receive: a delivery becomes a stored job before anybody is asked for anything. The thing it is about is fetched afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from labelhub.db.engine import Database
from labelhub.errors import (
    DatabaseUnusable,
    HookDisabled,
    HubError,
    IntegrationNotFound,
    MediaUnsupported,
    ValidationFailed,
)
from labelhub.hooks import store
from labelhub.hooks.ask import PICTURE_TEMPLATE, Ask, Preset, asked, template_for
from labelhub.hooks.hook import Hook
from labelhub.hooks.payload import Payload, Values
from labelhub.hooks.presets import PRESETS, SYSTEM
from labelhub.hooks.shown import shown
from labelhub.hooks.store import Came
from labelhub.hooks.things import FIELDS, LOOKUP, ask_of
from labelhub.integrations.integration import Item, Reference
from labelhub.jobs.job import PICTURE, Job, LabelOrder
from labelhub.jobs.proofs import Proofs
from labelhub.jobs.store import Once
from labelhub.jobs.submit import Submitter, Wish
from labelhub.labels.image_store import Upload, digest_of
from labelhub.labels.images import decoded
from labelhub.labels.images_head import head
from labelhub.labels.proof import Proof
from labelhub.printers.probe import Clock

DECODED_PIXELS = 2_000_000
"""A picture of no more is looked at whole before the answer; of a larger one only the head, the rest when it prints."""
DRAWN = ("png", "jpeg", "webp")


Connected = Callable[[str], Awaitable[object]]
"""Returns for the name of a connected system; IntegrationNotFound."""
Told = Callable[[str, Values], Awaitable[Item | Reference | None]]
"""What the plug-in of a connected system finds in a message of that system. IntegrationNotFound, IntegrationError."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a delivery: a job, the one it made before, or None and why not."""

    job: Job | None
    duplicate: bool = False
    why_not: str | None = None


class Receiver:
    """Turns deliveries into jobs. `woken` hears of each new one, `awaited` is set when its thing is still to be fetched."""

    def __init__(
        self,
        database: Database,
        submitter: Submitter,
        connected: Connected,
        told: Told,
        clock: Clock,
        looking: asyncio.Lock,
        woken: Callable[[Job], object],
        awaited: asyncio.Event,
    ) -> None:
        self._database = database
        self._submitter = submitter
        self._connected = connected
        self._told = told
        self._clock = clock
        self._looking = looking
        self._woken = woken
        self._awaited = awaited

    async def receive(self, hook: Hook, payload: Payload, *, content_type: str, caller: str, key: str | None = None) -> Received:
        """The job that a delivery made, which is stored by now. What is refused is written down with the hook as well.

        HookDisabled, PayloadInvalid, ImageInvalid, ValidationFailed, IdempotencyKeyReused, and as `Submitter.prepared`.
        """
        preset = PRESETS[hook.preset]
        came = Came("", shown(payload, content_type))
        try:
            if not hook.enabled:
                raise HookDisabled(f"the hook {hook.name!r} is switched off; enable it in the hub")
            return await self._receive(hook, preset, payload, came, caller, key)
        except DatabaseUnusable:
            raise
        except HubError as error:
            await self._database.write(store.note, hook.name, came, error.slug, error.detail, self._clock())
            raise

    async def drawn(self, ask: Ask, proofs: Proofs, caller: str) -> Proof:
        """The label as the hook's printer would print it; where nobody knows what that one holds, as another would. Prints nothing."""
        if ask.template == PICTURE_TEMPLATE:
            ask = replace(ask, template=None)
        wish = Wish(template_for(ask), (LabelOrder(_fields(ask, False)),), ask.printer, submitted_by=caller)
        try:
            return await proofs.preview(wish)
        except MediaUnsupported:
            return await proofs.preview(replace(wish, printer=None))

    async def _receive(self, hook: Hook, preset: Preset, payload: Payload, came: Came, caller: str, key: str | None) -> Received:
        if preset.name == SYSTEM:
            app = (hook.lookup or hook.name).partition("/")[0]
            found = await self._told(app, payload.values)
            preset = replace(preset, read=lambda _: ask_of(app, found))
        ask = asked(hook, preset, payload)
        if ask.picture is not None:
            ask = replace(ask, picture_digest=await asyncio.to_thread(digest_of, ask.picture))
        content = ask.content()
        key = key or ask.key
        once = None if key is None else Once(f"hook {hook.name}", key, content)
        dedup_s = preset.dedup_s if hook.dedup_s is None else hook.dedup_s
        came = replace(came, key=content, dedup_s=dedup_s, once=once)
        if ask.why_not is not None:
            await self._database.write(store.note, hook.name, came, store.IGNORED, ask.why_not, self._clock())
            return Received(None, why_not=ask.why_not)
        picture = None if ask.picture is None else await self._picture(ask.picture)
        job, duplicate = await self._stored(hook, ask, came, picture, caller)
        return Received(job, duplicate)

    async def _stored(self, hook: Hook, ask: Ask, came: Came, picture: Upload | None, caller: str) -> tuple[Job, bool]:
        pending = await self._is_pending(ask)
        fields = _fields(ask, pending)
        wish = Wish(template_for(ask), (LabelOrder(fields, ask.copies),), ask.printer, hold_mismatch=True, submitted_by=caller)
        new = await self._submitter.prepared(wish, pending=pending)
        job, duplicate = await self._database.write(store.deliver, hook.name, came, new, picture, self._clock())
        if not duplicate:
            self._woken(job)
            if pending:
                self._awaited.set()
        return job, duplicate

    async def _is_pending(self, ask: Ask) -> bool:
        """True when the thing is to be fetched. What came is a label without it where it has fields, and its system is not connected."""
        if ask.thing is None:
            return False
        try:
            await self._connected(ask.thing.app)
            return True
        except IntegrationNotFound as error:
            if ask.fields:
                return False
            fault = f"no system named {ask.thing.app[:60]!r} is connected; connect it, or send the label's fields"
            raise ValidationFailed(fault, errors=[{"pointer": "#/lookup/app", "detail": fault}]) from error

    async def _picture(self, content: bytes) -> Upload:
        """The picture, looked at. ImageInvalid."""
        found = head(content)
        if found.width * found.height <= DECODED_PIXELS or found.kind not in DRAWN:
            async with self._looking:
                await asyncio.to_thread(decoded, content)
        return Upload(content, found.kind, found.width, found.height)


def _fields(ask: Ask, pending: bool) -> dict[str, object]:
    fields = dict(ask.fields)
    if ask.picture is not None:
        fields["image"] = PICTURE + ask.picture_digest
    if not pending or ask.thing is None:
        return fields
    return {LOOKUP: {"app": ask.thing.app, "type": ask.thing.type, "identifier": ask.thing.id}, FIELDS: fields}
