"""What the forms for patients and sessions ask, in the order in which it is asked."""

from typing import Final

from markupsafe import Markup

from aftercare.care.questionnaire import asked, load
from aftercare.model.pages import Typed
from aftercare.model.screenings import Outcome, Weight
from aftercare.model.words import Modality, Prophylaxis, Tier
from aftercare.web.charts import tier_shape

# Each is "", "yes" or "no": what is not known is never "no".
RISKS: Final = {
    "hsv_history": "Cold sores before",
    "diabetes": "Diabetes",
    "immunosuppressed": "Immunosuppressed",
    "keloid_history": "Keloids",
    "blood_thinner": "Blood thinner",
}
SKIN_TYPES: Final = ("I", "II", "III", "IV", "V", "VI")
BASELINE: Final = {"redness": "Redness", "itching": "Itching", "dryness": "Dryness"}
PROPHYLAXIS: Final = {
    Prophylaxis.NONE: "none",
    Prophylaxis.ADVISED: "advised",
    Prophylaxis.PRESCRIBED: "prescribed",
    Prophylaxis.TAKEN: "taken",
}
LANGUAGES: Final = {"en": "English", "es": "Spanish", "pt": "Portuguese"}
MODALITIES: Final = {Modality.MICRONEEDLING: "Micro-needling", Modality.LASER_GENESIS: "Laser Genesis"}
AREAS: Final = (
    "full face", "forehead", "temples", "around the eyes", "cheeks", "nose", "around the mouth", "chin", "jaw", "neck",
    "décolleté", "hands",
)  # fmt: skip
CONSUMABLES: Final = 3
# The acute contraindications, asked again before every session (design.md 4).
SCREENING: Final = {item.key: item.text["en"] for item in asked(load(), "session")}
SCOPES: Final = {"course": "before a course", "session": "before a session"}
DECISIONS: Final = {"candidate": "Candidate", "with_precautions": "With precautions", "not_now": "Not now"}
WEIGHTS: Final = {
    Weight.BLOCK: "blocked",
    Weight.DEFER: "not now",
    Weight.CONDITIONAL: "yours to decide, with a reason",
    Weight.PRECAUTION: "precaution",
}
OUTCOMES: Final = {
    "candidate": "Candidate",
    "with_precautions": "With precautions",
    "not_now": "Not now: sign the screening, record no session",
}

_SAID: Final = {
    "name": "Write the name, in one line.",
    "reference": "Write the number in one line of at most 60 characters.",
    "birth_date": "Write the date as day, month and year.",
    "phone": "A phone number is digits, blanks and + ( ) - only.",
    "email": "This is not an e-mail address.",
    "time_zone": "Write an IANA zone such as Europe/London.",
    "country": "Write two capital letters, such as GB.",
    "language": "Write a language tag such as en.",
    "session_at": "Write the day and time of the session.",
    "modality": "Choose what was done.",
    "outcome": "Choose what the screening came to.",
    "needle_depth_mm": "A depth is between 0.1 and 5 mm.",
    "fluence_j_cm2": "A fluence is between 0.1 and 100 J/cm².",
    "pulse_ms": "A pulse is between 0.01 and 1000 ms.",
    "device": "Name the device or product.",
    "lot": "Write the lot as it stands on the package.",
    "expires_on": "Write the expiry as day, month and year.",
}


def outcome_shape(outcome: Outcome) -> Markup:
    """Draw a shape of its own for each outcome of a screening: triangle, circle, dot."""
    tiers = {"not_now": Tier.SAME_DAY, "with_precautions": Tier.SOON, "candidate": Tier.ROUTINE}
    return tier_shape(tiers[outcome])


def beyond_the_first(form: Typed) -> bool:
    """Tell whether anything stands in the consumables behind the first, or is wrong there."""
    names = (*form.values, *form.problems)
    return any(name.startswith("consumables/") and not name.startswith("consumables/0") for name in names)


def wrong(name: str) -> str:
    """Say what a field takes that cannot be read; `name` may be a path, its last part counts."""
    return _SAID.get(name.rpartition("/")[2], "This cannot be read. Write it another way.")
