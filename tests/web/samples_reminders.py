"""The page of a patient's reminders, in samples: as it begins, paused, and refused."""

from datetime import time, timedelta

from aftercare.model.pages import Page
from aftercare.model.preferences import PatientPreferences
from aftercare.model.reminder_pages import RemindersPage
from aftercare.model.reminders import Reminders
from aftercare.model.views import Head, PatientView


def pages(head: Head, patient: PatientView) -> dict[str, Page]:
    """Pages by the name of their file."""
    paused = Reminders(state="paused", until=head.now + timedelta(days=9), since=head.now, version=2)
    evening = PatientPreferences(reminder_at=time(19, 30), version=1)
    return {
        "reminders": RemindersPage(
            head=head, patient=patient, time_zone="Europe/London", wish=Reminders(), preferences=PatientPreferences()
        ),
        "reminders-refused": RemindersPage(
            head=head, patient=patient, time_zone="Europe/London", wish=paused, preferences=evening,
            typed={"state": "paused", "until": "2031-01-01", "reminder_at": "06:00"},
            problems={"until": "A pause ends within the next 90 days.", "reminder_at": "Choose a time from 07:00 to 21:00."},
        ),
    }  # fmt: skip
