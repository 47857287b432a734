"""The page of a patient's phones."""

from datetime import datetime

import msgspec

from aftercare.model.views import Head, PatientView


class PhoneLine(msgspec.Struct, frozen=True, kw_only=True):
    """The app on one phone; `pushed` while messages can be pushed to it."""

    device: str  # as the app calls it, or ""
    app_version: str
    enrolled_at: datetime
    seen_at: datetime
    revoked_at: datetime | None
    pushed: bool


class PhonesPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}/phones`, the newest first."""

    head: Head
    patient: PatientView
    phones: tuple[PhoneLine, ...]
