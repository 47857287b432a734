"""Photos of one view over time, two of them beside each other, and the photo nearest to an alert."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.care import Episode
from aftercare.model.people import Patient
from aftercare.model.photo_pages import ComparedPhoto, ComparePage, RecoveryStrip, ViewChoice
from aftercare.model.photos import PhotoQuality
from aftercare.model.words import View
from aftercare.photos.quality import flaws
from aftercare.services import audit
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_course import day_now
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import episodes, patients, photo_views
from aftercare.store.photos import PhotoRow

_LISTED = 200  # of one view: a whole course with maintenance

Strip = dict[int | None, list[ComparedPhoto]]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which photos to lay beside each other; what is left out is chosen."""

    view: View | None = None
    first: UUID | None = None
    second: UUID | None = None


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was read, photos oldest first."""

    patient: Patient
    episodes: Sequence[Episode]  # the newest session first
    rows: Sequence[PhotoRow]
    measured: dict[UUID, PhotoQuality]


async def compare(
    database: Database, reader: Reader, patient_id: UUID, asked: Asked, *, now: datetime
) -> ComparePage:
    """Two photos of one view: those asked for, else the newest and what it is best read against. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        there = await photo_views.views_of(db, clinic_id, patient_id)
        view = asked.view or next((one for one in View if one in there), View.FRONT)
        seen = await _read(db, clinic_id, patient_id, view)
        first, second = _chosen(seen, asked)
        shown = [str(row.photo_id) for row in (first, second) if row]
        await audit.record(db, reader.actor, "photos.compared", now=now, patient_id=patient_id, detail=shown)
    days, strips = _strips(seen, first, second)
    return ComparePage(
        head=top,
        patient=views.patient_view(seen.patient),
        view=view,
        choices=tuple(
            ViewChoice(view=one, path=address(patient_id, one)) for one in View if one in there | {view}
        ),
        first=_compared(seen, first, first, second) if first else None,
        second=_compared(seen, second, first, second) if second else None,
        days=days,
        strips=strips,
        swapped=address(patient_id, view, second, first) if first and second else "",
        shown_of_more=len(seen.rows) == _LISTED,
    )


def address(
    patient_id: UUID, view: View, first: PhotoRow | None = None, second: PhotoRow | None = None
) -> str:
    """The page with these two: ids and a view, nothing of anybody."""
    path = f"/patients/{patient_id}/compare?view={view}"
    if first is not None:
        path += f"&a={first.photo_id}"
    return path if second is None else f"{path}&b={second.photo_id}"


async def _read(db: Connection, clinic_id: UUID, patient_id: UUID, view: View) -> _Seen:
    who = await patients.get(db, clinic_id, patient_id)
    if who is None:
        raise NotFound
    rows = await photo_views.of_view(db, clinic_id, patient_id, view, _LISTED)
    return _Seen(
        patient=who,
        episodes=await episodes.of_patient(db, clinic_id, patient_id),
        rows=rows[::-1],
        measured=await photo_views.quality_of(db, clinic_id, patient_id, [row.photo_id for row in rows]),
    )


def _chosen(seen: _Seen, asked: Asked) -> tuple[PhotoRow | None, PhotoRow | None]:
    """The two that were asked for; without, the newest, and the last one before its session, else the oldest."""
    by_id = {row.photo_id: row for row in seen.rows}
    for wanted in (asked.first, asked.second):
        if wanted is not None and wanted not in by_id:
            raise NotFound
    second = by_id[asked.second] if asked.second else next(reversed(seen.rows), None)
    if asked.first or second is None:
        return (by_id[asked.first] if asked.first else None), second
    session = _session_of(seen, second)
    before = [row for row in seen.rows if session and row.taken_at < session.session_at]
    others = [row for row in seen.rows if row.photo_id != second.photo_id]
    return next(iter(before[-1:] or others[:1]), None), second


def _session_of(seen: _Seen, row: PhotoRow) -> Episode | None:
    return next((one for one in seen.episodes if one.session_at <= row.taken_at), None)


def _compared(seen: _Seen, row: PhotoRow, first: PhotoRow | None, second: PhotoRow | None) -> ComparedPhoto:
    session, measured = _session_of(seen, row), seen.measured.get(row.photo_id)
    patient_id = seen.patient.patient_id
    return ComparedPhoto(
        photo=views.photo_view(row, seen.patient, session),
        session=views.session_view(session) if session else None,
        flaws=flaws(measured, row.view) if measured else (),
        first=address(patient_id, row.view, row, second),
        second=address(patient_id, row.view, first, row),
    )


def _strips(
    seen: _Seen, first: PhotoRow | None, second: PhotoRow | None
) -> tuple[tuple[int | None, ...], tuple[RecoveryStrip, ...]]:
    """Rows of sessions under the same days, so that one day after each of them stands in one column."""
    by_session: dict[UUID | None, Strip] = defaultdict(lambda: defaultdict(list))
    for row in seen.rows:
        session = _session_of(seen, row)
        day = day_now(session, seen.patient, row.taken_at) if session else None
        one = _compared(seen, row, first, second)
        by_session[session.session_id if session else None][day].append(one)
    days = _in_order(day for strip in by_session.values() for day in strip)
    rows = []
    for key in (*(one.session_id for one in seen.episodes), None):
        strip = by_session.get(key)
        if strip:
            session = next((one for one in seen.episodes if one.session_id == key), None)
            rows.append(
                RecoveryStrip(
                    session=views.session_view(session) if session else None,
                    cells=tuple(tuple(strip.get(day, ())) for day in days),
                )
            )
    return days, tuple(rows)


def _in_order(days: Iterable[int | None]) -> tuple[int | None, ...]:
    """Each once; what was before any session stands first."""
    return tuple(sorted(set(days), key=lambda day: -1 if day is None else day))
