"""What the checks say of a whole recovery: which session a check-in belongs to, and which rows the older one still judges.

The same for what arrives, for what is judged again and for a back-test.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care.calendar import day_of, monitored_until
from aftercare.checks.engine import judge
from aftercare.checks.pack import RulePack
from aftercare.model.care import Episode
from aftercare.model.check_ins import Kept
from aftercare.model.findings import Finding
from aftercare.model.recovery import Recovery
from aftercare.model.timeline import Timeline, TimelineCheckIn
from aftercare.model.words import LATE_CODES, Modality


def place(recovery: Recovery, at: datetime) -> Episode | None:
    """The episode that a check-in of this instant belongs to: the newest session before it."""
    return next((episode for episode in recovery.episodes if episode.session_at <= at), None)


def day_in(episode: Episode | None, kept: Kept) -> int | None:
    """The rule's day of a check-in in an episode."""
    return None if episode is None else day_of(episode.session_at, kept.judged_at, kept.time_zone)


def timeline(recovery: Recovery, episode: Episode, kept: Iterable[Kept]) -> Timeline:
    """An episode as the checks see it."""
    return Timeline(
        id=str(episode.episode_id),
        modality=episode.modality,
        session_at=episode.session_at,
        time_zone=recovery.patient.time_zone,
        language=recovery.patient.language,
        patient=recovery.patient.risks,
        session=episode.treatment,
        check_ins=[
            TimelineCheckIn(
                day=day_of(episode.session_at, one.judged_at, one.time_zone),
                hours_after=_hours(episode, one.judged_at),
                answers=one.answers,
                id=str(one.check_in_id),
            )
            for one in kept
            if one.judged_at >= episode.session_at
        ],
    )


def findings(pack: RulePack, recovery: Recovery, new: Sequence[Kept]) -> dict[UUID, list[Finding]]:
    """What the checks say of new check-ins and of what came after the oldest of them, by episode.

    Each check-in is judged by its day's course in the session before it; its late signs by the session before that, as
    long as that one is monitored. Before any session it is judged by the last column of the course.
    """
    everything = sorted((*recovery.check_ins, *new), key=lambda one: (one.judged_at, one.check_in_id))
    found: dict[UUID, list[Finding]] = {}
    untreated = [one for one in new if place(recovery, one.judged_at) is None]
    treated = [one for one in new if place(recovery, one.judged_at) is not None]
    if untreated:
        found[recovery.patient.patient_id] = _before_any_session(
            pack, recovery, everything, _oldest(untreated)
        )
    if not treated:
        return found
    first = _oldest(treated)
    later = [one for one in everything if one.judged_at >= first.judged_at]
    for episode in recovery.episodes:
        codes = {str(one.check_in_id): _codes_here(recovery, episode, one) for one in later}
        if not any(codes.values()):
            continue
        judged = judge(pack, timeline(recovery, episode, everything), since=_hours(episode, first.judged_at))
        found[episode.episode_id] = [
            finding
            for finding in judged
            if _wanted(codes.get(str(finding.check_in), frozenset()), late=finding.code in LATE_CODES)
        ]
    return found


def _oldest(these: Iterable[Kept]) -> Kept:
    return min(these, key=lambda one: one.judged_at)


def _hours(episode: Episode, at: datetime) -> float:
    return (at - episode.session_at).total_seconds() / 3600


_NOT_LATE, _LATE = "not late", "late"


def _codes_here(recovery: Recovery, episode: Episode, kept: Kept) -> frozenset[str]:
    before = [one for one in recovery.episodes if one.session_at <= kept.judged_at]
    if not before or episode not in before[:2]:
        return frozenset()
    older = before[1] if len(before) > 1 else None
    if older is not None and kept.judged_at > monitored_until(
        older.session_at, kept.time_zone, with_day_90=older.with_day_90
    ):
        older = None
    if episode is before[0]:
        return frozenset({_NOT_LATE} if older else {_NOT_LATE, _LATE})
    return frozenset({_LATE} if older else ())


def _wanted(codes: frozenset[str], *, late: bool) -> bool:
    return (_LATE if late else _NOT_LATE) in codes


NEVER_TREATED_DAY = 400
_DAY = re.compile(r"\b(on|since) day (\d+)\b")


def _before_any_session(
    pack: RulePack, recovery: Recovery, everything: list[Kept], new: Kept
) -> list[Finding]:
    start = new.judged_at - timedelta(days=NEVER_TREATED_DAY)
    untreated = Timeline(
        id=str(recovery.patient.patient_id),
        modality=Modality.MICRONEEDLING,
        session_at=start,
        time_zone=new.time_zone,
        language=recovery.patient.language,
        patient=recovery.patient.risks,
        check_ins=[
            TimelineCheckIn(
                day=day_of(start, one.judged_at, one.time_zone),
                hours_after=(one.judged_at - start).total_seconds() / 3600,
                answers=one.answers,
                id=str(one.check_in_id),
            )
            for one in everything
            if place(recovery, one.judged_at) is None
        ],
    )
    began = start.astimezone(ZoneInfo(new.time_zone)).date()
    return [_in_dates(finding, began) for finding in judge(pack, untreated, since=str(new.check_in_id))]


def _in_dates(finding: Finding, began: date) -> Finding:
    """Say its sentence without days and hours: they are counted from no session, and only this module knows them."""

    def named(day: re.Match[str]) -> str:
        on = began + timedelta(days=int(day[2]))
        return f"{day[1]} {on.day} {on:%B %Y}"

    own = re.compile(rf",? on day {finding.day}\b| \d+ hours after the session\b")
    reason = _DAY.sub(named, own.sub(", before any session", finding.reason))
    return msgspec.structs.replace(finding, reason=reason)
