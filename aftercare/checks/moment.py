"""One check-in at the moment it is judged: its answers, what is expected of its day, and what came before it."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from aftercare.care.calendar import DAY_90, DAYS
from aftercare.checks import answers as read
from aftercare.checks.pack import RulePack, expected
from aftercare.model.findings import Evidence, Finding
from aftercare.model.timeline import Answers, Risks, Treatment
from aftercare.model.words import Modality


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A check-in on the episode's own time: day, hours after the session, answers."""

    hours: float
    day: int
    id: str
    answers: Answers


_NOTHING_HEARD: Mapping[str, tuple[Evidence, ...]] = {}


class Moment(msgspec.Struct, frozen=True, gc=False):
    """What a check sees. `earlier` are the check-ins before this one, oldest first, superseded ones included.

    `heard` is what the note of this check-in names, by item, with its words; the answers hold it as if ticked.
    """

    pack: RulePack
    modality: Modality
    patient: Risks
    session: Treatment
    at: Placed
    earlier: Sequence[Placed]
    heard: Mapping[str, tuple[Evidence, ...]] = _NOTHING_HEARD

    @property
    def day(self) -> int:
        """Days since the session, by local date."""
        return self.at.day

    @property
    def laser(self) -> bool:
        """Whether the session was Laser Genesis."""
        return self.modality is Modality.LASER_GENESIS

    @property
    def early(self) -> bool:
        """Whether this was said in the first 48 hours (the 48th included)."""
        return self.at.hours <= self.pack.signs.early_hours

    @property
    def deep(self) -> bool:
        """Whether the needling was deep."""
        depth = self.session.needle_depth_mm
        return not self.laser and depth is not None and depth >= self.pack.deep.needle_depth_mm

    def grade(self, item: str, placed: Placed | None = None) -> int | None:
        """Give the grade as answered, now or in an earlier check-in."""
        return read.grade((placed or self.at).answers, item)

    def at_least(self, item: str, lowest: int) -> bool:
        """Say whether the grade as answered now is known and at least so high."""
        grade = read.grade(self.at.answers, item)
        return grade is not None and grade >= lowest

    def says(self, sign: str) -> bool:
        """Say whether a yes-or-no sign is there now."""
        return read.says(self.at.answers, sign)

    def amount(self, sign: str) -> read.Amount | None:
        """Give how many there are now: few, many or None."""
        return read.amount(self.at.answers, sign)

    @property
    def weals(self) -> read.Weals | None:
        """Where hives are now: on the treated skin, elsewhere or None."""
        return read.weals(self.at.answers)

    def places(self, sign: str) -> tuple[str, ...]:
        """Give where a sign is now."""
        return read.places(self.at.answers, sign)

    @property
    def eye(self) -> tuple[str, ...]:
        """What was ticked at the eyes now."""
        return read.eye_signs(self.at.answers)

    @property
    def fever(self) -> bool:
        """Measured, measured after a painkiller, or felt (rules.md 2)."""
        return self.measured_fever is not None or self.says("feverish")

    @property
    def measured_fever(self) -> float | None:
        """The temperature where it is a fever, after a painkiller from a lower one on; degrees Celsius."""
        celsius = read.celsius(self.at.answers)
        if celsius is None:
            return None
        numbers = self.pack.fever
        lowered = celsius >= numbers.celsius_after_painkiller and self.says("painkiller_6h")
        return celsius if celsius >= numbers.celsius or lowered else None

    def value(self, item: str, placed: Placed) -> int | None:
        """Give a grade of some check-in with the patient's own baseline taken off; None where not answered."""
        grade = read.grade(placed.answers, item)
        if grade and self.patient.baseline and item in self.pack.baseline.items:
            numbers = self.pack.baseline
            if grade < numbers.never_from:
                return max(0, grade - min(self.baseline(item), numbers.at_most))
        return grade

    def baseline(self, item: str) -> int:
        """Give the patient's own grade of an item before session 1, 0 if none was captured."""
        return read.grade(self.patient.baseline, item) or 0

    def cap(self, item: str, day: int) -> int:
        """Give the highest value expected on a day, the baseline left out."""
        return expected(self.pack, self.modality, item, day, needle_depth_mm=self.session.needle_depth_mm)

    def above(self, item: str, placed: Placed | None = None) -> int:
        """Give by how much a value is above what is expected of its day; 0 or less, or not answered, is not above."""
        placed = placed or self.at
        value = self.value(item, placed)
        return 0 if value is None else value - self.cap(item, placed.day)

    def row_before(self) -> Iterator[Placed]:
        """Yield, newest first, the check-ins that make two in a row with this one (rules.md 2)."""
        day = self.at.day
        oldest = day - self.pack.course.pair_days
        due_before = max((due for due in (*DAYS[self.modality], DAY_90) if due < day), default=day)
        for placed in reversed(self.earlier):
            if placed.day < day and (placed.day >= oldest or placed.day == due_before):
                yield placed

    def day_before(self) -> Iterator[Placed]:
        """Yield, newest first, the check-ins that count as a day ago (rules.md 2, within a day)."""
        nearest, farthest = self.pack.course.day_before_hours
        for placed in reversed(self.earlier):
            if placed.day == self.at.day - 1 or nearest <= self.at.hours - placed.hours <= farthest:
                yield placed


Check = Callable[[Moment], Iterator[Finding]]  # the rows of one module that fire
