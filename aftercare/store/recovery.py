"""What a decision about one patient rests on, read at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.alerts import Alert
from aftercare.model.care import Episode
from aftercare.model.check_ins import Answered, Kept
from aftercare.model.people import Clinic
from aftercare.model.rule_packs import PackInUse

_SQL = queries("recovery")


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """One patient's records. Check-ins may go further back than is needed, never less far."""

    clinic: Clinic | None
    episodes: tuple[Episode, ...] | None  # the newest session first
    check_ins: tuple[Kept, ...] | None  # in the order in which they are judged
    alerts: tuple[Alert, ...] | None  # of all episodes
    answered: tuple[Answered, ...] | None
    consented: tuple[str, ...] | None  # the purposes that were ever asked about
    to_ring: bool  # on the call list
    packs: tuple[PackInUse, ...] | None  # of the clinic, those that judge


_decode = msgspec.json.Decoder(Gathered).decode


async def gather(
    db: Connection,
    clinic_id: UUID,
    patient_id: UUID,
    at: datetime,
    since: datetime,
    check_in_ids: Sequence[UUID],
) -> Gathered:
    """The records that matter to what is said at an instant, of a patient who is ours since another."""
    return _decode(await db.fetchval(_SQL["gather"], clinic_id, patient_id, at, since, check_in_ids))
