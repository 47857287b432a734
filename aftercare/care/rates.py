"""What the synthetic cohort is drawn from, read from its data file: every number there has a source or is marked proposed."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from aftercare.care.stories import Story
from aftercare.model.timeline import Answers
from aftercare.model.words import Code, Modality, Tier

_FILE = Path(__file__).parent / "cohorts" / "rates-2.toml"

Shares = tuple[float, ...]


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who comes: skin types, risks, depths, and the own skin before the first session."""

    skin_types: Shares
    redness_hidden_from_type: int
    redness_hidden: float
    hsv_history: float
    hsv_unknown: float
    diabetes: float
    immunosuppressed: float
    blood_thinner: float
    keloid_history: float
    needle_depths_mm: tuple[float, ...]
    needle_depth_shares: Shares
    numbing_cream: float
    pigment_treated: float
    carer: float
    baseline: dict[Modality, dict[str, Shares]]
    baseline_unrecorded: float


class Wave(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one item comes and goes: shares of the worst grade, and days after the session (earliest, commonest, latest end)."""

    peak: Shares
    begins: float
    peaks: tuple[float, float]
    ends: tuple[float, float, float]
    ends_light: tuple[float, float, float] | None = None
    mild_from: float | None = None  # days; from then on mild at most (`deep_days` later after deep needling)
    deep_days: float = 0.0


class NaturalSign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sign that an uneventful recovery shows too: in a share of people, on these days, in so many of the check-ins."""

    answers: Answers
    days: tuple[int, int]
    share: float
    each: float
    modality: Modality | None = None
    pigment_treated: bool = False  # only where pigment was treated


class Natural(msgspec.Struct, frozen=True):
    """The natural courses of both modalities."""

    reaction: float
    deep_from_mm: float
    light_below_mm: float
    microneedling: dict[str, Wave]
    laser_genesis: dict[str, Wave]
    signs: tuple[NaturalSign, ...]

    def waves(self, modality: Modality) -> dict[str, Wave]:
        """Give each item's wave."""
        return self.microneedling if modality is Modality.MICRONEEDLING else self.laser_genesis


class Noise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people answer: what they mistake, leave out, put off and forget."""

    grade_up: float
    grade_down: float
    stray_mild: float
    wrong_chip: float
    stray_tick: float
    sign_missed: float
    item_skipped: float
    item_skipped_by_carer: float
    forgets: tuple[float, ...]
    forgets_shares: Shares
    late: float
    something_changed: float
    wants_contact: float
    wants_contact_urgent: float
    stops: float

    def without_slips(self) -> "Noise":
        """Give the same people, who forget and put off as before but mistake nothing that they answer."""
        return msgspec.structs.replace(
            self,
            grade_up=0.0,
            grade_down=0.0,
            stray_mild=0.0,
            wrong_chip=0.0,
            stray_tick=0.0,
            sign_missed=0.0,
        )


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is there from so many days after the onset on: a grade is at least this, anything else is this."""

    after: int
    answers: Answers


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a complication goes, how often it comes, and what it must raise.

    `codes` are those under which it counts as noticed, from the tier `at_least` on. `per_thousand` sessions is how often a
    clinic sees it, `weight` its share where every complication is to be judged. `lasts` None: to the end.
    """

    name: Story
    codes: tuple[Code, ...]
    at_least: Tier
    onsets: tuple[int, ...]
    per_thousand: float
    weight: float
    steps: tuple[Step, ...]
    modality: Modality | None = None  # None: either
    lasts: int | None = None
    skin_types_from: int = 1
    stops_answering: bool = False  # one check-in tells of it, then somebody else looks after them
    risks: dict[str, bool | int | dict[str, int]] = msgspec.field(default_factory=dict)

    def on(self, days_after_onset: int) -> Answers:
        """Give what is there on that day after the onset."""
        if days_after_onset < 0 or (self.lasts is not None and days_after_onset >= self.lasts):
            return {}
        return next((step.answers for step in reversed(self.steps) if step.after <= days_after_onset), {})


class CohortRates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of everything the cohort is drawn from."""

    version: str
    people: People
    natural: Natural
    noise: Noise
    reference_days: dict[Code, int]
    stories: tuple[Script, ...]

    def script(self, story: Story) -> Script | None:
        """Give the script of a story, None for one in which nothing goes wrong."""
        return next((script for script in self.stories if script.name is story), None)

    def possible(self, modality: Modality, skin_type: int) -> tuple[Script, ...]:
        """Give the complications that this person may have."""
        return tuple(
            script
            for script in self.stories
            if script.modality in {None, modality} and skin_type >= script.skin_types_from
        )

    def reference_day(self, story: Story, onset: int) -> int:
        """Give the day after the session by which a complication that began on `onset` should have been noticed: its first code's."""
        script = self.script(story)
        if script is None:
            raise ValueError(f"nothing goes wrong in {story}")
        return onset + self.reference_days[script.codes[0]]


@cache
def rates() -> CohortRates:
    """Give the rates that ship with the package."""
    return msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), CohortRates)
