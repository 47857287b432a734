"""The page of statistics, with the periods that it offers."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from aftercare.db.pool import Database
from aftercare.errors import Malformed
from aftercare.model.pages import StatisticsPage
from aftercare.model.statistics import PeriodChoice
from aftercare.services import audit
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.services.statistics import USUAL, Asked, count

_OFFERED = (("4 weeks", timedelta(weeks=4)), ("12 weeks", USUAL), ("A year", timedelta(weeks=52)))


async def statistics(database: Database, reader: Reader, asked: Asked, *, now: datetime) -> StatisticsPage:
    """What the alarms of a period came to; a period that cannot be is said where it was typed, beside the usual one."""
    async with database.clinic(reader.actor.clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        try:
            counted, problem = await count(db, clinic, asked, now=now), ""
        except Malformed as wrong:
            counted, problem = await count(db, clinic, Asked(), now=now), wrong.detail
        await audit.record(db, reader.actor, "statistics.seen", now=now)
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    return StatisticsPage(
        head=top,
        statistics=counted,
        choices=_choices(counted.period.since, counted.period.until, today),
        problem=problem,
    )


def _choices(since: date, until: date, today: date) -> tuple[PeriodChoice, ...]:
    return tuple(
        PeriodChoice(label=label, since=start, until=today, chosen=(start, today) == (since, until))
        for label, length in _OFFERED
        for start in [today - length + timedelta(days=1)]
    )
