"""The closed vocabularies that every part shares."""

from enum import StrEnum


class Modality(StrEnum):
    """How the skin was treated."""

    MICRONEEDLING = "microneedling"
    LASER_GENESIS = "laser_genesis"


class Tier(StrEnum):
    """How soon a practitioner must look: `emergency` now, `same_day`, `soon` (24-48 h), `routine` (a week)."""

    ROUTINE = "routine"
    SOON = "soon"
    SAME_DAY = "same_day"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 for routine to 3 for emergency."""
        return _RANKS[self]


_RANKS = {tier: rank for rank, tier in enumerate(Tier)}


class Code(StrEnum):
    """What a finding is about; an episode has at most one unresolved alert of each."""

    AIRWAY = "airway"
    EYE = "eye"
    ANAESTHETIC = "anaesthetic"
    COLD_SORE = "cold_sore"
    WIDESPREAD_HERPES = "widespread_herpes"
    SWELLING = "swelling"
    INFECTION = "infection"
    ALLERGY = "allergy"
    NODULES = "nodules"
    MILIA = "milia"
    PIGMENT = "pigment"
    SCARRING = "scarring"
    REDNESS = "redness"
    BURN = "burn"
    PAIN = "pain"
    BLEEDING = "bleeding"
    DERMATITIS = "dermatitis"
    ACNE_FLARE = "acne_flare"
    NOTE = "note"
    CONTACT_REQUEST = "contact_request"
    SILENCE = "silence"


# Late signs go on counting from the older session when a new one has opened its own episode.
LATE_CODES = frozenset({Code.MILIA, Code.PIGMENT, Code.NODULES, Code.SCARRING})


class Role(StrEnum):
    """What a staff member may do: practitioners judge, coordinators take and call, admins run the clinic."""

    PRACTITIONER = "practitioner"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


class AlertState(StrEnum):
    """Where an alert stands; `attempted` means called without an answer."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    ATTEMPTED = "attempted"
    CONTACTED = "contacted"
    RESOLVED = "resolved"


class Outcome(StrEnum):
    """What an alert turned out to be; feeds the statistics of each check."""

    CONFIRMED = "confirmed"
    EXPECTED_COURSE = "expected_course"
    FALSE_ALARM = "false_alarm"
    DUPLICATE = "duplicate"


class AnsweredBy(StrEnum):
    """Who gave the answers of a check-in."""

    SELF = "self"
    CARER = "carer"
    STAFF = "staff"


class Prophylaxis(StrEnum):
    """What was arranged against cold sores; the regimen is the prescriber's."""

    NONE = "none"
    ADVISED = "advised"
    PRESCRIBED = "prescribed"
    TAKEN = "taken"


class View(StrEnum):
    """The view of a photo."""

    FRONT = "front"
    LEFT_45 = "left_45"
    RIGHT_45 = "right_45"
    CLOSE_UP = "close_up"
    OTHER = "other"
