"""Who is on call at an instant, who comes after, and when nobody is.

A turn begins at the hand-over's local time in the clinic's zone: where clocks skip it, at the first instant after the
gap; where they show it twice, at the first. So a turn over a change of clocks is an hour shorter or longer, and none
overlaps the next.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care.calendar import at_local
from aftercare.care.opening import is_open, openings
from aftercare.model.clinic import OpeningHours
from aftercare.model.rotas import Gap, Override, Rota, Shift

_Span = tuple[datetime, datetime]


def on_call(rota: Rota, at: datetime) -> UUID | None:
    """Return who is on call at an instant; `None` if nobody is.

    The newest override that holds then says who; else it is whose turn it is, within the rota's hours of the week.
    """
    standing = [one for one in rota.overrides if one.starts_at <= at < one.ends_at]
    if standing:
        return max(standing, key=_made).staff_id
    if rota.windows and not is_open(_windows(rota), at):
        return None
    return _turn(rota, at)


def first_on_call(rotas: Sequence[Rota], at: datetime, active: Collection[UUID]) -> UUID | None:
    """Return who is on call where no rota is named: by the default one, else by the next that has somebody active."""
    asked = sorted(rotas, key=lambda one: (not one.is_default, one.name, one.rota_id))
    return next((who for one in asked if (who := on_call(one, at)) is not None and who in active), None)


def shifts(rota: Rota, start: datetime, until: datetime) -> tuple[Shift, ...]:
    """Return who is on call from `start` to `until`: shifts without overlap or gap between, nobody's among them."""
    found = list(_turns(rota, start, until))
    if rota.windows:
        found = list(_within(found, openings(_windows(rota), start, until)))
    laid = _fill(found, start, until)
    for one in sorted(rota.overrides, key=_made):
        laid = _lay(laid, one, start, until)
    return _merged(laid)


def hand_over_after(rota: Rota, at: datetime, until: datetime) -> Shift | None:
    """Return the first shift after the one that runs at an instant; `None` if there is none before `until`."""
    return next((one for one in shifts(rota, at, until) if one.starts_at > at), None)


def gaps(
    rotas: Iterable[Rota],
    start: datetime,
    until: datetime,
    active: Collection[UUID],
    hours: OpeningHours | None = None,
) -> tuple[Gap, ...]:
    """Return when nobody active is on call by any of the rotas, between two instants.

    With `hours` only while the clinic is closed: while it is open whoever works there reads.
    """
    covered = [
        (shift.starts_at, shift.ends_at)
        for rota in rotas
        for shift in shifts(rota, start, until)
        if shift.staff_id in active
    ]
    if hours is not None:
        covered += openings(hours, start, until)
    found: list[Gap] = []
    reached = start
    for begins, ends in sorted(covered):
        if begins > reached:
            found.append(Gap(starts_at=reached, ends_at=min(begins, until)))
        reached = max(reached, ends)
    if reached < until:
        found.append(Gap(starts_at=reached, ends_at=until))
    return tuple(found)


def _made(one: Override) -> tuple[datetime, UUID]:
    return one.made_at, one.override_id


def _windows(rota: Rota) -> OpeningHours:
    return OpeningHours(time_zone=rota.time_zone, openings=rota.windows)


def _begins(rota: Rota, turn: int) -> datetime:
    day = rota.starts_on + timedelta(days=turn * rota.every_days)
    return at_local(day, rota.hand_over, ZoneInfo(rota.time_zone))


def _turn_number(rota: Rota, at: datetime) -> int:
    today = at.astimezone(ZoneInfo(rota.time_zone)).date()
    turn = (today - rota.starts_on).days // rota.every_days + 1
    while _begins(rota, turn) > at:
        turn -= 1
    return turn


def _turn(rota: Rota, at: datetime) -> UUID | None:
    turn = _turn_number(rota, at)
    return rota.participants[turn % len(rota.participants)] if turn >= 0 else None


def _turns(rota: Rota, start: datetime, until: datetime) -> Iterator[Shift]:
    turn = max(_turn_number(rota, start), 0)
    begins = _begins(rota, turn)
    while begins < until:
        ends = _begins(rota, turn + 1)
        if max(begins, start) < ends:  # a hand-over on a day that the zone skipped makes a turn of no length
            yield Shift(
                starts_at=max(begins, start),
                ends_at=min(ends, until),
                staff_id=rota.participants[turn % len(rota.participants)],
            )
        turn, begins = turn + 1, ends


def _within(found: Iterable[Shift], spans: Iterable[_Span]) -> Iterator[Shift]:
    kept = list(spans)
    for shift in found:
        for opens, closes in kept:
            begins, ends = max(shift.starts_at, opens), min(shift.ends_at, closes)
            if begins < ends:
                yield msgspec.structs.replace(shift, starts_at=begins, ends_at=ends)


def _fill(found: Iterable[Shift], start: datetime, until: datetime) -> list[Shift]:
    filled: list[Shift] = []
    reached = start.astimezone(UTC)
    for shift in found:
        if shift.starts_at > reached:
            filled.append(Shift(starts_at=reached, ends_at=shift.starts_at, staff_id=None))
        filled.append(shift)
        reached = shift.ends_at
    if reached < until:
        filled.append(Shift(starts_at=reached, ends_at=until.astimezone(UTC), staff_id=None))
    return filled


def _lay(below: list[Shift], over: Override, start: datetime, until: datetime) -> list[Shift]:
    begins, ends = max(over.starts_at, start), min(over.ends_at, until)
    if begins >= ends:
        return below
    left = [one for one in below if one.starts_at < begins]
    right = [one for one in below if one.ends_at > ends]
    laid = Shift(starts_at=begins, ends_at=ends, staff_id=over.staff_id, override_id=over.override_id)
    return [
        *(msgspec.structs.replace(one, ends_at=min(one.ends_at, begins)) for one in left),
        laid,
        *(msgspec.structs.replace(one, starts_at=max(one.starts_at, ends)) for one in right),
    ]


def _merged(laid: Iterable[Shift]) -> tuple[Shift, ...]:
    found: list[Shift] = []
    for one in laid:
        if found and (found[-1].staff_id, found[-1].override_id) == (one.staff_id, one.override_id):
            found[-1] = msgspec.structs.replace(found[-1], ends_at=one.ends_at)
        else:
            found.append(one)
    return tuple(found)
