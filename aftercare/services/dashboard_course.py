"""A recovery as charts show it: what was answered, what was expected, what stayed unanswered. Pure."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care.calendar import DAY_90, DAYS, day_of
from aftercare.care.instrument import Item, Kind, load
from aftercare.checks import RulePack, default_pack, expected
from aftercare.checks.recovery import day_in
from aftercare.model.care import Episode
from aftercare.model.charts import Axis, ChartPoint, ChartSeries, SignMark, SignsRow
from aftercare.model.check_ins import Kept
from aftercare.model.people import Patient
from aftercare.model.recovery import Recovery
from aftercare.model.timeline import Answers
from aftercare.services.looking import asked_of

GRADED = tuple(item.key for item in load().items if item.kind is Kind.GRADE)
# The first week is where nearly everything is decided: it is always drawn whole.
_FIRST_DAYS = 7
_DENIALS: tuple[Any, ...] = (False, "none", "no", [], ())


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """One episode as it is drawn: read once, asked for each symptom."""

    episode: Episode
    patient: Patient
    axis: Axis
    told: tuple[tuple[int, Kept], ...]  # (day, check-in) in the order of judging
    missed: tuple[int, ...]  # days that were asked, are over, and stayed without an answer
    next_due_at: datetime | None  # when the next answer is awaited
    pack: RulePack  # the rules that tell the clinic: their bands are drawn


def recovered(mine: Recovery, episode: Episode, now: datetime, pack: RulePack | None = None) -> Recovered:
    """Place what is known of an episode on its axis, up to the session that took over the asking."""
    ends_at = episode.calendar_ends_at
    told = tuple(
        (day, kept)
        for kept in mine.check_ins
        if kept.judged_at >= episode.session_at and (ends_at is None or kept.judged_at < ends_at)
        if (day := day_in(episode, kept)) is not None
    )
    spoken = {day for day, kept in told if kept.answers}
    open_days = [due for due in asked_of(mine, episode) if due.day not in spoken]
    return Recovered(
        episode=episode,
        patient=mine.patient,
        axis=_axis(episode, max(0, day_now(episode, mine.patient, now))),
        told=told,
        missed=tuple(due.day for due in open_days if due.ends_at <= now),
        next_due_at=next((due.due_at for due in open_days if due.ends_at > now), None),
        pack=pack or default_pack(),
    )


def day_now(episode: Episode, patient: Patient, at: datetime) -> int:
    """Days since the session, in the patient's zone."""
    return day_of(episode.session_at, at, patient.time_zone)


def _axis(episode: Episode, today: int) -> Axis:
    """The calendar's days up to the next one that is asked, at least the first week."""
    days = (*DAYS[episode.modality], DAY_90) if episode.with_day_90 else DAYS[episode.modality]
    ahead = min((day for day in days if day >= today), default=today)
    shown = tuple(day for day in days if day <= max(_FIRST_DAYS, ahead))
    return Axis(days=shown if ahead <= shown[-1] else (*shown, ahead), today=today)


def series(course: Recovered, item: str) -> ChartSeries:
    """One symptom over its expected course."""
    return ChartSeries(
        item=item,
        band=tuple(_band(course, item, day) for day in range(course.axis.days[-1] + 1)),
        points=tuple(
            ChartPoint(day=day, grade=_grade(kept.answers, item), late=_late(kept))
            for day, kept in course.told
        ),
        missed=course.missed,
    )


def every_series(course: Recovered) -> tuple[ChartSeries, ...]:
    """The symptoms of which anything was said; while nothing was said of any, the first, for its gaps."""
    drawn = tuple(series(course, item) for item in GRADED)
    told = tuple(one for one in drawn if any(point.grade is not None for point in one.points))
    return told or drawn[:1]


def furthest_above(course: Recovered) -> str:
    """The symptom whose newest grade stands highest over its band: the one to look at where a sign says nothing."""
    newest = next(((day, kept) for day, kept in reversed(course.told) if kept.answers), None)
    if newest is None:
        return GRADED[0]
    day, kept = newest
    return max(GRADED, key=lambda item: (_grade(kept.answers, item) or 0) - _band(course, item, day))


def _band(course: Recovered, item: str, day: int) -> int:
    return expected(
        course.pack,
        course.episode.modality,
        item,
        day,
        needle_depth_mm=course.episode.needle_depth_mm,
        baseline=course.patient.baseline.get(item, 0),
    )


def signs(course: Recovered) -> tuple[SignsRow, ...]:
    """Every sign that was asked, with what was said or denied."""
    rows = (
        SignsRow(
            item=item.key,
            marks=tuple(
                _mark(course.pack, item, day, kept.answers)
                for day, kept in course.told
                if kept.answers.get(item.key) is not None
            ),
        )
        for item in load().items
        if item.kind not in {Kind.GRADE, Kind.TEXT, Kind.SITES}
    )
    return tuple(row for row in rows if row.marks)


def _mark(pack: RulePack, item: Item, day: int, answers: Answers) -> SignMark:
    value = answers[item.key]
    if item.kind is Kind.NUMBER:
        return SignMark(day=day, said=_is_fever(pack, value, answers), value=f"{value:g}")
    if value in _DENIALS:
        return SignMark(day=day, said=False)
    words = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is True else str(value)
    return SignMark(day=day, said=True, value=words)


def _is_fever(pack: RulePack, celsius: float, answers: Answers) -> bool:
    fever = pack.fever
    return celsius >= (fever.celsius_after_painkiller if answers.get("painkiller_6h") else fever.celsius)


def _grade(answers: Answers, item: str) -> int | None:
    value = answers.get(item)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _late(kept: Kept) -> bool:
    zone = ZoneInfo(kept.time_zone)
    return kept.received_at.astimezone(zone).date() > kept.judged_at.astimezone(zone).date()
