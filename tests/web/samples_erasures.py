"""The page that erases, in samples: an open question of the patient, a slip, and nothing so far."""

from datetime import timedelta
from uuid import UUID

from aftercare.model.erasure_pages import ErasePage
from aftercare.model.erasures import Erasure
from aftercare.model.pages import Page
from aftercare.model.views import Head, PatientView


def pages(head: Head, patient: PatientView) -> dict[str, Page]:
    """Pages by the name of their file."""
    asked = Erasure(
        erasure_id=UUID(int=1), patient_id=patient.id, scope="everything", reason="patient_asked",
        asked_at=head.now - timedelta(days=2), asked_by=None, started_at=None, finished_at=None, refused_at=None,
        refused_because=None, photos=0,
    )  # fmt: skip
    done = Erasure(
        erasure_id=UUID(int=2), patient_id=patient.id, scope="photos", reason="consent_withdrawn",
        asked_at=head.now - timedelta(days=40), asked_by=None, started_at=head.now - timedelta(days=40),
        finished_at=head.now - timedelta(days=40), refused_at=None, refused_because=None, photos=4,
    )  # fmt: skip
    typed = {"scope": "everything", "reason": "patient_asked", "name": "Somebody"}
    problem = "An alert of this patient is not resolved. See to it first; then erase."
    return {
        "erase": ErasePage(head=head, patient=patient, photos=6, alert_open=False),
        "erase-asked": ErasePage(
            head=head, patient=patient, photos=1, alert_open=True, waiting=asked, past=(done,), typed=typed,
            problem=problem,
        ),
    }  # fmt: skip
