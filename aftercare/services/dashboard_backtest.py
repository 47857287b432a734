"""The page of a pack's back-test: how far it is, what it came to, and whom it is about."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.care.calendar import start_of_day
from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.backtests import AlertDifference, Kind
from aftercare.model.pages import BacktestPage, DifferenceGroup, DifferenceRow
from aftercare.model.views import PatientView
from aftercare.model.words import Role
from aftercare.services import audit, backtest
from aftercare.services import dashboard_views as views
from aftercare.services.backtest import BacktestDraft
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import backtest as store
from aftercare.store import patients, rule_packs
from aftercare.store.backtest import Backtest

# What presses first.
_KINDS: tuple[Kind, ...] = ("missed", "late", "gained", "lost", "changed")


async def page(database: Database, reader: Reader, number: int, *, now: datetime) -> BacktestPage:
    """The pack's last back-test. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        if await rule_packs.get(db, clinic_id, number) is None:
            raise NotFound
        last = await store.of_pack(db, clinic_id, number)
        groups = await _groups(db, reader, last) if last is not None else ()
        subject = last.backtest_id if last is not None else None
        await audit.record(db, reader.actor, "backtest.seen", now=now, subject_id=subject)
    zone = ZoneInfo(clinic.time_zone)
    if last is None:
        return BacktestPage(head=top, number=number)
    return BacktestPage(
        head=top,
        number=number,
        state=last.state,
        asked_at=last.asked_at,
        done=last.done,
        total=last.total,
        since=last.since.astimezone(zone).date() if last.since else None,
        until=(last.until.astimezone(zone) - timedelta(days=1)).date() if last.until else None,
        summary=last.summary,
        groups=groups,
    )


async def start(
    database: Database, reader: Reader, number: int, since: date | None, until: date | None, *, now: datetime
) -> None:
    """Have it run over these days of the clinic's own, both included. Raises NotFound, Malformed."""
    async with database.clinic(reader.actor.clinic_id) as db:
        zone = ZoneInfo((await clinic_of(db, reader)).time_zone)
    draft = BacktestDraft(since=_begins(since, zone), until=_begins(until, zone, after=timedelta(days=1)))
    await backtest.ask(database, reader.actor, number, draft, now=now)


def _begins(day: date | None, zone: ZoneInfo, *, after: timedelta = timedelta(0)) -> datetime | None:
    """The first instant of a local day, or of one after it; None for none, and beyond the calendar, where nothing is."""
    try:
        return start_of_day(day + after, zone) if day else None
    except OverflowError:
        return None


async def _groups(db: Connection, reader: Reader, last: Backtest) -> tuple[DifferenceGroup, ...]:
    if last.summary is None:
        return ()
    found = await store.differences(db, reader.actor.clinic_id, last.backtest_id)
    people = await _people(db, reader, found)
    return tuple(
        DifferenceGroup(
            kind=kind,
            rows=tuple(
                DifferenceRow(difference=one, patient=people.get(one.patient_id))
                for one in found
                if one.kind == kind
            ),
            of=last.summary.differences.get(kind, 0),
        )
        for kind in _KINDS
    )


async def _people(db: Connection, reader: Reader, found: list[AlertDifference]) -> dict[UUID, PatientView]:
    """Names only for those who work with patients: an admin sees what the pack does, not to whom."""
    if reader.actor.role is Role.ADMIN:
        return {}
    known = await patients.several(db, reader.actor.clinic_id, list({one.patient_id for one in found}))
    return {patient_id: views.patient_view(patient) for patient_id, patient in known.items()}
