"""How one person's skin recovers when nothing goes wrong: each item rises to a worst grade and fades, by chance and by depth."""

from itertools import accumulate
from math import erf, sqrt
from random import Random

import msgspec

from aftercare.care.rates import CohortRates, Natural, NaturalSign, Wave
from aftercare.model.timeline import Answers, Treatment
from aftercare.model.words import Modality

TYPICAL = 0.6  # of a person drawn as typical: nobody beyond the quieter six tenths, in any item
_HIGHEST_OWN = 3


class Course(msgspec.Struct, frozen=True):
    """One item in one person: the worst grade, and days after the session."""

    peak: int
    begins: float
    peaks: float
    ends: float
    mild_from: float | None
    rounding: float  # where between two grades this person changes over

    def grade(self, days: float) -> int:
        """Give the grade (0-4) so many days after the session."""
        if not self.peak or not self.begins <= days < self.ends:
            return 0
        if days < self.peaks and self.begins:
            level = self.peak * (days - self.begins) / (self.peaks - self.begins)
        elif days < self.peaks:
            level = float(self.peak)  # what begins with the treatment itself is at its worst within the hour
        else:
            level = self.peak * (self.ends - days) / (self.ends - self.peaks)
        mild = self.mild_from is not None and days >= self.mild_from
        return 1 if mild else max(1, min(self.peak, int(level + self.rounding)))


class Skin(msgspec.Struct, frozen=True):
    """One person's recovery: a course for each item, own grades from before, and signs that mean nothing."""

    courses: dict[str, Course]
    own: dict[str, int]
    signs: tuple[NaturalSign, ...]
    hides_redness: bool

    def grades(self, days: float) -> Answers:
        """Give each item's grade so many days after the session; what was there before does not go away."""
        return {item: self._grade(item, course.grade(days)) for item, course in self.courses.items()}

    def _grade(self, item: str, grade: int) -> int:
        own = self.own.get(item, 0)
        return max(grade, min(_HIGHEST_OWN, own + (grade > 0))) if own else grade

    def said(self, chance: Random, day: int) -> Answers:
        """Give the harmless signs that are noticed on a day."""
        noticed: Answers = {}
        for sign in self.signs:
            if sign.days[0] <= day <= sign.days[1] and chance.random() < sign.each:
                noticed |= sign.answers
        return noticed


def draw_skin(
    chance: Random,
    rates: CohortRates,
    modality: Modality,
    treatment: Treatment,
    *,
    skin_type: int,
    own: dict[str, int],
    typical: bool = False,
) -> Skin:
    """Draw how a person recovers. `typical`: none of the rarer courses, no harmless signs, redness seen."""
    natural, people = rates.natural, rates.people
    person = chance.gauss()
    scale = TYPICAL if typical else 1.0
    courses = {
        item: _course(chance, natural, wave, person, scale, treatment.needle_depth_mm or 0.0)
        for item, wave in natural.waves(modality).items()
    }
    signs = tuple(
        sign
        for sign in natural.signs
        if sign.modality in {None, modality}
        and (not sign.pigment_treated or treatment.pigment_treated)
        and chance.random() < sign.share
    )
    darker = skin_type >= people.redness_hidden_from_type
    hides = darker and chance.random() < people.redness_hidden
    return Skin(courses, own, () if typical else signs, hides_redness=hides and not typical)


def _course(
    chance: Random, natural: Natural, wave: Wave, person: float, scale: float, depth_mm: float
) -> Course:
    ends = wave.ends_light if wave.ends_light and depth_mm < natural.light_below_mm else wave.ends
    later = wave.deep_days if depth_mm >= natural.deep_from_mm else 0.0
    peaks = chance.uniform(*wave.peaks)
    drawn_end = _triangular(_quantile(chance, natural.reaction, person) * scale, *ends)
    return Course(
        peak=graded(wave.peak, _quantile(chance, natural.reaction, person) * scale),
        begins=wave.begins,
        peaks=peaks,
        ends=max(drawn_end + later, peaks + 0.01),
        mild_from=None if wave.mild_from is None else wave.mild_from + later,
        rounding=chance.uniform(0.2, 0.8),
    )


def _quantile(chance: Random, reaction: float, person: float) -> float:
    """Give a share from 0 to 1: partly the person's, partly the item's own."""
    normal = reaction * person + sqrt(1 - reaction * reaction) * chance.gauss()
    return 0.5 * (1 + erf(normal / sqrt(2)))


def graded(shares: tuple[float, ...], quantile: float) -> int:
    """Give the grade at a quantile of the shares of grades 0, 1, 2, ..."""
    return next((grade for grade, upto in enumerate(accumulate(shares)) if quantile < upto), 0)


def _triangular(quantile: float, low: float, mode: float, high: float) -> float:
    if quantile < (mode - low) / (high - low):
        return low + sqrt(quantile * (high - low) * (mode - low))
    return high - sqrt((1 - quantile) * (high - low) * (high - mode))
