"""The clinic's message templates: every edit is a version of its own, and the newest is offered."""

from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, Forbidden, NotFound, Outdated
from aftercare.model.patient_messages import Template, TemplateDraft
from aftercare.model.people import Actor
from aftercare.services import audit
from aftercare.store import message_templates as store

MOST = 200


async def list_templates(database: Database, actor: Actor) -> list[Template]:
    """Those in use, by language and title. They are the clinic's words and nobody's data."""
    async with database.clinic(actor.clinic_id) as db:
        return await store.offered(db, actor.clinic_id)


async def get_template(database: Database, actor: Actor, template_id: UUID) -> Template:
    """One template. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        return await _in_use(db, actor.clinic_id, template_id)


async def create_template(
    database: Database, actor: Actor, draft: TemplateDraft, *, now: datetime
) -> Template:
    """Write a new one. Raises Conflict where there are too many to choose from."""
    async with database.clinic(actor.clinic_id) as db:
        if await store.count(db, actor.clinic_id) >= MOST:
            raise Conflict(f"There are {MOST} templates. Retire one that is not used, then add this one.")
        return await _write(db, actor, _version(actor, uuid7(), 1, draft, now), "message_template.written")


async def update_template(
    database: Database, actor: Actor, template_id: UUID, draft: TemplateDraft, *, version: int, now: datetime
) -> Template:
    """Write over the version that was read. Raises NotFound, Outdated."""
    async with database.clinic(actor.clinic_id) as db:
        before = await _in_use(db, actor.clinic_id, template_id)
        _require(before, version)
        made = _version(actor, template_id, version + 1, draft, now)
        return await _write(db, actor, made, "message_template.written")


async def retire_template(
    database: Database, actor: Actor, template_id: UUID, *, version: int, now: datetime
) -> Template:
    """Offer it no more. Raises NotFound, Outdated."""
    async with database.clinic(actor.clinic_id) as db:
        before = await _in_use(db, actor.clinic_id, template_id)
        _require(before, version)
        ended = msgspec.structs.replace(
            before, version=version + 1, retired=True, written_by=_by(actor), written_at=now
        )
        return await _write(db, actor, ended, "message_template.retired")


async def _in_use(db: Connection, clinic_id: UUID, template_id: UUID) -> Template:
    found = await store.newest(db, clinic_id, template_id)
    if found is None or found.retired:
        raise NotFound
    return found


def _require(before: Template, version: int) -> None:
    if before.version != version:
        raise Outdated


async def _write(db: Connection, actor: Actor, template: Template, action: str) -> Template:
    if not await store.write(db, actor.clinic_id, template):
        raise Outdated  # somebody wrote this version between our reading and our writing
    await audit.record(
        db, actor, action, now=template.written_at, subject_id=template.template_id, detail=template
    )
    return template


def _version(actor: Actor, template_id: UUID, version: int, draft: TemplateDraft, now: datetime) -> Template:
    return Template(
        template_id=template_id,
        version=version,
        language=draft.language,
        title=draft.title,
        text=draft.text,
        written_by=_by(actor),
        written_at=now,
    )


def _by(actor: Actor) -> UUID:
    if actor.id is None:
        raise Forbidden
    return actor.id
