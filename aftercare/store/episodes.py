"""Episodes with the session that opened each."""

from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.care import Episode
from aftercare.store.rows import many

_SQL = queries("episodes")


async def open_episode(db: Connection, clinic_id: UUID, episode: Episode) -> list[UUID]:
    """Open an episode; returns those whose calendar it ends."""
    await db.execute(
        _SQL["open"],
        clinic_id,
        episode.episode_id,
        episode.patient_id,
        episode.session_id,
        episode.with_day_90,
        episode.opened_at,
        episode.calendar_ends_at,
    )
    rows = await db.fetch(
        _SQL["end_older_calendars"], clinic_id, episode.patient_id, episode.episode_id, episode.session_at
    )
    return [row["episode_id"] for row in rows]


async def of_patient(db: Connection, clinic_id: UUID, patient_id: UUID) -> list[Episode]:
    """The patient's episodes, the newest session first."""
    return many(Episode, await db.fetch(_SQL["of_patient"], clinic_id, patient_id))


async def newest_of(db: Connection, clinic_id: UUID, patient_ids: list[UUID]) -> dict[UUID, Episode]:
    """The newest episode of each patient."""
    rows = await db.fetch(_SQL["newest_of"], clinic_id, patient_ids)
    return {episode.patient_id: episode for episode in many(Episode, rows)}


async def patient_of(db: Connection, clinic_id: UUID, episode_id: UUID) -> UUID | None:
    """Whose recovery an episode is."""
    found: UUID | None = await db.fetchval(_SQL["patient_of"], clinic_id, episode_id)
    return found


async def several(db: Connection, clinic_id: UUID, episode_ids: list[UUID]) -> dict[UUID, Episode]:
    """Episodes by id; one that is no episode (before any session) is left out."""
    rows = await db.fetch(_SQL["several"], clinic_id, episode_ids)
    return {episode.episode_id: episode for episode in many(Episode, rows)}


async def count_awaited(db: Connection, clinic_id: UUID) -> int:
    """How many recoveries are being watched: those that the sweep will look at again."""
    count: int = await db.fetchval(_SQL["count_awaited"], clinic_id)
    return count
