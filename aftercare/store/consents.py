"""Consents: every word is kept with its text, the newest counts; and whose photos it lets be used for what."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.check_ins import ConsentState
from aftercare.model.consents import ConsentWord as Word
from aftercare.model.consents import Use
from aftercare.model.photo_uses import Days, PhotoChoice
from aftercare.model.words import Modality, Role, View
from aftercare.store.rows import many

_SQL = queries("consents")
_END = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
_ALL = PhotoChoice()
_MARGIN = timedelta(
    days=2
)  # what a day of the patient's can differ from 24 h, and a time of day from another


class UsableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that may be used for a purpose, and since when, to which text.

    The session is the one before it, else the next one; None where there is none. `time_zone` is the patient's.
    """

    photo_id: UUID
    patient_id: UUID
    view: View
    taken_at: datetime
    width: int
    height: int
    session_id: UUID | None
    modality: Modality | None
    session_at: datetime | None
    needle_depth_mm: float | None
    time_zone: str
    agreed_at: datetime
    text_version: str


class ViewRow(msgspec.Struct, frozen=True, kw_only=True):
    """One look of a staff member at a photo; what it showed is None once the photo is gone."""

    entry_id: UUID
    at: datetime
    action: str
    photo_id: UUID
    by: str | None
    role: Role | None
    view: View | None
    taken_at: datetime | None


async def record(
    db: Connection,
    clinic_id: UUID,
    patient_id: UUID,
    consent: ConsentState,
    *,
    text: str,
    received_at: datetime,
) -> datetime | None:
    """Keep one word on one purpose; returns from when it counts, None if one stands at that instant already."""
    at: datetime | None = await db.fetchval(
        _SQL["record"], clinic_id, patient_id, consent.kind, consent.given_at, consent.granted, consent.text_version,
        consent.language, text or None, received_at,
    )  # fmt: skip
    return at


async def newest(db: Connection, clinic_id: UUID, patient_id: UUID) -> dict[str, ConsentState]:
    """The newest word on each purpose that was ever asked about."""
    rows = await db.fetch(_SQL["newest"], clinic_id, patient_id)
    return {consent.kind: consent for consent in many(ConsentState, rows)}


async def words(db: Connection, clinic_id: UUID, patient_id: UUID, limit: int) -> list[Word]:
    """Every word of a patient with its text, the newest first."""
    return many(Word, await db.fetch(_SQL["words"], clinic_id, patient_id, limit))


async def photos_for(
    db: Connection,
    clinic_id: UUID,
    use: Use,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
    choice: PhotoChoice = _ALL,
) -> list[UsableRow]:
    """The newest photos before a place in the list whose patients agree to this use now.

    Of the days chosen those around them are given as well: whose day it was, the patient's zone decides.
    """
    since, until = _around(choice.days)
    rows = await db.fetch(
        _SQL["photos_for"], clinic_id, use, *(before or _END), limit, choice.view, choice.modality, since, until, choice.patient_id,
        choice.code,
    )  # fmt: skip
    return many(UsableRow, rows)


def _around(days: Days | None) -> tuple[timedelta | None, timedelta | None]:
    first, last = days.bounds if days else (None, None)
    return (
        None if first is None else timedelta(days=first) - _MARGIN,
        None if last is None else timedelta(days=last) + _MARGIN,
    )


async def views_by_staff(
    db: Connection, clinic_id: UUID, patient_id: UUID, actions: list[str], limit: int, before: UUID = _END[1]
) -> list[ViewRow]:
    """The newest looks of staff at a patient's photos before an entry of the audit."""
    rows = await db.fetch(_SQL["views_by_staff"], clinic_id, patient_id, before, actions, limit)
    return many(ViewRow, rows)
