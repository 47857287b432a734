"""The page on which a practitioner erases, or answers what a patient asked."""

import msgspec

from aftercare.model.erasures import Erasure
from aftercare.model.views import Head, PatientView


class ErasePage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}/erase`: what there is to erase, what was, and what waits for an answer.

    `typed` is what stood in the form that was not carried out, `problem` says why.
    """

    head: Head
    patient: PatientView
    photos: int
    alert_open: bool
    waiting: Erasure | None = None
    past: tuple[Erasure, ...] = ()
    typed: dict[str, str] = {}
    problem: str = ""
