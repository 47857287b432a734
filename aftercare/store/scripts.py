"""The clinic's scripts: each change is a new version, the shipped lines are version 0."""

from datetime import datetime
from uuid import UUID

from aftercare.alerts.scripts import shipped
from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.follow_ups import Script, ScriptDraft
from aftercare.model.words import Code
from aftercare.store.rows import many, one

_SQL = queries("scripts")


async def of_clinic(db: Connection, clinic_id: UUID) -> dict[Code, Script]:
    """The newest version for every code."""
    changed = many(Script, await db.fetch(_SQL["of_clinic"], clinic_id))
    return {code: shipped(code) for code in Code} | {script.code: script for script in changed}


async def newest(db: Connection, clinic_id: UUID, code: Code) -> Script:
    """The version in use."""
    return one(Script, await db.fetchrow(_SQL["newest"], clinic_id, code)) or shipped(code)


async def version(db: Connection, clinic_id: UUID, code: Code, number: int) -> Script | None:
    """One version, or None if there was none such."""
    if number == 0:
        return shipped(code)
    return one(Script, await db.fetchrow(_SQL["version"], clinic_id, code, number))


async def versions(db: Connection, clinic_id: UUID, code: Code, limit: int) -> list[Script]:
    """What the clinic has written, the newest first."""
    return many(Script, await db.fetch(_SQL["versions"], clinic_id, code, limit))


async def add(
    db: Connection, clinic_id: UUID, code: Code, over: int, draft: ScriptDraft, at: datetime, by: UUID
) -> bool:
    """Write the next version over the one that was read; False if someone was quicker."""
    made = await db.fetchval(
        _SQL["add"], clinic_id, code, over, list(draft.ask), list(draft.advise), list(draft.send_on), at, by
    )
    return made is not None
