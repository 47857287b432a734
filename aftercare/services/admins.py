"""What a clinic's admins are told by mail: that something needs them, and nothing of anybody."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection
from aftercare.model.addresses import ChannelName
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.messages import MessageKind
from aftercare.model.words import Role
from aftercare.services.deliveries import queue
from aftercare.store import staff


async def tell_admins(
    db: Connection,
    clinic_id: UUID,
    kind: MessageKind,
    what: str,
    now: datetime,
    *,
    not_before: datetime | None = None,
) -> bool:
    """Queue a mail to each admin, or to everyone where there is none: once for each `what`. False if it was before."""
    everyone = await staff.all_active(db, clinic_id)
    told = [
        Delivery(
            delivery_id=uuid7(),
            channel=ChannelName.SMTP,
            kind=kind,
            staff_id=member.staff_id,
            queued_at=now,
        )
        for member in [one for one in everyone if one.role is Role.ADMIN] or everyone
    ]
    letters = [Letter(what=what, delivery=one, not_before=not_before or now) for one in told]
    return await queue(db, clinic_id, letters)
