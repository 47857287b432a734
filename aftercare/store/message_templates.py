"""The clinic's message templates: every version is kept, the newest counts."""

from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.patient_messages import Template
from aftercare.store.rows import many, one

_SQL = queries("message_templates")


async def offered(db: Connection, clinic_id: UUID) -> list[Template]:
    """Those that are in use, by language and title."""
    return many(Template, await db.fetch(_SQL["offered"], clinic_id))


async def newest(db: Connection, clinic_id: UUID, template_id: UUID) -> Template | None:
    """One template as it stands, a retired one too."""
    return one(Template, await db.fetchrow(_SQL["newest"], clinic_id, template_id))


async def count(db: Connection, clinic_id: UUID) -> int:
    """How many are in use."""
    found: int = await db.fetchval(_SQL["count"], clinic_id)
    return found


async def write(db: Connection, clinic_id: UUID, template: Template) -> bool:
    """Keep a version; False if somebody else has written that one."""
    made = await db.fetchval(
        _SQL["write"], clinic_id, template.template_id, template.version, template.language, template.title, template.text,
        template.retired, template.written_by, template.written_at,
    )  # fmt: skip
    return made is not None
