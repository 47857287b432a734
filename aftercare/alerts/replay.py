"""A timeline file through the very same checks and alerts as live, each check-in arriving at its own time (design.md 5)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.alerts.book import Book, Replayed
from aftercare.care.calendar import DAY_90, calendar, end_of_day
from aftercare.checks import RulePack, judge
from aftercare.checks.files import TimelineFileError, read_timeline
from aftercare.checks.silence import listen
from aftercare.model.alerts import Change, Fate
from aftercare.model.calendar import DueCheckIn
from aftercare.model.clinic import OpeningHours
from aftercare.model.findings import Evidence, Finding
from aftercare.model.silence import OpenAlert, Reminder, ReminderFate, Watch, WatchedCheckIn
from aftercare.model.timeline import Timeline, TimelineCheckIn
from aftercare.model.words import Code, Tier

_LINES = frozenset({Fate.RAISED, Fate.ESCALATED})
_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_ANY_TIME = OpeningHours(time_zone="UTC")
_A_CENTURY = 36_500  # days
_EPISODE = UUID(int=0)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One alert raised or escalated; `id` is the timeline's."""

    id: str
    day: int
    check: Code
    tier: Tier
    reason: str
    evidence: tuple[Evidence, ...]
    version: str


class Expect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What replay of a case must give: something by a day, or nothing above a tier (None: nothing at all)."""

    flag_by: int | None = None
    at_least: Tier = Tier.ROUTINE
    checks: tuple[Code, ...] | None = None  # None: any
    at_most: Tier | msgspec.UnsetType | None = msgspec.UNSET


def replay(timeline: Timeline, pack: RulePack) -> list[Line]:
    """Return a line for each alert raised or escalated, in time order; nobody acts on any of them.

    Check-ins are taken in the order of their own time, those of one instant in the order of the file. With `until_day`
    silence is judged as well, to the end of that local day and as if every reminder had left.
    """
    return _run(timeline, pack).lines


def replayed(timeline: Timeline, pack: RulePack) -> Replayed:
    """Return what became of the alerts themselves in the same replay."""
    return _run(timeline, pack).book.replayed()


def _run(timeline: Timeline, pack: RulePack) -> "_Run":
    run = _Run(timeline, pack)
    for check_in in sorted(_all_named(timeline), key=_hours):
        run.arrive(check_in)
    run.listen_until(_FOR_EVER)
    return run


class _Run:
    def __init__(self, timeline: Timeline, pack: RulePack) -> None:
        self.timeline = msgspec.structs.replace(timeline, check_ins=[])
        self.pack = pack
        self.now = timeline.session_at
        self.lines: list[Line] = []
        self.book = Book(_ANY_TIME)
        self.due: list[DueCheckIn] = []
        self.silence_ends = timeline.session_at
        if timeline.until_day is not None:
            self._await(timeline, timeline.until_day)

    def _await(self, timeline: Timeline, until_day: int) -> None:
        zone = ZoneInfo(timeline.time_zone)
        last = timeline.session_at.astimezone(zone).date() + timedelta(days=until_day)
        self.silence_ends = end_of_day(last, zone)
        self.due = calendar(
            timeline.modality, timeline.session_at, timeline.time_zone, with_day_90=until_day >= DAY_90
        )

    def arrive(self, check_in: TimelineCheckIn) -> None:
        arrives = self.timeline.session_at + timedelta(hours=_hours(check_in))
        self.listen_until(arrives)
        self.now = arrives
        arrived = [*self.timeline.check_ins, check_in]
        self.timeline = msgspec.structs.replace(self.timeline, check_ins=arrived)
        self.absorb(judge(self.pack, self.timeline, since=check_in.id))

    def listen_until(self, instant: datetime) -> None:
        """Look at every instant before `instant` at which silence can have come to mean something."""
        while self.due:
            silence = listen(self.pack, self._watch(), self.now)
            self.absorb(silence.findings)
            look = silence.next_look_at
            if look is None or look >= instant or look > self.silence_ends:
                return
            self.now = look

    def _watch(self) -> Watch:
        said = [one for one in self.timeline.check_ins if one.answers]
        days = {one.day for one in said}
        empty = {one.day for one in self.timeline.check_ins} - days
        return Watch(
            modality=self.timeline.modality,
            time_zone=self.timeline.time_zone,
            patient=self.timeline.patient,
            calendar=tuple(
                WatchedCheckIn(
                    due=due,
                    answered=due.day in days,
                    said_nothing=due.day in empty,
                    reminder=self._reminder(due.due_at),
                    miss_reminder=self._reminder(due.ends_at),
                )
                for due in self.due
            ),
            heard_at=tuple(self.timeline.session_at + timedelta(hours=_hours(one)) for one in said),
            alerts=tuple(
                OpenAlert(alert.code, alert.tier, alert.raised_at)
                for alert in self.book.alerts.values()
                if alert.unresolved
            ),
        )

    def _reminder(self, leaves_at: datetime) -> Reminder:
        return Reminder(ReminderFate.SENT, leaves_at) if leaves_at <= self.now else Reminder()

    def absorb(self, findings: Iterable[Finding]) -> None:
        self.lines += _lines(self.timeline.id, self.book.absorb(_EPISODE, findings, self.now))


def _lines(name: str, change: Change) -> Iterable[Line]:
    for told in change.findings:
        if told.fate in _LINES:
            lead = told.finding
            together = [
                one.finding
                for one in change.findings
                if one.alert_id == told.alert_id and one.fate is Fate.JOINED
            ]
            yield Line(
                id=name,
                day=lead.day,
                check=lead.code,
                tier=lead.tier,
                reason=lead.reason,
                evidence=(*lead.evidence, *(evidence for one in together for evidence in one.evidence)),
                version=lead.version,
            )


def _hours(check_in: TimelineCheckIn) -> float:
    return 24.0 * check_in.day if check_in.hours_after is None else check_in.hours_after


def named_hours(timeline: Timeline) -> list[tuple[str, float]]:
    """Return each check-in's name in a replay, and its hours after the session."""
    return [(check_in.id or "", _hours(check_in)) for check_in in _all_named(timeline)]


def _all_named(timeline: Timeline) -> list[TimelineCheckIn]:
    return [_named(check_in, place) for place, check_in in enumerate(timeline.check_ins, start=1)]


def _named(check_in: TimelineCheckIn, place: int) -> TimelineCheckIn:
    # Evidence is told apart by its check-in; a file need not name them.
    return check_in if check_in.id else msgspec.structs.replace(check_in, id=f"check-in {place:04}")


def meets(expect: Expect, lines: Iterable[Line]) -> bool:
    """Say whether replay gave what the case expects. Silence does not count: a case holds only the days reported."""
    said = [line for line in lines if line.check is not Code.SILENCE]
    if expect.at_most is None and said:
        return False
    if isinstance(expect.at_most, Tier) and any(line.tier.rank > expect.at_most.rank for line in said):
        return False
    return expect.flag_by is None or any(
        line.day <= expect.flag_by
        and line.tier.rank >= expect.at_least.rank
        and (expect.checks is None or line.check in expect.checks)
        for line in said
    )


def load_timelines(content: bytes) -> list[tuple[Timeline, Expect | None]]:
    """Read a timeline file: a bare timeline, one under `timeline` beside `expect`, or a list of either.

    Answers are read by the instrument. Raises TimelineFileError with a sentence that says what is wrong, and in which entry.
    """
    try:
        raw = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise TimelineFileError(f"The file is not JSON: {fault}.") from None
    if not isinstance(raw, list):
        return [_read(raw)]
    entries = []
    for place, entry in enumerate(raw, start=1):
        try:
            entries.append(_read(entry))
        except TimelineFileError as fault:
            raise TimelineFileError(f"Entry {place}: {fault.detail}") from None
    return entries


def _read(entry: Any) -> tuple[Timeline, Expect | None]:
    timeline = read_timeline(msgspec.json.encode(entry))
    _check(timeline)
    raw = entry.get("expect") if "timeline" in entry else None
    try:
        expect = msgspec.convert(raw, Expect | None)
    except msgspec.ValidationError as fault:
        raise TimelineFileError(f"What the case expects is not understood: {fault}.") from None
    if expect is not None and expect.flag_by is None and expect.at_most is msgspec.UNSET:
        raise TimelineFileError("What the case expects needs flag_by or at_most.")
    return timeline, expect


def _check(timeline: Timeline) -> None:
    """Refuse what would only fail, or run for ever, in the middle of a replay."""
    if timeline.session_at.tzinfo is None or not 1900 <= timeline.session_at.year <= 2200:
        raise TimelineFileError(
            "session_at must carry an offset, such as +00:00, and lie between 1900 and 2200."
        )
    try:
        ZoneInfo(timeline.time_zone)
    except (KeyError, ValueError, OSError):
        raise TimelineFileError("There is no such time_zone; write one like Europe/Berlin.") from None
    hours = [_hours(check_in) for check_in in timeline.check_ins]
    if (
        any(not abs(at) <= 24 * _A_CENTURY for at in hours)
        or not 0 <= (timeline.until_day or 0) <= _A_CENTURY
    ):
        raise TimelineFileError("Days must lie within a century of the session.")
