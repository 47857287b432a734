"""Grades against the course: above the band, two in a row, a rise within a day, a rebound (rules.md 2).

The band is the highest grade still expected on that day of that modality (clinical.md 1.3). A grade that comes back
after it had settled speaks of infection or irritation, so the way it went counts beside the level.
"""

from collections.abc import Iterable, Iterator

from aftercare.checks.found import found, graded, on_day
from aftercare.checks.moment import Moment, Placed
from aftercare.model.findings import Evidence, Finding


def two_in_a_row(moment: Moment, item: str, *, from_day: int | None = None) -> Placed | None:
    """Give the earlier check-in, from a day on where one is named, that was above its own band as well; None where there is none."""
    for placed in moment.row_before():
        if (from_day is None or placed.day >= from_day) and moment.above(item, placed) > 0:
            return placed
    return None


def level(
    moment: Moment, row: str, item: str, name: str, *, pair: Placed | None = None, also: Iterable[str] = ()
) -> Finding:
    """Make the finding of a grade above its band; `pair` is the earlier one, where the row needs two in a row."""
    highest = moment.cap(item, moment.day)
    limit = "none is expected" if highest == 0 else f"at most {highest} is expected"
    reason = f"{name} {graded(moment, item)} on day {moment.day}; {limit}"
    if moment.value(item, moment.at) != moment.grade(item):
        reason += f" beyond the {moment.baseline(item)} before treatment"
    before = pair or _last_graded(moment, item)
    if before is not None:
        reason += f", and it was {moment.grade(item, before)} {on_day(moment, before)}"
    notes = (*_pair(moment, item, pair), *_own_skin(moment, item), *_course_notes(moment, item))
    return found(moment, row, reason, items=(item, *also), notes=notes)


def course(
    moment: Moment, item: str, name: str, *, rise: str, rebound: str, only_above: bool = False
) -> Iterator[Finding]:
    """Yield the rise and the rebound of an item; `rise` and `rebound` name their rows.

    `only_above`: a rise inside the band means nothing (redness, itching).
    """
    value = moment.value(item, moment.at)
    numbers = moment.pack.course
    if not value or value < min(numbers.rise, numbers.rebound_high):
        return  # a rise by two ends at two or more, and so does a rebound
    above = value > moment.cap(item, moment.day)
    if moment.day >= numbers.rise_from_day and (above or not only_above):
        before = _lowest(moment, item, moment.day_before())
        if before is not None and value - before[0] >= numbers.rise:
            reason = f"{name} rose by {value - before[0]} within a day, to {graded(moment, item)} on day {moment.day}"
            yield found(
                moment,
                rise,
                reason,
                items=(item,),
                notes=_from(moment, item, before[1], "rise", numbers.rise),
            )
    if above and value >= numbers.rebound_high and moment.day >= numbers.rebound_from_day:
        settled = _settled(moment, item)
        if settled is not None:
            reason = (
                f"{name} came back: {graded(moment, item)} on day {moment.day} after it had settled "
                f"to {moment.grade(item, settled)} {on_day(moment, settled)}"
            )
            yield found(
                moment,
                rebound,
                reason,
                items=(item,),
                notes=_from(moment, item, settled, "low", numbers.rebound_low),
            )


def _lowest(moment: Moment, item: str, among: Iterable[Placed]) -> tuple[int, Placed] | None:
    values = ((moment.value(item, placed), placed) for placed in among)
    answered = [(value, placed) for value, placed in values if value is not None]
    return min(answered, key=lambda pair: pair[0], default=None)


def _settled(moment: Moment, item: str) -> Placed | None:
    numbers = moment.pack.course
    for placed in reversed(moment.earlier):
        if placed.day >= numbers.rebound_low_from_day:
            value = moment.value(item, placed)
            if value is not None and value <= numbers.rebound_low:
                return placed
    return None


def _last_graded(moment: Moment, item: str) -> Placed | None:
    for placed in reversed(moment.earlier):
        if moment.value(item, placed) is not None:
            return placed
    return None


def _pair(moment: Moment, item: str, pair: Placed | None) -> tuple[Evidence, ...]:
    """Name the other one of two in a row, with what was expected of its day."""
    if pair is None:
        return ()
    text = f"above the {moment.cap(item, pair.day)} expected of that day as well"
    return (Evidence(item=item, before=moment.grade(item, pair), before_day=pair.day, text=text),)


def _own_skin(moment: Moment, item: str) -> tuple[Evidence, ...]:
    if moment.value(item, moment.at) == moment.grade(item):
        return ()
    numbers = {"baseline.at_most": float(moment.pack.baseline.at_most)}
    text = "own skin before treatment, taken off"
    return (Evidence(item=item, before=moment.baseline(item), numbers=numbers, text=text),)


def _from(moment: Moment, item: str, before: Placed, number: str, threshold: int) -> tuple[Evidence, ...]:
    compared = Evidence(
        item=item,
        now=moment.grade(item),
        before=moment.grade(item, before),
        before_day=before.day,
        numbers={number: float(threshold)},
        text="the answers compared",
    )
    return (compared, *_course_notes(moment, item))


def _course_notes(moment: Moment, item: str) -> tuple[Evidence, ...]:
    """Say what never raises by itself: one-sided, no fall since the peak days, new after the first days."""
    numbers = moment.pack.course
    notes = []
    if moment.says("one_sided"):
        notes.append(Evidence(item="one_sided", now=True, text="clearly more on one side"))
    if moment.deep:
        notes.append(
            Evidence(
                item="needle_depth_mm", now=moment.session.needle_depth_mm, text="deep needling, wider band"
            )
        )
    peak, by = numbers.plateau_days[moment.modality]
    value = moment.value(item, moment.at) or 0
    if item in ("redness", "swelling") and moment.day >= by:
        then = next((p for p in moment.earlier if p.day == peak and moment.value(item, p) is not None), None)
        if then is not None and value >= (moment.value(item, then) or 0):
            notes.append(
                Evidence(
                    item=item, before=moment.grade(item, then), before_day=peak, text="has not fallen since"
                )
            )
    if moment.day > numbers.new_after_day:
        earlier = [v for p in moment.earlier if (v := moment.value(item, p)) is not None]
        if earlier and not any(earlier):
            notes.append(Evidence(item=item, text=f"new after day {numbers.new_after_day}"))
    return tuple(notes)
