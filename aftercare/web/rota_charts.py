"""The rota as a picture: a band for each of the next days, with who is on call on it. Places are percent of the day."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec

from aftercare.care.calendar import at_local, start_of_day
from aftercare.model.rota_pages import RotaView
from aftercare.model.rotas import Gap, Shift
from aftercare.web.times import Clock

_DAYS = 14
_TICKS = (time(6), time(12), time(18))
_TINTS = 4  # people share a few tints; their names tell them apart


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Part of a band: somebody (`tint`), an override of somebody, time in which nobody is, or a gap."""

    x: float
    width: float
    kind: str  # "on", "off", "gap"
    tint: int
    name: str
    title: str
    over: bool = False
    handed: bool = False  # the shift begins here


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One local day."""

    on: date
    label: str
    today: bool
    weekend: bool
    pieces: tuple[Piece, ...]
    ticks: tuple[float, ...]
    now: float | None
    words: str


def days(view: RotaView, gaps: Sequence[Gap], names: Mapping[UUID, str], clock: Clock) -> list[Day]:
    """The days of a rota from today on."""
    return [_day(clock.today + timedelta(days=number), view, gaps, names, clock) for number in range(_DAYS)]


def gap_words(gap: Gap, clock: Clock, *, seen: int) -> str:
    """Say when nobody is on call: "Saturday 18:00 to Sunday 08:00", with the date from a week ahead on.

    A gap that reaches to the end of the days that were looked at (`seen`) has no end that could be named.
    """
    limit = clock.now + timedelta(days=seen)
    start, end = _moment(gap.starts_at, clock), _moment(gap.ends_at, clock)
    if gap.starts_at <= clock.now:
        start = "now"
    if gap.ends_at >= limit:
        return f"from {start} on"
    local, until = (one.astimezone(clock.zone) for one in (gap.starts_at, gap.ends_at))
    if start != "now" and local.date() == until.date():
        end = f"{until:%H:%M}"
    return f"{start} to {end}"


def _moment(at: datetime, clock: Clock) -> str:
    local = at.astimezone(clock.zone)
    if 0 <= (local.date() - clock.today).days < 7:
        return f"{local:%A} {local:%H:%M}"
    return f"{local:%A} {local.day} {local:%B} {local:%H:%M}"


def _day(on: date, view: RotaView, gaps: Sequence[Gap], names: Mapping[UUID, str], clock: Clock) -> Day:
    start, end = start_of_day(on, clock.zone), start_of_day(on + timedelta(days=1), clock.zone)
    length = max((end - start).total_seconds(), 1)

    def x(at: datetime) -> float:
        return round(100 * min(max((at - start).total_seconds() / length, 0), 1), 3)

    shifts = [one for one in view.shifts if one.starts_at < end and one.ends_at > start]
    pieces = [piece for one in shifts for piece in _pieces(one, view, gaps, names, clock)]
    drawn = [
        msgspec.structs.replace(
            piece,
            x=x(begins),
            width=round(x(ends) - x(begins), 3),
            handed=piece.handed and begins >= start and begins > view.shifts[0].starts_at,
        )
        for piece, begins, ends in pieces
        if begins < end and ends > start
    ]
    return Day(
        on=on,
        label=f"{on:%a} {on.day} {on:%b}",
        today=on == clock.today,
        weekend=on.weekday() >= 5,
        pieces=tuple(drawn),
        ticks=tuple(x(at_local(on, one, clock.zone)) for one in _TICKS),
        now=x(clock.now) if on == clock.today else None,
        words="; ".join(piece.title for piece in drawn),
    )


def _pieces(
    shift: Shift, view: RotaView, gaps: Sequence[Gap], names: Mapping[UUID, str], clock: Clock
) -> Iterator[tuple[Piece, datetime, datetime]]:
    who, turns = shift.staff_id, list(view.rota.participants)
    span = f"{_short(shift.starts_at, clock)} to {_short(shift.ends_at, clock)}"
    over = shift.override_id is not None
    name = names.get(who, "") if who is not None else ""
    tint = turns.index(who) % _TINTS if who in turns else _TINTS
    yield (
        Piece(
            x=0,
            width=0,
            kind="on" if name else "off",
            tint=tint,
            name=name,
            title=f"{name or 'Nobody'}, {span}{', instead of the turn' if over else ''}",
            over=over,
            handed=True,
        ),
        shift.starts_at,
        shift.ends_at,
    )
    for gap in gaps:
        begins, ends = max(gap.starts_at, shift.starts_at), min(gap.ends_at, shift.ends_at)
        if begins < ends:
            said = f"Gap: {_short(begins, clock)} to {_short(ends, clock)}"
            yield Piece(x=0, width=0, kind="gap", tint=0, name="nobody", title=said), begins, ends


def _short(at: datetime, clock: Clock) -> str:
    local = at.astimezone(clock.zone)
    return f"{local:%a} {local:%H:%M}"
