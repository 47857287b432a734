"""One line of the record of who did or saw what."""

from uuid import UUID

import msgspec

from aftercare.model.text import Instant


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Ids and a hash of erasable detail, never values. `number` and `chain` come from the sealer."""

    entry_id: UUID
    at: Instant
    actor_kind: str
    actor_id: UUID | None
    action: str
    patient_id: UUID | None
    subject_id: UUID | None
    detail_hash: bytes | None
    number: int | None = None
    chain: bytes | None = None
