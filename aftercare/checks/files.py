"""Timeline files: what replay, tests and bug reports hand in (design.md 4)."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any, ClassVar

import msgspec

from aftercare.care.instrument import load, read_answers
from aftercare.errors import AftercareError
from aftercare.model.timeline import Risks, Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import Modality


class TimelineFileError(AftercareError):
    """The file is not a timeline. It must be JSON as docs describe: modality, session_at and check_ins at least."""

    status: ClassVar[int] = 422
    type: ClassVar[str] = "timeline-file"
    title: ClassVar[str] = "Not a timeline file"


class _CheckIn(msgspec.Struct, frozen=True):
    day: int
    hours_after: float | None = None
    answers: Any = msgspec.field(default_factory=dict)
    id: str | None = None


class _Timeline(msgspec.Struct, frozen=True):
    id: str
    modality: Modality
    session_at: datetime
    time_zone: str = "UTC"
    patient: Risks = msgspec.field(default_factory=Risks)
    session: Treatment = msgspec.field(default_factory=Treatment)
    check_ins: list[_CheckIn] = msgspec.field(default_factory=list)
    language: str | None = None
    until_day: int | None = None


def read_timeline(raw: bytes) -> Timeline:
    """Read a timeline file, bare or as the `timeline` of a case.

    Its frame is strict; its answers are read by the instrument, so that what is no answer is left out. A check-in that
    comes twice is taken once; another one under an id that was used is judged as well, since what was said is not lost.
    Raises `TimelineFileError` with the place of the fault.
    """
    try:
        whole = msgspec.json.decode(raw)
        inner = whole.get("timeline", whole) if isinstance(whole, dict) else whole
        file = msgspec.convert(inner, _Timeline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise TimelineFileError(f"The file is not a timeline: {fault}.") from None
    return Timeline(
        id=file.id,
        modality=file.modality,
        session_at=file.session_at,
        time_zone=file.time_zone,
        patient=file.patient,
        session=file.session,
        check_ins=[_check_in(check_in) for check_in in _each_once(file.check_ins)],
        language=file.language,
        until_day=file.until_day,
    )


def _each_once(check_ins: list[_CheckIn]) -> Iterator[_CheckIn]:
    """Leave out what is there already, and tell apart by a number what shares its id with something else."""
    ids = {one.id for one in check_ins}
    taken: dict[str, _CheckIn] = {}
    for one in check_ins:
        if one.id is None or one.id not in taken:
            yield one
        elif one != taken[one.id]:
            other = next(name for n in count(2) if (name := f"{one.id} ({n})") not in ids)
            ids.add(other)
            yield msgspec.structs.replace(one, id=other)
        if one.id is not None:
            taken.setdefault(one.id, one)


def _check_in(check_in: _CheckIn) -> TimelineCheckIn:
    answers = read_answers(load(), check_in.answers).answers
    return TimelineCheckIn(
        day=check_in.day, hours_after=check_in.hours_after, answers=answers, id=check_in.id
    )
