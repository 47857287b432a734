"""What happens to the patients of the synthetic cohort: when it begins, and what they answer from then on.

Onsets lie in the windows of clinical.md 2, on days on which a check-in is due. Notes are plainly made up.
"""

from enum import StrEnum

import msgspec

from aftercare.model.timeline import Answers
from aftercare.model.words import Modality


class Story(StrEnum):
    """What becomes of a synthetic patient."""

    UNEVENTFUL = "uneventful"
    SKIPS_ITEMS = "skips_items"
    SILENT = "silent"
    COLD_SORE = "cold_sore"
    SWELLING_STAYS = "swelling_stays"
    INFECTION = "infection"
    MILIA = "milia"
    LASER_BURN = "laser_burn"
    PROLONGED_REDNESS = "prolonged_redness"
    EYE_EMERGENCY = "eye_emergency"
    AIRWAY_EMERGENCY = "airway_emergency"
    CONTACT_REQUEST = "contact_request"


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """How a story goes.

    `onsets` are the days it may begin on, `days_since_onset` how long ago that was. `steps` are the answers of the first
    check-in from the onset on, the second, and so on: a grade is raised to the step's, anything else is replaced. The
    last step `stays`, or the natural course comes back after it.
    """

    story: Story
    modality: Modality | None = None  # None: either
    onsets: tuple[int, ...] = (0,)
    days_since_onset: tuple[int, ...] = (1, 2)
    steps: tuple[Answers, ...] = ()
    stays: bool = False
    silent: bool = False  # no answer from the onset on
    silent_after_onset: bool = False  # one check-in tells of it, then none
    skips: bool = False
    risks: dict[str, bool | int | dict[str, int]] = msgspec.field(
        default_factory=dict
    )  # replace what was drawn


_UNTIL_NOW = (*range(1, 15), 18, 23, 30)
_NEEDLING, _LASER = Modality.MICRONEEDLING, Modality.LASER_GENESIS

_ALL = (
    Script(story=Story.UNEVENTFUL, days_since_onset=_UNTIL_NOW),
    Script(story=Story.SKIPS_ITEMS, days_since_onset=(4, 6, 8, 11), skips=True),
    Script(story=Story.SILENT, onsets=(2, 3, 5), days_since_onset=(2, 3), silent=True),
    Script(
        story=Story.COLD_SORE,
        modality=_NEEDLING,
        onsets=(1, 2, 3),
        days_since_onset=(1, 2, 3),
        risks={"hsv_history": True},
        steps=(
            {
                "tingling": True,
                "sites": {"tingling": ["lips"]},
                "note": "One spot at the corner of my mouth tingles since this morning.",
            },
            {
                "tingling": True,
                "blisters": "few",
                "grouped": True,
                "pain": 2,
                "sites": {"tingling": ["lips"], "blisters": ["lips", "around_mouth"]},
            },
            {"blisters": "few", "grouped": True, "pain": 2, "crusting": 2, "sites": {"blisters": ["lips"]}},
            {"crusting": 2, "pain": 1},
        ),
    ),
    Script(
        story=Story.SWELLING_STAYS,
        modality=_NEEDLING,
        onsets=(3, 4),
        steps=(
            {"swelling": 3, "sites": {"swelling": ["cheek"]}},
            {
                "swelling": 3,
                "one_sided": True,
                "sites": {"swelling": ["cheek", "jaw"]},
                "note": "The left side is puffier than yesterday.",
            },
        ),
        stays=True,
    ),
    Script(
        story=Story.INFECTION,
        modality=_NEEDLING,
        onsets=(3, 4),
        risks={"diabetes": True},
        steps=(
            {"warmth": 2, "pain": 2, "spreading": True, "note": "A hot patch on my chin is getting bigger."},
            {"warmth": 3, "pain": 3, "redness": 3, "spreading": True, "yellow_crust": True},
            {"warmth": 3, "pain": 3, "redness": 3, "spreading": True, "yellow_crust": True, "fever_c": 38.4},
        ),
        stays=True,
    ),
    Script(
        story=Story.MILIA,
        onsets=(14, 21),
        days_since_onset=(1, 3),
        steps=({"white_bumps": True, "note": "Tiny hard white bumps under my eyes, they do not hurt."},),
        stays=True,
    ),
    Script(
        story=Story.LASER_BURN,
        modality=_LASER,
        onsets=(0,),
        risks={"fitzpatrick": 5},
        steps=(
            {"pain": 3, "warmth": 3, "note": "It felt burning hot on one cheek and still does."},
            {
                "pain": 2,
                "warmth": 2,
                "blisters": "few",
                "raw_or_grey_skin": True,
                "sites": {"blisters": ["cheek"]},
            },
            {"pain": 1, "crusting": 1, "blisters": "few", "sites": {"blisters": ["cheek"]}},
        ),
        stays=True,
    ),
    Script(
        story=Story.PROLONGED_REDNESS,
        modality=_NEEDLING,
        onsets=(10,),
        days_since_onset=(1, 5, 8),
        risks={"baseline": {}},  # redness of one's own would explain it
        steps=({"redness": 2, "warmth": 1},),
        stays=True,
    ),
    Script(
        story=Story.EYE_EMERGENCY,
        modality=_NEEDLING,
        onsets=(2, 3, 4),
        days_since_onset=(1,),
        steps=(
            {
                "eye": ["pain", "vision"],
                "blisters": "few",
                "grouped": True,
                "pain": 3,
                "sites": {"blisters": ["around_eye"]},
                "note": "Blisters beside my eye, and I see blurred on that side.",
            },
        ),
        silent_after_onset=True,
    ),
    Script(
        story=Story.AIRWAY_EMERGENCY,
        onsets=(0, 1),
        days_since_onset=(1,),
        steps=(
            {
                "breathing_or_tongue": True,
                "hives": "elsewhere",
                "swelling": 3,
                "sites": {"swelling": ["lips"]},
            },
        ),
        silent_after_onset=True,
    ),
    Script(
        story=Story.CONTACT_REQUEST,
        onsets=(2, 3, 5),
        days_since_onset=(1,),
        steps=({"wants_contact": "can_wait", "note": "May I go swimming at the weekend?"},),
    ),
)
SCRIPTS = {script.story: script for script in _ALL}

# In the order of dealing: what a small clinic's demo should show comes first.
DECK = (
    Story.UNEVENTFUL,
    Story.COLD_SORE,
    Story.SILENT,
    Story.UNEVENTFUL,
    Story.SWELLING_STAYS,
    Story.CONTACT_REQUEST,
    Story.UNEVENTFUL,
    Story.INFECTION,
    Story.SKIPS_ITEMS,
    Story.LASER_BURN,
    Story.UNEVENTFUL,
    Story.EYE_EMERGENCY,
    Story.MILIA,
    Story.UNEVENTFUL,
    Story.PROLONGED_REDNESS,
    Story.SILENT,
    Story.UNEVENTFUL,
    Story.AIRWAY_EMERGENCY,
    Story.UNEVENTFUL,
    Story.UNEVENTFUL,
)

# How often, in a thousand sessions, each story comes in a cohort that is to look like a clinic's year and not like a
# demonstration. clinical.md has few rates: cold sores below 1.45 % after fillers (section 2), alerts for 13 % of patients
# (4.4), a fifth to a quarter of check-ins unanswered (4.4). The others are proposed, small, and to be judged.
RATES = {
    Story.UNEVENTFUL: 790.0,
    Story.SKIPS_ITEMS: 60.0,
    Story.SILENT: 50.0,
    Story.CONTACT_REQUEST: 40.0,
    Story.PROLONGED_REDNESS: 15.0,
    Story.MILIA: 15.0,
    Story.COLD_SORE: 14.0,
    Story.SWELLING_STAYS: 8.0,
    Story.INFECTION: 4.0,
    Story.LASER_BURN: 3.0,
    Story.EYE_EMERGENCY: 0.6,
    Story.AIRWAY_EMERGENCY: 0.4,
}
# How often somebody forgets a check-in that they could have answered.
FORGETS = (0.0, 0.02, 0.05, 0.1, 0.2)
