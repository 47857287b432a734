"""The page on which staff write down what a patient asked for about reminders."""

import msgspec

from aftercare.model.preferences import PatientPreferences
from aftercare.model.reminders import Reminders
from aftercare.model.views import Head, PatientView


class RemindersPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}/reminders`; `typed` and `problems` are of a form that was not taken, by field."""

    head: Head
    patient: PatientView
    time_zone: str
    wish: Reminders
    preferences: PatientPreferences
    typed: dict[str, str] = {}
    problems: dict[str, str] = {}
