"""What was asked to be forgotten, and what became of it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

Scope = Literal["photos", "everything"]
StaffReason = Literal["patient_asked", "consent_withdrawn", "entered_by_mistake", "kept_long_enough"]
Reason = StaffReason | Literal["restored"]  # the last: a restored database was told of it by the keys
Refusal = Literal["must_be_kept", "claim", "identity"]


class ErasureDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a patient asks for: photos are erased at once, everything by their clinic."""

    scope: Scope = "photos"


class StaffErasureDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What staff erase, why, and the patient's name as it is on record, typed to be sure."""

    scope: Scope
    reason: StaffReason
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RefusalDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Why the clinic may not or need not erase: the law makes it keep the record, a claim, not known who asks."""

    because: Refusal


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure: asked for, then refused, or started (nothing can be read any more) and finished (nothing is left)."""

    erasure_id: UUID
    patient_id: UUID
    scope: Scope
    reason: Reason
    asked_at: datetime
    asked_by: UUID | None  # a staff member; none: the patient
    started_at: datetime | None
    finished_at: datetime | None
    refused_at: datetime | None
    refused_because: Refusal | None
    photos: int


class ErasedLotUse(msgspec.Struct, frozen=True, kw_only=True):
    """One use of a lot on a patient who is erased; `used_in` is the first day of its month."""

    lot: str
    device: str
    modality: str
    used_in: date
