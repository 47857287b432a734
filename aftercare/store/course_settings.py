"""The clinic's numbers for courses."""

from datetime import datetime
from uuid import UUID

from aftercare.care.spacing import shipped
from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.course_plans import CourseSettings, CourseSettingsDraft
from aftercare.model.words import Modality
from aftercare.store.rows import many

_SQL = queries("course_settings")


async def of_clinic(db: Connection, clinic_id: UUID) -> dict[Modality, CourseSettings]:
    """The numbers of every modality; the shipped ones where nothing was changed."""
    changed = many(CourseSettings, await db.fetch(_SQL["of_clinic"], clinic_id))
    return {modality: shipped(modality) for modality in Modality} | {one.modality: one for one in changed}


async def put(
    db: Connection,
    clinic_id: UUID,
    modality: Modality,
    draft: CourseSettingsDraft,
    version: int,
    by: UUID,
    at: datetime,
) -> int | None:
    """Write over a version; the new version, or None if someone was quicker."""
    made: int | None = await db.fetchval(
        _SQL["put"], clinic_id, modality, draft.min_days, draft.max_days, draft.fewest_sessions, draft.most_sessions,
        draft.maintenance_from_months, draft.maintenance_to_months, at, by, version,
    )  # fmt: skip
    return made
