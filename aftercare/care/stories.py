"""What becomes of the people of the synthetic cohort. How complications go and how often stands in `cohorts/rates-2.toml`."""

from enum import StrEnum


class Story(StrEnum):
    """What becomes of a synthetic patient: the first four are nothing wrong, the others complications."""

    UNEVENTFUL = "uneventful"
    SKIPS_ITEMS = "skips_items"
    SILENT = "silent"
    CONTACT_REQUEST = "contact_request"

    AIRWAY_EMERGENCY = "airway_emergency"
    HIVES_ELSEWHERE = "hives_elsewhere"
    NUMBING_REACTION = "numbing_reaction"
    EYE_INJURY = "eye_injury"
    EYE_EMERGENCY = "eye_emergency"
    COLD_SORE = "cold_sore"
    COLD_SORE_UNANNOUNCED = "cold_sore_unannounced"
    WIDESPREAD_HERPES = "widespread_herpes"
    INFECTION = "infection"
    INFECTION_CREEPING = "infection_creeping"
    IMPETIGO = "impetigo"
    FOLLICULITIS = "folliculitis"
    FEVER = "fever"
    SEVERE_ILLNESS = "severe_illness"
    ACNE_FLARE = "acne_flare"
    SWELLING_STAYS = "swelling_stays"
    SWELLING_LINGERS = "swelling_lingers"
    ALLERGY = "allergy"
    IRRITATION = "irritation"
    PROLONGED_REDNESS = "prolonged_redness"
    PAIN_OUT_OF_PROPORTION = "pain_out_of_proportion"
    BLEEDING = "bleeding"
    LASER_BURN = "laser_burn"
    LASER_BURN_LATE = "laser_burn_late"
    LASER_BURN_DEEP = "laser_burn_deep"
    NODULES = "nodules"
    MILIA = "milia"
    PIGMENT = "pigment"
    LIGHT_PATCHES = "light_patches"
    SCARRING = "scarring"


NOTHING_WRONG = (Story.UNEVENTFUL, Story.SKIPS_ITEMS, Story.SILENT, Story.CONTACT_REQUEST)

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

# How many days before `now` a story of the deck began; a complication yesterday or the day before, where not said.
SHOWN_AFTER: dict[Story, tuple[int, ...]] = {
    Story.UNEVENTFUL: (*range(1, 15), 18, 23, 30),
    Story.SKIPS_ITEMS: (4, 6, 8, 11),
    Story.SILENT: (2, 3),
    Story.CONTACT_REQUEST: (1,),
    Story.COLD_SORE: (1, 2, 3),
    Story.MILIA: (1, 3),
    Story.PROLONGED_REDNESS: (1, 5, 8),
    Story.EYE_EMERGENCY: (1,),
    Story.AIRWAY_EMERGENCY: (1,),
}
# On which day a story begins in which nothing goes wrong.
BEGINS: dict[Story, tuple[int, ...]] = {Story.SILENT: (2, 3, 5), Story.CONTACT_REQUEST: (2, 3, 5)}
